"""The explicit tables: which checks there are, and which rules.

A clean run reads these tables and nothing behind them: a check is imported when a document needs it."""

from collections.abc import Mapping

from kvlint._generated.tokens import TOKENS
from kvlint.finding import Severity
from kvlint.rule import Check, Rule, Text

_PLACES = {
    "inline-network-volume": "inline:inline_network_volume",
    "inline-csi-volume": "inline:inline_csi_volume",
    "git-repo-volume": "inline:git_repo_volume",
    "host-path-volume": "inline:host_path_volume",
    "inline-storage-endpoint": "inline:inline_storage_endpoint",
    "intree-volume": "intree:intree_volume",
    "intree-provisioner": "intree:intree_provisioner",
    "flexvolume": "flexvolume:flexvolume",
    "flexvolume-installer": "flexvolume:flexvolume_installer",
    "retired-provisioner": "retired:retired_provisioner",
    "retired-csi-driver": "retired:retired_csi_driver",
    "deprecated-storage-api": "deprecated:deprecated_storage_api",
    "deprecated-storage-annotation": "deprecated:deprecated_storage_annotation",
    "deprecated-topology-label": "deprecated:deprecated_topology_label",
    "recycle-reclaim-policy": "deprecated:recycle_reclaim_policy",
    "deprecated-storage-class-parameter": "deprecated:deprecated_storage_class_parameter",
    "unknown-storage-class": "across:check:unknown-storage-class",
    "no-default-storage-class": "across:check:no-default-storage-class",
    "ambiguous-default-storage-class": "across:check:ambiguous-default-storage-class",
    "unbindable-claim": "across:check:unbindable-claim",
    "missing-claim": "across:check:missing-claim",
    "contested-volume": "across:check:contested-volume",
    "duplicate-volume-handle": "across:check:duplicate-volume-handle",
    "unsupported-access-mode": "across:check:unsupported-access-mode",
    "conflicting-storage-class-annotation": "fields:conflicting_class_annotation",
    "incomplete-csi-secret-ref": "fields:incomplete_secret_ref",
    "pod-env-credential": "credentials:pod_env_credential",
    "pod-command-credential": "credentials:pod_command_credential",
    "volume-credential": "credentials:volume_credential",
    "mount-options-credential": "credentials:mount_options_credential",
    "storage-class-credential": "credentials:storage_class_credential",
    "annotation-credential": "credentials:annotation_credential",
    "config-map-credential": "credentials:config_map_credential",
}

CHECKS: Mapping[str, Check] = {name: Check(place, TOKENS[name]) for name, place in _PLACES.items()}
"""Every check by its name on the cards. Its tokens come from `tools/tokens.py`."""

OF_CREDENTIALS = frozenset(name for name, place in _PLACES.items() if place.startswith("credentials:"))
"""The checks that match only where `kvlint.checks.suspicion.may_hold_credential` is true."""

OF_SCHEMAS = frozenset({"annotation-credential"})
"""The checks that may match a schema of custom resources too: to the others it only mentions what they look for."""

OFF = frozenset({"host-path-volume"})
"""The checks of rules that are off by default."""


def rules() -> dict[str, Rule]:
    """The built-in rules by id."""
    from kvlint._generated.cards import ROWS

    return {row[0]: Rule(row[0], row[1], Severity(row[2]), *row[3:]) for row in ROWS}


def texts() -> dict[str, Text]:
    """What documentation needs of the built-in rules, by id."""
    from kvlint._generated.card_texts import ROWS

    return {row[0]: Text(*row[1:]) for row in ROWS}
