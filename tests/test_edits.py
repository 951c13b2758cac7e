"""The text edits: the new text means the new data, comments live on, and nothing else moves."""

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvlint.edits import Refused, rewrite
from kvlint.emit import Style, emit
from kvlint.resources import resources
from kvlint.source import Source
from kvlint.yamltree import documents

COMMENT = re.compile(r"#c[0-9]+")


def applied(text: str, edits) -> str:
    data = text.encode()
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode()


def plain(text: str):
    return [document.compose().plain() for document in documents(Source("x.yaml", text.encode()))]


def changed(text: str, path: list, new) -> str:
    source = Source("x.yaml", text.encode())
    (document,) = documents(source)
    node = document.compose().at(*path)
    return applied(text, rewrite(source, node, new))


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes:
    - name: a # the data
      # keep in sync with the NAS
      nfs: # see ticket 12
        server: 192.0.2.4 # old
        path: /exports
    - name: b
      emptyDir: {}
"""


def test_replaced_entry_keeps_its_comments_inside() -> None:
    new = {"name": "a", "persistentVolumeClaim": {"claimName": "a", "readOnly": True}}
    assert (
        changed(POD, ["spec", "volumes", 0], new)
        == """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes:
    - name: a # the data
      # keep in sync with the NAS
      persistentVolumeClaim: # see ticket 12
        # old
        claimName: a
        readOnly: true
    - name: b
      emptyDir: {}
