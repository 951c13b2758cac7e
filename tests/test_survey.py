"""The survey: which era what belongs to, what changes when, and its formats.

`KVLINT_UPDATE=1 pytest tests/test_survey.py` rewrites the golden files for review."""

import csv
import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import kvlint
from kvlint.checks.world import world
from kvlint.codec import fact_of, fact_row
from kvlint.engine import map_source
from kvlint.facts import Holding
from kvlint.knowledge.version import NEWEST, OLDEST, parse_version
from kvlint.knowledge.volume_plugins import FAILS, PLUGINS
from kvlint.options import SURVEY_FORMATS
from kvlint.output import survey_renderer
from kvlint.plan import surveying
from kvlint.source import Source
from kvlint.survey import CHANGES, CLAIM, ERAS, KINDS, Survey, survey_of

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "survey"
UPDATE = bool(os.environ.get("KVLINT_UPDATE"))
SCHEMA = Draft7Validator(json.loads((Path(kvlint.__file__).parent / "schemas/survey.schema.json").read_text("utf-8")))

CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: {name}}}\nprovisioner: {provisioner}\n"
CLAIM_OF = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: shop}}\n"
    "spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}{more}}}\n"
)
VOLUME_OF = (
    "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: disk{meta}}}\n"
    "spec: {{capacity: {{storage: 1Gi}}, accessModes: [ReadWriteOnce], {source}}}\n"
)
POD_OF = (
    "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\n"
    "spec: {{containers: [{{name: web, image: web}}], volumes: [{{name: data, {source}}}]}}\n"
)


def survey(*texts: str, target: str = "", **known: Any) -> Survey:
    facts = [map_source(Source(f"{number}.yaml", text.encode()), surveying()) for number, text in enumerate(texts)]
    return survey_of(facts, parse_version(target) if target else NEWEST, world(**known))


def counted(*texts: str, **known: Any) -> dict[tuple[str, str, str], int]:
    return {(one.era, one.driver, one.kind): one.number for one in survey(*texts, **known).counts}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (POD_OF.format(source="nfs: {server: a, path: /b}"), ("inline", "kubernetes.io/nfs", "volume")),
        (POD_OF.format(source="gitRepo: {repository: a}"), ("inline", "kubernetes.io/git-repo", "volume")),
        (POD_OF.format(source="flexVolume: {driver: fstab/cifs}"), ("flexvolume", "fstab/cifs", "volume")),
        (POD_OF.format(source="csi: {driver: file.csi.azure.com}"), ("csi", "file.csi.azure.com", "volume")),
        (
            VOLUME_OF.format(meta="", source="rbd: {monitors: [a], image: b}"),
            ("static", "kubernetes.io/rbd", "persistent-volume"),
        ),
        (
            VOLUME_OF.format(meta="", source="csi: {driver: rbd.csi.ceph.com, volumeHandle: a}"),
            ("csi", "rbd.csi.ceph.com", "persistent-volume"),
        ),
        (VOLUME_OF.format(meta="", source="flexVolume: {driver: a/b}"), ("flexvolume", "a/b", "persistent-volume")),
        (
            VOLUME_OF.format(
                meta=", annotations: {pv.kubernetes.io/provisioned-by: kubernetes.io/aws-ebs}",
                source="awsElasticBlockStore: {volumeID: vol-1}",
            ),
            ("class", "kubernetes.io/aws-ebs", "persistent-volume"),
        ),
        (
            VOLUME_OF.format(
                meta=", annotations: {pv.kubernetes.io/provisioned-by: ceph.com/rbd}",
                source="rbd: {monitors: [a], image: b}",
            ),
            ("external", "ceph.com/rbd", "persistent-volume"),
        ),
        (
            CLASS.format(name="a", provisioner="kubernetes.io/gce-pd"),
            ("class", "kubernetes.io/gce-pd", "storage-class"),
        ),
        (CLASS.format(name="a", provisioner="ebs.csi.aws.com"), ("csi", "ebs.csi.aws.com", "storage-class")),
        (CLASS.format(name="a", provisioner="fuseim.pri/ifs"), ("external", "fuseim.pri/ifs", "storage-class")),
        (CLASS.format(name="a", provisioner="someone.example/x"), ("unknown", "someone.example/x", "storage-class")),
        (
            CLASS.format(name="a", provisioner="kubernetes.io/no-provisioner"),
            ("static", "kubernetes.io/no-provisioner", "storage-class"),
        ),
    ],
)
def test_the_era_of_a_thing(text: str, row: tuple[str, str, str]) -> None:
    assert counted(text) == {row: 1}


