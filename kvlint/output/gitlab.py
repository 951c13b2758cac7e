"""`gitlab`: the Code Quality report that GitLab shows in merge requests (`artifacts:reports:codequality`)."""

from collections.abc import Iterator
from typing import Any

from kvlint.finding import Finding, Report, Severity
from kvlint.output import View
from kvlint.output.masking import Masks
from kvlint.output.text import one_line, slashes, to_json

_SEVERITIES = {Severity.INFO: "info", Severity.WARNING: "minor", Severity.ERROR: "major"}


def render(report: Report, view: View) -> Iterator[str]:
    """A JSON array with one entry for each finding."""
    masks = Masks(report.masks, view.lines)
    seen: dict[str, int] = {}
    separator = "\n"
    yield "["
    for finding in report.counted():
        yield separator + to_json(_entry(finding, _unique(finding, seen), masks, view))
        separator = ",\n"
    yield "\n]\n"


def _entry(finding: Finding, fingerprint: str, masks: Masks, view: View) -> dict[str, Any]:
    file, line, column, end_line, end_column, _ = masks.span(finding.location)
    return {
        # GitLab does not show check_name.
        "description": f"{finding.rule}: {one_line(finding.message)}",
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": slashes(view.relative(file)).removeprefix("./"),
            # GitLab demands a place; what has no known one is shown at the file's start.
            "positions": {
                "begin": {"line": line or 1, "column": column or 1},
                "end": {"line": end_line or 1, "column": end_column or 1},
            },
        },
    }


def _unique(finding: Finding, seen: dict[str, int]) -> str:
    """The finding's fingerprint, with a number where an earlier finding has the same: GitLab drops duplicates."""
    fingerprint = finding.fingerprint or f"{finding.rule}:{slashes(finding.location.file)}:{finding.field}"
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    return fingerprint if seen[fingerprint] == 1 else f"{fingerprint}-{seen[fingerprint]}"
