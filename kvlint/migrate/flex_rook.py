"""FlexVolumes of Rook: the CSI drivers are named after the namespace of the operator."""

from kvlint.migrate.ceph import ADMIN
from kvlint.migrate.flex_options import Options
from kvlint.migrate.subject import string

_DEFAULT_NAMESPACE = "rook-ceph"
_AGENT = "rook"


def rook(options: Options) -> None:
    """Give the references @driver (`<operator namespace>.rbd.csi.ceph.com`) and, for CephFS, @user.

    Rook registers the FlexVolume as `ceph.rook.io/<operator namespace>`, and once more as `ceph.rook.io/rook`. The name
    can be configured (`ceph.rbd-driver`, `ceph.cephfs-driver`)."""
    kind = "cephfs" if "fsName" in options.plan.required else "rbd"
    given = options.draft.subject.inputs.given(f"ceph.{kind}-driver")
    suffix = string(options.draft.subject.body, "driver").partition("/")[2]
    namespace = suffix if suffix != _AGENT else options.text("{clusterNamespace} | {clusterName}") or _DEFAULT_NAMESPACE
    options.references["@driver"] = given or f"{namespace}.{kind}.csi.ceph.com"
    if kind == "cephfs":
        user = options.value("mountUser")
        options.references["@user"] = user or ADMIN
        if user is not None:
            options.draft.note(f"The user of the option `mountUser`, {user}, is the userID of the Secret.")
