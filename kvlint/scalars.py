"""What a YAML scalar means to Kubernetes.

Kubernetes reads YAML with sigs.k8s.io/yaml: goyaml.v2 resolves the scalars (YAML 1.1 words for booleans, octal numbers
with a leading zero, `_` in numbers), then everything becomes JSON. A scalar here is its text after unquoting, its
explicit tag (None without one) and its style (None for plain). Source: resolve.go and decode.go of goyaml.v2, yaml.go
of sigs.k8s.io/yaml v1.4. Errors are ValueErrors that never quote the scalar: it may be a credential.
"""

import re

Json = str | int | float | bool | None

_PREFIX = "tag:yaml.org,2002:"
_STR, _BINARY, _MERGE = _PREFIX + "str", _PREFIX + "binary", _PREFIX + "merge"
_INT, _FLOAT, _TIMESTAMP = _PREFIX + "int", _PREFIX + "float", _PREFIX + "timestamp"
_RESOLVED: dict[str, tuple[type, ...]] = {
    _PREFIX + "bool": (bool,),
    _INT: (int,),
    _FLOAT: (float, int),
    _PREFIX + "null": (type(None),),
}

NULL_WORDS = frozenset(("", "~", "null", "Null", "NULL"))
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(NULL_WORDS),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMERIC = frozenset("0123456789+-.")
_MAYBE_TYPED = frozenset("yYnNtTfFoO~") | _NUMERIC

# Patterns are compiled where they are first needed: most runs need few of them, and start sooner.
_INTEGER = r"([-+]?)(?:0[bB]([01]+)|0[oO]?([0-7]+)|0[xX]([0-9a-fA-F]+)|([1-9][0-9]*|0))"
_SIGNED_BINARY = r"0b([-+][01]+)"
_DECIMAL = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_LOOSE_UNDERSCORE = r"_(?:[^0-9]|$)|[^0-9]_"
_TIME = (
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})|"
    r" ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?"
)
_ESCAPED_BYTE = f"[{chr(0xDC80)}-{chr(0xDCFF)}]"


def _number(text: str) -> int | float | str:
    """The number `text` is, or `text`: integers of 64 bits (signed, or unsigned without a sign), else a decimal."""
    if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) < 19:
        return int(text)
    plain = text.replace("_", "")
    if text[0] == ".":
        valid = re.fullmatch(_DECIMAL, plain) and not re.search(_LOOSE_UNDERSCORE, text)
        return _decimal(plain, text) if valid else text
    match = re.fullmatch(_INTEGER, plain)
    if match and (match[5] is None or len(match[5]) < 21):
        sign, binary, octal, hexadecimal, decimal = match.groups()
        for digits, base in ((binary, 2), (octal, 8), (hexadecimal, 16), (decimal, 10)):
            if digits is not None:
                value = -int(digits, base) if sign == "-" else int(digits, base)
                if -(1 << 63) <= value < (1 << 63 if sign else 1 << 64):
                    return value
    if re.fullmatch(_DECIMAL, plain):
        return _decimal(plain, text)
    match = re.fullmatch(_SIGNED_BINARY, plain)
    return int(match[1], 2) if match and len(match[1]) < 65 else text


def _decimal(plain: str, text: str) -> float | str:
    """`plain` as a float, or `text` when it is beyond what a float can hold."""
    value = float(plain)
    return text if value in (float("inf"), float("-inf")) else value


def _implicit(value: str) -> Json:
    """The typed value of an implicit scalar; floats may be infinite or not a number."""
    first = value[:1]
    if first and first not in _MAYBE_TYPED:
        return value
    if value in _WORDS:
        return _WORDS[value]
    return _number(value) if first in _NUMERIC else value


def _tagged(value: str, tag: str) -> Json:
    if tag == _BINARY:
        return _binary(value)
    if tag == _TIMESTAMP:
        return _timestamp(value)
    allowed = _RESOLVED.get(tag)
    if allowed is None:
        return value
    typed = _implicit(value)
    if type(typed) not in allowed or (tag == _FLOAT and isinstance(typed, int) and typed >= 1 << 63):
        raise ValueError(f"the value does not fit its tag !!{tag.removeprefix(_PREFIX)}")
    return float(typed) if tag == _FLOAT and isinstance(typed, int) else typed


