"""Documents, spans, nodes and comments. What values mean is in test_scalars and test_yaml_semantics."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kvlint import events, yamltree
from kvlint.source import Source
from kvlint.yamltree import MAPPING, SCALAR, SEQUENCE, Document, Node, YamlError, documents


def document_of(text: str | bytes) -> Document:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return next(yamltree.documents(Source("case.yaml", data)))


def root_of(text: str | bytes) -> Node:
    root = document_of(text).compose()
    assert root is not None
    return root


def error_of(text: str | bytes) -> YamlError:
    with pytest.raises(YamlError) as caught:
        document_of(text).compose()
    return caught.value


def written(text: str, node: Node | None) -> str:
    assert node is not None
    return text[node.start : node.end]


def below(node: Node) -> Iterator[Node]:
    """A node and everything written below it; what aliases stand for is not below them."""
    yield node
    if node.anchor is None:
        for child in node.children:
            yield from below(child)


class Writer:
    """Writes YAML in every style, and remembers the comments it put in and the fakes it hid in scalars."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.comments: list[str] = []
        self.anchors: list[str] = []
        self.count = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def comment(self, text: str = "") -> str:
        """Sometimes a comment after `text`; the ones that say `kvlint:` are remembered."""
        choice = self.random.random()
        if choice < 0.15:
            self.comments.append(f"# kvlint: {self.number()} ☃ # more")
            return f"{text} {self.comments[-1]}" if text.strip() else text + self.comments[-1]
        return text + " # plain" if choice < 0.25 and text.strip() else text

    def key(self) -> str:
        return self.random.choice(["k{}", '"k {}"', "'k#{}'", "😀{}", "k-{}/x.y"]).format(self.number())

    def scalar(self) -> str:
        fake = f'"# kvlint: fake{self.number()}"'
        return self.random.choice(
            [
                "x",
                "a b",
                "x#kvlint:y",
                "5",
                "0644",
                "yes",
                "~",
                "8Gi",
                "'it''s # kvlint: q'",
                fake,
                '"\\u263a \\"x"',
                "é😀",
                "''",
            ]
        )

    def anchor(self) -> str:
        if self.random.random() < 0.1:
            self.anchors.append(f"a{self.number()}")
            return f"&{self.anchors[-1]} "
        return "!!str " if self.random.random() < 0.05 else ""

    def flow(self, depth: int) -> str:
        choice = self.random.random()
        if choice < 0.1 and self.anchors:
            return "*" + self.random.choice(self.anchors) + " "
        if choice < 0.6 or not depth:
            return self.scalar()
        parts = [self.flow(depth - 1) for _ in range(self.random.randrange(3))]
        if choice < 0.8:
            return "[" + self.random.choice([", ", " ,"]).join(parts) + "]"
        return "{ " + ", ".join(f"{self.key()}: {part}" for part in parts) + "}"

    def value(self, lead: str, indent: int, depth: int) -> None:
        """Write `lead` (a key or a dash) and a value for it."""
        choice = self.random.random()
        pad = " " * (indent + 2)
        if choice < 0.3 or not depth:
            plain = self.anchor() + self.random.choice([self.scalar(), self.scalar(), ""])
            self.lines.append(self.comment(lead + (" " + plain.rstrip() if plain else "")))
        elif choice < 0.4:
            self.lines.append(self.comment(lead + " " + self.flow(2)))
        elif choice < 0.45 and self.anchors:
            self.lines.append(self.comment(f"{lead} *{self.random.choice(self.anchors)}"))
        elif choice < 0.55:
            self.lines.append(self.comment(f"{lead} {self.random.choice(['|', '>', '|-', '>+'])}"))
            self.lines += [pad + "z", "", pad + self.random.choice(["x", "# kvlint: fake", "  y: [", "é😀 "])]
            self.lines += [""] * self.random.randrange(3)
        elif choice < 0.6:
            self.lines += [f"{lead} one", pad + "two#x", "", pad + self.comment("three")]
        elif choice < 0.65:
            self.lines += [f'{lead} "one', pad + "# kvlint: fake", self.comment(pad + 'three"')]
        elif choice < 0.85:
            self.lines.append(self.comment(lead))
            self.mapping(indent + 2, depth - 1)
        else:
            self.lines.append(self.comment(lead))
            for _ in range(self.random.randrange(1, 4)):
                self.value(pad + "-", indent + 2, depth - 1)

    def mapping(self, indent: int, depth: int) -> None:
        for _ in range(self.random.randrange(1, 5)):
            if self.random.random() < 0.2:
                self.lines.append(self.comment(" " * self.random.randrange(indent + 1)).rstrip())
            self.value(" " * indent + self.key() + ":", indent, depth)


