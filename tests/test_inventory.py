"""Facts are read from objects as Kubernetes reads them, survive JSON, and are found by name, namespace and folder."""

import json

import pytest
from made_facts import claim, driver, ephemeral, mention, storage_class, template, use, volume, words

from kvlint.codec import fact_of, fact_row
from kvlint.facts import (
    CLASS_ANNOTATION,
    Claim,
    ClaimRef,
    Fact,
    PersistentVolume,
    Requirement,
    StorageClass,
    Use,
)
from kvlint.gather import facts_of, mention_of
from kvlint.inventory import Inventory, claim_names
from kvlint.mentions import words_in
from kvlint.nearness import closeness, in_line, nearest
from kvlint.resources import resources
from kvlint.source import Source
from kvlint.yamltree import documents


def facts(text: str, file: str = "all.yaml", namespace: str | None = None) -> list[Fact]:
    found: list[Fact] = []
    for document in documents(Source(file, text.encode())):
        for resource in resources(document, document.compose()):
            found += facts_of(resource, namespace=namespace)
    return found


CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: shop
  annotations: {volume.beta.kubernetes.io/storage-class: slow}
spec:
  storageClassName: fast
  volumeName: pv-7
  volumeMode: Block
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  resources:
    requests:
      storage: 5Gi
  selector:
    matchLabels: {tier: gold}
    matchExpressions:
      - {key: rack, operator: In, values: ["7", eight]}
"""


def test_claim() -> None:
    (found,) = facts(CLAIM)
    assert isinstance(found, Claim)
    assert found.class_name == "slow"
    assert found.place.ref() == ("v1", "PersistentVolumeClaim", "shop", "data")
    assert found[1:11] == (
        "claim",
        "data",
        "fast",
        "slow",
        ("ReadWriteOnce", "ReadOnlyMany"),
        "5Gi",
        "Block",
        "pv-7",
        (Requirement("tier", "In", ("gold",)), Requirement("rack", "In", ("7", "eight"))),
        "",
    )
    where = found.place.location("spec.storageClassName", label="here")
    assert where == ("all.yaml", 8, 21, 8, 25, "here")
    assert found.place.location("spec.resources.requests.storage")[1:5] == (14, 16, 14, 19)
    assert found.place.location()[1:3] == (4, 9)


@pytest.mark.parametrize(
    ("line", "field", "name"),
    [
        ("", None, None),
        ("  storageClassName:\n", None, None),
        ("  storageClassName: null\n", None, None),
        ('  storageClassName: ""\n', "", ""),
        ("  storageClassName: fast\n", "fast", "fast"),
    ],
)
def test_absent_null_and_empty_classes_differ(line: str, field: str | None, name: str | None) -> None:
    text = f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec:\n  accessModes: []\n{line}"
    (found,) = facts(text)
    assert isinstance(found, Claim)
    assert (found.class_field, found.class_name) == (field, name)
    assert found.place.key(*found.class_key()) == ("spec.storageClassName" if field is not None else "spec")


def test_an_empty_annotation_beats_the_field() -> None:
    text = CLAIM.replace("storage-class: slow", 'storage-class: ""')
    (found,) = facts(text)
    assert isinstance(found, Claim)
    assert found.class_name == ""
    assert found.place.key(*found.class_key()) == f"metadata.annotations[{CLASS_ANNOTATION}]"


VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pv-7
  labels: {tier: gold, rack: "7"}
spec:
  capacity: {storage: 10Gi}
  accessModes: [ReadWriteMany]
  claimRef: {namespace: shop, name: data}
  csi:
    driver: smb.csi.k8s.io
    volumeHandle: server/share
    nodeStageSecretRef: {name: login}
status: {phase: Released}
"""


def test_volume() -> None:
    (found,) = facts(VOLUME)
    assert isinstance(found, PersistentVolume)
    assert found.class_name == ""
    assert found[1:] == (
        "pv-7",
        None,
        None,
        ("ReadWriteMany",),
        "10Gi",
        "Filesystem",
        ClaimRef("shop", "data", ""),
        (("tier", "gold"), ("rack", "7")),
        "",
        "Released",
        False,
        "csi",
        "smb.csi.k8s.io",
        "server/share",
        (("nodeStageSecretRef", "", "login"),),
    )


CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
  annotations: {storageclass.beta.kubernetes.io/is-default-class: %s}
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
"""


@pytest.mark.parametrize(
    ("mark", "default"), [('"true"', True), ("true", False), ('"True"', False), ('"false"', False)]
)
def test_storage_class(mark: str, default: bool) -> None:
    (found,) = facts(CLASS % mark)
    assert found[1:] == ("fast", "ebs.csi.aws.com", True, default)


def test_a_stateful_set_brings_claims_and_uses() -> None:
    text = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 3
  ordinals: {start: 5}
  template:
    spec:
      volumes:
        - name: shared
          persistentVolumeClaim: {claimName: common}
        - name: data
          persistentVolumeClaim: {claimName: replaced-by-the-template}
        - name: scratch
          ephemeral: {volumeClaimTemplate: {spec: {storageClassName: fast}}}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {storageClassName: fast}
"""
    found = facts(text, namespace="shop")
    data, scratch, used = found
    assert isinstance(data, Claim)
    assert isinstance(scratch, Claim)
    assert isinstance(used, Use)
    assert claim_names(data) == ("data-web-5", "data-web-6", "data-web-7")
    assert claim_names(scratch) == ()
    assert data.place.path("spec.storageClassName") == "spec.volumeClaimTemplates[0].spec.storageClassName"
    assert scratch.place.field == "spec.template.spec.volumes[2].ephemeral.volumeClaimTemplate"
    assert (used.claim, used.volume, used.place.namespace) == ("common", "shared", "shop")


