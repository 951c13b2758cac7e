"""Annotations, labels, finalizers, class parameters and fields that are deprecated, dead or not for manifests.

What Kubernetes does with each annotation follows `k8s.io/component-helpers/storage/volume`; which parameters of a
StorageClass the CSI provisioner reads itself, and which ones it rejects, follows external-provisioner's
`pkg/controller/controller.go`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kvlint._generated.markers import CSI_PARAMETERS, ROWS
from kvlint.knowledge.version import Version
from kvlint.record import NamedTuple

DEPRECATED = "deprecated"
DEAD = "dead"
CONTROLLER_OWNED = "controller-owned"
CURRENT = "current"

CSI_PREFIX = "csi.storage.k8s.io/"
"""The prefix of class parameters that external-provisioner keeps to itself."""


class Marker(NamedTuple):
    """One annotation, label, finalizer, parameter or field.

    `type` is annotation, label, finalizer, parameter or field; `kinds` are the objects it means something on (empty for
    parameters: StorageClasses). `status` is DEPRECATED (works, `replacement` is better), DEAD (no effect),
    CONTROLLER_OWNED (written by a controller) or CURRENT. `deprecated` and `removed` are the first minors of which it
    is true. `effect` is a clause that reads after "which", `fix` a command without full stop.

    A parameter holds for the `provisioners` listed ("csi": every known CSI driver) but those in `other_drivers`;
    `any_case`: its name is compared without case."""

    type: str
    key: str
    kinds: tuple[str, ...]
    status: str
    deprecated: Version | None
    removed: Version | None
    replacement: str
    effect: str
    fix: str
    provisioners: tuple[str, ...]
    other_drivers: tuple[str, ...]
    any_case: bool
    references: tuple[str, ...]


def _of(kind: str) -> Mapping[str, Marker]:
    return MappingProxyType({row[1]: Marker(*row) for row in ROWS if row[0] == kind})


ANNOTATIONS = _of("annotation")
"""By annotation key."""

LABELS = _of("label")
"""By label key, which is also the key of node affinity and topology terms."""

FINALIZERS = _of("finalizer")
"""By finalizer."""

FIELDS = _of("field")
"""By field path, relative to the object."""

PARAMETERS = _of("parameter")
"""By parameter name; `parameter` also judges the provisioner."""


def parameter(key: str, provisioner: str) -> Marker | None:
    """The marker for the parameter `key` of a StorageClass of `provisioner`; None where the parameter is fine.

    A parameter below `csi.storage.k8s.io/` that external-provisioner does not know fails provisioning."""
    marker = PARAMETERS.get(key) or PARAMETERS.get(key.lower())
    if marker is not None and (key == marker.key or marker.any_case) and _holds(marker, provisioner):
        return marker
    if key.startswith(CSI_PREFIX) and key not in CSI_PARAMETERS and _is_csi(provisioner):
        return _UNKNOWN._replace(key=key)
    return None


_UNKNOWN = Marker(
    type="parameter",
    key=CSI_PREFIX,
    kinds=(),
    status=DEAD,
    deprecated=None,
    removed=None,
    replacement="",
    effect="the CSI provisioner does not know and rejects, so that it provisions nothing",
    fix="correct the name; the prefix csi.storage.k8s.io/ is reserved",
    provisioners=("csi",),
    other_drivers=(),
    any_case=False,
    references=("https://kubernetes-csi.github.io/docs/external-provisioner.html",),
)


def _holds(marker: Marker, provisioner: str) -> bool:
    if provisioner in marker.other_drivers:
        return False
    return provisioner in marker.provisioners or ("csi" in marker.provisioners and _is_csi(provisioner))


def _is_csi(provisioner: str) -> bool:
    from kvlint.knowledge import csi_drivers

    return csi_drivers.find(provisioner) is not None
