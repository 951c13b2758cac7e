"""A live cluster as input, read through the user's own kubectl: pages of objects, one kind after the other.

Only `get` and `list` are ever asked for, and never a Secret."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from kvlint.inputs.rendering import complaint, run
from kvlint.problem import ConfigError
from kvlint.record import NamedTuple

Object = dict[str, Any]

PAGE = 500
"""So many objects are asked for at once: the working set, whatever the size of the cluster."""
RESTARTS = 3
"""So often a list is begun anew when the API server has forgotten where it was (410 Gone)."""
SAY_IT = "say it: --kubernetes-version 1.NN"
MISSING = "install kubectl, or lint files: `kvlint check PATH`"
_VERSION = re.compile(r"[0-9]+")


class Kind(NamedTuple):
    """A kind that is read: its API group and the plural in its path.

    `role` says what its objects are for: OWNER (a workload, in whose place its Pods are not judged), WORKLOAD, CLAIM,
    VOLUME, CLASS, DRIVER, NODE (tells which drivers run on it) or POLICY. `loss` completes "because it may not be
    listed, …"."""

    kind: str
    group: str
    plural: str
    namespaced: bool
    role: str
    loss: str


OWNER, WORKLOAD, CLAIM, VOLUME = "owner", "workload", "claim", "volume"
CLASS, DRIVER, NODE, POLICY = "class", "driver", "node", "policy"

_NO_DRIVERS = "it is unknown which drivers are installed: what needs one stays a warning"
_NO_WORKLOADS = "they are not judged; their Pods are, where they can be read"
KINDS = (
    Kind("CSIDriver", "storage.k8s.io", "csidrivers", False, DRIVER, _NO_DRIVERS),
    Kind(
        "CSINode", "storage.k8s.io", "csinodes", False, NODE, "only drivers with a CSIDriver object count as installed"
    ),
    Kind(
        *("PersistentVolumeClaim", "", "persistentvolumeclaims", True, CLAIM),
        "claims are not judged, and nothing is concluded from what is absent",
    ),
    Kind(
        *("PersistentVolume", "", "persistentvolumes", False, VOLUME),
        "volumes are not judged, and nothing is concluded from what is absent",
    ),
    Kind(
        *("StorageClass", "storage.k8s.io", "storageclasses", False, CLASS),
        "classes are not judged, and nothing is concluded from what is absent",
    ),
    Kind(
        "VolumeSnapshotClass", "snapshot.storage.k8s.io", "volumesnapshotclasses", False, POLICY, "they are not judged"
    ),
    Kind("PodSecurityPolicy", "policy", "podsecuritypolicies", False, POLICY, "they are not judged"),
    Kind(
        *("SecurityContextConstraints", "security.openshift.io", "securitycontextconstraints", False, POLICY),
        "they are not judged",
    ),
    Kind("Deployment", "apps", "deployments", True, OWNER, _NO_WORKLOADS),
    Kind("StatefulSet", "apps", "statefulsets", True, OWNER, _NO_WORKLOADS),
    Kind("DaemonSet", "apps", "daemonsets", True, OWNER, _NO_WORKLOADS),
    Kind("DeploymentConfig", "apps.openshift.io", "deploymentconfigs", True, OWNER, _NO_WORKLOADS),
    Kind("CronJob", "batch", "cronjobs", True, OWNER, _NO_WORKLOADS),
    Kind("ReplicaSet", "apps", "replicasets", True, OWNER, _NO_WORKLOADS),
    Kind("ReplicationController", "", "replicationcontrollers", True, OWNER, _NO_WORKLOADS),
    Kind("Job", "batch", "jobs", True, OWNER, _NO_WORKLOADS),
    Kind("PodTemplate", "", "podtemplates", True, WORKLOAD, "they are not judged"),
    Kind("Pod", "", "pods", True, WORKLOAD, "Pods that nothing owns are not judged"),
)
"""What is read, in this order: what others are judged by comes first, and owners come before what they own."""


class Refused(Exception):
    """The API server does not let the user list a kind."""


class Absent(Exception):
    """The API server does not serve a path."""


class Gone(Exception):
    """A list cannot be continued: what the continue token meant has been forgotten."""


class Failed(Exception):
    """A list could not be read to its end; the message says why."""


class Where(NamedTuple):
    """What of a cluster is looked at: `namespace` (None: all) and label `selector` (empty: everything)."""

    namespace: str | None
    selector: str = ""