class Sample:
    """One written document."""

    def __init__(self, random: Random) -> None:
        writer = Writer(random)
        writer.mapping(0, 3)
        ending = random.choice(["\n", "\n", "\r\n"])
        self.text = random.choice(["", "", "\ufeff"]) + ending.join(writer.lines) + random.choice(["", ending])
        self.comments = writer.comments
        self.encoding = random.choice(["utf-8", "utf-8", "utf-16-le"]) if self.text[0] == "\ufeff" else "utf-8"

    def document(self) -> Document:
        return document_of(self.text.encode(self.encoding))

    def __repr__(self) -> str:
        return self.text


SAMPLES = st.randoms(use_true_random=False).map(Sample)


def plain_with(node: Node, changed: Node) -> Any:
    """What `plain` answers once `changed` reads "NEW"."""
    if node is changed or node.anchor is changed:
        return "NEW"
    if node.kind is MAPPING:
        return {key: plain_with(child, changed) for key, _, child in node.entries()}
    return [plain_with(child, changed) for child in node.children] if node.kind is SEQUENCE else node.plain()


@settings(max_examples=150, deadline=None)
@given(SAMPLES)
def test_what_stands_at_the_span_of_a_scalar_reads_as_its_value(sample: Sample) -> None:
    root = sample.document().compose()
    assert root is not None
    for node in below(root):
        piece = written(sample.text, node)
        assert piece == piece.lstrip()
        if node.anchor is not None:
            assert piece.startswith("*")
        elif node.kind is SCALAR:
            again = document_of(piece + "\n").compose() if piece else None
            chomped = (lambda text: text.rstrip("\n")) if node.style in ("|", ">") else str
            assert chomped(again.value or "" if again else "") == chomped(node.value or "")


@settings(max_examples=100, deadline=None)
@given(SAMPLES, st.data())
def test_an_edit_at_the_span_of_a_value_changes_that_value_only(sample: Sample, data: st.DataObject) -> None:
    root = sample.document().compose()
    assert root is not None
    nodes = list(below(root))
    targets = {id(node.anchor) for node in nodes if node.anchor is not None}
    # Keys stay, and so do collections that hold a node somebody refers to.
    values = [
        child
        for node in nodes
        if node.anchor is None
        for child in (node.children[1::2] if node.kind is MAPPING else node.children)
        if not any(id(inner) in targets for inner in below(child) if inner is not child)
    ]
    assume(values)
    node = data.draw(st.sampled_from(values))
    space = " " if sample.text[node.start - 1] in ":-&!" or sample.text[node.start - 1].isalnum() else ""
    edited = sample.text[: node.start] + space + '"NEW"' + sample.text[node.end :]
    again = document_of(edited).compose()
    assert again is not None
    assert again.plain() == plain_with(root, node)


