"""`sarif`: the Static Analysis Results Interchange Format 2.1.0, with what GitHub code scanning reads.

Fields after https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and GitHub's "SARIF support for code scanning". No file
text is written: no snippets, no artifact contents.
"""

import os
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

from kvlint.finding import MANUAL, Edit, Finding, Fix, Location, Report, Severity, Suppression
from kvlint.output import RuleInfo, View
from kvlint.output.fixes import fix_text, owners, owns_fix
from kvlint.output.masking import Masks
from kvlint.output.text import slashes, to_json

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_LIVE = "cluster:"
_LEVELS = {Severity.INFO: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}
_DESCRIPTION_LIMIT = 1024
_SECURITY_CATEGORY = "credentials"
_SECURITY_SEVERITIES = {Severity.INFO: "3.0", Severity.WARNING: "6.0", Severity.ERROR: "8.0"}
"""GitHub: from 7.0 high, from 4.0 medium, below low."""


def render(report: Report, view: View) -> Iterator[str]:
    """One log with one run; suppressed findings are kept and marked."""
    rules = list(dict.fromkeys(chain(view.rules, (finding.rule for finding in report.findings))))
    index = {rule: number for number, rule in enumerate(rules)}
    masks = Masks(report.masks, view.lines)
    owning = owners(report.counted())
    marks_suppressions = any(finding.suppressed for finding in report.findings)
    separator = "\n"
    yield f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": ['
    yield to_json(_run(report, rules, view))[:-1] + ', "results": ['
    for finding in report.findings:
        result = _result(finding, index[finding.rule], masks, view)
        if marks_suppressions:
            result["suppressions"] = _suppressions(finding.suppressed)
        if finding.fix is not None and finding.suppressed is None and owns_fix(finding, owning):
            result.update(_fixes(finding.fix, view))
        yield separator + to_json(result)
        separator = ",\n"
    yield "\n]}]}\n"


def _run(report: Report, rules: list[str], view: View) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "kvlint", "semanticVersion": view.version}
    if view.home:
        driver["informationUri"] = view.home
    driver["rules"] = [_rule(rule, view.rule_info(rule)) for rule in rules]
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the linted repository."}}},
        "invocations": [{"executionSuccessful": not report.failed}],
        "properties": {"kubernetesVersion": report.target, "asOf": report.as_of},
    }


def _rule(rule: str, info: RuleInfo | None) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in rule.split("-"))
    if info is None:
        return {"id": rule, "name": name}
    described: dict[str, Any] = {
        "id": rule,
        "name": name,
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": _shortened(info.why.strip() or info.summary)},
        "help": _help(info),
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
        "properties": {"tags": ["kubernetes", "storage", info.category], "precision": info.confidence.label},
    }
    if info.docs:
        described["helpUri"] = info.docs
    if info.category == _SECURITY_CATEGORY:
        described["properties"]["tags"].append("security")
        described["properties"]["security-severity"] = _SECURITY_SEVERITIES[info.severity]
    return described


def _shortened(text: str) -> str:
    return text if len(text) <= _DESCRIPTION_LIMIT else text[: _DESCRIPTION_LIMIT - 1].rstrip() + "\u2026"


def _help(info: RuleInfo) -> dict[str, str]:
    parts = [part.strip() for part in (info.why, info.help) if part.strip()]
    links = "\n".join(f"- <{reference}>" for reference in info.references)
    return {
        "text": "\n\n".join([*parts, *info.references]) or info.summary,
        "markdown": "\n\n".join([*parts, links] if links else parts) or info.summary,
    }


def _result(finding: Finding, index: int, masks: Masks, view: View) -> dict[str, Any]:
    message = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    location = _location(masks.span(finding.location), view)
    subject = finding.resource and f"{finding.resource.kind}/{finding.resource.name}"
    name = " ".join(filter(None, (subject, finding.field)))
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    properties: dict[str, Any] = {"confidence": finding.confidence.label}
    if finding.rendered is not None:
        properties["renderedLine"] = finding.rendered.line
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [location],
    }
    if finding.related:
        places = (_location(masks.span(place), view) for place in finding.related)
        result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(places, 1)]
    if finding.fingerprint:
        result["partialFingerprints"] = {"primaryLocationLineHash": finding.fingerprint}
    return {**result, "properties": properties}


def _location(location: Location, view: View) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(location.file, view)}
    if location.line:
        physical["region"] = {
            "startLine": location.line,
            "startColumn": location.column,
            "endLine": location.end_line,
            "endColumn": location.end_column,
        }
    elif not location.file.startswith(_LIVE):
        # GitHub rejects a result in a file that names no line.
        physical["region"] = {"startLine": 1}
    written: dict[str, Any] = {"physicalLocation": physical}
    if location.label:
        written["message"] = {"text": location.label}
    return written


def _artifact(file: str, view: View) -> dict[str, str]:
    """Where a file is: relative to the repository's root; live objects and absolute paths are URIs of their own."""
    if file.startswith(_LIVE):
        return {"uri": _LIVE + quote(file.removeprefix(_LIVE), errors="replace")}
    name = slashes(view.relative(file))
    drive, _ = os.path.splitdrive(name)
    if drive or name.startswith("/"):
        return {"uri": f"file://{'/' if drive else ''}{quote(name, errors='replace')}"}
    return {"uri": quote(name.removeprefix("./"), errors="replace"), "uriBaseId": _ROOT}


def _suppressions(suppressed: Suppression | None) -> list[dict[str, str]]:
    if suppressed is None:
        return []
    kind = "inSource" if suppressed.by in ("comment", "annotation") else "external"
    written = {"kind": kind, "status": "accepted"}
    if suppressed.reason:
        written["justification"] = suppressed.reason
    return [written]


def _fixes(fix: Fix, view: View) -> dict[str, Any]:
    """The fix as SARIF, which a viewer may apply at a click: so never one that kvlint itself would only show."""
    if fix.applicability == MANUAL or not fix.edits:
        return {}
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit, view), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.file, []).append(replacement)
    files = [{"artifactLocation": _artifact(file, view), "replacements": parts} for file, parts in changes.items()]
    return {"fixes": [{"description": {"text": fix_text(fix)}, "artifactChanges": files}]}


def _region(edit: Edit, view: View) -> dict[str, int]:
    """The bytes an edit replaces, as lines and columns too where they are known: text editors need those."""
    start, end = view.position(edit.file, edit.start), view.position(edit.file, edit.end)
    region = {"byteOffset": edit.start, "byteLength": edit.end - edit.start}
    if start is None or end is None:
        return region
    return {"startLine": start[0], "startColumn": start[1], "endLine": end[0], "endColumn": end[1], **region}
