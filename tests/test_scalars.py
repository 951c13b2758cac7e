import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvlint import scalars

TAG = "tag:yaml.org,2002:"
TAGS = [None, "!", "!own", *(TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "binary"))]
SCALARS = st.one_of(
    st.text("0123456789_.+-eExXoObBaf", max_size=12),
    st.sampled_from(["y", "Yes", "NO", "off", "~", "null", "", ".inf", ".nan", "2024-02-30", "2024-02-28T10:00:00Z"]),
    st.text(max_size=8),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("y", True),
        ("N", False),
        ("oFF", "oFF"),
        ("~", None),
        ("0644", 420),
        ("0o644", 420),
        ("0889", 889),
        ("-0x10", -16),
        ("0b101", 5),
        ("1_000", 1000),
        ("_1", "_1"),
        ("1.0", 1),
        ("1e3", 1000),
        (".5", 0.5),
        ("._5", "._5"),
        ("1e309", "1e309"),
        ("8Gi", "8Gi"),
        ("500m", "500m"),
        ("12:30:45", "12:30:45"),
        ("2001-12-14", "2001-12-14"),
        ("9223372036854775808", 9223372036854775808),
        ("18446744073709551616", 18446744073709552000),
        ("+18446744073709551615", 18446744073709552000),
        ("-9223372036854775809", -9223372036854776000),
        ("0x10000000000000000", "0x10000000000000000"),
    ],
)
def test_plain_scalars(text: str, value: Any) -> None:
    resolved = scalars.resolve(text, None, None)
    assert (type(resolved), resolved) == (type(value), value)
    assert scalars.resolve(text, None, '"') == text
    assert scalars.resolve(text, TAG + "str", None) == text


def test_a_float_is_written_as_go_writes_it() -> None:
    assert json.dumps(scalars.resolve("123456789012345678.0", None, None)) == "123456789012345680"
    assert json.dumps(scalars.resolve("1e20", None, None)) == "1" + "0" * 20
    assert scalars.resolve("1e21", None, None) == 1e21


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name", "name"),
        ("no", "false"),
        ("010", "8"),
        ("1.5", "1.5"),
        ("1e6", "1e+06"),
        ("123456.0", "123456"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("16777217.0", "1.6777216e+07"),
        ("-0.0", "-0"),
        ("1e300", ".inf"),
        ("-.inf", "-.inf"),
        (".nan", ".nan"),
        ("2024-01-01", "2024-01-01"),
    ],
)
def test_keys_become_strings(text: str, key: str) -> None:
    assert scalars.key(text, None, None) == key
    assert scalars.key(text, None, "'") == text


@pytest.mark.parametrize("text", ["~", "", "null", "9223372036854775808"])
def test_keys_kubernetes_rejects(text: str) -> None:
    with pytest.raises(ValueError, match="as a key"):
        scalars.key(text, None, None)


@pytest.mark.parametrize(
    ("text", "tag", "style"),
    [
        ("five", "int", None),
        ("1.5", "int", None),
        ("5", "bool", None),
        ("x", "null", None),
        ("", "int", '"'),
        ("soon", "timestamp", None),
        ("2023-02-29", "timestamp", None),
        ("2023-02-28 24:00:00", "timestamp", None),
        ("*", "binary", None),
        ("YQ", "binary", None),
        ("18446744073709551615", "float", None),
        (".nan", "float", None),
    ],
)
def test_scalars_kubernetes_rejects(text: str, tag: str, style: str | None) -> None:
    with pytest.raises(ValueError, match=r"tag|JSON|base64"):
        scalars.resolve(text, TAG + tag, style)


def test_binary_becomes_text_with_replacement_characters() -> None:
    assert scalars.resolve("c2Vj\ncmV0", TAG + "binary", "|") == "secret"
    assert scalars.resolve("8J+YYQ==", TAG + "binary", None) == "\ufffd\ufffd\ufffda"


@pytest.mark.parametrize(
    ("text", "tag", "style", "merge"),
    [
        ("<<", None, None, True),
        ("<<", None, "", True),
        ("<<", "!", None, True),
        ("<<", TAG + "merge", '"', True),
        ("<<", None, '"', False),
        ("<<", TAG + "str", None, False),
        ("<", None, None, False),
    ],
)
def test_merge_keys(text: str, tag: str | None, style: str | None, merge: bool) -> None:
    assert scalars.is_merge(text, tag, style) is merge


@given(SCALARS, st.sampled_from(TAGS), st.sampled_from([None, "", "'", '"', "|", ">"]))
def test_every_scalar_is_json_or_an_error_that_does_not_quote_it(text: str, tag: str | None, style: str | None) -> None:
    problem = ""
    try:
        value = scalars.resolve(text, tag, style)
    except ValueError as error:
        problem = str(error)
    else:
        json.dumps(value, allow_nan=False)
        assert scalars.is_null(text, tag, style) is (value is None)
        assert not isinstance(value, float) or not value.is_integer() or abs(value) >= 1e21
    assert len(text) < 4 or text not in problem


@given(SCALARS, st.sampled_from(TAGS), st.sampled_from([None, "'"]))
def test_a_key_that_is_not_typed_is_spelled_one_way(text: str, tag: str | None, style: str | None) -> None:
    """`Node.get` compares texts: only a typed key may be spelled in other ways (base64 aside)."""
    try:
        key = scalars.key(text, tag, style)
    except ValueError:
        return
    assert key == text or scalars.is_typed_key(key) or tag == TAG + "binary"
