"""Volume sources of core/v1 and the in-tree plugins behind them.

Which minor redirects a source to its CSI driver follows the stage and default of the feature gates CSIMigration* in
`pkg/features/kube_features.go`; which ones stop working follows `pkg/api/pod/warnings.go`. No field was ever removed
from the API: the API server accepts all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kvlint._generated.volume_plugins import ROWS
from kvlint.knowledge.version import Version
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


REDIRECTED = "redirected"
FAILS = "fails"
DISABLED = "disabled"
STILL_IN_TREE = "still-in-tree"


class Successor(NamedTuple):
    """A CSI driver that takes over: its name, the page of its project ("" if none), a sentence to know ("" if none)."""

    driver: str
    url: str
    note: str


class Credential(NamedTuple):
    """A field or class parameter that holds or names a credential.

    `kind` is reference (names a Secret), path (of a key file on the node), literal (the value itself), url (may hold
    `user:password@`) or options (free keys). `replacement` names what to write instead of a literal."""

    name: str
    kind: str
    replacement: str


class VolumePlugin(NamedTuple):
    """One volume source.

    `field` is its key in a Pod volume and a PersistentVolume spec; `name` the in-tree plugin's name ("" where none has
    a fixed one); `provisioners` the StorageClass provisioners that the plugin answered to. `network`:
    the data is reached over a network; `inline_finding`: written in a Pod it is an inline network volume. `attach` is
    controller, node, mount, driver or none.

    `deprecated_in`, `redirected_in` (handed to the CSI driver by default), `migration_ga_in` and `removed_in` (no
    working plugin) are the first minors of which it is true; `after_removal` says what then happens: REDIRECTED, FAILS,
    DISABLED or STILL_IN_TREE. `api_defaults` are written by the API server into live objects, `runtime_defaults` are
    assumed by the plugin. `advice` is for users, `references` are pages they can open."""

    field: str
    name: str
    provisioners: tuple[str, ...]
    network: bool
    inline_finding: bool
    in_pod: bool
    in_pv: bool
    attach: str
    deprecated_in: Version | None
    redirected_in: Version | None
    migration_ga_in: Version | None
    removed_in: Version | None
    after_removal: str
    successors: tuple[Successor, ...]
    pod_fields: tuple[str, ...]
    pv_fields: tuple[str, ...]
    identity_fields: tuple[str, ...]
    endpoint_fields: tuple[str, ...]
    api_defaults: Mapping[str, Any]
    runtime_defaults: Mapping[str, str]
    credential_fields: tuple[Credential, ...]
    class_credentials: tuple[Credential, ...]
    advice: str
    references: tuple[str, ...]

    @property
    def successor(self) -> str | None:
        """The name of the CSI driver to move to first; None where there is none."""
        return self.successors[0].driver if self.successors else None


def _plugin(row: Any) -> VolumePlugin:
    plugin = VolumePlugin(*row)
    return plugin._replace(
        successors=tuple(map(Successor._make, plugin.successors)),
        api_defaults=MappingProxyType(dict(plugin.api_defaults)),
        runtime_defaults=MappingProxyType(dict(plugin.runtime_defaults)),
        credential_fields=tuple(map(Credential._make, plugin.credential_fields)),
        class_credentials=tuple(map(Credential._make, plugin.class_credentials)),
    )


PLUGINS: Mapping[str, VolumePlugin] = MappingProxyType({row[0]: _plugin(row) for row in ROWS})
"""Every volume source of core/v1, by its field name."""

_BY_PROVISIONER = {name: plugin for plugin in PLUGINS.values() for name in plugin.provisioners}


def by_provisioner(name: str) -> VolumePlugin | None:
    """The in-tree plugin that answered to the StorageClass provisioner `name`, None for any other name."""
    return _BY_PROVISIONER.get(name)