def _timestamp(value: str) -> str:
    """The text itself: a timestamp stays a string."""
    from datetime import datetime

    match = re.fullmatch(_TIME, value)
    if match is not None:
        year, month, day, *clock = (int(number) for number in match.groups() if number is not None)
        try:
            datetime(max(year, 1), month, day, *clock)  # type: ignore[arg-type]
            return value
        except ValueError:
            pass
    raise ValueError("the value does not fit its tag !!timestamp")


def _binary(value: str) -> str:
    from binascii import a2b_base64

    try:
        data = a2b_base64(value.replace("\n", "").replace("\r", ""), strict_mode=True)
    except ValueError:
        raise ValueError("!!binary without valid base64") from None
    return re.sub(_ESCAPED_BYTE, "\ufffd", data.decode("utf-8", "surrogateescape"))


def _typed(value: str, tag: str | None, style: str | None) -> Json:
    if tag is not None:
        return _tagged(value, tag)
    return _implicit(value) if not style else value


def resolve(value: str, tag: str | None, style: str | None) -> Json:
    """The JSON value Kubernetes reads. A float without a fraction is an int, as it is in JSON.

    Raises ValueError where Kubernetes rejects the scalar (a value that does not fit its tag, `.nan`, `.inf`)."""
    typed = _typed(value, tag, style)
    return _json_number(typed) if isinstance(typed, float) else typed


def _json_number(value: float) -> int | float:
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("JSON has no infinity and no NaN")
    if not value.is_integer() or abs(value) >= 1e21:
        return value
    if abs(value) < 1e15:
        return int(value)
    # Go writes the shortest digits that mean this float and fills up with zeros.
    digits, _, exponent = f"{value!r}".removesuffix(".0").partition("e+")
    whole, _, fraction = digits.partition(".")
    return int(whole + fraction + "0" * (int(exponent or 0) - len(fraction)))


def key(value: str, tag: str | None, style: str | None) -> str:
    """The JSON object key a scalar key becomes (`y` is "true", `1` is "1").

    Raises ValueError for keys Kubernetes rejects: null, integers above 2^63 - 1, values that do not fit their tag."""
    if tag is None and (style or (value and value[0] not in _MAYBE_TYPED)):
        return value
    typed = _typed(value, tag, style)
    if isinstance(typed, str):
        return typed
    if isinstance(typed, bool):
        return "true" if typed else "false"
    if isinstance(typed, float):
        return _float_key(typed)
    if typed is None or typed >= 1 << 63:
        raise ValueError("Kubernetes accepts no null and no integer above 64 bits as a key")
    return str(typed)


def _float_key(value: float) -> str:
    """`value` as Go prints a 32-bit float with format g and the fewest digits."""
    from struct import pack, unpack

    try:
        single: float = unpack("f", pack("f", value))[0]
    except OverflowError:
        single = float("inf") if value > 0 else float("-inf")
    if single != single:
        return ".nan"
    if single in (float("inf"), float("-inf")):
        return ".inf" if single > 0 else "-.inf"
    precision = next(n for n in range(9) if pack("f", float(f"{single:.{n}e}")) == pack("f", single))
    text = f"{single:.{precision}e}"
    exponent = int(text.partition("e")[2])
    return f"{single:.{max(precision - exponent, 0)}f}" if -4 <= exponent < 6 else text


def is_typed_key(key: str) -> bool:
    """Whether scalars with another text may become this key (`y` becomes "true"), or this text another key."""
    return key[:1] in _NUMERIC or key in _WORDS


def is_merge(value: str, tag: str | None, style: str | None) -> bool:
    """Whether this key is the merge key `<<`; a quoted "<<" is an ordinary key."""
    return value == "<<" and (tag in ("!", _MERGE) or (tag is None and not style))


def is_null(value: str, tag: str | None, style: str | None) -> bool:
    """Whether Kubernetes reads null."""
    if tag is None:
        return not style and value in NULL_WORDS
    return tag == _PREFIX + "null" and value in NULL_WORDS
