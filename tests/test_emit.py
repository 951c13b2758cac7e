"""The writer of plain YAML writes what PyYAML writes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint import emit
from kvlint.dumper import dump
from kvlint.emit import Style

WORDS = st.one_of(
    st.sampled_from(
        [
            *("", "y", "yes", "No", "off", "null", "~", "true", "1", "0o10", "010", "1_000", "1e3", ".5", "12:30:45"),
            *("10Gi", "5G", "1Mi", "3K", "192.0.2.1", "192.0.2.1:6789", "1.2.3", "2001-01-01", "=", "-", "--a", "a: b"),
            *("a:b", "a:", "a b", "a  b", "a #b", "/var/lib", "kubernetes.io/gce-pd", "csi.ceph.com", "x" * 130, "é"),
            *("a\nb", "inf", "nan", ".inf", "0x1F", "1Gi x", "pvc-0a1b", "a_b", "A", "N", "on", "ON x", "e5", "1e5"),
            *("1Ti/2", "<<", "1K", "0.0.0.0", "1.2.3.4.5", "10Gi:1", "1M 2", "<a:b.c-1>", "<a>", "<:>"),
        ]
    ),
    st.text("abyn01.:/-_ GiM", max_size=8),
)
SCALARS = st.one_of(WORDS, st.booleans(), st.none(), st.integers(-10, 10**6))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=12
)


@settings(max_examples=500)
@given(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4), st.booleans(), st.sampled_from("\"'"))
def test_plain_yaml_is_what_the_library_writes(value: dict[str, Any], indented: bool, quote: str) -> None:
    style = Style(2, indented, quote)
    assert emit.emit(value, style) == dump(value, style)


@settings(max_examples=500)
@given(VALUES, st.sampled_from("\"'"))
def test_on_one_line_too(value: Any, quote: str) -> None:
    style = Style(quote=quote)
    assert emit.emit(value, style, flow=True) == dump(value, style, flow=True)


def test_a_manifest_needs_no_library() -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "labels": {"app.kubernetes.io/name": "web", "on": "yes"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}, "selector": {}},
    }
    lines: list[str] = []
    assert emit._block(manifest, Style(), "", "", lines)
    assert "\n".join(lines) == dump(manifest, Style())


def test_no_value_takes_long() -> None:
    for value in ("a" * 99 + "!", "a:" * 49, "a b" * 33 + "!", "1." * 49):
        assert emit.emit({"a": value}, Style()) == dump({"a": value}, Style())
