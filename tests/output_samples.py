"""Reports to render: small manifests with findings whose spans are found by searching the text."""

from kvlint.finding import (
    MANUAL,
    NEEDS_INPUT,
    SAFE,
    UNSAFE,
    Confidence,
    Edit,
    Finding,
    Fix,
    Input,
    Location,
    Migration,
    Report,
    ResourceRef,
    Severity,
    Summary,
    Suppression,
)
from kvlint.output import RuleInfo, View

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: rbd
spec:
  containers:
    - name: app
      image: nginx
      volumeMounts:
        - name: rbdpd
          mountPath: /mnt
  # the disk of the shop
  volumes:
    - name: rbdpd
      rbd:
        monitors: ["10.16.154.78:6789"]
        pool: kube
        user: admin
        keyring: /etc/ceph/keyring
"""

CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: pg-data
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: fats
"""

CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: kubernetes.io/gce-pd
"""

WIDE = """\
kind: Pod
metadata: {name: 网站, labels: {team: "👩‍👩‍👧 família"}, uid: x}
spec:
\tvolumes: [{name: é, nfs: {server: a}}]
  comment: "❤️ and 👍🏽 and e\u0301 and 한국어", nfs: here
"""

SECRET = "S3cr3t"
MASKED = f"""\
kind: Pod
spec:
  containers:
    - env: [{{name: A, value: {SECRET}one}}, {{name: B, value: {SECRET}two}}]
      command:
        - mount -o user=app,password={SECRET}three //server/share /mnt && exec app
      args:
        - |
          first {SECRET}four
          second {SECRET}five

          third {SECRET}six
  after: x
