"""Credentials never reach an output, whatever the spans of masks and findings."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from output_samples import VIEW, finding, lines, mask, report, span

import kvlint.output
from kvlint.finding import Location, Severity
from kvlint.output import FORMATS, STATISTICS, renderer
from kvlint.output.masking import MASK, Line, Masks

MODULES = [*FORMATS.values(), STATISTICS]


def render(name, found, files, **view):
    reading = VIEW._replace(lines=lambda file, number: lines(file, number, files), **view)
    return "".join(renderer(FORMATS.get(name, name))(found, reading))


def line_of(text, *masked):
    """The only line of a file, with the masked needles hidden."""
    files = {"a.yaml": text}
    masks = Masks({"a.yaml": tuple(mask("a.yaml", needle, files=files) for needle in masked)}, lambda *_: text)
    return masks.line("a.yaml", 1)


def test_a_line_without_masks_is_itself():
    assert line_of("key: value").text == "key: value"


@pytest.mark.parametrize("secret", ["x", "four", "a much longer secret value"])
def test_every_secret_is_as_wide_as_any_other(secret):
    assert line_of(f"password: {secret}", secret).text == f"password: {MASK}"


def test_masks_that_overlap_or_touch_are_one():
    assert line_of("key: abcdef end", "abcd", "cdef").text == f"key: {MASK} end"
    assert line_of("key: abcdef end", "abc", "def").text == f"key: {MASK} end"
    assert line_of("key: abcdef end", "abcdef", "cd").text == f"key: {MASK} end"


def test_a_mask_whose_ends_are_swapped_still_hides():
    masks = Masks({"a": ((1, 9, 1, 6),)}, lambda *_: "key: abc end")
    assert masks.line("a", 1).text == f"key: {MASK} end"


def test_a_mask_beyond_the_line_hides_what_there_is():
    masks = Masks({"a": ((1, 6, 1, 600),)}, lambda *_: "key: abc")
    assert masks.line("a", 1).text == f"key: {MASK}"


def test_a_span_over_several_lines_hides_all_of_them_and_their_indentation():
    text = "key: |\n    one\n\n    two\nnext: 1\n"
    files = {"a.yaml": text}
    masks = Masks(
        {"a.yaml": (mask("a.yaml", "|\n    one\n\n    two\n", files=files),)},
        lambda file, number: lines(file, number, files),
    )
    assert [masks.line("a.yaml", number).text for number in range(1, 6)] == [
        f"key: {MASK}",
        MASK,
        MASK,
        MASK,
        "next: 1",
    ]


def test_unknown_lines_are_none():
    masks = Masks({}, lambda *_: None)
    assert masks.line("a", 1) is None
    assert Masks({}, lambda *_: "text").line("a", 0) is None


def test_columns_move_with_the_mask():
    line = line_of("a: SECRETSECRET, b: c", "SECRETSECRET")
    assert line.text == f"a: {MASK}, b: c"
    assert line.text[line.start(18) : line.end(19)] == "b"
    assert line.text[line.start(1) : line.end(2)] == "a"
    assert line.text[line.start(4) : line.end(16)] == MASK
    assert line.text[line.start(7) : line.end(9)] == MASK
    assert line.text[line.start(1) : line.end(9)] == f"a: {MASK}"
    assert line.text[line.start(9) : line.end(22)] == f"{MASK}, b: c"


def test_two_masks_on_one_line():
    line = line_of("{a: S1S1S1, b: S2}", "S1S1S1", "S2")
    assert line.text == f"{{a: {MASK}, b: {MASK}}}"
    assert line.text[line.start(13) : line.end(14)] == "b"
    assert line.text[line.start(16) : line.end(18)] == MASK


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ((1, 1, 1, 4), (1, 1, 1, 4)),
        ((1, 1, 1, 6), (1, 1, 1, 6)),
        ((1, 6, 1, 12), (1, 6, 1, 7)),
        ((1, 1, 1, 12), (1, 1, 1, 7)),
        ((1, 8, 1, 10), (1, 6, 1, 7)),
        ((1, 8, 1, 8), (1, 6, 1, 7)),
        ((1, 12, 1, 12), (1, 6, 1, 7)),
        ((1, 1, 1, 13), (1, 1, 1, 13)),
        ((1, 8, 2, 3), (1, 6, 2, 3)),
        ((2, 6, 4, 1), (2, 6, 2, 7)),
        ((2, 1, 3, 5), (2, 1, 2, 7)),
        ((3, 2, 5, 1), (2, 6, 5, 1)),
        ((0, 0, 0, 0), (0, 0, 0, 0)),
    ],
)
def test_no_span_tells_where_a_credential_ends(location, shown):
    masks = Masks({"a": ((2, 6, 4, 1), (1, 6, 1, 12))}, lambda *_: "")
    assert tuple(masks.span(Location("a", *location, "why"))) == ("a", *shown, "why")
    assert masks.span(Location("b", *location)) == Location("b", *location)


TEXT = """\
env: [{name: A, value: hunter2}, {name: B, value: "p:w%1"}]
command: mount -o user=x,password=hunter2 //srv/share
script: |
  export KEY=hunter2
  export OTHER='multi
  line'
