"""What of a file must never be shown: every credential in it, whichever rules are selected.

Wider than the checks on purpose: a mask too many costs a reader four dots, a mask too few costs a password."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from kvlint.checks import commands, config_files, places, values
from kvlint.checks.config_files import Found
from kvlint.checks.spans import value_span_to_source
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import Place, Strength
from kvlint.node import MAPPING, SCALAR, SEQUENCE, Node
from kvlint.record import NamedTuple

MASK = "\u2022" * 4

_BUDGET = 500_000
_LINE = 20
"""Lines of a credential up to this length say nothing on their own, such as `-----END KEY-----`."""
_BEGINNING = 4
_MANY = 100
_ANYWHERE = Place(keys.ENV)


class Secrets(NamedTuple):
    """The spans of a source's text that hold credentials (indices, sorted, apart) and the credentials themselves, which
    may only be used to remove them from other strings."""

    spans: tuple[tuple[int, int], ...]
    values: frozenset[str]

    def scrub(self, text: str) -> str:
        """`text` with every credential in it replaced by a mask. Words too common to give anything away stay."""
        for value in self._within(text):
            text = _occurrence(value).sub(MASK, text)
        return text

    def _within(self, text: str) -> list[str]:
        """The credentials in `text`, long ones first; of very many only those whose beginning occurs are looked for."""
        among: Iterable[str] = self.values
        if len(self.values) > _MANY:
            beginnings = _by_beginning(self.values)
            places = range(len(text) - _BEGINNING + 1)
            among = {one for at in places for one in beginnings.get(text[at : at + _BEGINNING], ())}
        return sorted((value for value in among if value in text), key=len, reverse=True)


NOTHING = Secrets((), frozenset())


class Part(NamedTuple):
    """A part of a source's text that may be shown, and the roots of the documents in it that could be read.

    What is not `suspicious` holds no credential of its own (`suspicion.may_hold_credential`), but may repeat others."""

    start: int
    end: int
    roots: Sequence[Node | None]
    suspicious: bool = True


def secrets_of(text: str, parts: Iterable[Part]) -> Secrets:
    """The credentials in parts of a source's text.

    They are looked for in every field of every object, in comments, in documents that cannot be read, and wherever a
    credential found in one place is repeated in another. A part counts to the ends of its lines."""
    spans: set[tuple[int, int]] = set()
    found: set[str] = set()
    shown: list[tuple[int, int]] = []
    suspicious: list[tuple[int, int]] = []
    for part in parts:
        start = text.rfind("\n", 0, part.start) + 1
        end = text.find("\n", part.end)
        shown.append((start, len(text) if end < 0 else end))
        if part.suspicious:
            suspicious.append(shown[-1])
        for root in part.roots:
            for node, first, last in _in_tree(root) if root is not None else ():
                spans.add(value_span_to_source(node, text, first, last))
                if node.anchor is not None:
                    spans.add(value_span_to_source(node.anchor, text, first, last))
                found.add((node.value or "")[first:last])
    shown = list(_merged(shown))
    for start, end in _merged(suspicious):
        for first, last, sure in _in_text(text[start:end]):
            spans.add((start + first, start + last))
            said = text[start + first : start + last]
            if sure or not said.islower() or not said.isalpha():
                found.add(said)
    # A text of several lines may be repeated with another indentation.
    found.update(line for value in found.copy() if "\n" in value for line in value.split("\n") if len(line) > _LINE)
    found.update(value.rstrip("=") for value in found.copy())  # Base64 that was split at its padding
    telling = frozenset(value for value in map(str.strip, found) if _telling(value))
    for value in telling:
        for start, end in shown:
            spans.update(match.span() for match in _occurrence(value).finditer(text, start, end))
    return Secrets(tuple(_merged(spans)), telling)


def _in_tree(root: Node) -> Iterator[tuple[Node, int, int]]:
    """The scalars that hold a credential, with its span in the scalar's value."""
    stack: list[tuple[Node, str, Place]] = [(root, "", _ANYWHERE)]
    budget = _BUDGET
    while stack and budget:
        budget -= 1
        node, name, place = stack.pop()
        if node.kind == SCALAR:
            yield from _in_scalar(node, name, place)
        elif node.kind == SEQUENCE:
            yield from _in_sequence(node)
            stack.extend((item, name, place) for item in reversed(node.children))
        elif node.kind == MAPPING:
            yield from _in_mapping(node)
            below = _place_below(node)
            for key, value in zip(node.children[::2], node.children[1::2], strict=True):
                said = key.value or ""
                stack.append((value, said, below if said in ("options", "volumeAttributes", "parameters") else place))


def _place_below(node: Node) -> Place:
    """What is known of the keys below `options`, `volumeAttributes` or `parameters` of this mapping."""
    driver, provisioner = _text(node.get("driver")), _text(node.get("provisioner"))
    if provisioner:
        return keys.storage_class(provisioner)
    if driver:
        return keys.csi(driver) if node.get("volumeAttributes") is not None else keys.flexvolume(driver)
    return _ANYWHERE


