"""The way of a volume, PersistentVolume or StorageClass to CSI: one module per in-tree plugin or driver family.

`migrate(subject)` is the only door; `subject` says what goes in, `kvlint.finding.Migration` what comes out."""

from collections.abc import Mapping

from kvlint.finding import Migration
from kvlint.migrate.subject import Inputs, Subject
from kvlint.rule import MigrationFunction

__all__ = ["Inputs", "Subject", "migrate"]


def migrate(subject: Subject, foreign: Mapping[str, MigrationFunction] = {}) -> Migration:
    """The migration of `subject`: a manual one, with advice, where no CSI objects can be written.

    `foreign` are functions of plugins, by the name of a FlexVolume driver or provisioner; they come first. Raises only
    what one of them raises."""
    from kvlint.migrate.table import migration

    return migration(subject, foreign)