plain: end
"""
SECRETS = ["hunter2", "p:w%1", "multi"]


def leaky_report(locations):
    files = {"a.yaml": TEXT}
    masks = tuple(mask("a.yaml", "hunter2", nth=nth, files=files) for nth in range(3))
    masks += (mask("a.yaml", '"p:w%1"', files=files), mask("a.yaml", "'multi\n  line'", files=files))
    first, *related = locations
    found = finding("unused-ignore", Severity.ERROR, "m", first, related=tuple(related))
    return report(found, masks={"a.yaml": masks}), files


@pytest.mark.parametrize("module", MODULES)
def test_no_format_shows_a_secret_from_any_line(module):
    every = [Location("a.yaml", number, 1, number, 99) for number in range(1, 8)]
    for place in every:
        found, files = leaky_report([place, *every])
        text = render(module, found, files)
        assert not [secret for secret in SECRETS if secret in text]


POSITIONS = st.tuples(st.integers(0, 9), st.integers(0, 70))


@st.composite
def locations(draw):
    start, end = sorted((draw(POSITIONS), draw(POSITIONS)))
    return Location("a.yaml", *start, *end)


@settings(max_examples=150, deadline=None)
@given(st.lists(locations(), min_size=1, max_size=5), st.sampled_from(MODULES), st.booleans())
def test_no_format_shows_a_secret_from_any_span(places, module, color):
    found, files = leaky_report(places)
    text = render(module, found, files, color=color)
    assert not [secret for secret in SECRETS if secret in text]


SIGNS = st.text(st.sampled_from(" \t:-é网👍"), max_size=12)


@st.composite
def secret_texts(draw):
    """A text whose secrets are all its capital letters; masks cut it into pieces that may overlap."""
    secret = st.text(st.sampled_from("XYZ\n"), min_size=1, max_size=200).filter(lambda text: text.strip("\n"))
    pieces = [draw(SIGNS)]
    hidden = []
    for _ in range(draw(st.integers(1, 4))):
        value = draw(secret)
        start = len("".join(pieces))
        cut = draw(st.integers(0, len(value)))
        other = draw(st.integers(0, cut))
        hidden += [(start, start + cut), (start + other, start + len(value))]
        pieces += [value, draw(SIGNS), draw(st.sampled_from(["", "\n", " "])), draw(SIGNS)]
    return "".join(pieces), hidden


@settings(max_examples=150, deadline=None)
@given(secret_texts(), st.data())
def test_frames_of_masked_texts_hold_no_secret(case, data):
    text, hidden = case
    files = {"a.yaml": text}

    def position(index):
        return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)

    indices = st.integers(0, len(text))
    ranges = [sorted((data.draw(indices), data.draw(indices))) for _ in range(3)]
    first, *related = (Location("a.yaml", *position(start), *position(end), "label") for start, end in ranges)
    found = report(
        finding("r", Severity.ERROR, "m", first, related=tuple(related)),
        masks={"a.yaml": tuple((*position(start), *position(end)) for start, end in hidden)},
    )
    shown = render("full", found, files, summary=False)
    assert not set("XYZ") & set(shown)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("S\n"), max_size=300), st.integers(0, 300), st.integers(0, 300))
@pytest.mark.parametrize("under_the_caret", ["password", "secret", "both"])
def test_no_output_depends_on_the_length_of_a_secret(under_the_caret, secret, before, after):
    def shown(value):
        files = {"a.yaml": f"{'b' * before} password={value} {'a' * after}"}
        places = {
            "password": span("a.yaml", "password", "here", files=files),
            "secret": span("a.yaml", value, "here", files=files),
            "both": span("a.yaml", f"password={value}", "here", files=files),
        }
        found = report(
            finding("r", Severity.ERROR, "m", places[under_the_caret], related=(places["secret"], places["both"])),
            masks={"a.yaml": (mask("a.yaml", value, files=files),)},
        )
        return [render(name, found, files) for name in FORMATS]

    value = f"S{secret}S"
    # Where the secret goes on in a second line, the rest of its last line is not in the frame.
    assert shown(value) == shown("S\nS" if "\n" in secret else "SSSS")


def test_a_secret_that_starts_at_the_end_of_a_line_is_marked_there():
    files = {"a.yaml": "key: \n  one\n  two\nnext: x\n"}
    value = "\n  one\n  two"
    found = report(
        finding("r", Severity.ERROR, "m", span("a.yaml", value, "secret", files=files)),
        masks={"a.yaml": (mask("a.yaml", value, files=files),)},
    )
    assert f" 1 | key: {MASK}\n   |      ^^^^ secret\n   |\n" in render("full", found, files)


def test_carets_under_a_mask_are_as_wide_as_the_mask():
    files = {"a.yaml": "password: hunter2hunter2 # why\n"}
    found = report(
        finding("r", Severity.ERROR, "m", span("a.yaml", "hunter2hunter2", "secret", files=files)),
        masks={"a.yaml": (mask("a.yaml", "hunter2hunter2", files=files),)},
    )
    assert f" 1 | password: {MASK} # why\n   |           ^^^^ secret\n" in render("full", found, files)


def test_a_long_line_is_cut_after_it_is_masked():
    secret = "s3cr3t" * 100
    files = {"a.yaml": f"a: {secret} b: x\n"}
    found = report(
        finding("r", Severity.ERROR, "m", span("a.yaml", "b", "here", files=files)),
        masks={"a.yaml": (mask("a.yaml", secret, files=files),)},
    )
    assert f" 1 | a: {MASK} b: x\n   |         ^ here\n" in render("full", found, files)


def test_many_masks_on_one_very_long_line_are_fast_and_hidden():
    text = "[" + ", ".join("SECRET" for _ in range(20_000)) + "]"
    spans = tuple((1, 2 + 8 * number, 1, 8 + 8 * number) for number in range(20_000))
    line = Masks({"a": spans}, lambda *_: text).line("a", 1)
    assert "SECRET" not in line.text
    assert line.text.count(MASK) == 20_000
    assert line.text[line.start(2 + 8 * 19_999) : line.end(8 + 8 * 19_999)] == MASK


def test_only_the_masking_module_reads_lines():
    """`View.lines` may be handed to `Masks` and called nowhere else; nothing in the package opens a file."""
    for path in Path(kvlint.output.__file__).parent.glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        names = {node.attr for node in calls if isinstance(node, ast.Attribute)}
        names |= {node.id for node in calls if isinstance(node, ast.Name)}
        assert not names & {"open", "read_text", "read_bytes"}
        assert not names & {"lines", "_lines"} or path.name == "masking.py"


def test_a_line_keeps_the_raw_text_to_itself():
    line = Line("key: secret", [(5, 11)])
    assert "secret" not in repr([getattr(line, name) for name in Line.__slots__])
