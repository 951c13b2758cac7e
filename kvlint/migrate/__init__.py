"""The way of a volume, PersistentVolume or StorageClass to CSI: one module per in-tree plugin or driver family.

`migrate(subject)` is the only door; `subject` says what goes in, `kvlint.finding.Migration` what comes out."""

from kvlint.finding import Migration
from kvlint.migrate.subject import Inputs, Subject

__all__ = ["Inputs", "Subject", "migrate"]


def migrate(subject: Subject) -> Migration:
    """The migration of `subject`: a manual one, with advice, where no CSI objects can be written. Never raises."""
    from kvlint.migrate.table import migration

    return migration(subject)
