import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvlint.source import Source

TEXTS = st.text("aé☃😀\n\r\t\x85\u2028\ufeff", max_size=20)


def lines_of(text: str) -> list[str]:
    """The lines of a text, the slow way."""
    lines = [""]
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        if character == "\n":
            lines.append("")
        else:
            lines[-1] += character
    return lines


@given(TEXTS)
def test_lines_end_at_lf_crlf_and_cr_only(text: str) -> None:
    source = Source("x.yaml", text.encode())
    expected = lines_of(text)
    expected[0] = expected[0].removeprefix("\ufeff")
    assert [source.line(number) for number in range(1, len(expected) + 1)] == expected
    assert source.line(0) == source.line(len(expected) + 1) == ""


@given(TEXTS, st.data())
def test_a_position_leads_back_to_its_index(text: str, data: st.DataObject) -> None:
    source = Source("x.yaml", text.encode())
    index = data.draw(st.integers(0, len(text)))
    line, column = source.index_to_position(index)
    before = text[:index].removeprefix("\ufeff")
    if not before.endswith("\r") or text[index : index + 1] != "\n":
        assert (line, column) == (len(lines_of(before)), len(lines_of(before)[-1]) + 1)
        assert source.utf16_column(index) == column + lines_of(before)[-1].count("😀")
    assert source.index_to_byte(index) == len(text[:index].encode())


@given(st.binary(max_size=60), st.data())
def test_any_bytes_have_exact_offsets(data: bytes, draws: st.DataObject) -> None:
    source = Source("x.yaml", data)
    index = draws.draw(st.integers(0, len(source.text)))
    offset = source.index_to_byte(index)
    rest = data[offset:]
    errors = "surrogateescape" if source.encoding == "utf-8" else "surrogatepass"
    if len(rest) % 2 == 0 or source.encoding == "utf-8":
        assert rest.decode(source.encoding, errors) == source.text[index:]
    assert source.index_to_byte(len(source.text)) == len(data)
    source.index_to_position(index)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_recognised_by_its_byte_order_mark(encoding: str) -> None:
    source = Source("x.yaml", "\ufeffa: 😀\nb".encode(encoding))
    assert (source.encoding, source.text) == (encoding, "\ufeffa: 😀\nb")
    assert source.index_to_position(1) == (1, 1)
    assert source.index_to_position(6) == (2, 1)
    assert source.index_to_byte(6) == 14
    assert source.line(1) == "a: 😀"


def test_a_byte_order_mark_is_an_index_but_no_column() -> None:
    source = Source("x.yaml", b"\xef\xbb\xbfa: b\n")
    assert source.text[0] == "\ufeff"
    assert source.index_to_position(0) == source.index_to_position(1) == (1, 1)
    assert source.index_to_position(2) == (1, 2)
    assert source.index_to_byte(1) == 3
    assert source.line(1) == "a: b"


def test_utf16_columns_count_surrogate_pairs() -> None:
    source = Source("x.yaml", "é😀😀b".encode())
    assert [source.utf16_column(index) for index in range(5)] == [1, 2, 4, 6, 7]


def test_bytes_that_are_not_utf8_keep_their_place() -> None:
    source = Source("x.yaml", b"a\xff\xed\xa0\x80b")
    assert len(source.text) == 6
    assert source.index_to_byte(5) == 5
    assert source.text[5] == "b"


def test_an_index_out_of_range_is_the_nearest_end() -> None:
    source = Source("x.yaml", b"ab\ncd")
    assert source.index_to_position(99) == (2, 3)
    assert source.index_to_position(-5) == (1, 1)


def test_of_a_large_text_the_bytes_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvlint.source.LARGE", 10)
    for data in (
        b"a: b\nc: d # x\n",
        "a: ä\nc: d # x\n".encode(),
        b"a: \xff\nc: d # xx\n",
        "a: b # xx".encode("utf-16"),
    ):
        source = Source("a.yaml", data)
        assert source.text
        assert (source.data, source.size, source.encoding) == (data, len(data), Source("", data).encoding)
        assert source.index_to_byte(len(source.text)) == len(data)
