"""Path patterns with the meaning git gives them in .gitignore, without importing a library on the hot path."""

import re
from collections.abc import Iterable

_ESCAPE_OR_GLOB = r"\\.|\*\*|\*|\?|\["


class Patterns:
    """An ordered list of .gitignore patterns, all relative to one folder.

    Paths given to it are relative to that folder, with forward slashes and without `./` or `..`."""

    __slots__ = ("_folders", "_rules")

    def __init__(self, lines: Iterable[str]) -> None:
        self._rules = [rule for line in lines if (rule := _compile(line)) is not None]
        self._folders: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True: the last pattern that matches this very path excludes it. False: it re-includes it. None: none does."""
        for regex, negated, folders_only in reversed(self._rules):
            if (is_folder or not folders_only) and regex.match(path):
                return not negated
        return None

    def matches(self, path: str) -> bool:
        """True when the file `path`, or a folder above it, is excluded (git never re-includes below such a folder)."""
        if not self._rules:
            return False
        folder, slash, _ = path.rpartition("/")
        return (bool(slash) and self._matches_folder(folder)) or bool(self.verdict(path, False))

    def _matches_folder(self, path: str) -> bool:
        known = self._folders.get(path)
        if known is None:
            parent, slash, _ = path.rpartition("/")
            known = (bool(slash) and self._matches_folder(parent)) or bool(self.verdict(path, True))
            self._folders[path] = known
        return known


def _compile(line: str) -> tuple[re.Pattern[str], bool, bool] | None:
    """One line of a .gitignore as (regex, negated, folders only); None: a blank line, a comment, a broken pattern."""
    pattern = line.rstrip("\r\n")
    if pattern.startswith("#"):
        return None
    stripped = pattern.rstrip(" ")
    if len(pattern) > len(stripped) and _ends_with_escape(stripped):
        stripped += " "
    pattern = stripped
    negated = pattern.startswith("!")
    pattern = pattern[negated:]
    folders_only = pattern.endswith("/")
    pattern = pattern[:-1] if folders_only else pattern
    if not pattern or _ends_with_escape(pattern):
        return None
    anchored = "/" in pattern
    source = _regex(pattern[1:] if pattern.startswith("/") else pattern)
    if source is None:
        return None
    try:
        return re.compile(("" if anchored else "(?:.*/)?") + source + r"\Z", re.DOTALL), negated, folders_only
    except re.error:
        return None


def _ends_with_escape(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _regex(pattern: str) -> str | None:
    """The regular expression of a pattern without its leading and trailing slash; None where git matches nothing."""
    parts: list[str] = []
    position = 0
    escape_or_glob = re.compile(_ESCAPE_OR_GLOB)
    while found := escape_or_glob.search(pattern, position):
        parts.append(re.escape(pattern[position : found.start()]))
        glob, start, position = found[0], found.start(), found.end()
        if glob == "**":
            whole = (start == 0 or pattern[start - 1] == "/") and pattern[position : position + 1] in ("", "/")
            if whole and position < len(pattern):
                parts.append("(?:.*/)?")
                position += 1
                while pattern.startswith("**/", position):  # `**/**/` means no more, and would match in quadratic time
                    position += 3
            elif whole:
                parts.append(".+")
            else:
                while pattern[position : position + 1] == "*":
                    position += 1
                parts.append("[^/]*")
        elif glob == "*":
            parts.append("[^/]*")
        elif glob == "?":
            parts.append("[^/]")
        elif glob == "[":
            end = _class_end(pattern, position)
            if end is None:
                return None
            parts.append(_class(pattern[position:end]))
            position = end + 1
        else:
            parts.append(re.escape(glob[1]))
    parts.append(re.escape(pattern[position:]))
    return "".join(parts)


def _class_end(pattern: str, position: int) -> int | None:
    """Index of the `]` that closes the class whose content starts at `position`; a `]` that comes first is literal."""
    index = position + (pattern[position : position + 1] in ("!", "^"))
    first = True
    while index < len(pattern):
        if pattern[index] == "]" and not first:
            return index
        index += 2 if pattern[index] == "\\" else 1
        first = False
    return None


def _class(content: str) -> str:
    negated = content[:1] in ("!", "^")
    body = content[negated:]
    made: list[str] = []
    index = 0
    while index < len(body):
        if body[index] == "\\" and index + 1 < len(body):
            index += 1
            made.append(re.escape(body[index]))
        else:
            made.append(body[index] if body[index] == "-" else re.escape(body[index]))
        index += 1
    return f"[{'^/' if negated else ''}{''.join(made)}]"