@settings(max_examples=60, deadline=None)
@given(SAMPLES)
def test_the_pure_reader_gives_the_same_nodes(sample: Sample) -> None:
    shapes = []
    for parser in (events.CParser, None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(events, "CParser", parser)
            root = sample.document().compose()
            assert root is not None
            shapes.append([(n.kind, n.start, n.end, n.value, n.tag, n.style, n.anchor is None) for n in below(root)])
    assert shapes[0] == shapes[1]


@settings(max_examples=100, deadline=None)
@given(SAMPLES)
def test_spans_nest_and_get_agrees_with_plain(sample: Sample) -> None:
    root = sample.document().compose()
    assert root is not None
    for node in below(root):
        inner = [] if node.anchor is not None else node.children
        ends = [node.start, *(edge for child in inner for edge in (child.start, child.end)), node.end]
        assert ends == sorted(ends)
        if inner and node.style == "block":
            assert node.end == inner[-1].end
        if node.kind is MAPPING:
            plain = node.plain()
            assert {key: value.plain() for key in plain if (value := node.get(key)) is not None} == plain


@settings(max_examples=150, deadline=None)
@given(SAMPLES)
def test_comments_are_found_and_fakes_are_not(sample: Sample) -> None:
    document = sample.document()
    root = document.compose()
    spans = yamltree.comments(document, [root], "kvlint:")
    assert [document.source.text[start:end] for start, end in spans] == sample.comments


def test_nodes_are_the_same_however_they_are_reached() -> None:
    root = root_of("a: &x {b: [1]}\nc: *x\n")
    first = root.get("a")
    assert first is not None
    assert first is root.get("a") is root.children[1] is root.entries()[0].node
    alias = root.get("c")
    assert alias is not None
    assert alias.anchor is first
    assert alias.children is first.children
    assert root.at("c", "b", 0) is root.at("a", "b", 0)


def test_spans_of_every_style() -> None:
    text = (
        "plain: &a !!str  some text  # c\n"
        "empty:\n"
        "named: &e\n"
        "block: | # c\n  one\n  two  \n\n\n"
        "folded: >-\n  x\n"
        "flow: &f [ a, {b: c} ]\n"
        "pair: [k: v , w]\n"
        "map: &m # c\n  # d\n  x: 1\n  y:\n  - 'q'\n  - \"d\n    e\"\n"
        "alias: *f\n"
    )
    root = root_of(text)
    spans = {key: written(text, node) for key, _, node in root.entries()}
    assert spans == {
        "plain": "some text",
        "empty": "",
        "named": "",
        "block": "| # c\n  one\n  two  ",
        "folded": ">-\n  x",
        "flow": "[ a, {b: c} ]",
        "pair": "[k: v , w]",
        "map": "x: 1\n  y:\n  - 'q'\n  - \"d\n    e\"",
        "alias": "*f",
    }
    assert written(text, root.at("pair", 0)) == "k: v"
    assert written(text, root.at("map", "true")) == "- 'q'\n  - \"d\n    e\""
    assert written(text, root) == text.rstrip("\n")
    assert [root.at("plain"), root.get("empty")] == [root.children[1], root.children[3]]


def test_line_ends_that_editors_do_not_count_do_not_move_spans() -> None:
    text = 'a: "x\u2028y"\nb: "z\x85"\r\nc: d\n'
    root = root_of(text)
    assert written(text, root.get("c")) == "d"
    node = root.get("c")
    assert node is not None
    assert Source("x", text.encode()).index_to_position(node.start) == (3, 4)


def test_get_at_entries_and_items() -> None:
    root = root_of("kind: Pod\nspec:\n  volumes:\n  - name: a\n  - name: b\nyes: on\n5: five\nx:\n")
    assert root.get("missing") is None
    assert root.get("kind") is root.at("kind")
    assert root.get("true") is root.entries()[2].node
    assert root.get("yes") is None
    assert [root.get(key) is None for key in ("5", "6")] == [False, True]
    name = root.at("spec", "volumes", 1, "name")
    assert name is not None
    assert name.string() == "b"
    assert root.at("spec", "volumes", -1, "name") is name
    assert root.at("spec", "volumes", 2) is None
    assert root.at("spec", "volumes", "name") is None
    assert root.at("kind", "x", 0) is None
    assert root.at() is root
    assert [entry.key for entry in root.entries()] == ["kind", "spec", "true", "5", "x"]
    assert root.items() == []
    assert name.items() == name.entries() == name.duplicates() == []
    volumes = root.at("spec", "volumes")
    assert volumes is not None
    assert len(volumes.items()) == 2
    null = root.get("x")
    assert null is not None
    assert (null.is_null, null.string(), null.scalar_text()) == (True, None, None)


def test_strings_and_texts() -> None:
    root = root_of("a: 5\nb: '5'\nc: yes\nd: x\ne: !!int x\nf: [1]\ng: !!str 5\n")
    assert [node.string() for _, _, node in root.entries()] == [None, "5", None, "x", None, None, "5"]
    assert [node.scalar_text() for _, _, node in root.entries()] == ["5", "5", "yes", "x", "x", None, "5"]


def test_merges_as_goyaml_applies_them() -> None:
    root = root_of(
        "x: &x {a: 1, b: 2}\nafter: {b: 3, <<: *x, c: 4}\nbefore:\n  <<: *x\n  b: 3\nlist: {<<: [{a: 9}, *x]}\n"
    )
    assert [root.at("after", key, *()).scalar_text() for key in "abc"] == ["1", "2", "4"]  # type: ignore[union-attr]
    assert root.at("before", "b").scalar_text() == "3"  # type: ignore[union-attr]
    assert root.at("list").plain() == {"a": 9, "b": 2}  # type: ignore[union-attr]
    assert root.at("list", "a").plain() == 9  # type: ignore[union-attr]
    assert root_of("{'<<': 1}").get("<<") is not None
    assert root_of("<<: {a: 1}").get("<<") is None


def test_duplicates() -> None:
    text = "a: 1\nb: 2\n'a': 3\ny: 4\ntrue: 5\na: 6\n<<: {a: 7}\n<<: {b: 8}\n~: 9\n"
    pairs = root_of(text).duplicates()
    assert [(written(text, first), written(text, second)) for first, second in pairs] == [
        ("a", "'a'"),
        ("y", "true"),
        ("'a'", "a"),
    ]
    assert root_of("a: 1\nb: 2\n").duplicates() == []


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("a: b: c\n", "mapping values are not allowed", (1, 5)),
        ("a: 1\nb: 'x\nc: 2\n", "unexpected end of stream", (2, 4)),
        ("a: 1\nbcd\ne: 2\n", "could not find expected ':'", (2, 1)),
        ("a: [1, 2\nb: 3\n", "did not find expected ',' or ']'", (2, 2)),
        ("é: 1\nb: *secret\n", "anchor that is not defined", (2, 4)),
        ("a: &x\n  b: *x\n", "alias to itself", (2, 6)),
        ("? {a: b}\n: c\n", "cannot be a key", (1, 3)),
        ("a: 1\n😀: \x07\n", "U+0007", (2, 4)),
        (b"a: 1\nb: \xff\n", "not valid UTF-8", (2, 4)),
        (b"\xff\xfea\0:\0 \0\0\xd8", "not valid UTF-8 or UTF-16", (1, 4)),
        ("%YAML 1.2\n--- x\n", "YAML 1.1", (1, 1)),
        ("\ufeffa: [\n", "", (2, 1)),
    ],
)
def test_errors_have_a_position_and_quote_nothing(text: str | bytes, message: str, position: tuple[int, int]) -> None:
    document = document_of(text)
    error = error_of(text)
    assert message in error.message
    assert "secret" not in error.message
    assert error.kind == "syntax"
    assert document.source.index_to_position(error.index) == position


