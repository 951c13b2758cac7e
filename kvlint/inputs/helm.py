"""A Helm chart as input: rendered by the user's own `helm`, findings named by template."""

import os
import re
from collections.abc import Iterator, Sequence

from kvlint.inputs import files
from kvlint.inputs.rendering import Piece, Rendering, argument, complaint, is_remote, run, shown, without_user
from kvlint.node import Node, YamlError
from kvlint.problem import ConfigError
from kvlint.record import NamedTuple
from kvlint.source import Source
from kvlint.yamltree import documents

CHART_FILE = "Chart.yaml"
MISSING = "install helm, or render elsewhere and lint the output: `helm template CHART | kvlint check -`"
_START = re.compile(rb"(?m)^---[ \t]*\r?\n# Source: ([^\r\n]+)")
_NEEDS_VALUES = re.compile(
    r"execution error at|don't meet the specifications of the schema|nil pointer evaluating|is required|required value"
)


class Given(NamedTuple):
    """What a chart is rendered with: values files, `--set` settings, and where not empty a Kubernetes version and a
    namespace."""

    values: Sequence[str] = ()
    settings: Sequence[str] = ()
    kubernetes_version: str = ""
    namespace: str = ""


def render(chart: str, given: Given, *, allow_remote: bool = False) -> Rendering:
    """Render `chart`.

    Nothing is fetched without `allow_remote`: a remote chart, remote values and dependencies that are not installed are
    found before helm runs. Raises ConfigError for these, for a missing helm and for a chart that does not render."""
    command = ["helm", "template", argument(chart)]
    if not allow_remote:
        _refuse_remote(chart, given.values)
    if os.path.isdir(chart):
        missing = list(_missing_dependencies(chart))
        if missing and not allow_remote:
            raise ConfigError(
                f"the chart `{chart}` needs charts that are not installed in it: {', '.join(missing)}",
                help=f"run `helm dependency build {chart}`, or let helm fetch them: --allow-remote",
            )
        command += ["--dependency-update"] if missing else []
    for file in given.values:
        command += ["--values", file]
    for setting in given.settings:
        command += ["--set", setting]
    command += ["--kube-version", given.kubernetes_version] if given.kubernetes_version else []
    command += ["--namespace", given.namespace] if given.namespace else []
    code, output, stderr = run(command, MISSING)
    if code:
        raise _failure(chart, given, stderr)
    return Rendering(shown(chart), output, list(_pieces(chart, output)))


def _refuse_remote(chart: str, values: Sequence[str]) -> None:
    for what, path in (("chart", chart), *(("values file", file) for file in values)):
        if is_remote(path):
            raise ConfigError(f"the {what} `{without_user(path)}` is remote", help="let helm fetch it: --allow-remote")
        if not os.path.exists(path):
            advice = "a chart from a repository needs --allow-remote" if what == "chart" else ""
            raise ConfigError(f"there is no {what} `{path}`", help=advice)
    if os.path.isdir(chart) and not os.path.exists(os.path.join(chart, CHART_FILE)):
        raise ConfigError(f"`{chart}` is no chart: it has no {CHART_FILE}")


def _missing_dependencies(chart: str) -> Iterator[str]:
    """The dependencies a chart declares and that do not lie in its `charts` folder, as helm looks for them there."""
    declared = [*_dependencies(chart, CHART_FILE), *_dependencies(chart, "requirements.yaml")]
    if not declared:
        return
    folder = os.path.join(chart, "charts")
    installed = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    names = {_chart_name(os.path.join(folder, entry)) for entry in installed}
    archives = [entry for entry in installed if entry.endswith((".tgz", ".tar.gz"))]
    for name, repository in declared:
        packed = re.compile(re.escape(name) + r"-[0-9v]")
        if name not in names and not any(packed.match(archive) for archive in archives):
            yield f"{name} ({without_user(repository)})" if repository else name


def _dependencies(chart: str, file: str) -> Iterator[tuple[str, str]]:
    root = _root(os.path.join(chart, file))
    listed = root.get("dependencies") if root is not None else None
    for item in listed.items() if listed is not None else ():
        name, repository = item.get("name"), item.get("repository")
        text = name.scalar_text() if name is not None else None
        if text:
            yield text, (repository.scalar_text() if repository is not None else None) or ""


def _chart_name(folder: str) -> str:
    root = _root(os.path.join(folder, CHART_FILE)) if os.path.isdir(folder) else None
    name = root.get("name") if root is not None else None
    return (name.scalar_text() if name is not None else None) or ""


def _root(path: str) -> Node | None:
    """The first document of a file; None where it cannot be read, of which helm tells better."""
    try:
        source = Source(path, files.read(path))
        return next((document.compose() for document in documents(source)), None)
    except (OSError, YamlError):
        return None


def _failure(chart: str, given: Given, stderr: str) -> ConfigError:
    settings = "\n".join(setting.replace("=", ": ", 1) for setting in given.settings)
    sources = [Source("", settings.encode("utf-8", "replace"))]
    for path in (os.path.join(chart, "values.yaml"), *given.values):
        try:
            sources.append(Source(path, files.read(path)))
        except (OSError, ValueError):
            continue
    told = complaint(stderr, sources)
    if _NEEDS_VALUES.search(stderr):
        message, advice = f"the chart `{chart}` needs values", "give them: --values FILE or --set KEY=VALUE"
    else:
        message, advice = f"helm cannot render the chart `{chart}`", ""
    return ConfigError(f"{message}:\n{told}", help=advice)


def _pieces(chart: str, output: bytes) -> Iterator[Piece]:
    """The output cut at its `# Source:` comments, which name the template below the chart's own name."""
    cuts = [(match.start(), match[1]) for match in _START.finditer(output)]
    if not cuts or output[: cuts[0][0]].strip():
        cuts.insert(0, (0, b""))
    line, base = 1, shown(chart)
    for index, (start, name) in enumerate(cuts):
        end = cuts[index + 1][0] if index + 1 < len(cuts) else len(output)
        if index == 0:
            line += output.count(b"\n", 0, start)
        template = os.fsdecode(name).partition("/")[2]
        yield Piece(f"{base}/{template}" if template else base, output[start:end], line)
        line += output.count(b"\n", start, end)
