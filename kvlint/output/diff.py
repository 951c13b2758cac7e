"""A change of one file as a unified diff, with credentials hidden."""

import difflib
from collections.abc import Callable, Iterator, Sequence

from kvlint.output.masking import Masks

Spans = tuple[tuple[int, int, int, int], ...]

CONTEXT = 3
NO_NEWLINE = "\\ No newline at end of file\n"
HIDDEN = "# this part touches a credential: it is shown masked and cannot be applied as a patch; use --fix\n"


def unified(path: str, before: bytes, after: bytes, hidden_before: Spans, hidden_after: Spans) -> Iterator[str]:
    """The diff of `path`, which is relative to the repository with forward slashes.

    `hidden_before` and `hidden_after` are the spans of credentials in the two texts. Parts that show none of them apply
    with `git apply`."""
    old, new = _split(before), _split(after)
    masks_old = Masks({"": hidden_before}, _reader(old))
    masks_new = Masks({"": hidden_after}, _reader(new))
    applicable: list[str] = []
    masked: list[str] = []
    shift = 0
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
        lines: list[str] = []
        secret = False
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                for number in range(old_start, old_end):
                    secret |= _show(lines, " ", old[number], masks_old, number)
                continue
            for number in range(old_start, old_end):
                secret |= _show(lines, "-", old[number], masks_old, number)
            for number in range(new_start, new_end):
                secret |= _show(lines, "+", new[number], masks_new, number)
        first, last = group[0], group[-1]
        old_range, new_range = (first[1], last[2]), (first[3] - shift, last[4] - shift)
        header = f"@@ -{_range(*old_range)} +{_range(*new_range)} @@\n"
        if secret:
            masked += [HIDDEN, *(f"# {line}" for line in [header, *lines])]
            shift += (last[4] - first[3]) - (last[2] - first[1])
        else:
            applicable += [header, *lines]
    yield from masked
    if applicable:
        yield f"--- a/{path}\n"
        yield f"+++ b/{path}\n"
        yield from applicable


def _split(data: bytes) -> list[str]:
    """Lines as git counts them: only a line feed ends one."""
    parts = data.decode("utf-8", "surrogateescape").split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _reader(lines: Sequence[str]) -> Callable[[str, int], str | None]:
    return lambda _, number: lines[number - 1].rstrip("\r\n") if 0 < number <= len(lines) else None


def _show(lines: list[str], sign: str, line: str, masks: Masks, number: int) -> bool:
    """Add a line; True when something in it had to be hidden."""
    shown = masks.line("", number + 1)
    text = line.rstrip("\n")
    hidden = shown is not None and shown.text != text.rstrip("\r")
    lines.append(f"{sign}{shown.text if hidden and shown is not None else text}\n")
    if not line.endswith("\n"):
        lines.append(NO_NEWLINE)
    return hidden


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"
