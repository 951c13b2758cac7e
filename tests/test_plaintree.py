"""The fast reader gives up, or builds the tree that libyaml's events give."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint import events, plaintree, yamltree
from kvlint.node import MAPPING, Node, YamlError
from kvlint.plaintree import PlainNode, read_plain
from kvlint.source import Source

FIXTURES = sorted((Path(__file__).parent / "fixtures").rglob("*.yaml"))


def by_events(text: str, base: int = 0) -> Node | None:
    """The tree of libyaml's events."""
    document = yamltree.Document(Source("a.yaml", (" " * base + text).encode()), base, base + len(text))
    root, end = events.compose(document.text, base)
    assert yamltree._content(document.source.text, end, document.end) is None
    return root


def told(node: Node) -> list[Any]:
    """All that a node and those below it tell."""
    own = [node.kind, node.value, node.tag, node.style, node.start, node.end, node.marks(), node.is_null]
    own += [node.string(), node.scalar_text(), [(one.start, two.start) for one, two in node.duplicates()]]
    if node.kind == MAPPING:
        entries = node.entries()
        some = {entry.key for entry in entries[::2]}
        assert [entry.key for entry in node.entries_among(some)] == [
            entry.key for entry in entries if entry.key in some
        ]
        assert all(one.node is node.get(one.key) for one in node.entries_among(some))
        own.append([(key, name.start, value.start) for key, name, value in entries])
        own.append([getattr(node.get(key), "start", None) for key, _, _ in entries] + [node.get("absent")])
        own.append([getattr(node.key_of(key), "start", None) for key, _, _ in entries] + [node.key_of("absent")])
    return [*own, *map(told, node.children)]


def below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from below(child)


def agrees(text: str, base: int = 0) -> bool:
    """Whether the fast reader reads a text; it must then tell the same."""
    plain = read_plain(text, base)
    if plain is None:
        return False
    root = by_events(text, base)
    assert root is not None, text
    assert told(plain) == told(root), text
    # In another order, without what was looked at before.
    again = read_plain(text, base)
    assert again is not None
    assert [again.end, again.start, again.marks()] == [root.end, root.start, root.marks()]
    assert again.plain() == root.plain()
    assert again.may_repeat == any(node.duplicates() for node in below(root))
    return True


PLAIN = """# a comment
apiVersion: v1
kind: Pod   # why
metadata:
  name: "web"
  labels: {}

  annotations:
    example.com/at: http://example.com:80/x#y
spec:
  containers:
  - name: 'web'
    args: [a, "b c", 'd']
    command:
      - --flag=x: y
      - a b  c
      # between
    empty:
  -   image: x
      tty: true
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: a
  last:
"""


def test_what_is_plain_is_read() -> None:
    assert agrees(PLAIN.replace(": y\n", "=y\n"))
    assert agrees(PLAIN.replace(": y\n", "=y\n").rstrip("\n"), base=7)


def test_many_manifests_are_plain() -> None:
    read = [agrees(document.text, document.start) for document in manifests()]
    assert sum(read) > len(read) / 4


def manifests() -> list[yamltree.Document]:
    return [document for path in FIXTURES for document in yamltree.documents(Source(path.name, path.read_bytes()))]


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n# nothing\n", "a\n", "- - a\n", "-\n  a: b\n", "- # x\n  a: b\n", "a: b\n  c\n", "a: b\n  c: d\n"),
        *("a:\n  b: c\n d: e\n", "  a: b\nc: d\n", "- a\nb: c\n", "a: b\n- c\n", "a:\n - b\n  - c\n", "a: b: c\n"),
        *("a: &x b\n", "a: *x\n", "a: !!str b\n", "a: |\n  b\n", "a: >-\n  b\n", 'a: "b\\n"\n', 'a: "b\n  c"\n'),
        *("a: 'b''c'\n", "a: [b\n", "a: [b,]\n", "? a\n: b\n", '"a": b\n', "1: a\n"),
        *(
            "yes: a\n",
            "<<: a\n",
            "null: a\n",
            "a:\tb\n",
            "a: b\r\n",
            "a: é\n",
            "\ufeffa: b\n",
            "%YAML 1.1\n---\na: b\n",
        ),
        *(
            "-  \n",
            "---\na: b\n",
            "...\n",
            "a: @b\n",
            "a: `b\n",
            "a: %b\n",
            "a: - b\n",
            "a: ,b\n",
            "a: b\x00\n",
            "a b: c\n",
        ),
        *("a: b\n...\nc: d\n", "a: - b", "-a: b\n", "a: ? b\n", 'a: "b" c\n', "a: [b] c\n", "a : b\n"),
    ],
)
def test_what_is_not_plain_is_left_alone(text: str) -> None:
    assert read_plain(text, 0) is None


