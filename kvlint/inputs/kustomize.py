"""A kustomization as input: built by the user's own `kustomize` or `kubectl`, findings named by base file."""

import os
import re
from collections.abc import Iterator
from tempfile import TemporaryDirectory

from kvlint.inputs import files
from kvlint.inputs.rendering import Piece, Rendering, argument, complaint, is_remote, run, shown, without_user
from kvlint.node import SCALAR, Node, YamlError
from kvlint.problem import ConfigError
from kvlint.resources import resources
from kvlint.source import Source
from kvlint.yamltree import documents

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MISSING = "install kustomize or kubectl, or build elsewhere and lint the output: `kustomize build DIR | kvlint check -`"
FETCH = "let kustomize fetch it: --allow-remote"
ORIGIN = "config.kubernetes.io/origin"
RUNS_SOMETHING = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
MAX_KUSTOMIZATIONS = 5_000
_PLUGINS = ("generators", "transformers", "validators")
_LISTS = ("resources", "bases", "components", "crds", "configurations", "patchesStrategicMerge", *_PLUGINS)
_ITEMS = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_SEPARATOR = re.compile(rb"(?m)^---[ \t]*\r?\n")


def render(folder: str, *, allow_remote: bool = False) -> Rendering:
    """Build the kustomization in `folder`.

    Without `allow_remote` everything it and its local bases refer to must lie on this machine; that is looked at before
    anything runs. What would run a program (helm charts, plugins) is always refused. Raises ConfigError for
    these, for a missing tool and for a build that fails."""
    if is_remote(folder):
        if not allow_remote:
            raise ConfigError(
                f"the kustomization `{without_user(folder)}` is remote", help="let kustomize fetch it: --allow-remote"
            )
    elif not any(os.path.isfile(os.path.join(folder, name)) for name in FILES):
        raise ConfigError(f"`{folder}` holds no kustomization.yaml")
    else:
        for problem in _problems(folder, allow_remote):
            raise problem
    code, output, stderr = _build(folder)
    if code:
        raise ConfigError(f"kustomize cannot build `{folder}`:\n{complaint(stderr)}")
    return Rendering(shown(folder), output, list(_pieces(folder, output, _origins(folder))))


def _build(folder: str) -> tuple[int, bytes, str]:
    from shutil import which

    command = ["kustomize", "build"] if which("kustomize") or not which("kubectl") else ["kubectl", "kustomize"]
    return run([*command, argument(folder)], MISSING)


def _problems(folder: str, allow_remote: bool) -> Iterator[ConfigError]:
    """What keeps a kustomization and its local bases from being built, in the order in which it is met."""
    stack, seen = [folder], set[str]()
    while stack and len(seen) < MAX_KUSTOMIZATIONS:
        current = stack.pop()
        if os.path.realpath(current) in seen:
            continue
        seen.add(os.path.realpath(current))
        file, root = _kustomization(current)
        for key in RUNS_SOMETHING:
            if root is not None and root.get(key) is not None:
                yield ConfigError(
                    f"`{shown(file)}` has `{key}`, for which kustomize runs helm",
                    help="build it yourself and lint the output: `kustomize build --enable-helm DIR | kvlint check -`",
                )
        for key, entry in _references(root) if root is not None else ():
            inline = "\n" in entry or entry.lstrip().startswith("{")
            path = os.path.join(current, entry)
            if not inline and is_remote(entry):
                if not allow_remote:
                    yield ConfigError(
                        f"`{shown(file)}` names a remote resource under `{key}`: {without_user(entry)}",
                        help=FETCH,
                    )
                continue
            if not inline and not os.path.exists(path):
                if not allow_remote:
                    yield ConfigError(f"`{shown(file)}` names `{entry}` under `{key}`, which does not exist")
                continue
            if not inline and os.path.isdir(path):
                stack.append(path)
            elif key in _PLUGINS:
                source = Source(entry, entry.encode("utf-8", "replace") if inline else files.read(path))
                if _runs(source):
                    yield ConfigError(
                        f"`{shown(file)}` names a plugin under `{key}` that runs a program",
                        help="build it yourself and lint the output: `kustomize build … DIR | kvlint check -`",
                    )