@pytest.mark.parametrize(
    "source", ["emptyDir: {}", "configMap: {name: a}", "hostPath: {path: /a}", "persistentVolumeClaim: {claimName: a}"]
)
def test_what_is_no_network_volume_is_not_counted(source: str) -> None:
    assert counted(POD_OF.format(source=source)) == {}


@pytest.mark.parametrize(
    ("others", "more", "known", "era"),
    [
        ([CLASS.format(name="fast", provisioner="kubernetes.io/gce-pd")], ", storageClassName: fast", {}, "class"),
        ([CLASS.format(name="fast", provisioner="pd.csi.storage.gke.io")], ", storageClassName: fast", {}, "csi"),
        ([CLASS.format(name="a", provisioner="kubernetes.io/no-provisioner")], ", storageClassName: a", {}, "static"),
        ([], ', storageClassName: ""', {}, "static"),
        ([], ", storageClassName: nobody", {}, "unknown"),
        ([], "", {}, "unknown"),
        ([], ", storageClassName: standard-rwo", {"platforms": ["gke"]}, "csi"),
        ([], "", {"platforms": ["gke"]}, "csi"),
        (
            [VOLUME_OF.format(meta="", source="rbd: {monitors: [a], image: b}, storageClassName: own")],
            ", storageClassName: own",
            {},
            "static",
        ),
        (
            [VOLUME_OF.format(meta="", source="csi: {driver: a.csi, volumeHandle: b}")],
            ', storageClassName: "", volumeName: disk',
            {},
            "csi",
        ),
        (
            [VOLUME_OF.format(meta="", source="flexVolume: {driver: a/b}, claimRef: {namespace: shop, name: data}")],
            ', storageClassName: ""',
            {},
            "flexvolume",
        ),
        (
            [VOLUME_OF.format(meta="", source="flexVolume: {driver: a/b}, claimRef: {namespace: b, name: data}")],
            ', storageClassName: ""',
            {},
            "static",
        ),
    ],
)
def test_a_claim_belongs_to_the_era_of_its_volume_or_class(
    others: list[str], more: str, known: dict[str, Any], era: str
) -> None:
    found = counted(CLAIM_OF.format(more=more), *others, **known)
    assert [key[0] for key in found if key[2] == CLAIM] == [era]


def test_an_unknown_provisioner_with_a_driver_object_is_csi() -> None:
    driver = "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: my.own}\nspec: {}\n"
    assert counted(CLASS.format(name="a", provisioner="my.own"), driver) == {("csi", "my.own", "storage-class"): 1}


def test_what_a_workload_made_is_counted_with_its_maker() -> None:
    pod = POD_OF.format(source="nfs: {server: a, path: /b}")
    owned = pod.replace("namespace: shop", "namespace: shop, ownerReferences: [{kind: ReplicaSet, name: web}]")
    operated = pod.replace("namespace: shop", "namespace: shop, ownerReferences: [{kind: Database, name: web}]")
    assert counted(owned) == {}
    assert sum(counted(operated).values()) == 1


def test_namespaces_are_told_apart() -> None:
    pod = POD_OF.format(source="nfs: {server: a, path: /b}")
    found = survey(pod, pod.replace("shop", "b"), pod.replace(", namespace: shop", ""))
    assert [(one.namespace, one.number) for one in found.counts] == [(None, 1), ("b", 1), ("shop", 1)]


def test_a_patch_holds_nothing() -> None:
    patch = "apiVersion: v1\nkind: Pod\n$patch: delete\nmetadata: {name: web}\n"
    assert counted(patch + "spec: {volumes: [{name: a, nfs: {server: b, path: /c}}]}\n") == {}


def changes(found: Survey) -> list[tuple[str, str, str]]:
    return [(one.version, one.since, one.change) for one in found.changes]