def test_errors_of_values_come_from_plain() -> None:
    for text in ("a: !!int hunter2\n", "~: hunter2\n", "<<: hunter2\n", "a: .nan\n"):
        root = root_of(text)
        with pytest.raises(YamlError) as caught:
            root.plain()
        assert "hunter2" not in caught.value.message
        assert 0 <= caught.value.index < len(text)


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("a: {{ .Values.a }}\n", True),
        ("{{- if .Values.a }}\na: 1\n{{- end }}\n", True),
        ("a:\n  - {{ .x }}: 1\n", True),
        ("a: 1\n{% if x %}\nb: 2\n", True),
        ("a: '{{ .x }}'\nb: [\n", False),
        ("# {{ .x }}\na: b: c\n", False),
        ("a: b: c\n", False),
    ],
)
def test_unrendered_templates_are_told_from_errors(text: str, template: bool) -> None:
    assert error_of(text).template is template


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = events.MAX_DEPTH
    assert root_of("[" * deep + "]" * deep).plain() is not None
    assert error_of("[" * (deep + 1) + "]" * (deep + 1)).kind == "limit"
    assert error_of("- " * (deep + 1) + "a").kind == "limit"
    assert error_of("a: &a {b: {c: 1}}\nb: " + "[" * (deep - 2) + "*a" + "]" * (deep - 2)).kind == "limit"
    assert root_of("a: &a {b: {c: 1}}\nb: " + "[" * (deep - 3) + "*a" + "]" * (deep - 3)).plain() is not None
    monkeypatch.setattr(yamltree, "MAX_TEXT", 100)
    assert root_of("# " + "x" * 90 + "\na").plain() == "a"
    assert error_of("# " + "x" * 100 + "\na").kind == "limit"
    monkeypatch.setattr(yamltree, "MAX_TEXT", 1000)
    monkeypatch.setattr(events, "MAX_NODES", 100)
    assert len(root_of("[" + "a," * 90 + "]").items()) == 90
    assert error_of("[" + "a," * 100 + "]").kind == "limit"
    assert error_of("- &a [" + "a," * 40 + "]\n- *a\n- *a\n").kind == "limit"


def test_a_few_hundred_aliases_are_no_bomb() -> None:
    labels = "base: &base {app: x, tier: y, zone: z}\n" + "".join(f"k{n}: *base\n" for n in range(2000))
    assert len(root_of(labels).plain()) == 2001


