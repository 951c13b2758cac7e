"""`github`: workflow commands that GitHub Actions shows as annotations of a run and a pull request."""

from collections.abc import Iterator

from kvlint.finding import Finding, Report, Severity
from kvlint.output import View
from kvlint.output.masking import Masks
from kvlint.output.text import path, slashes, visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report, view: View) -> Iterator[str]:
    """One command for each finding, the gravest first: GitHub shows ten annotations of a level and step."""
    masks = Masks(report.masks, view.lines)
    for finding in sorted(report.counted(), key=lambda finding: -finding.severity):
        yield _command(finding, masks, view)


def _command(finding: Finding, masks: Masks, view: View) -> str:
    file, line, column, end_line, end_column, _ = masks.span(finding.location)
    properties = []
    name = slashes(view.relative(file))
    if line or finding.rendered is not None:
        properties.append(f"file={_property(name)}")
    if line:
        properties.append(f"line={line},endLine={end_line}")
        # GitHub rejects columns of a span over several lines.
        if line == end_line:
            properties.append(f"col={column},endColumn={end_column}")
    properties.append(f"title={_property(f'kvlint ({finding.rule})')}")
    place = f"{path(name)}:{line}:{column}" if line else path(name)
    text = f"{place}: {finding.message}" + (f"\nhelp: {finding.help}" if finding.help else "")
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{_data(text)}\n"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