def test_every_minor_from_the_target_on_is_told() -> None:
    text = POD_OF.format(source="rbd: {monitors: [a], image: b}")
    assert changes(survey(text, target="1.27")) == [("1.28", "1.28", "deprecated"), ("1.31", "1.31", "stops-working")]
    assert changes(survey(text, target="1.28")) == [("1.28", "1.28", "deprecated"), ("1.31", "1.31", "stops-working")]
    assert changes(survey(text, target="1.30")) == [("1.30", "1.28", "deprecated"), ("1.31", "1.31", "stops-working")]
    assert changes(survey(text, target="1.33")) == [("1.33", "1.31", "stops-working")]


def test_a_redirected_plugin_needs_its_driver_and_never_stops() -> None:
    text = CLASS.format(name="a", provisioner="kubernetes.io/gce-pd")
    found = survey(text, CLAIM_OF.format(more=", storageClassName: a"), target="1.22")
    assert changes(found) == [("1.22", "1.17", "deprecated"), ("1.23", "1.23", "needs-driver")]
    assert found.changes[1].driver == "pd.csi.storage.gke.io"
    assert (found.changes[1].storage, found.changes[1].claims) == (1, 1)
    assert [place.file for place in found.changes[1].examples] == ["0.yaml"]


def test_the_volumes_of_an_external_provisioner_stop_with_their_plugin() -> None:
    found = survey(CLASS.format(name="a", provisioner="ceph.com/rbd"), target="1.30")
    assert changes(found)[-1] == ("1.31", "1.31", "stops-working")
    assert found.counts[0].era == "external"


def test_an_api_version_that_is_no_longer_served() -> None:
    text = CLASS.format(name="a", provisioner="ebs.csi.aws.com").replace("k8s.io/v1", "k8s.io/v1beta1")
    assert changes(survey(text, target="1.18")) == [
        ("1.19", "1.19", "deprecated"),
        ("1.22", "1.22", "not-served"),
    ]
    assert changes(survey(text)) == [(survey(text).target, "1.22", "not-served")]


def test_custom_resources_follow_their_own_releases() -> None:
    text = "apiVersion: snapshot.storage.k8s.io/v1beta1\nkind: VolumeSnapshot\nmetadata: {name: a}\n"
    (change,) = survey(text, target="1.20").changes
    assert (change.version, change.since, change.change) == ("", "", "not-served")
    assert change.words.startswith("external-snapshotter")


def test_no_more_than_a_few_examples() -> None:
    found = survey(*[POD_OF.format(source="rbd: {monitors: [a], image: b}")] * 5)
    assert found.changes[0].storage == 5
    assert [place.file for place in found.changes[0].examples] == ["0.yaml", "1.yaml", "2.yaml"]


def test_a_target_newer_than_the_tables_is_judged_as_the_newest() -> None:
    text = POD_OF.format(source="rbd: {monitors: [a], image: b}")
    facts = [map_source(Source("a.yaml", text.encode()), surveying())]
    assert survey_of(facts, (1, 999)) == survey_of(facts, NEWEST)


def test_every_plugin_that_fails_is_told_between_the_oldest_and_the_newest() -> None:
    for plugin in PLUGINS.values():
        if plugin.after_removal == FAILS and plugin.in_pod:
            found = survey(POD_OF.format(source=f"{plugin.field}: {{a: b}}"), target=".".join(map(str, OLDEST)))
            assert "stops-working" in [change.change for change in found.changes], plugin.field


def test_holdings_survive_json() -> None:
    facts = map_source(Source("a.yaml", POD_OF.format(source="flexVolume: {driver: a/b}").encode()), surveying()).facts
    assert [type(fact) for fact in facts] == [Holding]
    assert [fact_of(json.loads(json.dumps(fact_row(fact))), "a.yaml", "a.yaml") for fact in facts] == list(facts)


def test_a_check_gathers_no_holdings() -> None:
    from kvlint import registry
    from kvlint.engine import ActiveRule
    from kvlint.plan import Plan

    plan = Plan([ActiveRule(rule, None, {}) for rule in registry.rules().values() if rule.check == "missing-claim"])
    facts = map_source(Source("a.yaml", VOLUME_OF.format(meta="", source="nfs: {}").encode()), plan).facts
    assert facts
    assert not any(isinstance(fact, Holding) for fact in facts)