def test_documents_have_line_and_text() -> None:
    source = Source("x.yaml", b"---\na: 1\n---\n# c\nb: 2\n--- # d\nc: 3")
    found = [(document.line, document.text) for document in yamltree.documents(source)]
    assert found == [(2, "a: 1\n"), (4, "# c\nb: 2\n"), (7, "c: 3")]


def test_an_error_in_one_document_hides_no_other() -> None:
    source = Source("x.yaml", b"a: [\n---\nb: 2\n")
    first, second = yamltree.documents(source)
    with pytest.raises(YamlError):
        first.compose()
    root = second.compose()
    assert root is not None
    assert root.plain() == {"b": 2}


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("a: 1\n...\nb: 2\n", ["b: 2\n"]),
        ("--- {a: 1}\n--- {b: 2}\n--- 3\n", ["--- {b: 2}\n--- 3\n", "--- 3\n"]),
        ("a: 1\n...\n# c\n--- !x\nb: 2\n...\nc: 3\n", ["--- !x\nb: 2\n...\nc: 3\n", "c: 3\n"]),
        ("a: 1\n...\n# end\n", []),
        ("a: 1\n...", []),
        ("a: 1\n...\n...\n", []),
        ("a: 1\n...\n%TAG ! x:\n", []),
        ("# nothing\n", []),
        ("a: 1\n", []),
    ],
)
def test_documents_kubernetes_loses(text: str, lost: list[str]) -> None:
    document = document_of(text)
    document.compose()
    found = []
    extra = document.extra
    for later in document.rest():
        assert extra is not None
        found.append(text[extra:])
        assert later.compose() is not None
        extra = later.extra
    assert found == lost
    assert extra is None


def test_garbage_after_a_document_is_an_error_of_the_rest() -> None:
    document = document_of("[a]\n]\n")
    assert document.compose() is not None
    assert document.extra == 4
    (rest,) = document.rest()
    with pytest.raises(YamlError):
        rest.compose()


def test_a_json_stream_is_a_document_for_each_object() -> None:
    text = '{"a": "}{", "b": {"c": "\\"}{"}} {\n"d": 1}\n\n{}\n---\n{"e": 2}{"f": 3}\n'
    source = Source("x.json", text.encode())
    found = []
    lost = []
    for document in yamltree.documents(source):
        root = document.compose()
        found.append(root and root.plain())
        lost.append(document.extra)
    assert found == [{"a": "}{", "b": {"c": '"}{'}}, {"d": 1}, {}, {"e": 2}]
    assert lost == [None, None, None, text.index('{"f"')]
    assert len(list(yamltree.documents(Source("x", b"{a: 1}\n{b: 2}\n")))) == 1


def test_validate_agrees_with_compose_on_syntax() -> None:
    for text in (
        "a: 1\n",
        "",
        "# c\n",
        "a: 1\n...\nb: 2\n",
        "[a]\n]\n",
        "\ufeffa: 1\n",
        "{{}}\n",
        "[" * 200 + "]" * 200,
    ):
        for document in yamltree.documents(Source("x", text.encode())):
            document.validate()
    for text in ("a: b: c\n", "a: [\n", "a: \x00\n", "[" * 1100):
        for parser in (events.CParser, None):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(events, "CParser", parser)
                with pytest.raises(YamlError) as caught:
                    document_of(text).validate()
                assert (caught.value.index, caught.value.kind) == (error_of(text).index, error_of(text).kind)


def test_the_reader_imports_little() -> None:
    code = "import sys; import kvlint.yamltree; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = [name for name in done.stdout.split() if name.startswith("kvlint.")]
    assert own == [f"kvlint.{name}" for name in ("node", "plaintree", "record", "scalars", "source", "yamltree")]
    assert "yaml" not in done.stdout.split()


FIXTURES = sorted((Path(__file__).parent / "fixtures").rglob("*.yaml"))


@pytest.mark.parametrize("before", ["", "# ü\r\n", "\ufeff", "a: 1\n---\n", "\u2028# x\n", "{}\n"])
def test_positions_of_nodes_are_those_of_their_spans(before: str) -> None:
    for path in FIXTURES:
        source = Source("a.yaml", (before + path.read_text(errors="surrogateescape")).encode(errors="surrogateescape"))
        for document in documents(source):
            try:
                root = document.compose()
            except YamlError:
                continue
            stack = [root] if root is not None else []
            while stack:
                node = stack.pop()
                expected = (*source.index_to_position(node.start), *source.index_to_position(node.end))
                assert document.position(node) == expected, path
                stack += node.children if node.anchor is None else []
