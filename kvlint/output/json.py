"""`json`: everything a report holds, one finding a line; `kvlint/schemas/report.schema.json` describes it."""

from collections.abc import Iterator
from typing import Any

from kvlint.finding import Finding, Fix, Location, Migration, Report
from kvlint.output import View, docs
from kvlint.output.masking import Masks
from kvlint.output.summary import counts_by_severity
from kvlint.output.text import slashes, to_json


def render(report: Report, view: View) -> Iterator[str]:
    """The document `{"version": 1, "findings": […], "summary": {…}}`, suppressed findings included and marked."""
    masks = Masks(report.masks, view.lines)
    separator = "\n"
    yield '{"version": 1, "findings": ['
    for finding in report.findings:
        yield separator + to_json(_finding(finding, masks, view))
        separator = ",\n"
    yield f'\n], "summary": {to_json(_summary(report))}}}\n'


def _finding(finding: Finding, masks: Masks, view: View) -> dict[str, Any]:
    resource, suppressed = finding.resource, finding.suppressed
    written = {
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "message": finding.message,
        "help": finding.help,
        "docs": docs(finding.rule, view),
        **_span(finding.location, masks),
        "resource": resource
        and {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "namespace": resource.namespace,
            "name": resource.name,
        },
        "field": finding.field,
        "related": [{**_span(place, masks), "label": place.label} for place in finding.related],
        "suppressed": suppressed and {"by": suppressed.by, "reason": suppressed.reason},
        "fingerprint": finding.fingerprint,
        "fix": finding.fix and _fix(finding.fix),
        "migration": finding.migration and _migration(finding.migration),
    }
    if finding.rendered is not None:
        written["rendered"] = {"line": finding.rendered.line or None}
    return written


def _span(location: Location, masks: Masks) -> dict[str, Any]:
    file, line, column, end_line, end_column, _ = masks.span(location)
    known = line > 0
    return {
        "file": slashes(file),
        "line": line if known else None,
        "column": column if known else None,
        "endLine": end_line if known else None,
        "endColumn": end_column if known else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability,
        "edits": [
            {"file": slashes(file), "start": start, "end": end, "text": text} for file, start, end, text in fix.edits
        ],
    }


def _migration(migration: Migration) -> dict[str, Any]:
    return {
        "id": migration.id,
        "driver": migration.driver,
        "status": migration.status,
        "manifests": migration.manifests,
        "inputs": [
            {"name": name, "why": why, "placeholder": placeholder} for name, why, placeholder in migration.inputs
        ],
        "steps": migration.steps,
        "notes": migration.notes,
        "references": migration.references,
    }


def _summary(report: Report) -> dict[str, Any]:
    findings = report.counted()
    return {
        "findings": len(findings),
        **counts_by_severity(findings),
        "suppressed": len(report.findings) - len(findings),
        **report.summary._asdict(),
        "kubernetesVersion": report.target,
        "asOf": report.as_of,
        "failed": report.failed,
    }
