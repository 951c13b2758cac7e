"""The engine around the rules: isolation of failing checks, silence about other YAML, resources in every place."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvlint import engine, judge, registry
from kvlint.cli import main
from kvlint.engine import FileFacts, map_source, map_sources, reduce
from kvlint.finding import Severity
from kvlint.inputs.templates import point_out
from kvlint.plan import ActiveRule, Plan
from kvlint.rule import Check, Context, Match
from kvlint.source import Source

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  volumes:
    - name: pages
      rbd:
        monitors: [192.0.2.11]
        image: pages
"""


def active(*names: str) -> list[ActiveRule]:
    rules = registry.rules().values()
    return [
        ActiveRule(rule, None, {name: schema["default"] for name, schema in rule.params.items()})
        for rule in rules
        if (rule.id in names if names else rule.enabled)
    ]


def lint(text: str | bytes, plan: Plan | None = None) -> FileFacts:
    data = text.encode() if isinstance(text, str) else text
    return map_source(Source("x.yaml", data), plan or Plan(active()))


def found(text: str | bytes, plan: Plan | None = None) -> list[tuple[int, str]]:
    return sorted((finding.location.line, finding.rule) for finding in lint(text, plan).findings)


def test_a_failing_check_hides_nothing_and_ends_with_exit_code_2() -> None:
    def broken(view: object, context: Context) -> Iterator[Match]:
        raise ValueError("hunter2")
        yield

    checks = {**registry.CHECKS, "inline-network-volume": Check(broken, ("rbd",))}
    plan = Plan(active(), checks=checks)
    facts = lint(POD, plan)
    rules = {finding.rule for finding in facts.findings}
    assert {"internal-error", "intree-volume"} <= rules
    report = reduce([facts], plan)
    assert report.failed
    assert report.exit_code() == 2
    assert not any("hunter2" in str(finding) for finding in report.findings)


@pytest.mark.parametrize(
    "text",
    [
        "site_name: docs\nplugins:\n  - x: !!python/name:os.system\n  nfs: [\n",
        "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: !Ref nfs\n",
        "- hosts: all\n  tasks:\n    - mount: {fstype: nfs, src: '{{ server }}:/x'}\n",
        "on: push\njobs:\n  nfs:\n    runs-on: x\n   broken\n",
        "{{- if .Values.nfs }}\nnfs: {{ .Values.nfs }}\n{{- end }}\n",
        "nfs:\n  server: a\npersistentVolumeClaim: {}\nflexVolume: 1\n",
        "%TAG ! tag:example.com,2000:\n---\n!foo nfs\n",
    ],
    ids=["mkdocs", "cloudformation", "ansible", "workflow", "values-template", "values", "tags"],
)
def test_other_yaml_is_silent(text: str) -> None:
    facts = lint(text)
    assert facts.findings == ()
    assert facts.summary.resources == 0


def test_a_broken_document_does_not_hide_the_others() -> None:
    text = POD + "---\napiVersion: v1\nkind: Pod\nspec: {volumes: [nfs\n---\n" + POD
    rules = found(text, Plan(active("intree-volume", "invalid-yaml")))
    assert [rule for _, rule in rules] == ["intree-volume", "invalid-yaml", "intree-volume"]


def test_typed_lists_need_no_kind_of_their_items() -> None:
    items = json.dumps({"metadata": {"name": "a"}, "spec": {"volumes": [{"name": "v", "nfs": {"server": "s"}}]}})
    text = f'{{"apiVersion": "v1", "kind": "PodList", "items": [{items}]}}'
    (finding,) = lint(text, Plan(active("inline-network-volume"))).findings
    assert finding.resource is not None
    assert (finding.resource.kind, finding.resource.name) == ("Pod", "a")
    assert finding.field == "spec.volumes[0].nfs"


@pytest.mark.parametrize("version", [(1, 16), (1, 22), (1, 27), (1, 30), (1, 31), (1, 37)])
def test_severity_follows_the_target_version(version: tuple[int, int]) -> None:
    severities = {f.rule: f.severity for f in lint(POD, Plan(active("intree-volume"), target=version)).findings}
    expected = (
        {} if version < (1, 28) else {"intree-volume": Severity.ERROR if version >= (1, 31) else Severity.WARNING}
    )
    assert severities == expected