def _kustomization(folder: str) -> tuple[str, Node | None]:
    for name in FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            try:
                source = Source(path, files.read(path))
                return path, next((document.compose() for document in documents(source)), None)
            except (OSError, YamlError):
                return path, None
    return folder, None


def _references(root: Node) -> Iterator[tuple[str, str]]:
    """Every path or address a kustomization reads, with the field that names it; texts with line ends are inline."""
    for key in _LISTS:
        yield from ((key, text) for text in _texts(root.get(key)))
    for key in _ITEMS:
        for item in _items(root.get(key)):
            yield from ((key, text) for text in _texts(item.get("path")))
    yield from (("openapi", text) for text in _texts(root.at("openapi", "path")))
    for key in _GENERATORS:
        for item in _items(root.get(key)):
            for field in ("files", "envs", "env"):
                for text in _texts(item.get(field)):
                    yield key, text.partition("=")[2] if field == "files" and "=" in text else text


def _items(node: Node | None) -> list[Node]:
    return node.items() if node is not None else []


def _texts(node: Node | None) -> Iterator[str]:
    for item in [node] if node is not None and node.kind == SCALAR else _items(node):
        text = item.scalar_text()
        if text:
            yield text


def _runs(source: Source) -> bool:
    """Whether a plugin's configuration makes kustomize run a program: all but the built-in ones do, and a chart's."""
    for document in documents(source):
        try:
            root = document.compose()
        except YamlError:
            continue
        for item in resources(document, root):
            if item.api_version != "builtin" or item.kind == "HelmChartInflationGenerator":
                return True
    return False


Identity = tuple[str, str, str | None, str]


def _origins(folder: str) -> dict[Identity, str]:
    """The file that each object of a build comes from, as kustomize itself tells when it is asked to.

    It is asked through a kustomization of our own that has `folder` as its only base; where that does not work (a
    kustomize before 4.3), nothing is known."""
    from json import dumps

    if not os.path.isdir(folder):
        return {}
    with TemporaryDirectory(prefix="kvlint-") as temporary:
        own = os.path.realpath(temporary)
        try:
            base = os.path.relpath(os.path.realpath(folder), own)
        except ValueError:  # another drive
            return {}
        asked = {"resources": [base.replace(os.sep, "/")], "buildMetadata": ["originAnnotations"]}
        with open(os.path.join(own, FILES[0]), "w", encoding="utf-8") as file:
            file.write(dumps(asked))
        code, output, _ = _build(own)
        if code:
            return {}
        found: dict[Identity, str] = {}
        for document in documents(Source("", output)):
            try:
                root = document.compose()
            except YamlError:
                continue
            for item in resources(document, root):
                said = item.node.at("metadata", "annotations", ORIGIN)
                lines = dict(line.split(": ", 1) for line in _origin(said).splitlines() if ": " in line)
                path = lines.get("path") or lines.get("configuredIn", "")
                who = (item.api_version, item.kind, item.namespace, item.name)
                local = path and "repo" not in lines and who not in found
                found[who] = _named(os.path.join(own, path), folder) if local else ""
        return found


def _named(path: str, folder: str) -> str:
    """A file's path as seen from here, absolute only where `folder` was given so."""
    return shown(path if os.path.isabs(folder) else os.path.relpath(path))


def _origin(node: Node | None) -> str:
    return (node.scalar_text() if node is not None else None) or ""


def _pieces(folder: str, output: bytes, origins: dict[Identity, str]) -> Iterator[Piece]:
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(output))]
    line = 1
    for index, start in enumerate(starts):
        data = output[start : starts[index + 1] if index + 1 < len(starts) else len(output)]
        yield Piece(_origin_of(data, origins) or shown(folder), data, line)
        line += data.count(b"\n")


def _origin_of(data: bytes, origins: dict[Identity, str]) -> str:
    """The one file that all objects of a part of the output come from."""
    found = set()
    for document in documents(Source("", data)):
        try:
            root = document.compose()
        except YamlError:
            return ""
        for item in resources(document, root):
            found.add(origins.get((item.api_version, item.kind, item.namespace, item.name), ""))
    return found.pop() if len(found) == 1 else ""