"""

FILES = {"pod.yaml": POD, "claim.yaml": CLAIM, "prod/class.yaml": CLASS, "wide.yaml": WIDE, "masked.yaml": MASKED}

RULES = {
    info.id: info
    for info in (
        RuleInfo(
            "intree-volume",
            "A volume uses an in-tree plugin",
            "deprecated",
            why="In-tree plugins left Kubernetes.\n\nThey were removed release by release.",
            help="Claim the storage through the CSI driver.",
            references=("https://kubernetes.io/docs/concepts/storage/volumes/",),
            docs="https://kvlint.example/rules/intree-volume/",
        ),
        RuleInfo("inline-network-volume", "A Pod mounts network storage inline", "inline", Severity.ERROR),
        RuleInfo("inline-storage-endpoint", "A Pod spells out a storage endpoint", "inline", Severity.INFO),
        RuleInfo("pod-env-credential", "A credential in an environment variable", "credentials", Severity.ERROR),
        RuleInfo("unknown-storage-class", "Nothing defines the StorageClass", "binding", confidence=Confidence.LOW),
        RuleInfo("unused-ignore", "An ignore comment matches nothing", "engine"),
    )
}


def lines(file, number, files=FILES):
    """The line of a file as a reader of bytes sees it: ended by line feed, carriage return or both."""
    text = files.get(file)
    if text is None:
        return None
    every = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return every[number - 1] if 1 <= number <= len(every) else None


VIEW = View(lines=lines, rule_info=RULES.get, rules=tuple(RULES), version="1.2.3", home="https://kvlint.example/")


def span(file, needle, label="", nth=0, files=FILES):
    """The location of the `nth` occurrence of `needle` in a file; the needle may hold line ends."""
    text = files[file]
    start = -1
    for _ in range(nth + 1):
        start = text.index(needle, start + 1)
    return Location(file, *_position(text, start), *_position(text, start + len(needle)), label)


def mask(file, needle, nth=0, files=FILES):
    """The same as an entry of `Report.masks`."""
    return tuple(span(file, needle, nth=nth, files=files)[1:5])


def _position(text, index):
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def finding(rule, severity, message, location, **more):
    """A finding with everything that does not matter filled in."""
    values = {
        "category": RULES[rule].category if rule in RULES else "engine",
        "confidence": Confidence.HIGH,
        "help": "",
        "resource": None,
        "field": "",
    }
    return Finding(rule=rule, severity=severity, message=message, location=location, **{**values, **more})


def report(*findings, masks=None, summary=None, **more):
    """A report of the given findings, judged for 1.37."""
    counted = summary or Summary(files=1, documents=1, resources=1, skipped=3, inventory=2)
    return Report(findings, counted, "1.37", "2026-11-01", masks or {}, **more)


RBD = ResourceRef("v1", "Pod", None, "rbd")
CLAIM_REF = ResourceRef("v1", "PersistentVolumeClaim", "shop", "pg-data")

MIGRATION = Migration(
    id="pod.yaml#Pod/rbd#rbdpd",
    driver="rbd.csi.ceph.com",
    status=NEEDS_INPUT,
    manifests=({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "rbd-rbdpd"}},),
    inputs=(
        Input("cluster-id", "ceph-csi finds the cluster by its id", "<cluster-id>"),
        Input("user key", "the key behind /etc/ceph/keyring", "<user-key>"),
        Input("capacity", "a PersistentVolume needs one", "<capacity>"),
        Input("namespace", "the Pod names none", "<namespace>"),
    ),
    steps=("Install ceph-csi.",),
    notes=("imageFeatures stay as they are.",),
    references=("https://docs.ceph.com/",),
    title="PersistentVolume + PersistentVolumeClaim `rbd-rbdpd`",
    applicability=UNSAFE,
)


def seed():
    """The inline rbd Pod: three findings of two severities that share one migration, and a suppressed one."""
    start = POD.index("      rbd:")
    fix = Fix(
        MIGRATION.title,
        UNSAFE,
        (Edit("pod.yaml", start, len(POD), "      persistentVolumeClaim:\n        claimName: rbd-rbdpd\n"),),
        tuple(item.name for item in MIGRATION.inputs),
    )
    volume = span("pod.yaml", "rbdpd", "this volume", nth=1)
    common = {"resource": RBD, "migration": MIGRATION, "fix": fix}
    return report(
        finding(
            "inline-network-volume",
            Severity.WARNING,
            "volume `rbdpd` mounts rbd storage inline",
            span("pod.yaml", "rbd", "inline network source", nth=3),
            help="claim the storage with a PersistentVolumeClaim instead",
            field="spec.volumes[0].rbd",
            related=(volume,),
            fingerprint="aaaa",
            **common,
        ),
        finding(
            "intree-volume",
            Severity.ERROR,
            "volume `rbdpd` uses the in-tree rbd plugin, deprecated since 1.28, removed in 1.31",
            span("pod.yaml", "rbd", "non-functional since Kubernetes 1.31", nth=3),
            help="claim it through rbd.csi.ceph.com",
            field="spec.volumes[0].rbd",
            related=(volume,),
            fingerprint="bbbb",
            **common,
        ),
        finding(
            "inline-storage-endpoint",
            Severity.WARNING,
            "the Pod names the storage user and its keyring",
            span("pod.yaml", "keyring", "a path on every node"),
            field="spec.volumes[0].rbd.keyring",
            related=(
                span("pod.yaml", "monitors", "the cluster"),
                span("pod.yaml", "10.16.154.78:6789"),
                span("pod.yaml", "user", "its user"),
            ),
            confidence=Confidence.MEDIUM,
            resource=RBD,
            migration=MIGRATION,
        ),
        finding(
            "intree-volume",
            Severity.ERROR,
            "volume `old` uses the in-tree rbd plugin",
            span("pod.yaml", "volumes"),
            help="claim it",
            resource=RBD,
            field="spec.volumes[1].rbd",
            fingerprint="cccc",
            suppressed=Suppression("comment", "moves in May"),
            fix=Fix("Remove it", SAFE, (Edit("pod.yaml", 0, 3, ""),)),
        ),
        finding(
            "unused-ignore",
            Severity.WARNING,
            "nothing on this line is `flexvolume`",
            span("pod.yaml", "# the disk of the shop", "matches nothing"),
            fix=Fix("Remove the comment", SAFE, (Edit("pod.yaml", 179, 204, ""),)),
            fingerprint="dddd",
        ),
    )


def cross():
    """A claim and the class it may have meant, in another file; an info; a guess that is only advice."""
    return report(
        finding(
            "unknown-storage-class",
            Severity.ERROR,
            "claim `pg-data` asks for StorageClass `fats`, which nothing defines",
            span("claim.yaml", "fats", "not in 41 resources read"),
            help="fix the name, add the StorageClass,\nor list it under `known-storage-classes`",
            field="spec.storageClassName",
            resource=CLAIM_REF,
            related=(span("prod/class.yaml", "fast", "did you mean this one?"), span("claim.yaml", "pg-data")),
            fix=Fix("Ask for StorageClass `fast`", MANUAL),
            fingerprint="eeee",
        ),
        finding(
            "inline-storage-endpoint",
            Severity.INFO,
            "a whole object",
            span("prod/class.yaml", CLASS, "all of this"),
            fingerprint="eeee",
        ),
        summary=Summary(files=9, documents=14, resources=14),
    )


def live():
    """Findings without positions: a live object, a rendered template, a file that cannot be read again."""
    return report(
        finding(
            "intree-volume",
            Severity.ERROR,
            "volume `data` uses the in-tree rbd plugin",
            Location("cluster:prod/shop/Pod/web", 0, 0, 0, 0, "non-functional since Kubernetes 1.31"),
            help="install the driver",
            resource=ResourceRef("v1", "Pod", "shop", "web"),
            field="spec.volumes[0].rbd",
            related=(Location("cluster:prod/-/StorageClass/fast", 0, 0, 0, 0, "made by this class"),),
            migration=MIGRATION,
            fingerprint="ffff",
        ),
        finding(
            "inline-network-volume",
            Severity.WARNING,
            "volume `data` mounts nfs inline",
            Location("chart/templates/web.yaml", 0, 0, 0, 0),
            rendered=Location("chart/templates/web.yaml", 41, 7, 41, 10),
            related=(span("prod/class.yaml", "fast", "see here"),),
        ),
        finding("unused-ignore", Severity.WARNING, "gone", Location("gone.yaml", 3, 1, 3, 5, "was here")),
    )


def wide():
    """Tabs, wide characters, joined emoji and combining characters before and inside the carets."""
    return report(
        finding(
            "unused-ignore",
            Severity.ERROR,
            "wide",
            span("wide.yaml", "网站", "name"),
            related=(span("wide.yaml", "uid", "after emoji"),),
        ),
        finding("unused-ignore", Severity.WARNING, "tab", span("wide.yaml", "nfs", "after a tab")),
        finding(
            "unused-ignore",
            Severity.INFO,
            "more",
            span("wide.yaml", "nfs", "after many", nth=1),
            related=(span("wide.yaml", "한국어", "Korean"),),
        ),
    )


def masked():
    """Credentials beside, under and around the carets, and one over several lines."""
    masks = tuple(mask("masked.yaml", SECRET + word) for word in ("one", "two", "three"))
    block = MASKED[MASKED.index("first") : MASKED.index("  after")]
    return report(
        finding(
            "pod-env-credential",
            Severity.ERROR,
            "environment variable `B` holds a credential",
            span("masked.yaml", SECRET + "two", "a literal credential"),
            related=(span("masked.yaml", "A", "another"), span("masked.yaml", "name: B", "this variable")),
        ),
        finding(
            "pod-env-credential",
            Severity.ERROR,
            "a command holds a credential",
            span("masked.yaml", "//server/share", "mounted here"),
            related=(span("masked.yaml", f"user=app,password={SECRET}three", "with this"),),
        ),
        finding(
            "pod-env-credential", Severity.ERROR, "args hold a credential", span("masked.yaml", block, "all of it")
        ),
        finding(
            "pod-env-credential",
            Severity.WARNING,
            "from here to there",
            span("masked.yaml", MASKED[MASKED.index("- |") : MASKED.index(": x")]),
        ),
        masks={"masked.yaml": (*masks, mask("masked.yaml", block))},
    )


def clean():
    """Nothing found."""
    return report(summary=Summary(files=9, documents=20, resources=14, skipped=6))


REPORTS = {"seed": seed, "cross": cross, "live": live, "wide": wide, "masked": masked, "clean": clean}
