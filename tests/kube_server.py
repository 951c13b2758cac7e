"""A small HTTP server that speaks as much of the Kubernetes API as `kubectl get --raw` needs: discovery, the version,
paged lists, label selectors, 403 and 410."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

LISTS = {
    "/api/v1/pods": "PodList",
    "/api/v1/persistentvolumes": "PersistentVolumeList",
    "/api/v1/persistentvolumeclaims": "PersistentVolumeClaimList",
    "/api/v1/replicationcontrollers": "ReplicationControllerList",
    "/api/v1/podtemplates": "PodTemplateList",
    "/api/v1/secrets": "SecretList",
    "/apis/apps/v1/deployments": "DeploymentList",
    "/apis/apps/v1/statefulsets": "StatefulSetList",
    "/apis/apps/v1/daemonsets": "DaemonSetList",
    "/apis/apps/v1/replicasets": "ReplicaSetList",
    "/apis/batch/v1/jobs": "JobList",
    "/apis/batch/v1/cronjobs": "CronJobList",
    "/apis/storage.k8s.io/v1/storageclasses": "StorageClassList",
    "/apis/storage.k8s.io/v1/csidrivers": "CSIDriverList",
    "/apis/storage.k8s.io/v1/csinodes": "CSINodeList",
}
GROUPS = {"apps": ["v1"], "batch": ["v1"], "storage.k8s.io": ["v1"]}


class Cluster:
    """What the server answers: `objects` by the path of their list over all namespaces; a function makes a long one.

    `forbidden` holds paths nobody may list. `expired` counts, by path, how many continue tokens are answered with 410
    Gone. `groups` are the API groups with their versions. `requests` remembers the paths and queries asked for."""

    def __init__(self, objects: Mapping[str, "Sequence[Object] | Callable[[int], Object]"], minor: str = "31") -> None:
        self.objects = dict(objects)
        self.lists = dict(LISTS)
        self.groups = {group: list(versions) for group, versions in GROUPS.items()}
        self.minor = minor
        self.sizes: dict[str, int] = {}
        self.forbidden: set[str] = set()
        self.expired: Counter[str] = Counter()
        self.failing: set[str] = set()
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []

    def answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Object]:
        """Status and body of a GET."""
        if path == "/version":
            return 200, {"major": "1", "minor": self.minor, "gitVersion": f"v1.{self.minor.rstrip('+')}.2"}
        if path == "/apis":
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": list(self._groups())}
        parts = path.split("/")
        namespace = ""
        if "namespaces" in parts:
            at = parts.index("namespaces")
            namespace = parts[at + 1]
            path = "/".join(parts[:at] + parts[at + 2 :])
        if path in self.failing:
            return 500, _status(
                500, "InternalError", "an error on the server has prevented the request from succeeding"
            )
        if path in self.forbidden:
            what = path.rpartition("/")[2]
            return 403, _status(403, "Forbidden", f'{what} is forbidden: User "jane" cannot list resource "{what}"')
        if path not in self.lists:
            return 404, _status(404, "NotFound", "the server could not find the requested resource")
        return self._list(path, namespace, query)

    def _groups(self) -> Iterator[Object]:
        for name, versions in self.groups.items():
            listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
            yield {"name": name, "versions": listed, "preferredVersion": listed[0]}

    def _list(self, path: str, namespace: str, query: Mapping[str, list[str]]) -> tuple[int, Object]:
        token = query.get("continue", [""])[0]
        start = int(token or 0)
        limit = int(query.get("limit", ["0"])[0]) or 1_000_000
        if token and self.expired[path] > 0:
            self.expired[path] -= 1
            return 410, _status(
                410, "Expired", "The provided continue parameter is too old to display a consistent list"
            )
        listed = self.objects.get(path, ())
        if callable(listed):
            size = self.sizes[path]
            items = [listed(index) for index in range(start, min(start + limit, size))]
        else:
            chosen = [item for item in listed if _matches(item, namespace, query.get("labelSelector", [""])[0])]
            size = len(chosen)
            items = chosen[start : start + limit]
        metadata: Object = {"resourceVersion": "7"}
        if start + limit < size:
            metadata |= {"continue": str(start + limit), "remainingItemCount": size - start - limit}
        group_version = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")[0]
        return 200, {"kind": self.lists[path], "apiVersion": group_version, "metadata": metadata, "items": items}


def _matches(item: Object, namespace: str, selector: str) -> bool:
    metadata = item["metadata"]
    labels = metadata.get("labels", {})
    wanted = dict(term.split("=", 1) for term in selector.split(",") if term)
    return (not namespace or metadata.get("namespace") == namespace) and wanted.items() <= labels.items()


def _status(code: int, reason: str, message: str) -> Object:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


@contextmanager
def serve(cluster: Cluster) -> Iterator[str]:
    """Serve a cluster on a free port of the loopback interface; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            cluster.requests.append(self.path)
            cluster.headers.append(dict(self.headers))
            code, body = cluster.answer(parts.path, parse_qs(parts.query))
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(path: Path, server: str, namespace: str = "", context: str = "prod") -> Path:
    """Write a kubeconfig with one context."""
    about: Object = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": context, "context": about}],
    }
    path.write_text(json.dumps(config))
    return path
