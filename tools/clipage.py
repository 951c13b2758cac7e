"""The reference of the command line, made from the flags themselves (`kvlint/options.py`)."""

from pathlib import Path

from kvlint import kubectl
from kvlint.options import COMMANDS, Command, Option

PAGE = Path("docs/cli.md")

INTRODUCTION = """\
# Command line

Generated from the flags; `kvlint COMMAND --help` says the same. `--flag value` and `--flag=value` are the same, and
what follows `--` is a path. Without a command, kvlint checks.

"""

EXIT_CODES = """\
## Exit codes

The same for every output format.

| code | meaning |
|---|---|
| 0 | no finding at or above the failing severity: `warning`, or what `--min-severity` says |
| 1 | findings; with `--diff`: something would change |
| 2 | kvlint could not run, or not on everything: usage, configuration, unreadable path, plugin, internal error |
| 130 | interrupted |

`--exit-zero` turns 1 into 0 and never 2.
"""

ENVIRONMENT = """\
## Environment

| variable | meaning |
|---|---|
| `NO_COLOR`, `FORCE_COLOR` | colour never, always; `--color` beats both |
| `KVLINT_CACHE_DIR` | where kvlint keeps what it found and validated before; default: the user's cache folder |
| `KVLINT_TRACEBACK` | any value: after an internal error, show where it happened |
"""


def page() -> str:
    """The whole page."""
    sections = (section(command) for command in (*COMMANDS.values(), *kubectl.COMMANDS.values()))
    return "".join((INTRODUCTION, *sections, EXIT_CODES, "\n", ENVIRONMENT))


def section(command: Command) -> str:
    """One command with its flags."""
    lines = [f"## {command.call}", "", f"`{f'{command.call} [OPTIONS] {command.operands}'.rstrip()}`", ""]
    lines += [command.summary, ""]
    for title, options in command.groups:
        lines += [f"### {title}", "", "| option | meaning |", "|---|---|"]
        lines += [f"| {flag(option)} | {cell(meaning(option))} |" for option in options]
        lines.append("")
    return "\n".join(lines) + "\n"


def flag(option: Option) -> str:
    """How a flag is written."""
    written = f"`--{option.name}{f' {option.value}' if option.value else ''}`"
    return f"`-{option.short}`, {written}" if option.short else written


def meaning(option: Option) -> str:
    """What a flag does, its values, and whether it may be repeated."""
    choices = f": {', '.join(f'`{choice}`' for choice in option.choices)}" if option.choices else ""
    return f"{option.help}{choices}{'; may be repeated' if option.many else ''}"


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|")
