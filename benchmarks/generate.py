"""Trees of manifests to measure on: the same bytes for the same arguments, on every machine.

    python benchmarks/generate.py FOLDER --files 20000 --mix realistic

Two mixes, in shares of the files (what the files of public repositories look like; most bytes lie in schemas):

    realistic   4 % CustomResourceDefinitions of 15 to 150 kB (every fourth embeds a Pod template), 16 % RBAC, 10 %
                ConfigMaps (dashboards, scripts, settings), 8 % chart values, 20 % Services and Ingresses, 10 % custom
                resources, 22 % workloads, 10 % claims, volumes, classes and snapshots: nine tenths of the bytes hold
                nothing that storage rules look at
    storage     70 % workloads, 30 % claims, PersistentVolumes, classes and snapshots

Sizes and shares of the storage mix are those of 4,200 files of 80 public repositories which hold nothing but workloads
and storage (2,350 bytes a file, 70 % workloads; a Deployment has 2,500 bytes and 1.9 containers; 57 % have volumes, 8 %
mount a claim). Here files are a third smaller, and 11 % mount a claim, which follows as a second document. One
workload in a hundred (realistic) or fifty (storage) mounts a network volume inline instead, one PersistentVolume in
twenty is in-tree, one class in ten has an in-tree provisioner: these have findings and migrations. A class `fast` is
defined once."""

import argparse
import random
from collections.abc import Callable
from pathlib import Path

WORDS = [
    "alpha",
    "api",
    "auth",
    "batch",
    "billing",
    "cache",
    "catalog",
    "checkout",
    "core",
    "data",
    "edge",
    "events",
    "feed",
    "gateway",
    "graph",
    "index",
    "ingest",
    "ledger",
    "login",
    "mail",
    "metrics",
    "orders",
    "payments",
    "portal",
    "proxy",
    "queue",
    "report",
    "search",
    "session",
    "shop",
    "stats",
    "stream",
    "sync",
    "tracker",
    "upload",
    "users",
    "video",
    "web",
    "worker",
]
CLASS = """apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
"""
IN_TREE = {
    "nfs": "server: 192.0.2.{}\n{pad}path: /export/data",
    "rbd": "monitors: ['192.0.2.{}:6789']\n{pad}pool: kube\n{pad}image: data\n{pad}user: kube",
    "gcePersistentDisk": "pdName: disk-{}\n{pad}fsType: ext4",
    "awsElasticBlockStore": "volumeID: vol-0a1b2c3d4e5f{}\n{pad}fsType: ext4",
    "cephfs": "monitors: ['192.0.2.{}:6789']\n{pad}user: kube\n{pad}secretRef:\n{pad}  name: ceph",
}


