"""What kvlint reports: findings, where they are, and the fixes and migrations they carry.

Everything here is a plain tuple of strings, numbers and tuples (migration manifests: JSON values), so that findings can
be cached, sent between processes and compared. Nothing here reads, decides or prints.
"""

from __future__ import annotations

import enum

from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class Severity(enum.IntEnum):
    """How bad a finding is. The default failing severity is WARNING."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The lower-case word used in cards, configuration and every output format."""
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure kvlint is that the finding is right."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        """The lower-case word used in every output format."""
        return self.name.lower()


class Location(NamedTuple):
    """A span in one file: 1-based lines and columns in code points, end exclusive.

    Lines and columns are 0 where a position is not known (live objects, rendered input)."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str = ""


class ResourceRef(NamedTuple):
    """The Kubernetes object a finding is about. `namespace` is None where the manifest names none."""

    api_version: str
    kind: str
    namespace: str | None
    name: str


class Edit(NamedTuple):
    """Replace the bytes `start` (inclusive) to `end` (exclusive) of the file as read by `text` (UTF-8)."""

    file: str
    start: int
    end: int
    text: str


SAFE = "safe"
UNSAFE = "unsafe"
MANUAL = "manual"


class Fix(NamedTuple):
    """A change of the manifest.

    `applicability` is SAFE (same objects after apply, live or fresh), UNSAFE (equivalent on a fresh cluster; an
    immutable field or a new object on a live one) or MANUAL (shown, never applied; `edits` may be empty).
    `missing` names the inputs that are still placeholders: such a fix is applied only with `--with-placeholders`.
    `adds` are kind, namespace and name of the objects that the edits write beside the changed one."""

    title: str
    applicability: str
    edits: tuple[Edit, ...] = ()
    missing: tuple[str, ...] = ()
    adds: tuple[tuple[str, str, str], ...] = ()


READY = "ready"
NEEDS_INPUT = "needs-input"


class Input(NamedTuple):
    """Something a migration needs that the manifest does not say: its config key, why, and the placeholder written."""

    name: str
    why: str
    placeholder: str


class Migration(NamedTuple):
    """The way of one volume, PersistentVolume or StorageClass to CSI.

    `status` is READY, NEEDS_INPUT or MANUAL. `manifests` are complete, ready-to-apply objects. `replacement` is what
    takes the place of the migrated node in the linted manifest (a Pod's volume entry, or the whole object); None where
    nothing can be replaced. `secrets` are Secrets without values that the manifests refer to; they are no manifests,
    because applied as they are they would overwrite the live ones. `preparation` are those of the `steps` that this
    storage needs before its objects are applied, such as its Secret. `preceding` are list items that come before the
    replaced one, which is an item of the same list. None of the four is part of the JSON output."""

    id: str
    driver: str | None
    status: str
    manifests: tuple[dict[str, Any], ...] = ()
    inputs: tuple[Input, ...] = ()
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    title: str = ""
    applicability: str = MANUAL
    replacement: dict[str, Any] | None = None
    secrets: tuple[dict[str, Any], ...] = ()
    preparation: tuple[str, ...] = ()
    preceding: tuple[dict[str, Any], ...] = ()


class Suppression(NamedTuple):
    """Why a finding does not count: `by` is comment, annotation, config or baseline."""

    by: str
    reason: str


class Finding(NamedTuple):
    """One reported match of a rule."""

    rule: str
    category: str
    severity: Severity
    confidence: Confidence
    message: str
    help: str
    location: Location
    resource: ResourceRef | None
    field: str
    related: tuple[Location, ...] = ()
    fingerprint: str = ""
    fix: Fix | None = None
    migration: Migration | None = None
    suppressed: Suppression | None = None
    rendered: Location | None = None


class Summary(NamedTuple):
    """What was read. `skipped` counts documents that are YAML but not of interest."""

    files: int = 0
    documents: int = 0
    resources: int = 0
    skipped: int = 0
    inventory: int = 0


Masks = tuple[tuple[int, int, int, int], ...]
"""The spans of a file (line, column, end line, end column) that hold credentials."""


class Report(NamedTuple):
    """The result of a run: all findings (suppressed ones included, marked), sorted by file, position and rule.

    `target` is the Kubernetes version judged for ("1.37"); `as_of` the date of the knowledge tables; `masks` maps a
    file to the spans (line, column, end line, end column) that hold credentials and must never be shown, or to None
    where they were not looked for: no line of it may be shown. `notices` are sentences for stderr; `failed` is True
    when kvlint itself failed (exit code 2)."""

    findings: tuple[Finding, ...]
    summary: Summary
    target: str
    as_of: str
    masks: dict[str, Masks | None]
    notices: tuple[str, ...] = ()
    failed: bool = False

    def counted(self) -> list[Finding]:
        """The findings that count: those that nothing suppresses."""
        return [finding for finding in self.findings if finding.suppressed is None]

    def exit_code(self, failing: Severity = Severity.WARNING) -> int:
        """0 for no finding at or above `failing`, 1 for some, 2 when kvlint itself failed."""
        if self.failed:
            return 2
        return int(any(finding.severity >= failing for finding in self.counted()))