ODD = st.text(min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(ODD, ODD, ODD, st.sampled_from(["1.13", "1.22", "1.31", "1.37"]))
def test_any_text_fits_every_format(name: str, namespace: str, driver: str, target: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"volumes": [{"name": name, "flexVolume": {"driver": driver}}]},
    }
    found = survey(json.dumps(pod), target=target)
    SCHEMA.validate(json.loads("".join(survey_renderer("json")(found, False))))
    rows = list(csv.reader(io.StringIO("".join(survey_renderer("csv")(found, False)))))
    assert {len(row) for row in rows} == {8}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    table = [line for line in "".join(survey_renderer("markdown")(found, False)).splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in table)
    full = "".join(survey_renderer("full")(found, False))
    assert "\x1b" not in full
    assert not {unicodedata.category(char) for char in full if char not in "\n\u200c\u200d"} & {"Cc", "Cf", "Cs"}


@pytest.mark.parametrize("name", SURVEY_FORMATS)
def test_the_examples(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from kvlint.cli import main

    monkeypatch.chdir(ROOT)
    assert main(["survey", "--isolated", "--kubernetes-version=1.22", f"--output-format={name}", "examples"]) == 0
    out = capsys.readouterr().out
    golden = GOLDEN / f"examples.{name}.txt"
    if UPDATE:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(out, encoding="utf-8", newline="\n")
    assert out == golden.read_text(encoding="utf-8")


def test_the_schema_is_one_and_names_what_the_code_names() -> None:
    Draft7Validator.check_schema(SCHEMA.schema)
    definitions = SCHEMA.schema["definitions"]
    assert set(definitions["era"]["enum"]) == set(ERAS)
    assert set(definitions["count"]["properties"]["kind"]["enum"]) == set(KINDS)
    assert set(definitions["change"]["properties"]["change"]["enum"]) == set(CHANGES)


def run(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kvlint", "survey", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, input=stdin, check=False, timeout=60)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD_OF.format(source="rbd: {monitors: [a], image: b}"), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("apiVersion: v1\nkind: PersistentVolume\n  bad: [\n", encoding="utf-8")
    done = run(
        "--kubernetes-version", "1.30", "--output-file", "survey.md", "--output-format", "markdown", cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "stops working" in (tmp_path / "survey.md").read_text(encoding="utf-8")
    done = run("-", "--color=always", cwd=tmp_path, stdin=POD_OF.format(source="rbd: {monitors: [a], image: b}"))
    assert done.returncode == 0
    assert "\x1b[1mStorage by era\x1b[0m" in done.stdout
    assert "<stdin>:" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.yaml"], "cannot read `missing.yaml`"),
        (["--platform=gkee"], "did you mean `gke`?"),
        (["--kubernetes-version=x"], "not a Kubernetes version"),
        (["--output-file=no/such/folder"], "cannot write"),
        (["--fix"], "unknown option"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_configuration_counts(tmp_path: Path) -> None:
    (tmp_path / ".kvlint.yaml").write_text("kubernetes-version: '1.30'\nplatforms: [gke]\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(CLAIM_OF.format(more=", storageClassName: standard-rwo"), encoding="utf-8")
    found = json.loads(run("--output-format=json", cwd=tmp_path).stdout)
    assert found["kubernetesVersion"] == "1.30"
    assert found["counts"][0]["driver"] == "pd.csi.storage.gke.io"


@pytest.mark.kustomize
def test_a_rendering_has_no_lines_in_its_template(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD_OF.format(source="rbd: {monitors: [a], image: b}"), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text("namePrefix: x-\nresources: [pod.yaml]\n", encoding="utf-8")
    found = json.loads(run("--kustomize", ".", "--output-format=json", cwd=tmp_path).stdout)
    (place,) = found["changes"][0]["examples"]
    assert (place["name"], place["line"], place["column"]) == ("x-web", None, None)
    assert place["file"].endswith("pod.yaml")
