"""The patterns of the mapping tables: text with references in braces, and alternatives between ` | `."""

import re
from collections.abc import Callable

_REFERENCE = re.compile(r"\{([^{}]*)\}")
_ALTERNATIVES = " | "


def fill(pattern: str, resolve: Callable[[str], str | None]) -> str | None:
    """`pattern` filled in: the first of its alternatives whose references all have a value, else None.

    `resolve` gives the value of a reference. What it gives is never read as a pattern again."""
    for alternative in pattern.split(_ALTERNATIVES):
        # Text and references in turn, as the pattern's group makes them.
        parts: list[str | None] = list(_REFERENCE.split(alternative))
        parts[1::2] = [resolve(str(name)) for name in parts[1::2]]
        if None not in parts:
            return "".join(str(part) for part in parts)
    return None


def references(pattern: str) -> list[str]:
    """The references in `pattern` that are names of options or parameters; those with `@` are not."""
    return [name for name in _REFERENCE.findall(pattern) if not name.startswith("@")]
