"""The last lines of the outputs for people: how much was found, in how much, judged for what."""

from collections.abc import Iterator

from kvlint.finding import Finding, Report, Severity
from kvlint.output import View
from kvlint.output.text import plural


def summary(report: Report, view: View) -> Iterator[str]:
    """The summary lines, or nothing where the view wants none."""
    if not view.summary:
        return
    findings = report.counted()
    ignored = len(report.findings) - len(findings)
    read, files = report.summary.resources, report.summary.files
    judged = f"judged for Kubernetes {report.target}"
    if findings:
        places = plural(len({finding.location.file for finding in findings}), "file" if files else "object")
        counts = ", ".join(plural(count, word) for word, count in counts_by_severity(findings).items() if count)
        yield f"Found {plural(len(findings), 'finding')} in {places} ({counts}), {ignored} ignored; "
        yield f"{judged}; {plural(read, 'resource')} read.\n"
    else:
        also = f", {ignored} ignored" if ignored else ""
        where = f" ({plural(files, 'file')})" if files else ""
        yield f"No findings in {plural(read, 'resource')}{where}{also}; {judged}.\n"
    if report.failed:
        yield "This result is incomplete: kvlint failed on part of the input.\n"
    if findings:
        from kvlint.output.fixes import hints

        yield from hints(findings, view)


def counts_by_severity(findings: list[Finding]) -> dict[str, int]:
    """How many of `findings` have each severity, gravest first, by its word."""
    counts = {severity.label: 0 for severity in sorted(Severity, reverse=True)}
    for finding in findings:
        counts[finding.severity.label] += 1
    return counts