"""
    )


def test_entry_on_the_line_of_its_dash() -> None:
    text = "v:\n- nfs:\n    server: s\n  name: a\n"
    new = {"persistentVolumeClaim": {"claimName": "c"}, "name": "a"}
    assert changed(text, ["v", 0], new) == "v:\n- persistentVolumeClaim:\n    claimName: c\n  name: a\n"


def test_flow_mapping_stays_on_its_line() -> None:
    text = "v:\n  - {name: a, nfs: {server: s, path: /x}} # why\n"
    new = {"name": "a", "persistentVolumeClaim": {"claimName": "c"}}
    assert changed(text, ["v", 0], new) == "v:\n  - {name: a, persistentVolumeClaim: {claimName: c}} # why\n"


def test_scalar_keeps_the_comment_behind_it() -> None:
    assert changed("a: old # why\nb: 1\n", [], {"a": "new", "b": 1}) == "a: new # why\nb: 1\n"


def test_inserted_entry_follows_the_new_order() -> None:
    text = "a: 1\nb:\n  - x\n# end\n"
    assert changed(text, [], {"a": 1, "c": {"d": ""}, "b": ["x"]}) == 'a: 1\nc:\n  d: ""\nb:\n  - x\n# end\n'


def test_removed_entry_leaves_its_comment() -> None:
    assert changed("a: 1\nb: 2 # why\nc: 3\n", [], {"a": 1, "c": 3}) == "a: 1\n# why\nc: 3\n"


def test_crlf_stays() -> None:
    text = "a:\r\n  x: 1\r\nb: 2\r\n"
    assert changed(text, [], {"c": {"v": 1, "z": 2}, "b": 2}) == "c:\r\n  v: 1\r\n  z: 2\r\nb: 2\r\n"


def test_no_final_newline() -> None:
    assert changed("a: 1\nb: 2", [], {"a": 1, "b": 2, "c": 3}) == "a: 1\nb: 2\nc: 3"


def test_removed_items_leave_their_comments() -> None:
    text = "o:\n  - a # one\n  # two\n  - b # three\n  - c\nz: 1\n"
    assert changed(text, ["o"], ["c"]) == "o:\n  # one\n  # two\n  # three\n  - c\nz: 1\n"
    assert changed(text, ["o"], ["a"]) == "o:\n  - a # one\n  # two\n  # three\nz: 1\n"
    assert changed("o: [a, b, c] # why\n", ["o"], ["b"]) == "o: [b] # why\n"
    assert changed("o: [a, b, c] # why\n", ["o"], ["c"]) == "o: [c] # why\n"


def test_an_item_that_loses_a_part_keeps_its_place() -> None:
    text = "o:\n- x\n- 'a,b' # part\n- y\n"
    assert changed(text, ["o"], ["x", "a"]) == "o:\n- x\n- a # part\n"


PRECEDED = [
    ("v:\n  - name: a\n    x: 1\n", "v:\n  - name: d\n    z: 2\n  - name: a\n    x: 3\n"),
    ("v:\n-\n  name: a\n  x: 1\n", "v:\n- name: d\n  z: 2\n-\n  name: a\n  x: 3\n"),
    ("v: [{name: a, x: 1}]\n", "v: [{name: d, z: 2}, {name: a, x: 3}]\n"),
    ('{"v": [{"name": "a", "x": 1}]}', '{"v": [{"name": "d", "z": 2}, {"name": "a", "x": 3}]}'),
]


@pytest.mark.parametrize(("text", "expected"), PRECEDED)
def test_items_come_before_the_changed_one(text: str, expected: str) -> None:
    source = Source("x.yaml", text.encode())
    (document,) = documents(source)
    node = document.compose().at("v", 0)
    edits = rewrite(source, node, {"name": "a", "x": 3}, preceding=[{"name": "d", "z": 2}])
    assert applied(text, edits) == expected


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ("v:\n- - a\n  - b\n", ["v", 0], ["b"]),
        ("v: [a, # why\n b]\n", ["v"], ["a"]),
        ("a: &x {b: 1}\nc: *x\n", ["c"], {"b": 2}),
        ("a: &x {b: 1}\nc: *x\n", [], {"d": 1, "c": {"b": 1}}),
        ("a: {b: 1}\nc: {<<: {d: 1}, e: 2}\n", ["c"], {"d": 2, "e": 2}),
        ("a: 1\na: 2\n", [], {"a": 3}),
    ],
)
def test_refused(text: str, path: list, new) -> None:
    with pytest.raises(Refused):
        changed(text, path, new)


@pytest.mark.parametrize(
    "word",
    [
        "y",
        "no",
        "0o17",
        "010",
        "1e3",
        "null",
        "~",
        "",
        "1_000",
        "0x1F",
        "2001-12-14",
        "a: b",
        "#x",
        "- a",
        "é",
        "*a",
        "x #y",
    ],
)
def test_emitted_strings_stay_strings(word: str) -> None:
    for style in (Style(), Style(quote="'"), Style(json=True)):
        for flow in (False, True):
            assert plain(emit({"k": word, word or "e": [word]}, style, flow=flow)) == [{"k": word, word or "e": [word]}]


def test_documents_are_appended() -> None:
    source = Source("x.yaml", POD.encode())
    (document,) = documents(source)
    (resource,) = resources(document, document.compose())
    new = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    text = applied(POD, rewrite(source, resource.node, resource.node.plain(), resource, [new]))
    assert text == POD + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a # last\n",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a # last\n"
            "- apiVersion: v1\n  kind: X\n  spec:\n    a:\n    - 1\n",
        ),
        (
            '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}]}',
            '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}, '
            '{"apiVersion": "v1", "kind": "X", "spec": {"a": [1]}}]}',
        ),
    ],
)
def test_items_join_their_list(text: str, expected: str) -> None:
    source = Source("x.yaml", text.encode())
    (document,) = documents(source)
    (resource,) = resources(document, document.compose())
    assert applied(text, rewrite(source, resource.node, resource.node.plain(), resource, [X])) == expected


X = {"apiVersion": "v1", "kind": "X", "spec": {"a": [1]}}

WORDS = st.sampled_from(
    ["a", "b", "c", "name", "nfs", "yes", "0o7", "x y", "é", "multi\nline\n", "a: b", "#", "'", '"', "😀"]
)
SCALARS = st.one_of(WORDS, st.integers(-5, 5), st.booleans(), st.none())
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "name", "nfs", "spec"])
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
MAPPINGS = st.dictionaries(KEYS, DATA, min_size=1, max_size=4)


@st.composite
def texts(draw):
    """A mapping, and a text that means it: block or flow, comments in odd places, CRLF, indentation."""
    data = draw(MAPPINGS)
    text = yaml.safe_dump(
        data,
        default_flow_style=draw(st.sampled_from([False, False, None])),
        allow_unicode=True,
        sort_keys=False,
        indent=draw(st.sampled_from([2, 4])),
        width=1000,
    )
    lines = text.split("\n")
    for number in draw(st.lists(st.integers(0, max(len(lines) - 2, 0)), max_size=3, unique=True)):
        trial = [*lines]
        trial[number] += f" #c{number}"
        if _means("\n".join(trial), data):
            lines = trial
    text = "\n".join(lines)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    if draw(st.booleans()) and _means(text.replace("\n", "\r\n"), data):
        text = text.replace("\n", "\r\n")
    return data, text


def _means(text: str, data) -> bool:
    try:
        return plain(text) == [data]
    except Exception:
        return False


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(texts(), st.data())
def test_any_change(case, data) -> None:
    old, text = case
    if not _means(text, old):
        return
    new = dict(old)
    for _ in range(data.draw(st.integers(1, 3))):
        action = data.draw(st.sampled_from(["remove", "set", "add", "nested", "fewer"]))
        key = data.draw(st.sampled_from(sorted(new))) if new else "a"
        if action == "remove" and len(new) > 1:
            del new[key]
        elif action == "fewer" and isinstance(new.get(key), list) and new[key]:
            new[key] = [item for item in new[key] if data.draw(st.booleans())]
        elif action == "nested" and isinstance(new.get(key), dict) and new[key]:
            new[key] = {**new[key], "z": data.draw(DATA)}
        else:
            new[data.draw(KEYS) if action == "add" else key] = data.draw(DATA)
    try:
        result = changed(text, [], new)
    except Refused:
        return
    assert plain(result) == [new]
    assert sorted(COMMENT.findall(result)) == sorted(COMMENT.findall(text))
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        assert result.count("\r\n") == result.count("\n")
