"""Python literals that are the same for the same data and read well in a diff."""

from typing import Any

WIDTH = 118


def render(value: Any, indent: int = 0) -> str:
    """The source of `value`: on one line where it fits, otherwise one element a line."""
    line = repr(value)
    if not isinstance(value, tuple) or not value or len(line) + indent <= WIDTH:
        return line
    inner = " " * (indent + 4)
    items = "".join(f"{inner}{render(item, indent + 4)},\n" for item in value)
    return f"(\n{items}{' ' * indent})"
