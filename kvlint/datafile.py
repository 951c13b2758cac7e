"""Data files that people write for kvlint (configuration, rule cards): read, validated, blamed at the exact place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from kvlint.node import MAPPING, SEQUENCE, Node, YamlError
from kvlint.problem import ConfigError, Problem, did_you_mean
from kvlint.source import Source
from kvlint.yamltree import documents

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from jsonschema.exceptions import ValidationError

Path = Sequence[str | int]

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


class Data:
    """The content of a data file: `value` is what it says, `span` tells where it says it."""

    __slots__ = ("_root", "_table", "source", "value")

    def __init__(self, source: Source, value: Any, root: Node | None = None, table: str = "") -> None:
        self.source = source
        self.value = value
        self._root = root
        self._table = table

    def span(self, path: Path, key: str | None = None) -> tuple[int, int]:
        """Where the value at `path` is written, or the key `key` of the mapping there; else the nearest place known."""
        if self._root is None:
            return self._toml_span([*path, *([] if key is None else [key])])
        node, caret = self._root, self._root
        for step in [*path, *([] if key is None else [key])]:
            if isinstance(step, int):
                items = node.items()
                if step >= len(items):
                    break
                node = caret = items[step]
            else:
                pair = next((pair for pair in _pairs(node) if pair[0].value == step), None)
                if pair is None:
                    break
                caret, node = pair
        found = caret if key is not None or node.kind in (MAPPING, SEQUENCE) or node.start == node.end else node
        if found.kind in (MAPPING, SEQUENCE) and found.children:
            found = found.children[0]
        return found.start, max(found.end, found.start + 1)

    def _toml_span(self, path: Path) -> tuple[int, int]:
        """The line that sets the last key of `path`: tomllib tells no positions, so it is searched for."""
        text = self.source.text
        table = re.search(rf"^[ \t]*\[{re.escape(self._table)}[\].]", text, re.MULTILINE)
        start = table.start() if table else 0
        place = (start, start + len(text[start:].partition("\n")[0].rstrip()))
        for step in path:
            if isinstance(step, str):
                name = rf"[\"']?{re.escape(step)}[\"']?"
                found = re.compile(
                    rf"^[ \t]*({name})[ \t]*=|[\[.]({name})(?=[\].])|[{{,][ \t]*({name})[ \t]*=", re.MULTILINE
                )
                match = found.search(text, place[0])
                if match is None:
                    break
                place = match.span(match.lastindex or 0)
        return place

    def problem(self, path: Path, message: str, help: str = "", key: str | None = None) -> Problem:
        """A problem with the value at `path`, or with the key `key` of the mapping there."""
        return Problem(self.source, *self.span(path, key), message, help)


def read_yaml(source: Source, texts: Callable[[str], bool]) -> Data:
    """Read one YAML document that is a mapping. Raises ConfigError.

    Words mean what they mean in YAML 1.2, as in every editor: `on` and `off` are texts. Under the top-level keys for
    which `texts` is true, plain numbers are read as they are written: `1.30` stays "1.30". A top-level key without a
    value counts as absent."""
    try:
        chunks = [(document, document.compose()) for document in documents(source)]
        roots = [root for _, root in chunks if root is not None and not root.is_null]
        if len(roots) > 1 or any(document.extra is not None for document, _ in chunks):
            where = roots[1].start if len(roots) > 1 else next(d.extra for d, _ in chunks if d.extra is not None) or 0
            raise ConfigError("a second document", [Problem(source, where, where + 1, "a second document is not read")])
        root = roots[0] if roots else None
        if root is None:
            return Data(source, {})
        if root.kind is not MAPPING:
            raise ConfigError(
                "no mapping", [Problem(source, root.start, root.start + 1, "expected `key: value` lines")]
            )
        value = {key.value: _value(node, texts(key.value or "")) for key, node in _pairs(root)}
    except YamlError as error:
        problem = Problem(source, error.index, error.index + 1, error.message)
        raise ConfigError("not valid YAML", [problem]) from None
    repeated = [
        Problem(source, later.start, later.end, f"`{later.value}` is said twice", "remove one of the two")
        for later in _repeated(root)
    ]
    if repeated:
        raise ConfigError("a key is said twice", repeated)
    return Data(source, {key: said for key, said in value.items() if said is not None}, root)


def read_toml(source: Source, table: str) -> Data | None:
    """Read the table `table` (dotted) of a TOML file; None if it has none. Raises ConfigError."""
    import tomllib

    try:
        value: Any = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = str(error)
        match = _TOML_PLACE.search(message)
        line, column = (int(match[1]), int(match[2])) if match else (1, 1)
        lines = source.text.splitlines(keepends=True)
        index = min(sum(map(len, lines[: line - 1])) + column - 1, len(source.text))
        plain = _TOML_PLACE.sub("", message).strip() or "not valid TOML"
        raise ConfigError(
            "not valid TOML", [Problem(source, index, index + 1, plain[:1].lower() + plain[1:])]
        ) from None
    for step in table.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return Data(source, value, None, table) if value is not None else None


def validate(data: Data, schema: Mapping[str, Any], noun: Callable[[Path, bool], str]) -> list[Problem]:
    """What in `data` does not follow the JSON Schema (draft-07). Nothing is ever fetched.

    `noun(path, True)` names what the keys of the mapping at a path are, `noun(path, False)` what a word there is, for
    "unknown …"."""
    from jsonschema import Draft7Validator
    from referencing import Registry

    validator = Draft7Validator(schema, registry=Registry())
    problems = [problem for error in validator.iter_errors(data.value) for problem in _problems(data, error, noun)]
    return sorted(problems, key=lambda problem: (problem.start, problem.message))


def _problems(data: Data, error: ValidationError, noun: Callable[[Path, bool], str]) -> Iterator[Problem]:
    path = list(error.absolute_path)
    schema: Any = error.schema if isinstance(error.schema, dict) else {}
    wanted: Any = error.validator_value
    found: Any = error.instance
    kind = str(error.validator)
    if kind == "additionalProperties" and wanted is False:
        known = schema.get("properties", {})
        for key in found:
            if key not in known:
                help = did_you_mean(key, known) or (f"known: {', '.join(known)}" if len(known) < 16 else "")
                yield data.problem(path, f"unknown {noun(path, True)} `{key}`", help, key)
    elif kind == "enum":
        words = [word for word in wanted if isinstance(word, str)]
        guess = did_you_mean(found, words) if isinstance(found, str) else ""
        shown = f"one of: {', '.join(words)}" if len(words) < 16 else ""
        named = (
            f"unknown {noun(path, False)} `{found}`"
            if isinstance(found, str)
            else f"{_article(found)} does not fit here"
        )
        yield data.problem(path, named, guess or shown)
    elif kind == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        names = " or ".join(_TYPES[name] for name in types if name in _TYPES)
        yield data.problem(path, f"expected {names}, found {_article(found)}")
    elif kind == "required":
        yield data.problem(path, f"`{next(key for key in wanted if key not in found)}` is missing")
    elif kind == "pattern":
        yield data.problem(path, f"`{found}` does not match `{wanted}`", schema.get("description", ""))
    else:
        yield data.problem(path, f"does not satisfy `{kind}: {wanted}`")


_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


def _article(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    names = ((str, "text"), (int, "a whole number"), (float, "a number"), (list, "a list"), (dict, "a mapping"))
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    """The keys and values of a mapping as they are written."""
    children = node.children if node.kind is MAPPING else []
    return list(zip(children[::2], children[1::2], strict=True))


def _value(node: Node, texts: bool) -> Any:
    """What a node says by the core schema of YAML 1.2; with `texts`, numbers are the text that was written."""
    if node.kind is MAPPING:
        return {key.value: _value(item, texts) for key, item in _pairs(node)}
    if node.kind is SEQUENCE:
        return [_value(item, texts) for item in node.items()]
    text = node.value or ""
    if node.style is not None or node.tag is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not texts and _INTEGER.match(text):
        return int(text, 0) if text.startswith("0x") else int(text)
    if not texts and _FLOAT.match(text):
        return float(text)
    return text


def _repeated(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.anchor is None:
            seen: set[str | None] = set()
            for key, _ in _pairs(node):
                if key.value in seen:
                    yield key
                seen.add(key.value)
            stack.extend(child for child in node.children if child.kind in (MAPPING, SEQUENCE))
