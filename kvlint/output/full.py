"""`full`: every finding in a code frame, then a summary. The format for people."""

from collections.abc import Iterator

from kvlint.finding import Finding, Report
from kvlint.output import View
from kvlint.output.summary import summary


def render(report: Report, view: View) -> Iterator[str]:
    """The findings that count, each in its frame, and the summary."""
    findings = report.counted()
    if findings:
        yield from _frames(findings, report, view)
    yield from summary(report, view)


def _frames(findings: list[Finding], report: Report, view: View) -> Iterator[str]:
    # Imported here: a clean run needs none of it.
    from kvlint.output.fixes import offered, owners, owns_fix
    from kvlint.output.frame import framed
    from kvlint.output.masking import Masks

    masks = Masks(report.masks, view.lines)
    owning = owners(findings)
    for finding in findings:
        fix = offered(finding) if owns_fix(finding, owning) else None
        yield "\n".join(framed(finding, fix, masks, view.color)) + "\n\n"
