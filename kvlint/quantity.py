"""Kubernetes quantities: how much storage `5Gi`, `1.5G`, `500m` or `1e9` is, exactly.

The grammar, the suffixes and the rounding are those of `k8s.io/apimachinery/pkg/api/resource` (quantity.go, suffix.go).
"""

import re
from functools import lru_cache

from kvlint.record import NamedTuple

_GRAMMAR = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)", re.ASCII)

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

_NANO = 10**9
_MOST = (2**63 - 1) * _NANO

MAX_LENGTH = 256
MAX_EXPONENT = 999


class Quantity(NamedTuple):
    """An amount in units of 10⁻⁹ (of a byte, for storage). Quantities compare exactly, as `Quantity.Cmp` does."""

    nano: int

    def value(self) -> int:
        """The amount in whole units (bytes), rounded away from zero, as `Quantity.Value` answers."""
        whole = -(-abs(self.nano) // _NANO)
        return whole if self.nano >= 0 else -whole


@lru_cache(4096)
def parse(text: str) -> Quantity:
    """Read a quantity as `resource.ParseQuantity` does.

    Amounts finer than 10⁻⁹ are rounded away from zero; amounts with a binary suffix are capped at 2⁶³-1.
    Raises ValueError for text that Kubernetes rejects, and for text or exponents so long (over MAX_LENGTH characters,
    beyond 10^±MAX_EXPONENT) that no storage has such a size."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a quantity of {len(text)} characters is too long")
    match = _GRAMMAR.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"`{text}` is not a quantity: write a number and a suffix such as Mi, Gi, M or G")
    sign, number, fraction, suffix = match.groups(default="")
    digits = int(number + fraction or "0")
    if suffix in _BINARY:
        scaled, exponent = (digits << _BINARY[suffix]) * _NANO, -len(fraction)
    else:
        scaled, exponent = digits, _exponent(suffix, text) - len(fraction) + 9
    nano = scaled * 10**exponent if exponent >= 0 else -(-scaled // 10**-exponent)
    if suffix in _BINARY:
        nano = min(nano, _MOST)
    return Quantity(-nano if sign == "-" else nano)


def _exponent(suffix: str, text: str) -> int:
    """The power of ten that a decimal suffix stands for; raises ValueError for an unknown suffix."""
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    if re.fullmatch(r"[eE][+-]?[0-9]+", suffix):
        exponent = int(suffix[1:])
        if abs(exponent) > MAX_EXPONENT:
            raise ValueError(f"the exponent of `{text}` is out of range")
        return exponent
    raise ValueError(f"`{text}` is not a quantity: there is no suffix `{suffix}`")