class Cluster:
    """A cluster behind kubectl; `flags` are kubectl's own, handed on as they are."""

    __slots__ = ("_flags", "_groups", "context", "default_namespace")

    def __init__(self, flags: Sequence[str]) -> None:
        self._flags = list(flags)
        self._groups: dict[str, list[str]] | None = None
        self.context, self.default_namespace = self._about()

    def version(self, said: str = "") -> str:
        """The server's version, such as "1.31", or `said` if that is given.

        Raises ConfigError where there is no cluster to ask: nothing that goes wrong here can be lived with."""
        code, output, stderr = run(["kubectl", "get", "--raw", "/version", *self._flags], MISSING)
        if code and "(Forbidden)" in stderr:
            if said:
                return said
            raise ConfigError("you may not ask the cluster for its version", help=SAY_IT)
        if code:
            if "(Unauthorized)" in stderr or "must be logged in" in stderr:
                message, advice = (
                    "the cluster does not accept your credentials",
                    "log in again, or pass --token or --user",
                )
            else:
                message, advice = "there is no cluster to read", "try `kubectl version`, or pass --context"
            raise ConfigError(f"{message}: {complaint(stderr)}", help=advice)
        answer = _parsed(output)
        numbers = [_VERSION.match(str(answer.get(part, ""))) for part in ("major", "minor")]
        found = [number[0] for number in numbers if number is not None]
        if not said and len(found) < 2:
            raise ConfigError("the cluster does not say which version it is", help=SAY_IT)
        return said or ".".join(found)

    def pages(self, kind: Kind, where: Where, restarted: Callable[[], None]) -> Iterator[list[Object]]:
        """The objects of a kind, page by page, with their apiVersion and kind.

        Calls `restarted` when the list begins anew and what came before no longer counts. Raises Refused, Absent,
        Failed."""
        for version in self._versions(kind.group):
            base = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
            if where.namespace is not None and kind.namespaced:
                base += f"/namespaces/{_quoted(where.namespace)}"
            query = f"limit={PAGE}" + (f"&labelSelector={_quoted(where.selector)}" if where.selector else "")
            api_version = f"{kind.group}/{version}" if kind.group else version
            try:
                yield from self._list(f"{base}/{kind.plural}?{query}", kind.kind, api_version, restarted)
            except Absent:
                continue
            return
        raise Absent

    def one(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """One object with its apiVersion and kind; None where it cannot be read."""
        for version in self._versions(kind.group):
            base = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
            if kind.namespaced:
                base += f"/namespaces/{_quoted(namespace)}"
            try:
                return self._get(f"{base}/{kind.plural}/{_quoted(name)}")
            except Absent:
                continue
            except (Refused, Failed, Gone):
                return None
        return None

    def _list(self, path: str, kind: str, api_version: str, restarted: Callable[[], None]) -> Iterator[list[Object]]:
        token, restarts = "", 0
        while True:
            try:
                answer = self._get(f"{path}&continue={_quoted(token)}" if token else path)
            except Gone:
                restarts += 1
                if restarts > RESTARTS:
                    raise Failed("the list changed faster than it could be read") from None
                token = ""
                restarted()
                continue
            items = answer.get("items") or []
            for item in items:
                item["apiVersion"], item["kind"] = api_version, kind
            token = (answer.get("metadata") or {}).get("continue") or ""
            del answer
            yield items
            if not token:
                return

    def _versions(self, group: str) -> Iterable[str]:
        """The versions of a group, the server's favourite first; none where the server has no such group."""
        if not group:
            return ("v1",)
        if self._groups is None:
            try:
                answer = self._get("/apis")
            except (Refused, Absent, Failed):
                answer = {"groups": [{"name": kind.group, "versions": [{"version": "v1"}]} for kind in KINDS]}
            self._groups = {}
            for one in answer.get("groups") or []:
                listed = [one.get("preferredVersion") or {}, *(one.get("versions") or [])]
                versions = dict.fromkeys(version["version"] for version in listed if version.get("version"))
                self._groups[one.get("name", "")] = list(versions)
        return self._groups.get(group, ())

    def _about(self) -> tuple[str, str]:
        """The context's name, and the namespace kubectl takes where none is said."""
        command = ["kubectl", "config", "view", "--minify", "--output=json", *self._flags]
        code, output, _ = run(command, MISSING)
        view = _parsed(output) if code == 0 else {}
        name = view.get("current-context") or ""
        for context in view.get("contexts") or []:
            return context.get("name") or name, (context.get("context") or {}).get("namespace") or "default"
        return name or "cluster", "default"

    def _get(self, path: str) -> Object:
        try:
            code, output, stderr = run(["kubectl", "get", "--raw", path, *self._flags], MISSING)
        except ConfigError as error:
            raise Failed(str(error)) from None
        if code == 0:
            return _parsed(output)
        if "(Forbidden)" in stderr:
            raise Refused
        if "(NotFound)" in stderr or "could not find the requested resource" in stderr:
            raise Absent
        if "(Expired)" in stderr or "(Gone)" in stderr or "continue parameter is too old" in stderr:
            raise Gone
        raise Failed(complaint(stderr).partition("\n")[0])


def controller(item: Object) -> tuple[str, str, str] | None:
    """The owner that controls an object: API group, kind and uid. None for none, and for the node of a static Pod."""
    for owner in (item.get("metadata") or {}).get("ownerReferences") or []:
        if owner.get("controller") and owner.get("kind") != "Node":
            group, slash, _ = str(owner.get("apiVersion", "")).partition("/")
            return group if slash else "", str(owner.get("kind")), str(owner.get("uid") or owner.get("name"))
    return None


def name_of(item: Object, context: str) -> str:
    """How findings name the file that a live object stands for."""
    metadata = item["metadata"]
    return f"cluster:{context}/{metadata.get('namespace') or '-'}/{item['kind']}/{metadata.get('name', '')}"


def drivers_of(item: Object) -> Iterator[str]:
    """The CSI drivers that a CSIDriver or CSINode object says are installed."""
    if item["kind"] == "CSIDriver":
        yield item["metadata"]["name"]
    else:
        yield from (driver["name"] for driver in (item.get("spec") or {}).get("drivers") or [])


def _parsed(output: bytes) -> Object:
    from json import loads

    try:
        answer = loads(output)
    except (ValueError, RecursionError):
        raise ConfigError("what answers is no Kubernetes API server", help="check with `kubectl version`") from None
    return answer if isinstance(answer, dict) else {}


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
