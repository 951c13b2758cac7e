"""`junit`: the XML test report that CI servers show; a suite for each file, a test case for each finding."""

from collections.abc import Iterator
from itertools import groupby

from kvlint.finding import Finding, Report, Severity
from kvlint.output import View
from kvlint.output.masking import Masks
from kvlint.output.text import path, plural, slashes, xml, xml_tag


def render(report: Report, view: View) -> Iterator[str]:
    """Warnings and errors are failures; infos are skipped cases, so that they are seen but turn nothing red.

    A clean run has one passing case and a failed run one with an error, so that no report is empty."""
    masks = Masks(report.masks, view.lines)
    findings = report.counted()
    skipped = sum(finding.severity == Severity.INFO for finding in findings)
    own = int(report.failed or not findings)
    counts = (
        ("tests", len(findings) + own),
        ("failures", len(findings) - skipped),
        ("errors", int(report.failed)),
    )
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield xml_tag("testsuites", [("name", "kvlint"), *counts]) + "\n"
    if own:
        yield _own_suite(report)
    for file, group in groupby(findings, key=lambda finding: finding.location.file):
        yield from _suite(slashes(file), list(group), masks)
    yield "</testsuites>\n"


def _suite(file: str, findings: list[Finding], masks: Masks) -> Iterator[str]:
    skipped = sum(finding.severity == Severity.INFO for finding in findings)
    counts = (
        ("tests", len(findings)),
        ("failures", len(findings) - skipped),
        ("errors", 0),
        ("skipped", skipped),
    )
    yield "  " + xml_tag("testsuite", [("name", file), *counts]) + "\n"
    for finding in findings:
        yield _case(file, finding, masks)
    yield "  </testsuite>\n"


def _case(file: str, finding: Finding, masks: Masks) -> str:
    _, line, column, *_ = masks.span(finding.location)
    result = "skipped" if finding.severity == Severity.INFO else "failure"
    place = f"{path(file)}:{line}:{column}" if line else path(file)
    text = f"{place}: {finding.message}" + (f"\nhelp: {finding.help}" if finding.help else "")
    case = (("name", f"kvlint.{finding.rule}"), ("classname", file), ("line", line or None), ("column", column or None))
    return (
        f"    {xml_tag('testcase', case)}\n"
        f"      {xml_tag(result, (('type', finding.severity.label), ('message', finding.message)))}"
        f"{xml(text)}</{result}>\n"
        "    </testcase>\n"
    )


def _own_suite(report: Report) -> str:
    """The case that speaks for the run itself."""
    failed = int(report.failed)
    name = "the run" if failed else "no findings"
    read = f"{plural(report.summary.resources, 'resource')} read; judged for Kubernetes {report.target}"
    error = xml_tag("error", (("type", "error"), ("message", "kvlint failed; the result is incomplete")), "/>")
    counts = (("tests", 1), ("failures", 0), ("errors", failed), ("skipped", 0))
    return (
        f"  {xml_tag('testsuite', [('name', 'kvlint'), *counts])}\n"
        f"    {xml_tag('testcase', (('name', name), ('classname', 'kvlint')))}\n"
        f"      {error if failed else f'<system-out>{xml(read)}</system-out>'}\n"
        "    </testcase>\n"
        "  </testsuite>\n"
    )
