"""What a migration must never copy: values, flags and mount options that hold a credential."""

import re
from collections.abc import Iterable
from functools import cache

from kvlint.knowledge import credential_keys
from kvlint.knowledge.credential_keys import FLAG, MOUNT, Place, Strength

ROTATE = "this value was committed: rotate it"
_USER_INFO = re.compile(r"//[^/\s@]*:[^/\s@]*@")
_SEPARATOR = re.compile(r"[=:\s]")


@cache
def _grammars() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(grammar.pattern) for grammar in credential_keys.GRAMMARS)


def key(name: str, place: Place) -> bool:
    """Whether the option, attribute or parameter `name` holds a credential, by its name."""
    return credential_keys.place_strength(name, place) > Strength.IDENTITY


def value(text: str) -> bool:
    """Whether `text` holds a credential, by its form: user and password in a URL, or a provider's key."""
    return bool(_USER_INFO.search(text)) or any(pattern.search(text) for pattern in _grammars())


def option_name(item: str) -> str:
    """The name of a mount option (`vers=3.0`) or a flag (`-o vers=3.0`, `--vers 3.0`)."""
    return _SEPARATOR.split(item.removeprefix("-o").strip().lstrip("-"), maxsplit=1)[0]


def split(items: Iterable[str]) -> tuple[list[str], list[str]]:
    """Mount options or flags that hold no credential, and the names of those that do.

    An item may be several mount options (`hard,vers=4.1`). The word after a flag without `=` is its value."""
    kept: list[str] = []
    names: list[str] = []
    skip = False
    for item in items:
        if skip and not item.startswith("-"):
            skip = False
            continue
        parts = item.split(",") if "," in item and not item.startswith("-") else [item]
        secret = [option_name(part) for part in parts if _is_secret(part)]
        skip = bool(secret) and item.startswith("-") and secret[0] == item.lstrip("-")
        names += secret
        clean = ",".join(part for part in parts if part and not _is_secret(part))
        if clean:
            kept.append(clean)
    return kept, names


def _is_secret(option: str) -> bool:
    name = option_name(option)
    named = key(name, MOUNT) or credential_keys.strength(name, FLAG) > Strength.IDENTITY
    return (named and ("=" in option or option.startswith("-"))) or value(option)


def flags(text: str) -> list[str]:
    """A command line's flags; `-o x` is one."""
    found: list[str] = []
    for word in text.split():
        if found and found[-1] == "-o":
            found[-1] = f"-o {word}"
        else:
            found.append(word)
    return found
