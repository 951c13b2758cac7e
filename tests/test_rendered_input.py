"""Helm charts and kustomizations as input, with the real tools: what is found where, and what is refused before."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint.inputs.rendering import Piece, Rendering, is_remote, shown

SECRET = "s3cr3t-Pw-0815"
OLD_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  containers:
    - name: c
      image: nginx
  volumes:
    - name: data
      rbd:
        monitors: [10.0.0.1:6789]
        image: web
"""
OLD_CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: {name}
provisioner: kubernetes.io/rbd
"""


def kvlint(folder: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `kvlint check` in a folder, as a user does; `path` replaces PATH."""
    return subprocess.run(
        [sys.executable, "-m", "kvlint", "check", "--isolated", *arguments],
        cwd=folder,
        env=os.environ | ({"PATH": path} if path is not None else {}) | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode in (0, 1), done.stderr
    listed: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return listed


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A folder with a chart in it: two templates, one of them with two objects that helm sorts apart."""
    write(
        tmp_path,
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "charts/web/values.yaml": "old: true\nauth:\n  password: " + SECRET + "\n",
            "charts/web/templates/both.yaml": OLD_POD.format(name="{{ .Release.Name }}-pod")
            + "---\n"
            + OLD_CLASS.format(name='{{ .Values.className | default "fast" }}'),
            "charts/web/templates/old.yaml": "{{- if .Values.old }}\n" + OLD_CLASS.format(name="slow") + "{{- end }}\n",
        },
    )
    return tmp_path


@pytest.mark.helm
def test_findings_of_a_chart_name_template_and_rendered_line(chart: Path) -> None:
    found = findings(kvlint(chart, "--helm", "charts/web", "--output-format", "json"))
    rendering = subprocess.run(
        ["helm", "template", "charts/web"], cwd=chart, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    places = {(item["rule"], item["file"], rendering[item["rendered"]["line"] - 1].strip()) for item in found}
    assert places == {
        ("intree-volume", "charts/web/templates/both.yaml", "rbd:"),
        ("inline-network-volume", "charts/web/templates/both.yaml", "rbd:"),
        ("intree-provisioner", "charts/web/templates/both.yaml", "provisioner: kubernetes.io/rbd"),
        ("intree-provisioner", "charts/web/templates/old.yaml", "provisioner: kubernetes.io/rbd"),
    }
    for item in found:
        assert (item["line"], item["column"], item["endLine"]) == (None, None, None)
        assert item["fix"] is None or (item["fix"]["applicability"], item["fix"]["edits"]) == ("manual", [])


@pytest.mark.helm
def test_the_frame_shows_the_rendered_lines(chart: Path) -> None:
    done = kvlint(chart, "--helm", "charts/web", "--select", "intree-volume")
    assert done.returncode == 1
    frame = done.stdout.splitlines()
    assert frame[1].startswith("  --> charts/web/templates/both.yaml (Pod/release-name-pod spec.volumes[0].rbd, line ")
    assert frame[3].endswith(" |       rbd:")
    assert frame[4].startswith("   |       ^^^ ")


@pytest.mark.helm
@pytest.mark.parametrize("flags", [["--fix", "--unsafe-fixes", "--with-placeholders"], ["--add-ignores", "later"]])
def test_templates_are_never_changed(chart: Path, flags: list[str]) -> None:
    before = {path: path.read_bytes() for path in chart.rglob("*") if path.is_file()}
    done = kvlint(chart, "--helm", "charts/web", *flags)
    assert done.returncode == 1
    assert {path: path.read_bytes() for path in chart.rglob("*") if path.is_file()} == before


@pytest.mark.helm
def test_values_settings_and_namespace_reach_helm(chart: Path) -> None:
    write(
        chart,
        {
            "prod.yaml": "old: false\n",
            "charts/web/templates/ns.yaml": OLD_CLASS.format(name="{{ .Release.Namespace }}"),
        },
    )
    found = findings(
        kvlint(
            chart,
            *("--helm", "charts/web", "--values", "prod.yaml", "--set", "className=given"),
            *("--namespace", "shop", "--output-format", "json"),
        )
    )
    names = {item["resource"]["name"] for item in found if item["rule"] == "intree-provisioner"}
    assert names == {"given", "shop"}


@pytest.mark.helm
def test_the_kubernetes_version_reaches_the_chart(chart: Path) -> None:
    write(chart, {"charts/web/templates/v.yaml": OLD_CLASS.format(name="on-{{ .Capabilities.KubeVersion.Minor }}")})
    done = kvlint(chart, "--helm", "charts/web", "--kubernetes-version", "1.29", "--output-format", "json")
    assert "on-29" in {item["resource"]["name"] for item in findings(done)}


@pytest.mark.helm
def test_comments_per_file_ignores_and_baseline_know_templates(chart: Path) -> None:
    template = chart / "charts/web/templates/old.yaml"
    template.write_text(
        template.read_text().replace("provisioner:", "# kvlint: ignore[intree-provisioner] x\nprovisioner:")
    )
    write(chart, {".kvlint.yaml": "per-file-ignores:\n  '**/both.yaml': [deprecated]\n"})
    command = [sys.executable, "-m", "kvlint", "check", "--helm", "charts/web", "--output-format", "json"]

    def run(*more: str) -> dict[str, Any]:
        done = subprocess.run([*command, *more], cwd=chart, capture_output=True, text=True, timeout=300)
        loaded: dict[str, Any] = json.loads(done.stdout)
        return loaded

    by = {(item["rule"], item["file"].rpartition("/")[2]): item["suppressed"] for item in run()["findings"]}
    assert by.pop(("inline-network-volume", "both.yaml")) is None
    assert {key: value["by"] for key, value in by.items()} == {
        ("intree-volume", "both.yaml"): "config",
        ("intree-provisioner", "both.yaml"): "config",
        ("intree-provisioner", "old.yaml"): "comment",
    }
    run("--write-baseline")
    assert run()["summary"]["findings"] == 0


@pytest.mark.helm
def test_a_linted_folder_leaves_rendered_templates_to_helm(chart: Path) -> None:
    found = findings(kvlint(chart, "--helm", "charts/web", "--output-format", "json", "."))
    assert [item for item in found if item["rule"] == "unrendered-template"] == []
    assert {item["line"] for item in found} == {None}


@pytest.mark.helm
def test_an_unpacked_subchart_is_named_by_its_own_template(chart: Path) -> None:
    write(
        chart,
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"
            "dependencies:\n  - {name: sub, version: 0.1.0, repository: 'https://charts.example.org'}\n",
            "charts/web/charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
            "charts/web/charts/sub/templates/class.yaml": OLD_CLASS.format(name="sub"),
        },
    )
    found = findings(kvlint(chart, "--helm", "charts/web", "--output-format", "json"))
    assert "charts/web/charts/sub/templates/class.yaml" in {item["file"] for item in found}


@pytest.mark.helm
def test_an_archive_in_charts_is_an_installed_dependency(chart: Path) -> None:
    write(chart, {"sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n"})
    write(chart, {"sub/templates/class.yaml": OLD_CLASS.format(name="sub")})
    subprocess.run(["helm", "package", "sub", "-d", "charts/web/charts"], cwd=chart, check=True, capture_output=True)
    with (chart / "charts/web/Chart.yaml").open("a") as file:
        file.write("dependencies:\n  - {name: sub, version: 0.1.0, repository: 'https://charts.example.org'}\n")
    found = findings(kvlint(chart, "--helm", "charts/web", "--output-format", "json"))
    assert "charts/web/charts/sub/templates/class.yaml" in {item["file"] for item in found}


@pytest.mark.helm
def test_a_chart_that_needs_values_says_which(chart: Path) -> None:
    write(
        chart,
        {"charts/web/templates/need.yaml": OLD_CLASS.format(name='{{ required "className is needed" .Values.x }}')},
    )
    done = kvlint(chart, "--helm", "charts/web")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "error: the chart `charts/web` needs values:" in done.stderr
    assert "className is needed" in done.stderr
    assert "--values FILE or --set KEY=VALUE" in done.stderr


@pytest.mark.helm
def test_a_schema_that_refuses_values_does_not_echo_a_credential(chart: Path) -> None:
    schema = {"properties": {"auth": {"properties": {"password": {"type": "string", "enum": ["other", "another"]}}}}}
    write(chart, {"charts/web/values.schema.json": json.dumps(schema), "own.yaml": "auth:\n  password: own-Pw-4711\n"})
    for more in ([], ["--values", "own.yaml"], ["--set", "auth.password=set-Pw-1234"]):
        done = kvlint(chart, "--helm", "charts/web", *more)
        assert done.returncode == 2
        assert "the chart `charts/web` needs values" in done.stderr
        for secret in (SECRET, "own-Pw-4711", "set-Pw-1234"):
            assert secret not in done.stderr


@pytest.mark.helm
def test_a_template_that_fails_is_its_own_error_without_credentials(chart: Path) -> None:
    write(
        chart,
        {"charts/web/templates/fail.yaml": '{{ fail (printf "cannot use password %s here" .Values.auth.password) }}'},
    )
    done = kvlint(chart, "--helm", "charts/web")
    assert done.returncode == 2
    assert "cannot use password" in done.stderr
    assert SECRET not in done.stderr
    assert len(done.stderr.splitlines()) < 10
    write(chart, {"charts/web/templates/fail.yaml": "{{ .Values.auth | nosuchfunction }}"})
    done = kvlint(chart, "--helm", "charts/web")
    assert done.returncode == 2
    assert "helm cannot render the chart `charts/web`" in done.stderr
    assert "nosuchfunction" in done.stderr


def test_a_missing_helm_is_told(chart: Path, tmp_path: Path) -> None:
    done = kvlint(chart, "--helm", "charts/web", path=str(tmp_path))
    assert done.returncode == 2
    assert "`helm` is not installed" in done.stderr
    assert "kvlint check -" in done.stderr


@pytest.fixture
def no_tools(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A PATH on which helm, kustomize, kubectl and git only leave a trace, and that trace."""
    folder = tmp_path_factory.mktemp("tools")
    trace = folder / "trace"
    for name in ("helm", "kustomize", "kubectl", "git"):
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {trace}\nexit 1\n')
        (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin", trace


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--helm", "oci://user:Pw-99-secret@registry.example.org/web"],
            "the chart `oci://registry.example.org/web` is remote",
        ),
        (["--helm", "https://example.org/web-1.0.0.tgz"], "is remote"),
        (["--helm", "bitnami/redis"], "there is no chart `bitnami/redis`"),
        (
            ["--helm", "charts/web", "--values", "https://example.org/v.yaml"],
            "the values file `https://example.org/v.yaml` is",
        ),
        (["--helm", "charts/web", "--values", "none.yaml"], "there is no values file `none.yaml`"),
        (["--helm", "charts"], "`charts` is no chart"),
        (["--kustomize", "github.com/example/app//deploy?ref=v1"], "is remote"),
        (
            ["--kustomize", "https://x:Pw-99-secret@example.org/app"],
            "the kustomization `https://example.org/app` is remote",
        ),
        (["--kustomize", "charts"], "`charts` holds no kustomization.yaml"),
        (["--set", "a=b", "."], "`--set` belongs to `--helm`"),
        (["--allow-remote", "."], "`--allow-remote` belongs to"),
    ],
)
def test_what_is_remote_or_absent_is_refused_before_anything_runs(
    chart: Path, no_tools: tuple[str, Path], arguments: list[str], message: str
) -> None:
    path, trace = no_tools
    done = kvlint(chart, *arguments, path=path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Pw-99-secret" not in done.stderr
    assert not trace.exists()


@pytest.mark.parametrize("file", ["Chart.yaml", "requirements.yaml"])
def test_dependencies_that_are_not_installed_are_found_before_helm_runs(
    chart: Path, no_tools: tuple[str, Path], file: str
) -> None:
    path, trace = no_tools
    with (chart / "charts/web" / file).open("a") as opened:
        opened.write(
            "dependencies:\n"
            "  - {name: redis, version: 1.0.0, repository: 'https://u:Pw-99-secret@charts.example.org'}\n"
            "  - {name: common, version: 1.0.0, repository: 'file://../common'}\n"
        )
    (chart / "charts/web/charts").mkdir()
    (chart / "charts/web/charts/redis-cluster-1.0.0.tgz").write_bytes(b"")
    done = kvlint(chart, "--helm", "charts/web", path=path)
    assert done.returncode == 2
    assert "redis (https://charts.example.org), common (file://../common)" in done.stderr
    assert "helm dependency build charts/web" in done.stderr
    assert "Pw-99-secret" not in done.stderr
    assert not trace.exists()


def test_what_is_remote_is_handed_to_the_tool_when_allowed(chart: Path, no_tools: tuple[str, Path]) -> None:
    path, trace = no_tools
    for arguments in (["--helm", "oci://registry.example.org/web"], ["--kustomize", "https://example.org/app"]):
        assert kvlint(chart, *arguments, "--allow-remote", path=path).returncode == 2
    with (chart / "charts/web/Chart.yaml").open("a") as opened:
        opened.write("dependencies: [{name: redis, version: 1.0.0, repository: 'https://charts.example.org'}]\n")
    assert kvlint(chart, "--helm", "charts/web", "--allow-remote", path=path).returncode == 2
    assert trace.read_text().splitlines() == [
        "helm template oci://registry.example.org/web",
        "kustomize build https://example.org/app",
        "helm template charts/web --dependency-update",
    ]


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A folder with a kustomize base and an overlay that renames and patches."""
    write(
        tmp_path,
        {
            "base/kustomization.yaml": "resources: [pod.yaml, class.yaml]\n",
            "base/pod.yaml": OLD_POD.format(name="web"),
            "base/class.yaml": OLD_CLASS.format(name="slow"),
            "overlays/prod/kustomization.yaml": "namePrefix: prod-\nnamespace: shop\n"
            "resources: [../../base, own.yaml]\npatches:\n  - path: patch.yaml\n",
            "overlays/prod/own.yaml": OLD_CLASS.format(name="own"),
            "overlays/prod/patch.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostNetwork: true}\n",
        },
    )
    return tmp_path


@pytest.mark.kustomize
def test_findings_of_a_kustomization_name_base_file_and_built_line(overlay: Path) -> None:
    found = findings(kvlint(overlay, "--kustomize", "overlays/prod", "--output-format", "json"))
    tool = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    built = subprocess.run(
        [*tool, "overlays/prod"], cwd=overlay, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    places = {
        (item["rule"], item["file"], item["resource"]["name"], built[item["rendered"]["line"] - 1].strip())
        for item in found
        if item["rule"].startswith("intree")
    }
    assert places == {
        ("intree-volume", "base/pod.yaml", "prod-web", "rbd:"),
        ("intree-provisioner", "base/class.yaml", "prod-slow", "provisioner: kubernetes.io/rbd"),
        ("intree-provisioner", "overlays/prod/own.yaml", "prod-own", "provisioner: kubernetes.io/rbd"),
    }
    assert {item["resource"]["namespace"] for item in found if item["resource"]["kind"] == "Pod"} == {"shop"}
    assert {item["line"] for item in found} == {None}


@pytest.mark.kustomize
def test_a_kustomization_of_another_folder_is_named_from_here(overlay: Path) -> None:
    found = findings(kvlint(overlay / "base", "--kustomize", "../overlays/prod", "--output-format", "json"))
    assert {item["file"] for item in found} == {"pod.yaml", "class.yaml", "../overlays/prod/own.yaml"}


@pytest.mark.kustomize
def test_a_build_that_fails_is_its_own_error(overlay: Path) -> None:
    write(overlay, {"base/kustomization.yaml": "resources: [pod.yaml, class.yaml]\nnoSuchField: 1\n"})
    done = kvlint(overlay, "--kustomize", "overlays/prod")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "kustomize cannot build `overlays/prod`:" in done.stderr
    assert "noSuchField" in done.stderr


def test_a_missing_kustomize_is_told(overlay: Path, tmp_path: Path) -> None:
    done = kvlint(overlay, "--kustomize", "overlays/prod", path=str(tmp_path))
    assert done.returncode == 2
    assert "`kustomize` is not installed" in done.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("resources: ['https://u:Pw-99-secret@example.org/a.yaml']", "under `resources`: https://example.org/a.yaml"),
        ("resources: ['github.com/example/app//deploy?ref=v1']", "under `resources`: github.com/example/app"),
        ("bases: ['git::https://example.org/app.git']", "a remote resource under `bases`"),
        ("components: ['git@example.org:app/deploy.git']", "a remote resource under `components`"),
        ("resources: ['ssh://git@example.org/app']", "a remote resource under `resources`"),
        ("crds: ['http://example.org/crd.json']", "a remote resource under `crds`"),
        ("patches: [{path: 'https://example.org/p.yaml'}]", "a remote resource under `patches`"),
        ("openapi: {path: 'https://example.org/o.json'}", "a remote resource under `openapi`"),
        ("configMapGenerator: [{name: x, files: ['a=https://example.org/x']}]", "under `configMapGenerator`"),
        ("resources: [absent.yaml]", "names `absent.yaml` under `resources`, which does not exist"),
        ("helmCharts: [{name: redis, repo: 'https://charts.example.org'}]", "for which kustomize runs helm"),
        ("generators: [plugin.yaml]", "a plugin under `generators` that runs a program"),
        ("transformers:\n  - |-\n    apiVersion: x/v1\n    kind: Y", "a plugin under `transformers`"),
        ("validators: ['{apiVersion: x/v1, kind: Y}']", "a plugin under `validators`"),
    ],
)
def test_bases_are_searched_for_what_is_remote_or_runs(
    overlay: Path, no_tools: tuple[str, Path], line: str, message: str
) -> None:
    path, trace = no_tools
    write(overlay, {"base/plugin.yaml": "apiVersion: example.org/v1\nkind: Maker\nmetadata:\n  name: m\n"})
    write(overlay, {"base/kustomization.yaml": line + "\n"})
    done = kvlint(overlay, "--kustomize", "overlays/prod", path=path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "`base/kustomization.yaml`" in done.stderr
    assert "Pw-99-secret" not in done.stderr
    assert not trace.exists()


def test_bases_that_name_each_other_end(overlay: Path, no_tools: tuple[str, Path]) -> None:
    write(overlay, {"base/kustomization.yaml": "resources: [../overlays/prod]\n"})
    done = kvlint(overlay, "--kustomize", "overlays/prod", path=no_tools[0])
    assert done.returncode == 2
    assert "kustomize cannot build" in done.stderr


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("https://example.org/x", True),
        ("HTTP://example.org/x", True),
        ("git@github.com:a/b", True),
        ("github.com/a/b", True),
        ("gh:a/b", True),
        ("../base?ref=main", True),
        ("file:///srv/repo", True),
        ("a.git//deploy", True),
        ("a.git", True),
        ("org.example/base", False),
        ("../base", False),
        ("./github.com/a", False),
        ("deploy/web.yaml", False),
        ("C:/charts/web", False),
    ],
)
def test_is_remote(text: str, remote: bool) -> None:
    assert is_remote(text) is remote


def test_skipped_templates_name_their_chart_and_the_command(chart: Path) -> None:
    shutil.copytree(chart / "charts/web", chart / "charts/web/charts/sub")
    done = kvlint(chart, ".")
    assert done.returncode == 0
    assert "info[unrendered-template]: 4 files are templates of the Helm chart `charts/web`" in done.stdout
    assert "kvlint check --helm charts/web`" in done.stdout
    shutil.copytree(chart / "charts/web", chart / "apps/other")
    write(chart, {"jinja/pv.yaml": "apiVersion: v1\nkind: PersistentVolume\nspec:\n{% if x %}\n  nfs: {}\n"})
    done = kvlint(chart, ".")
    assert "9 files are templates of the Helm charts `apps/other`, `charts/web`" in done.stdout


def test_skipped_templates_of_no_chart_name_their_folder(tmp_path: Path) -> None:
    write(
        tmp_path,
        {f"jinja/{name}.yaml": "apiVersion: v1\nkind: PersistentVolume\nspec:\n  a: {{ x }}\n" for name in "ab"},
    )
    done = kvlint(tmp_path, ".")
    assert "2 files are templates in `jinja`" in done.stdout


LINES = st.lists(st.sampled_from(["", "a", "é: 1"]), min_size=1, max_size=4)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("xyz"), LINES), min_size=1, max_size=8))
def test_every_line_of_a_piece_is_found_in_the_whole(parts: list[tuple[str, list[str]]]) -> None:
    pieces, line, whole = [], 1, b""
    for file, lines in parts:
        data = "".join(f"{text}\n" for text in lines).encode()
        pieces.append(Piece(file, data, line))
        line += len(lines)
        whole += data
    rendering = Rendering("chart", whole, pieces)
    rendered = whole.decode().split("\n")
    for source in rendering.sources():
        for number, text in enumerate(source.text.removesuffix("\n").split("\n"), 1):
            assert rendered[rendering.where(source.name, number) - 1] == text


def test_names_are_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown("./charts//web/") == "charts/web"
    assert shown(str(tmp_path / "charts")) == "charts"
    assert shown("../x") == "../x"
    assert shown(str(tmp_path.parent / "x")) == str(tmp_path.parent / "x")
