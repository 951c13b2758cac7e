"""The explicit tables: which checks there are, and which rules."""

from collections.abc import Mapping

from kvlint.checks import across, config_files, credentials, deprecated, fields, inline
from kvlint.facts import CLASS_ANNOTATION
from kvlint.finding import Severity
from kvlint.knowledge import credential_keys, markers, volume_plugins
from kvlint.rule import Check, Rule, Text

_SOURCES = tuple(field for field, plugin in volume_plugins.PLUGINS.items() if plugin.inline_finding)
_IDENTIFIED = tuple(field for field, plugin in volume_plugins.PLUGINS.items() if plugin.identity_fields)
_CONFIGURATION = (*config_files.tokens(), *credential_keys.VARIABLE_MARKS, "literals")
_TOPOLOGY = tuple(markers.LABELS)
_CLAIMS = ("ersistentVolume", "olumeClaimTemplate", "StorageClass", "CSIDriver")

CHECKS: Mapping[str, Check] = {
    "inline-network-volume": Check(inline.inline_network_volume, _SOURCES),
    "inline-csi-volume": Check(inline.inline_csi_volume, ("csi",)),
    "git-repo-volume": Check(inline.git_repo_volume, ("gitRepo",)),
    "host-path-volume": Check(inline.host_path_volume, ("hostPath",)),
    "inline-storage-endpoint": Check(inline.inline_storage_endpoint, _IDENTIFIED),
    "intree-volume": Check(deprecated.intree_volume, _SOURCES),
    "intree-provisioner": Check(deprecated.intree_provisioner, ("kubernetes.io/",)),
    "flexvolume": Check(deprecated.flexvolume, ("flexVolume",)),
    "flexvolume-installer": Check(deprecated.flexvolume_installer, ("hostPath", "olume-plugin-dir", "lexVolume")),
    "retired-provisioner": Check(deprecated.retired_provisioner, ("provisioner", "image")),
    "retired-csi-driver": Check(deprecated.retired_csi_driver, ("csi", "provisioner", "driver", "CSIDriver")),
    "deprecated-storage-api": Check(deprecated.deprecated_storage_api, ("storage.k8s.io/",)),
    "deprecated-storage-annotation": Check(deprecated.deprecated_storage_annotation, tuple(markers.ANNOTATIONS)),
    "deprecated-topology-label": Check(deprecated.deprecated_topology_label, _TOPOLOGY),
    "recycle-reclaim-policy": Check(deprecated.recycle_reclaim_policy, ("Recycle",)),
    "deprecated-storage-class-parameter": Check(deprecated.deprecated_storage_class_parameter, ("parameters",)),
    "unknown-storage-class": Check(across.check("unknown-storage-class"), _CLAIMS),
    "no-default-storage-class": Check(across.check("no-default-storage-class"), _CLAIMS),
    "ambiguous-default-storage-class": Check(across.check("ambiguous-default-storage-class"), ("StorageClass",)),
    "unbindable-claim": Check(across.check("unbindable-claim"), _CLAIMS),
    "missing-claim": Check(across.check("missing-claim"), _CLAIMS),
    "contested-volume": Check(across.check("contested-volume"), _CLAIMS),
    "duplicate-volume-handle": Check(across.check("duplicate-volume-handle"), _CLAIMS),
    "unsupported-access-mode": Check(across.check("unsupported-access-mode"), _CLAIMS),
    "conflicting-storage-class-annotation": Check(fields.conflicting_class_annotation, (CLASS_ANNOTATION,)),
    "incomplete-csi-secret-ref": Check(fields.incomplete_secret_ref, ("ecret",)),
    "pod-env-credential": Check(credentials.pod_env_credential, ("ontainers",)),
    "pod-command-credential": Check(credentials.pod_command_credential, ("ontainers",)),
    "volume-credential": Check(credentials.volume_credential, ("volumes", "PersistentVolume")),
    "mount-options-credential": Check(credentials.mount_options_credential, ("mountOptions", "mount-options")),
    "storage-class-credential": Check(credentials.storage_class_credential, ("parameters",)),
    "annotation-credential": Check(credentials.annotation_credential, credentials.ANNOTATIONS),
    "config-map-credential": Check(credentials.config_map_credential, _CONFIGURATION),
}
"""Every check by its name on the cards, with the tokens without which it cannot match."""


def rules() -> dict[str, Rule]:
    """The built-in rules by id."""
    from kvlint._generated.cards import ROWS

    return {row[0]: Rule(row[0], row[1], Severity(row[2]), *row[3:]) for row in ROWS}


def texts() -> dict[str, Text]:
    """What documentation needs of the built-in rules, by id."""
    from kvlint._generated.card_texts import ROWS

    return {row[0]: Text(*row[1:]) for row in ROWS}
