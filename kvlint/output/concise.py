"""`concise`: one line for each finding, as editors and `grep` like it, then the summary."""

from collections.abc import Iterator

from kvlint.finding import Report
from kvlint.output import View
from kvlint.output.fixes import is_fixable
from kvlint.output.frame import paint, place
from kvlint.output.summary import summary
from kvlint.output.text import one_line


def render(report: Report, view: View) -> Iterator[str]:
    """`path:line:column: severity[rule] message`, with ` [*]` where a fix can be written; the path alone if no line."""
    for finding in report.counted():
        severity = paint(finding.severity.label, finding.severity, view.color)
        mark = " [*]" if view.fix_flags and is_fixable(finding) else ""
        yield f"{place(finding.location)}: {severity}[{finding.rule}] {one_line(finding.message)}{mark}\n"
    yield from summary(report, view)