def test_a_pod_names_the_claim_of_its_ephemeral_volume() -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: app}
spec: {volumes: [{name: scratch, ephemeral: {volumeClaimTemplate: {spec: {}}}}]}
"""
    (found,) = facts(text)
    assert isinstance(found, Claim)
    assert claim_names(found) == ("app-scratch",)


def test_secrets_are_names_only() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: shop}\nstringData: {password: hunter2}\n"
    (found,) = facts(secret)
    assert "hunter2" not in json.dumps(fact_row(found))
    assert found[1:] == ("login",)


def test_patches_and_other_objects_have_no_facts() -> None:
    patch = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c, $patch: delete}\nspec: {}\n"
    assert facts(patch) == []
    assert facts("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: [a]\nspec: text\n",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nspec: {accessModes: {}, resources: [], selector: [1]}\n",
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {labels: [a]}\nspec: {claimRef: x, csi: [y], capacity: 5}\n",
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {labels: {null: b, 5: {}}}\nspec: {claimRef: null}\n",
        "apiVersion: v1\nkind: PersistentVolume\n",
        "apiVersion: apps/v1\nkind: StatefulSet\nspec: {replicas: -1, volumeClaimTemplates: [{}, 5, {spec: null}]}\n",
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nprovisioner: [a]\n",
    ],
)
def test_odd_manifests_never_raise(text: str) -> None:
    for fact in facts(text):
        assert fact_of(json.loads(json.dumps(fact_row(fact))), fact.place.file, fact.place.identity) == fact


@pytest.mark.parametrize("text", [CLAIM, VOLUME, CLASS % "x"])
def test_facts_survive_json(text: str) -> None:
    for fact in facts(text):
        assert fact_of(json.loads(json.dumps(fact_row(fact))), fact.place.file, fact.place.identity) == fact


def test_the_empty_class_can_be_written_before_the_first_field() -> None:
    text = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: ä}\nspec:\n    volumeName: v # mine\n"
    (found,) = facts(text)
    assert isinstance(found, Claim)
    assert found.declare is not None
    at, insert = found.declare
    data = text.encode()
    edited = (data[:at] + insert.encode() + data[at:]).decode()
    assert edited == text.replace("    volumeName", '    storageClassName: ""\n    volumeName')
    (again,) = facts(edited)
    assert isinstance(again, Claim)
    assert (again.class_name, again.volume_name, again.declare) == ("", "v", None)


@pytest.mark.parametrize("spec", ["spec: {volumeName: v}", "spec: &s\n  volumeName: v", "spec:\n  storageClassName:"])
def test_the_empty_class_is_not_written_into_other_text(spec: str) -> None:
    (found,) = facts(f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\n{spec}\n")
    assert isinstance(found, Claim)
    assert found.declare is None


@pytest.mark.parametrize(
    ("file", "text", "kind", "has", "lacks"),
    [
        (
            "a.yaml",
            "apiVersion: x\nkind: HelmRelease\nspec:\n  storageClass:\n    name: ceph-block\n",
            "HelmRelease",
            "ceph-block",
            "spec",
        ),
        ("a.yaml", 'kind: Application\nspec:\n  values: |\n    name: "fast" # ssd\n', "Application", "fast", "ssd"),
        ("a.yaml", "helmCharts:\n  - valuesInline: {storageClass: fast }\n", "Kustomization", "fast", "valuesInline"),
        ("charts/my-values.yaml", "storageClass: 'fast'\n", "values", "fast", "storageClass"),
        (
            "a.yaml",
            "kind: StorageClass\nmetadata:\n  name: {{ .Values.x }}\nprovisioner: nfs\n",
            "template",
            "nfs",
            "x",
        ),
    ],
)
def test_mentions(file: str, text: str, kind: str, has: str, lacks: str) -> None:
    found = mention_of(file, text)
    assert found is not None
    assert found.place.kind == kind
    words = words_in(lambda _: Source(file, text.encode()))(file, [has, lacks])
    assert list(words) == [has]


@pytest.mark.parametrize(
    "text", ["kind: Kustomization\nresources: [fast]\n", "kind: StorageClass\nmetadata: {name: a}\n", ""]
)
def test_nothing_else_mentions(text: str) -> None:
    assert mention_of("kustomization.yaml", text) is None


@pytest.mark.parametrize(
    ("one", "other", "near", "line"),
    [
        ("a/b/x.yaml", "a/b/x.yaml", 3, True),
        ("a/b/x.yaml", "a/b/y.yaml", 2, True),
        ("a/b/x.yaml", "a/c/y.yaml", 1, False),
        ("a/x.yaml", "a/b/c/y.yaml", 1, True),
        ("x.yaml", "a/b/y.yaml", 0, True),
        ("a/x.yaml", "ab/y.yaml", 0, False),
        ("cluster:dev/shop/PersistentVolumeClaim/c", "cluster:dev/-/PersistentVolume/p", 1, True),
        ("cluster:dev/shop/PersistentVolumeClaim/c", "cluster:prod/-/PersistentVolume/p", 0, False),
    ],
)
def test_folders(one: str, other: str, near: int, line: bool) -> None:
    assert closeness(one, other) == closeness(other, one) == near
    assert in_line(one, other) == in_line(other, one) == line


def test_the_nearest_variant_answers() -> None:
    base, prod, dev = (storage_class("fast", file=f"{folder}/class.yaml") for folder in ("base", "prod", "dev"))
    inventory = Inventory([base, prod, dev])
    assert inventory.storage_classes("fast", "prod/app/claim.yaml") == [prod]
    assert inventory.storage_classes("fast", "other/claim.yaml") == [base, dev, prod]
    assert inventory.storage_classes("slow", "prod/claim.yaml") == []
    assert nearest([], "x") == []


def test_folders_are_those_of_the_repository() -> None:
    def inside(fact: StorageClass, identity: str) -> StorageClass:
        return fact._replace(place=fact.place._replace(identity=identity))

    near = inside(storage_class("fast", file="../base/class.yaml"), "apps/base/class.yaml")
    far = inside(storage_class("fast", file="class.yaml"), "other/class.yaml")
    assert Inventory([near, far]).storage_classes("fast", "apps/prod/claim.yaml") == [near]


def test_default_classes_are_the_nearest_marked_ones() -> None:
    plain = storage_class("plain", file="prod/a.yaml")
    near, far = (storage_class(name, file=f"{name}/c.yaml", default=True) for name in ("prod", "dev"))
    inventory = Inventory([plain, near, far])
    assert inventory.default_classes("prod/claim.yaml") == [near]


def test_candidates_are_of_the_class_or_reserved_and_nearest() -> None:
    wanted = claim(file="prod/claim.yaml")
    same = volume("a", class_field="fast", file="prod/a.yaml")
    shadowed = volume("a", class_field="fast", file="dev/a.yaml")
    mine = volume("b", claim_ref=("ns", "c"), file="dev/b.yaml")
    other = volume("c", file="prod/c.yaml")
    inventory = Inventory([same, shadowed, mine, other])
    assert inventory.candidates(wanted, "fast") == [mine, same]
    assert inventory.reserved(wanted) == [mine]


@pytest.mark.parametrize(
    ("name", "namespace", "found"),
    [
        ("c", "ns", True),
        ("c", None, True),
        ("c", "other", False),
        ("d", "ns", False),
        ("data-web-0", "ns", True),
        ("data-web-41", "ns", True),
        ("data-web-x", "ns", False),
        ("data-web-", "ns", False),
        ("data-web", "ns", False),
        ("data", "ns", False),
        ("logs-web-1", "ns", False),
        ("logs-web-3", "ns", True),
        ("pod-scratch", "ns", True),
        ("deploy-scratch", "ns", False),
        ("anywhere", "ns", True),
    ],
)
def test_claims_by_the_names_they_will_have(name: str, namespace: str | None, found: bool) -> None:
    inventory = Inventory(
        [
            claim("c"),
            claim("anywhere", namespace=None),
            template("data", "web"),
            template("logs", "web", start=2),
            ephemeral("scratch", "Pod", "pod"),
            ephemeral("scratch", "Deployment", "deploy"),
        ]
    )
    assert bool(inventory.claims_named(name, namespace, "all.yaml")) == found


def test_mentions_by_name() -> None:
    uses, near, defines = (mention(f"{folder}/release.yaml") for folder in ("a", "b", "c"))
    wild, gone = mention(kind="template"), mention("gone.yaml")
    texts = words(a__release="class: fast\n", b__release="v:\n  class: fast\n", c__release="- name: fast\n")
    claims = [claim(class_field=name) for name in ("fast", "other", "known")]
    inventory = Inventory([wild, uses, near, defines, gone, *claims, storage_class("known")], words=texts)
    found = inventory.mentions_of("fast", "b/claim.yaml")
    assert [item.place.file for item in found] == [one.place.file for one in (defines, near, uses, wild)]
    assert [item.place.location()[1:5] for item in found[:2]] == [(1, 9, 1, 13), (2, 10, 2, 14)]
    assert inventory.mentions_of("other", "b/claim.yaml") == [wild]
    assert not any(item.place.file != wild.place.file for item in inventory.mentions_of("known", "b/claim.yaml"))


def test_how_much_was_searched() -> None:
    assert Inventory([claim()]).searched() == "1 resource of 1 file"
    assert Inventory([claim("a"), claim("b"), volume(file="b.yaml")]).searched() == "3 resources of 2 files"
    assert Inventory([], 41, 12).searched() == "41 resources of 12 files"


def test_edges() -> None:
    pieces = [
        use("c"),
        use("lost"),
        claim("c", class_field="fast", volume_name="named"),
        volume("named", class_field="fast", source="csi", driver="ebs.csi.aws.com", handle="vol-1"),
        volume("kept", claim_ref=("ns", "c")),
        storage_class("fast"),
        driver("ebs.csi.aws.com"),
    ]
    inventory = Inventory(pieces)
    edges = {
        (edge.relation, type(edge.source).__name__, edge.target, edge.found is not None) for edge in inventory.edges()
    }
    assert edges == {
        ("uses", "Use", "c", True),
        ("uses", "Use", "lost", False),
        ("binds", "Claim", "named", True),
        ("binds", "Claim", "kept", True),
        ("class", "Claim", "fast", True),
        ("class", "PersistentVolume", "fast", True),
        ("driver", "PersistentVolume", "ebs.csi.aws.com", True),
        ("driver", "StorageClass", "ebs.csi.aws.com", True),
    }
