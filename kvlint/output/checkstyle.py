"""`checkstyle`: the XML that Checkstyle writes and many CI tools read."""

from collections.abc import Iterator
from itertools import groupby

from kvlint.finding import Finding, Report
from kvlint.output import View
from kvlint.output.masking import Masks
from kvlint.output.text import slashes, xml_tag


def render(report: Report, view: View) -> Iterator[str]:
    """A `file` element for each file with findings, in it an `error` element for each finding."""
    masks = Masks(report.masks, view.lines)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n'
    for file, findings in groupby(report.counted(), key=lambda finding: finding.location.file):
        yield f"  {xml_tag('file', [('name', slashes(file))])}\n"
        for finding in findings:
            yield f"    {_error(finding, masks)}\n"
        yield "  </file>\n"
    yield "</checkstyle>\n"


def _error(finding: Finding, masks: Masks) -> str:
    _, line, column, *_ = masks.span(finding.location)
    attributes = (
        ("line", line or None),
        ("column", column or None),
        ("severity", finding.severity.label),
        ("message", finding.message),
        ("source", f"kvlint.{finding.rule}"),
    )
    return xml_tag("error", attributes, "/>")