def _in_scalar(node: Node, name: str, place: Place) -> Iterator[tuple[Node, int, int]]:
    value = node.value or ""
    if len(value) < 2:
        return
    found = [Found(name, verdict) for verdict in values.verdicts(name, value, place, paired=True)]
    if name == places.LAST_APPLIED:
        found += [Found(one.name, one.verdict) for one in places.applied(node, value)]
    if "\n" in value or " " in value:
        found += [Found(hit.name, hit.verdict) for hit in commands.find([value])]
        found += config_files.pairs(value, _ANYWHERE)
    elif "," in value or name.lower() in keys.MOUNT_TEXTS:
        found += commands.mount_options(value)
    if "." in name or name.startswith("passwd"):
        found += config_files.find(name, value)
    for one in config_files.without_overlaps(found):
        if one.verdict.kind == values.CREDENTIAL:
            yield node, one.verdict.start, one.verdict.end


def _in_sequence(node: Node) -> Iterator[tuple[Node, int, int]]:
    """A list of strings may be a command line or mount options."""
    items = [item for item in node.children if item.kind == SCALAR and item.value]
    texts = [item.value or "" for item in items]
    for hit in commands.find(texts):
        if hit.verdict.kind == values.CREDENTIAL:
            yield items[hit.at], hit.verdict.start, hit.verdict.end
    if not any(" " in text for text in texts):
        for item in items:
            for one in commands.mount_options(item.value or ""):
                if one.verdict.kind == values.CREDENTIAL:
                    yield item, one.verdict.start, one.verdict.end


def _in_mapping(node: Node) -> Iterator[tuple[Node, int, int]]:
    """A pair of `name` and `value`, as in `env`; the data of a Secret; a container's command and args."""
    name, value = _text(node.get("name")), node.get("value")
    if name and value is not None and value.kind == SCALAR and value.value:
        for one in places.environment_value(name, value.value):
            if one.kind == values.CREDENTIAL:
                yield value, one.start, one.end
        prefix = f"{name}: "
        for hit in commands.find([prefix + value.value]):
            if hit.verdict.kind == values.CREDENTIAL and hit.verdict.start >= len(prefix):
                yield value, hit.verdict.start - len(prefix), hit.verdict.end - len(prefix)
    if _text(node.get("kind")) == "Secret":
        for field in ("data", "stringData"):
            holder = node.get(field)
            for item in holder.children[1::2] if holder is not None and holder.kind == MAPPING else ():
                if item.kind == SCALAR and item.value and not item.is_null:
                    yield item, 0, len(item.value)
    if node.get("command") is not None or node.get("args") is not None:
        for found in places.command_lines(node, ""):
            if found.verdict.kind == values.CREDENTIAL:
                yield found.node, found.verdict.start, found.verdict.end
    if node.get("binaryData") is not None:
        for found in places.config_map(node):
            if found.verdict.kind == values.CREDENTIAL:
                yield found.node, found.verdict.start, found.verdict.end


def _in_text(text: str) -> Iterator[tuple[int, int, bool]]:
    """Credentials that can be seen without reading YAML: in comments and in documents that cannot be read; and whether
    that is sure of a plain word, which may be part of a sentence."""
    for match in _pair().finditer(text):
        name, (start, end) = match[1], match.span(2)
        yield from _literal(name, text, start, end)
    for match in _named().finditer(text):
        name = re.search(r"[\w.-]*\Z", text[max(0, match.start() - 100) : match.start()])
        yield from _literal((name[0] if name else "") + match[1], text, *match.span(2))
    for verdict in values.embedded(text, _ANYWHERE):
        if verdict.kind == values.CREDENTIAL:
            yield verdict.start, verdict.end, True


def _literal(name: str, text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    strength = keys.strength(name)
    if strength < Strength.GENERIC and name.lower() not in keys.MOUNT_SECRETS:
        return
    value = text[start:end]
    quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
    if quoted:
        start, end = start + 1, end - 1
    elif value[0] in "|>&*{[":
        return
    if values.judge(name, text, start, end, _ANYWHERE, Strength.GENERIC).kind == values.CREDENTIAL:
        yield start, end, quoted and strength is Strength.STORAGE


def _telling(value: str) -> bool:
    """Whether a credential can be looked for elsewhere: `admin` or `test` in another place says nothing."""
    return len(value) >= _BEGINNING and value.lower() not in keys.COMMON_WORDS


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if start >= end:
            continue
        if last is not None and start <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


def _text(node: Node | None) -> str | None:
    return node.scalar_text() if node is not None else None


@lru_cache(1)
def _by_beginning(found: frozenset[str]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for value in found:
        made.setdefault(value[:_BEGINNING], []).append(value)
    return made


@lru_cache(64)
def _occurrence(value: str) -> re.Pattern[str]:
    """Where a credential is repeated: a short one only as a whole word."""
    edge = r"\b" if len(value) < 8 else ""
    before = edge if value[0].isalnum() else ""
    after = edge if value[-1].isalnum() else ""
    return re.compile(before + re.escape(value) + after)


@cache
def _pair() -> re.Pattern[str]:
    """`name: X` and `value: Y` one after the other, commented or not."""
    return re.compile(
        r"\bname[\"']?:[ \t]*[\"']?([\w.-]+)[\"']?,?[ \t]*(?:\r?\n[ \t#]*)?[\"']?\bvalue[\"']?:[ \t]*"
        r"(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s#,}\"'][^\r\n,}]*)"
    )


@cache
def _named() -> re.Pattern[str]:
    """`name: value` and `name=value` from the last word of a name that says what it is."""
    return re.compile(
        r"((?i:pass|password|passwd|passphrase|pwd|pw|secret|token|key|string|ticket)[\w.-]*)[\"']?[ \t]*[:=][ \t]*"
        r"(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s#,;}\]\"'][^\s,;}\]]*)"
    )
