"""Templates that nobody has rendered: said once in a run, with the chart and the command to lint it."""

import os

from kvlint.finding import Report
from kvlint.plan import UNRENDERED

MAX_NAMED = 3
_MARKS = (("Chart.yaml", "helm"), ("kustomization.yaml", "kustomize"), ("kustomization.yml", "kustomize"))


def point_out(report: Report) -> Report:
    """The report with one finding for all templates that were skipped, but for those that something suppresses.

    It is at the first of them and names the Helm charts and kustomizations they belong to."""
    templates = [finding for finding in report.findings if finding.rule == UNRENDERED and finding.suppressed is None]
    if not templates:
        return report
    first = templates[0]
    files = {finding.location.file for finding in templates}
    roots = sorted({root for file in files if (root := _root(file)) is not None})
    counted = f"{len(files)} files are templates" if len(files) > 1 else first.message
    if roots:
        charts = [folder for kind, folder in roots if kind == "helm"]
        noun = ("Helm chart" if charts else "kustomization") if len(charts) in (0, len(roots)) else "chart"
        names = ", ".join(f"`{folder}`" for _, folder in roots[:MAX_NAMED])
        more = f" and {len(roots) - MAX_NAMED} more" if len(roots) > MAX_NAMED else ""
        counted += f" of the {noun}{'s' if len(roots) > 1 else ''} {names}{more}"
        kind, folder = roots[0]
        first = first._replace(help=f"lint what they render to: `kvlint check --{kind} {folder}`")
    elif len(files) > 1:
        folders = {os.path.dirname(file) for file in files}
        counted += f" in {len(folders)} folders" if len(folders) > 1 else f" in `{folders.pop() or '.'}`"
    shown = first._replace(message=counted)
    others = [finding for finding in report.findings if finding.rule != UNRENDERED or finding.suppressed is not None]
    findings = sorted([*others, shown], key=lambda f: (f.location.file, f.location.line, f.location.column))
    return report._replace(findings=tuple(findings))


def _root(file: str) -> tuple[str, str] | None:
    """What renders a file: `helm` or `kustomize`, and the folder of the outermost chart or nearest kustomization."""
    folder, found = os.path.dirname(file), None
    while True:
        for mark, kind in _MARKS:
            if os.path.isfile(os.path.join(folder, mark)) and (found is None or kind == "helm"):
                found = (kind, folder.replace(os.sep, "/") or ".")
        if not folder or folder == os.sep:
            return found
        if found is not None and found[0] == "helm" and os.path.basename(os.path.dirname(found[1])) != "charts":
            return found
        folder = os.path.dirname(folder)
