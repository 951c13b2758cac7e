"""Output formats: each module has `render(report, view)`, which yields the text of a whole output.

The chunks yielded join to the complete output, which ends with a newline (or is empty). Nothing here filters, sorts
away or counts differently from the report; notices belong to the command line, on stderr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kvlint import __version__
from kvlint.finding import Confidence, Report, Severity
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.survey import Survey

FORMATS = {
    "full": "kvlint.output.full",
    "concise": "kvlint.output.concise",
    "json": "kvlint.output.json",
    "sarif": "kvlint.output.sarif",
    "github": "kvlint.output.github",
    "gitlab": "kvlint.output.gitlab",
    "junit": "kvlint.output.junit",
    "checkstyle": "kvlint.output.checkstyle",
}
"""The words `--output-format` takes, each with the module that renders it."""

SURVEY_FORMATS = {name: f"kvlint.output.survey_{name}" for name in ("full", "json", "markdown", "csv")}
"""The same for surveys: `render(survey, color)`."""

STATISTICS = "kvlint.output.statistics"
"""The module behind `--statistics`: a rendering of the same report, but no output format of its own."""


class RuleInfo(NamedTuple):
    """What a format may tell about a rule. `severity` is the one in force, `why` Markdown, `docs` a URL or empty."""

    id: str
    summary: str
    category: str
    severity: Severity = Severity.WARNING
    confidence: Confidence = Confidence.HIGH
    why: str = ""
    help: str = ""
    references: tuple[str, ...] = ()
    docs: str = ""


def _no_position(_file: str, _byte: int) -> tuple[int, int] | None:
    return None


class View(NamedTuple):
    """What a renderer may know besides the report.

    `lines(file, number)` is a source line as read, without its end, or None where there is none; `rules` names all
    rules of the run; `fix_flags` are the flags this command offers for fixes, in the order to be named, empty where
    nothing can be edited; `migrate_command` is the command that writes manifests, empty where there is none;
    `relative(file)` is a file's path from the root of the repository; `position(file, byte)` is the 1-based line and
    column (code points) of a byte of the file as read, or None where that is not known; `home` is kvlint's own URL."""

    lines: Callable[[str, int], str | None]
    rule_info: Callable[[str], RuleInfo | None]
    rules: tuple[str, ...] = ()
    color: bool = False
    summary: bool = True
    fix_flags: tuple[str, ...] = ("--diff", "--unsafe-fixes", "--with-placeholders")
    migrate_command: str = ""
    relative: Callable[[str], str] = str
    position: Callable[[str, int], tuple[int, int] | None] = _no_position
    version: str = __version__
    home: str = ""


def renderer(module: str) -> Callable[[Report, View], Iterator[str]]:
    """The `render` function of a module named in `FORMATS` or `STATISTICS`, which is imported now."""
    from importlib import import_module

    render: Callable[[Report, View], Iterator[str]] = import_module(module).render
    return render


def survey_renderer(name: str) -> Callable[[Survey, bool], Iterator[str]]:
    """The `render` function of a survey's format, which is imported now."""
    from importlib import import_module

    render: Callable[[Survey, bool], Iterator[str]] = import_module(SURVEY_FORMATS[name]).render
    return render


def docs(rule: str, view: View) -> str:
    """Where to read more about a rule: its page's URL, or the command that explains it."""
    info = view.rule_info(rule)
    return info.docs if info is not None and info.docs else f"kvlint explain {rule}"
