"""Quantities are read and compared as Kubernetes does, whatever they are written in."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvlint.quantity import MAX_EXPONENT, MAX_LENGTH, Quantity, parse

DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
EXACT = {suffix: Fraction(1000) ** (place - 3) for place, suffix in enumerate(DECIMAL)} | {
    suffix: Fraction(1024) ** (place + 1) for place, suffix in enumerate(BINARY)
}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0", 0),
        ("1", 1),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1G", 10**9),
        ("1Gi", 2**30),
        ("0.5Gi", 2**29),
        (".5Gi", 2**29),
        ("1.5Gi", 3 * 2**29),
        ("1.G", 10**9),
        ("1e9", 10**9),
        ("1E9", 10**9),
        ("1e+9", 10**9),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("500m", Fraction(1, 2)),
        ("1500e-3", Fraction(3, 2)),
        ("10u", Fraction(1, 10**5)),
        ("7n", Fraction(7, 10**9)),
        ("-5Gi", -5 * 2**30),
        ("+5Gi", 5 * 2**30),
        ("007Mi", 7 * 2**20),
        ("0.1n", Fraction(1, 10**9)),
        ("-0.1n", Fraction(-1, 10**9)),
        ("1e-30", Fraction(1, 10**9)),
        ("16Ei", 2**63 - 1),
        ("-16Ei", -(2**63 - 1)),
        ("1000E", 10**21),
        ("Gi", 0),
        ("+", 0),
        (".", 0),
    ],
)
def test_amount(text: str, units: Fraction) -> None:
    assert parse(text) == Quantity(int(units * 10**9))


@pytest.mark.parametrize(
    "text",
    [
        *["", " 1", "1 ", "1\n", "1gi", "1GI", "1KI", "1ki", "1K", "1B", "1GB", "1.1.M", "1+1.0M", "0.1mi", "0.1am"],
        *["aoeu", ".5i", "1i", "-3.01i", "-3.01e-", "1e", "1ee3", "1e3.5", "1Gi5", "1 Gi", "--1", "0x10", "5_000"],
        "\u0661Gi",
    ],
)
def test_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        parse(text)


@pytest.mark.parametrize("text", [f"1e{MAX_EXPONENT + 1}", f"1e-{MAX_EXPONENT + 1}", "1e999999999999"])
def test_exponents_without_sense_are_rejected_not_computed(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        parse(text)


def test_length_is_bounded() -> None:
    assert parse("0" * (MAX_LENGTH - 1) + "1") == parse("1")
    with pytest.raises(ValueError, match="too long"):
        parse("0" * MAX_LENGTH + "1")


@pytest.mark.parametrize(
    ("text", "whole"), [("1", 1), ("1500m", 2), ("1m", 1), ("-1500m", -2), ("0.3Ki", 308), ("0", 0), ("1n", 1)]
)
def test_value_rounds_away_from_zero(text: str, whole: int) -> None:
    assert parse(text).value() == whole


def test_order_is_by_amount() -> None:
    texts = ["500m", "1", "999", "1k", "1Ki", "1e9", "1025M", "1Gi", "1.5Gi", "2Gi", "1Ti"]
    by_text = sorted(texts)
    assert by_text != texts
    assert sorted(by_text, key=parse) == texts
    assert parse("1G") < parse("1Gi")
    assert parse("1024Mi") == parse("1Gi")


@given(number=st.integers(0, 10**6), places=st.integers(0, 6), suffix=st.sampled_from(DECIMAL + BINARY))
def test_agrees_with_fractions(number: int, places: int, suffix: str) -> None:
    exact = Fraction(number, 10**places)
    digits = f"{number:0{places + 1}d}"
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    wanted = -(-exact * EXACT[suffix] * 10**9 // 1)
    if suffix in BINARY:
        wanted = min(wanted, (2**63 - 1) * 10**9)
    assert parse(text + suffix).nano == wanted
    assert parse(text + suffix).value() == -(-wanted // 10**9)


@given(st.text(alphabet="0123456789.+-eEinumkKMGTP ", max_size=12))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    try:
        quantity = parse(text)
    except ValueError:
        return
    assert parse(text) == quantity