class Maker:
    """Makes files; `inline` is how many workloads there are to one with an inline network volume."""

    def __init__(self, seed: int, inline: int) -> None:
        self.random = random.Random(seed)
        self.inline = inline
        self.namespace = ""

    def name(self) -> str:
        return "-".join(self.random.sample(WORDS, 3))

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def head(self, version: str, kind: str, name: str, namespace: bool = True) -> str:
        place = f"  namespace: {self.namespace}\n" if namespace else ""
        labels = f"  labels:\n    app.kubernetes.io/name: {name}\n    app.kubernetes.io/part-of: {name.split('-')[0]}\n"
        return f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n{place}{labels}"

    def schema(self) -> str:
        name = self.random.choice(WORDS)
        group = f"{name}.example.com"
        head = (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n"
            f"    controller-gen.kubebuilder.io/version: v0.16.5\n  name: {name}s.{group}\nspec:\n  group: {group}\n"
            f"  names:\n    kind: {name.title()}\n    plural: {name}s\n  scope: Namespaced\n  versions:\n"
            "  - name: v1\n    schema:\n      openAPIV3Schema:\n        properties:\n"
        )
        pod = self.chance(4)
        fields = self.random.randint(50, 500)
        body = []
        for number in range(fields):
            field = f"{self.random.choice(WORDS)}{self.random.choice(WORDS).title()}"
            if pod and number % 20 == 0:
                field = self.random.choice(
                    ["containers", "volumes", "persistentVolumeClaim", "hostPath", "nfs", "args"]
                )
            text = " ".join(self.random.choices(WORDS, k=self.random.randint(6, 30)))
            body.append(
                f"          {field}{number}:\n            description: |-\n              The {field} is {text}.\n"
                f"              Cannot be updated.\n            type: string\n"
            )
        return head + "".join(body) + "        type: object\n    served: true\n    storage: true\n"

    def rbac(self) -> str:
        name = self.name()
        rules = "".join(
            f'- apiGroups: ["{group}"]\n  resources: ["{self.random.choice(WORDS)}", "persistentvolumeclaims"]\n'
            '  verbs: ["get", "list", "watch"]\n'
            for group in self.random.sample(["", "apps", "batch", "storage.k8s.io", "networking.k8s.io"], 3)
        )
        binding = self.head("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name, False)
        return (
            self.head("rbac.authorization.k8s.io/v1", "ClusterRole", name, False)
            + f"rules:\n{rules}---\n{binding}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n"
            f"  name: {name}\nsubjects:\n- kind: ServiceAccount\n  name: {name}\n  namespace: team-1\n"
        )

    def config_map(self) -> str:
        name = self.name()
        kind = self.random.randrange(3)
        if kind == 0:
            panels = ",\n".join(
                f'        {{"id": {number}, "title": "{self.name()}", "type": "graph", '
                f'"targets": [{{"expr": "rate(http_requests_total{{job=\\"{name}\\"}}[5m])"}}]}}'
                for number in range(self.random.randint(10, 120))
            )
            data = f'  {name}.json: |\n    {{\n      "panels": [\n{panels}\n      ]\n    }}\n'
        elif kind == 1:
            lines = "".join(f"    echo {self.name()} && sleep {n}\n" for n in range(self.random.randint(5, 60)))
            data = f"  run.sh: |\n    #!/bin/sh\n    set -eu\n{lines}"
        else:
            data = "".join(
                f'  {self.name().replace("-", "_").upper()}: "{n}"\n' for n in range(self.random.randint(3, 20))
            )
        return self.head("v1", "ConfigMap", name) + f"data:\n{data}"

    def values(self) -> str:
        parts = [
            f"{word}:\n  enabled: {str(self.chance(2)).lower()}\n  image:\n"
            f"    repository: registry.example.com/{word}\n    tag: {n}.{self.random.randrange(20)}.0\n"
            f"  resources: {{}}\n  # -- where {word} runs\n  nodeSelector: {{}}\n"
            for n, word in enumerate(self.random.sample(WORDS, self.random.randint(5, 25)))
        ]
        return "".join(parts)

    def network(self) -> str:
        name = self.name()
        service = (
            self.head("v1", "Service", name)
            + f"spec:\n  selector:\n    app.kubernetes.io/name: {name}\n  ports:\n  - name: http\n    port: 80\n"
            f"    targetPort: {8000 + self.random.randrange(999)}\n"
        )
        if self.chance(2):
            return service
        return (
            service
            + "---\n"
            + self.head("networking.k8s.io/v1", "Ingress", name)
            + f"spec:\n  rules:\n  - host: {name}.example.com\n    http:\n      paths:\n      - path: /\n"
            f"        pathType: Prefix\n        backend:\n          service:\n            name: {name}\n"
            "            port:\n              name: http\n"
        )

    def custom(self) -> str:
        name = self.name()
        return (
            self.head("monitoring.coreos.com/v1", "ServiceMonitor", name)
            + f"spec:\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n"
            "  endpoints:\n  - port: http\n    interval: 30s\n"
        )

    def container(self, name: str) -> list[str]:
        lines = [
            f"- name: {name}",
            f"  image: registry.example.com/{name}:1.{self.random.randrange(30)}.{self.random.randrange(9)}",
            "  imagePullPolicy: IfNotPresent",
        ]
        if self.chance(2):
            flags = [f"--{word}={self.random.choice(WORDS)}" for word in self.random.sample(WORDS, 5)]
            lines += ["  args:", *(f'    - "{flag}"' for flag in flags)]
        lines += ["  ports:", "    - name: http", "      containerPort: 8080", "      protocol: TCP"]
        if self.random.randrange(3):
            lines += ["  env:", "    - name: LOG_LEVEL", "      value: info"]
            for word in self.random.sample(WORDS, self.random.randint(0, 6)):
                lines += [f"    - name: {word.upper()}_SIZE", f'      value: "{self.random.randrange(999)}"']
            if self.chance(5):
                lines += ["    - name: API_TOKEN", "      valueFrom:", "        secretKeyRef:"]
                lines += [f"          name: {name}", "          key: token"]
        lines += ["  resources:", "    requests:", "      cpu: 100m", "      memory: 128Mi"]
        if self.chance(2):
            lines += ["    limits:", "      cpu: 500m", "      memory: 512Mi"]
        if self.chance(2):
            lines += ["  securityContext:", "    allowPrivilegeEscalation: false", "    readOnlyRootFilesystem: true"]
            lines += ["    capabilities:", "      drop:", "        - ALL"]
        for probe in ("liveness", "readiness"):
            if self.chance(2):
                lines += [f"  {probe}Probe:", "    httpGet:", "      path: /healthz", "      port: http"]
                lines += ["    initialDelaySeconds: 5", "    periodSeconds: 10"]
        return lines

    def source(self, name: str) -> list[str]:
        kind = self.random.choices(["emptyDir", "configMap", "secret", "hostPath", "claim"], [30, 25, 12, 13, 20])[0]
        if kind == "emptyDir":
            return ["  emptyDir: {}"]
        if kind == "configMap":
            return ["  configMap:", f"    name: {name}"]
        if kind == "secret":
            return ["  secret:", f"    secretName: {name}"]
        if kind == "hostPath":
            return ["  hostPath:", f"    path: /var/lib/{name}", "    type: DirectoryOrCreate"]
        return ["  persistentVolumeClaim:", f"    claimName: {name}"]

    def pod(self, name: str, indent: int) -> str:
        lines = []
        if self.chance(2):
            lines += [f"serviceAccountName: {name}"]
        if self.chance(3):
            lines += ["nodeSelector:", "  kubernetes.io/os: linux", "tolerations:", "  - operator: Exists"]
            lines += ["    effect: NoSchedule"]
        if self.chance(3):
            lines += ["securityContext:", "  runAsNonRoot: true", "  runAsUser: 1000", "  fsGroup: 1000"]
        first, *rest = [self.container(name), *([self.container(f"{name}-helper")] if self.chance(2) else [])]
        volumes: list[str] = []
        if self.chance(self.inline):
            field = self.random.choice(sorted(IN_TREE))
            text = IN_TREE[field].replace("{}", str(self.random.randrange(250))).replace("{pad}", "    ")
            volumes = ["- name: data", f"  {field}:", *f"    {text}".splitlines()]
        elif self.random.randrange(7) < 4:
            volumes = ["- name: data", *self.source(name)]
            if self.chance(2):
                volumes += ["- name: tmp", "  emptyDir: {}"]
        if volumes:
            first += ["  volumeMounts:", "    - name: data", "      mountPath: /data"]
            volumes = ["volumes:", *volumes]
        lines += ["containers:", *first, *(line for one in rest for line in one), *volumes]
        return "".join(f"{' ' * indent}{line}\n" for line in lines)

    def workload(self) -> str:
        name = self.name()
        kind = self.random.choices(["Deployment", "StatefulSet", "DaemonSet", "CronJob"], [60, 15, 10, 15])[0]
        if kind == "CronJob":
            text = (
                self.head("batch/v1", kind, name)
                + 'spec:\n  schedule: "0 3 * * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n'
                "          restartPolicy: Never\n" + self.pod(name, 10)
            )
            return f"{text}---\n{self.claim(name)}" if f"claimName: {name}\n" in text else text
        selector = f"  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n"
        template = f"  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n    spec:\n"
        claims = ""
        if kind == "StatefulSet":
            claims = (
                "  volumeClaimTemplates:\n  - metadata:\n      name: state\n    spec:\n"
                "      accessModes: [ReadWriteOnce]\n      storageClassName: fast\n"
                "      resources:\n        requests:\n          storage: 10Gi\n"
            )
        text = self.head("apps/v1", kind, name) + f"spec:\n{selector}{template}{self.pod(name, 6)}{claims}"
        return f"{text}---\n{self.claim(name)}" if f"claimName: {name}\n" in text else text

    def claim(self, name: str) -> str:
        return (
            self.head("v1", "PersistentVolumeClaim", name)
            + "spec:\n  accessModes:\n  - ReadWriteOnce\n  storageClassName: fast\n  resources:\n    requests:\n"
            f"      storage: {self.random.randrange(1, 100)}Gi\n"
        )

    def storage(self) -> str:
        name = self.name()
        kind = self.random.choices(["claim", "volume", "class", "snapshot"], [60, 22, 12, 6])[0]
        if kind == "claim":
            return self.claim(f"{name}-{self.random.randrange(10**6)}")
        if kind == "volume":
            source = (
                f"  csi:\n    driver: ebs.csi.aws.com\n    volumeHandle: vol-{self.random.randrange(16**12):012x}\n"
            )
            if self.chance(20):
                source = f"  nfs:\n    server: 192.0.2.{self.random.randrange(250)}\n    path: /export/{name}\n"
            return (
                self.head("v1", "PersistentVolume", f"{name}-{self.random.randrange(10**6)}", False)
                + "spec:\n  capacity:\n    storage: 10Gi\n  accessModes:\n  - ReadWriteOnce\n"
                f"  persistentVolumeReclaimPolicy: Retain\n  storageClassName: fast\n{source}"
            )
        if kind == "class":
            provisioner = "kubernetes.io/gce-pd" if self.chance(10) else "ebs.csi.aws.com"
            return (
                self.head("storage.k8s.io/v1", "StorageClass", f"{name}-{self.random.randrange(1000)}", False)
                + f"provisioner: {provisioner}\nparameters:\n  type: gp3\nvolumeBindingMode: WaitForFirstConsumer\n"
            )
        return (
            self.head("snapshot.storage.k8s.io/v1", "VolumeSnapshot", name)
            + f"spec:\n  volumeSnapshotClassName: fast\n  source:\n    persistentVolumeClaimName: {name}\n"
        )


Kind = Callable[[Maker], str]
MIXES: dict[str, tuple[int, tuple[tuple[int, Kind], ...]]] = {
    "realistic": (
        100,
        (
            (4, Maker.schema),
            (16, Maker.rbac),
            (10, Maker.config_map),
            (8, Maker.values),
            (20, Maker.network),
            (10, Maker.custom),
            (22, Maker.workload),
            (10, Maker.storage),
        ),
    ),
    "storage": (50, ((70, Maker.workload), (30, Maker.storage))),
}
"""How many workloads there are to one with an inline volume, and the shares of files."""


def texts(files: int, mix: str, seed: int = 1) -> list[tuple[str, str]]:
    """The files of a tree: path below its root, and text."""
    inline, shares = MIXES[mix]
    maker = Maker(seed, inline)
    weights = [share for share, _ in shares]
    made = [("classes.yaml", CLASS)]
    for number in range(files):
        ((_, kind),) = maker.random.choices(shares, weights)
        maker.namespace = f"team-{number // 40}"
        stem = "values" if kind is Maker.values else kind.__name__
        made.append((f"app-{number // 40:04}/{number // 8 % 5}/{stem}-{number % 8}.yaml", kind(maker)))
    return made


def tree(folder: Path, files: int, mix: str, seed: int = 1) -> int:
    """Write a tree, unless it is there already; returns its number of bytes."""
    stamp = folder / f".complete-{mix}-{files}-{seed}"
    if not stamp.exists():
        for name, text in texts(files, mix, seed):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        stamp.touch()
    return sum(path.stat().st_size for path in folder.rglob("*.yaml"))


def single(path: Path, size: int, mix: str = "storage", seed: int = 1) -> int:
    """Write one file of many documents with at least `size` bytes; returns its number of bytes."""
    if not path.exists():
        inline, shares = MIXES[mix]
        maker = Maker(seed, inline)
        with path.open("w") as file:
            written = file.write(CLASS) + file.write("---\n")
            while written < size:
                ((_, kind),) = maker.random.choices(shares, [share for share, _ in shares])
                written += file.write(kind(maker)) + file.write("---\n")
    return path.stat().st_size


def main() -> None:
    """Write a tree from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--mix", choices=sorted(MIXES), default="realistic")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    size = tree(given.folder, given.files, given.mix, given.seed)
    print(f"{given.files} files, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