def test_the_configuration_has_the_last_word_on_severity() -> None:
    rules = [one._replace(severity=Severity.INFO) for one in active("intree-volume")]
    assert [finding.severity for finding in lint(POD, Plan(rules)).findings] == [Severity.INFO]


def test_fingerprints_stay_when_lines_move() -> None:
    one, two = lint(POD).findings, lint("# a comment\n\n" + POD).findings
    assert [finding.fingerprint for finding in one] == [finding.fingerprint for finding in two]
    assert len({finding.fingerprint for finding in one}) == len(one)


def test_templates_of_a_run_are_one_finding() -> None:
    text = "apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: {{ .x }}\nspec:\n  {{- if .y }}\n  nfs: {}\n"
    plan = Plan(active())
    facts = [map_source(Source(f"chart/templates/{name}.yaml", text.encode()), plan) for name in "abc"]
    (finding,) = point_out(reduce(facts, plan)).findings
    assert (finding.rule, finding.severity) == ("unrendered-template", Severity.INFO)
    assert "3 files" in finding.message


def test_python_m_kvlint(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    run = subprocess.run(
        [sys.executable, "-m", "kvlint", "check", "--isolated", "--output-format", "json", "pod.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == ""
    assert {finding["file"] for finding in json.loads(run.stdout)["findings"]} == {"pod.yaml"}


def test_user_rules_need_no_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "large-claim.yaml").write_text(
        "id: large-claim\nsummary: A claim asks for a terabyte\nseverity: error\ncategory: binding\nsince: 0.1.0\n"
        "on: claim\nwhen:\n  properties:\n    spec:\n      properties:\n        resources:\n          properties:\n"
        "            requests: {properties: {storage: {pattern: Ti$}}, required: [storage]}\n"
        "          required: [requests]\n      required: [resources]\n  required: [spec]\nat: spec.resources.requests\n"
        "message: a claim of a terabyte\nwhy: It is expensive.\nhelp: ask first\nreferences: [https://example.com]\n"
    )
    (tmp_path / ".kvlint.yaml").write_text("rules-dirs: [rules]\n")
    head = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  resources:\n    requests: "
    (tmp_path / "claims.yaml").write_text(f"{head}{{storage: 2Ti}}\n---\n{head}{{storage: 2Gi}}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--no-cache", "--select", "large-claim", "--output-format", "concise", "claims.yaml"]) == 1
    assert capsys.readouterr().out.startswith("claims.yaml:6:5: error[large-claim] a claim of a terabyte\nFound 1")


BROKEN = [
    "",
    "a: [\n",
    POD + "---\na: [\n---\n" + POD,
    "{}\n",
    "\x00",
    "- x\n",
    "kind: List\napiVersion: v1\nitems: 3\n",
]


@pytest.mark.parametrize("files", [1, 3, 1000])
@pytest.mark.parametrize("documents", [1, 5, 1000])
@pytest.mark.parametrize("many", [False, True])
def test_files_that_are_judged_together_are_judged_as_if_alone(
    files: int, documents: int, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixtures = sorted((Path(__file__).parent / "fixtures").rglob("*.yaml"))
    sources = [Source(path.name, path.read_bytes()) for path in fixtures]
    sources += [Source(f"broken-{number}.yaml", text.encode()) for number, text in enumerate(BROKEN)]
    # A file of all documents, in the middle.
    sources.insert(20, Source("all.yaml", b"\n---\n".join(source.data for source in sources)))
    plan = Plan(active()).for_many() if many else Plan(active())
    alone = [map_source(source, plan) for source in sources]
    monkeypatch.setattr(engine, "FILES_TOGETHER", files)
    monkeypatch.setattr(judge, "DOCUMENTS_TOGETHER", documents)
    items = [part for source in sources for part in (source, source.name)]
    together = list(map_sources(items, plan))
    assert [item for item, _ in together] == items
    assert [made for _, made in together[::2]] == alone
    assert not any(made for _, made in together[1::2])


def test_files_are_read_when_their_turn_comes() -> None:
    read: list[int] = []

    def sources() -> Iterator[Source]:
        for number in range(1000):
            read.append(number)
            yield Source(f"{number}.yaml", POD.encode() if number % 2 else b"x" * engine.BYTES_TOGETHER)

    made = map_sources(sources(), Plan(active()))
    next(made)
    assert len(read) == 1, "a large file is judged at once"
    next(made)
    assert len(read) == 3