INDENTS = st.sampled_from(["", "", "  ", "  ", "  ", "    ", "    ", " ", "   ", "      "])
DASHES = st.sampled_from(["", "", "", "", "- ", "- ", "-  ", "- - ", "-"])
KEYS = st.sampled_from(["a", "b", "c", "name", "a.b/c", "a-b", "", "x y", "1", "y", "~", "'q'", "a:b", "-a"])
GAPS = st.sampled_from([": ", ": ", ": ", ": ", ":  ", ":", " : "])
WORDS = (
    *("", "", "", "x", "v1", "8Gi", "true", "null", "~", "1.5", "a b", "a  b", "x:y", "x: y", "x:", "http://a:1/b?c=d"),
    *("# c", "x # c", "x #", "x#y", "'a'", "'a' # c", "''", "'a''b'", '"a"', '""', '"a\\"b"', '"a # b"', "'a: b'"),
    *(
        "{a: b}",
        "{ a: [b, c], d: {e: f} }",
        "{a: 'b', c: 1}",
        "{a: }",
        "{a: b, }",
        "{a: b: c}",
        "{a:b}",
        "{a}",
        "[{a: b}]",
    ),
    *(
        "[--x, -y=z]",
        "[a:1, b:c/d]",
        "{a: b c}",
        "{a: {}",
        "{a: b}}",
        "{a: b} # c",
        "[]]",
        "{y: a}",
        "{1: a}",
        "{a: 1, a: 2}",
    ),
    *(
        "{'a': b}",
        "[a: b]",
        "{a: b}c",
        "[ , ]",
        "{,}",
        "[-]",
        "[- a]",
        "[---]",
        "[a#b]",
        "[a #b]",
        "{a: *b}",
        "[{}, []]",
    ),
    *("[]", "[ ]", "[a]", "[a, b]", "[ a , 'b' ]", '["a",b]', "[a, [b]]", "[a b]", "[a:b]", "[a, ]", "[,a]", "{}"),
    *("{ }", "{a: b}", "[] # c", "|", ">-", "| # c", "&a x", "*a", "!t x", "-x", "--x", "- x", "-", "?x", "? x", ":x"),
    *("@x", "`x", "%x", "=x", "x y # z", "x ", "x  # y", "...", "---", "a,b", "a]b", "$(X)", "{{ x }}", "a\\b", "<<"),
    *("'", '"a', "[a", "x'y", 'x"y', "x: 'y'", "é", "\tx", "x\ty"),
)
LINES = st.tuples(INDENTS, DASHES, KEYS, GAPS, st.sampled_from(WORDS))


def line(made: tuple[str, str, str, str, str]) -> str:
    indent, dash, key, gap, word = made
    return f"{indent}{dash}{key}{gap}{word}" if key else f"{indent}{dash}{word}"


@settings(max_examples=800, deadline=None)
@given(st.lists(LINES.map(line), min_size=1, max_size=9), st.sampled_from(["\n", "", "\n\n", "\n# c", "\n  "]))
def test_any_lines(lines: list[str], tail: str) -> None:
    text = "\n".join(lines) + tail
    try:
        agrees(text)
    except YamlError as error:
        raise AssertionError(f"libyaml does not read {text!r}") from error


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([document.text for document in manifests() if read_plain(document.text, 0)]),
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from(["drop", "twice", "in", "out", "word"]), LINES), max_size=3
    ),
)
def test_mutated_manifests(text: str, changes: list[tuple[int, str, tuple[str, str, str, str, str]]]) -> None:
    lines = text.split("\n")
    for at, change, other in changes:
        at %= len(lines)
        old = lines[at]
        lines[at : at + 1] = {
            "drop": [],
            "twice": [old, old],
            "in": [f"  {old}"],
            "out": [old.removeprefix("  ")],
            "word": [old.partition(": ")[0] + other[3] + other[4]],
        }[change]
        lines = lines or [""]
    try:
        agrees("\n".join(lines))
    except YamlError as error:
        raise AssertionError("libyaml does not read it") from error


def test_no_key_is_longer_than_libyaml_takes() -> None:
    for text in (f"{'k' * 1100}: a\n", f"a: {{{'k' * 1100}: b}}\n"):
        assert read_plain(text, 0) is None


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plaintree, "MAX_REMEMBERED", 50)
    for number in range(40):
        assert agrees("".join(f"k{number}x{at}: v{at}x{number}\n" for at in range(9)))
    assert len(plaintree._rows) + len(plaintree._keys) < 80


@pytest.mark.parametrize("filler", ["a: b\n" * 30_000, "- " * 20_000, "  " * 20_000 + "a: b\n"])
def test_no_text_takes_long(filler: str) -> None:
    root = read_plain(filler, 0)
    assert root is None or isinstance(root, PlainNode)


@pytest.mark.skipif("KVLINT_CORPUS" not in os.environ, reason="KVLINT_CORPUS names a folder of manifests to try too")
def test_manifests_of_a_folder() -> None:
    read = documents = 0
    for folder, _, names in os.walk(os.environ["KVLINT_CORPUS"]):
        for name in names:
            if name.endswith((".yaml", ".yml")):
                source = Source(name, (Path(folder) / name).read_bytes())
                for document in yamltree.documents(source):
                    documents += 1
                    read += agrees(document.text, document.start) if document.start < 10_000 else agrees(document.text)
    assert read, documents
