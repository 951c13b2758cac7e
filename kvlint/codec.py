"""What a file contributes (`engine.FileFacts`) as JSON data, and back: equal to the original, of the same types.

JSON, because reading it can execute nothing. Records are lists of their fields in order; the name of the file and its
identity are left out wherever they occur, because the reader knows them. Reading is written out for each type, since it
is most of what a warm run does, and takes nothing for granted: what has another shape raises `Malformed`."""

from __future__ import annotations

from collections.abc import Callable

from kvlint.engine import FileFacts
from kvlint.facts import (
    Claim,
    ClaimRef,
    Driver,
    Holding,
    Mention,
    PersistentVolume,
    Place,
    Requirement,
    Secret,
    StorageClass,
    Use,
)
from kvlint.finding import (
    Confidence,
    Edit,
    Finding,
    Fix,
    Input,
    Location,
    Migration,
    ResourceRef,
    Severity,
    Summary,
    Suppression,
)
from kvlint.ignores import Ignore

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from kvlint.facts import Fact

CODEC_VERSION = 3
"""Changes whenever the data made here changes its shape."""


class Malformed(Exception):
    """Data that this module did not make."""


_CONFIDENCES: dict[Any, Confidence] = {int(one): one for one in Confidence}
_SEVERITIES: dict[Any, Severity] = {int(one): one for one in Severity}
_ONLY_NUMBERS = {int}

_new = tuple.__new__


class _Row:
    """A record of fields with these types, one letter each: `s` text, `i` number, `b` truth, `l` list, `d` mapping; a
    capital may be null as well. Lists of types seen before are not looked at again."""

    __slots__ = ("_known", "_letters")

    def __init__(self, letters: str) -> None:
        self._letters = letters
        self._known: set[tuple[type, ...]] = set()

    def __call__(self, data: Any) -> list[Any]:
        """The data, if it is such a record. Raises Malformed."""
        if data.__class__ is not list:
            raise Malformed
        types = tuple(map(type, data))
        if types not in self._known:
            if len(types) != len(self._letters) or not all(map(_fits, self._letters, types)):
                raise Malformed
            self._known.add(types)
        row: list[Any] = data
        return row


_TYPES: dict[str, type] = {"s": str, "i": int, "b": bool, "l": list, "d": dict}


def _fits(letter: str, found: type) -> bool:
    return found is _TYPES[letter.lower()] or (letter.isupper() and found is type(None))


_FILE = _Row("bLlll")
_IGNORE = _Row("slsiiisliiiib")
_FINDING = _Row("ssiisslLslsLLLL")
_LOCATION = _Row("iiiisS")
_REFERENCE = _Row("ssSs")
_FIX = _Row("sslll")
_EDIT = _Row("iisS")
_MIGRATION = _Row("sSslllllssDlll")
_REQUIREMENT = _Row("ssl")
_PAIR = _Row("ss")
_TRIPLE = _Row("sss")
_INSERTION = _Row("is")


def encode(one: FileFacts) -> list[Any]:
    """What a file contributes, beside its name and identity and its summary: of most only facts."""
    file = one.file
    if one.masks is None and not (one.findings or one.ignores or one.failed):
        return [fact_row(fact) for fact in one.facts]
    return [
        one.failed,
        None if one.masks is None else [number for span in one.masks for number in span],
        [list(ignore) for ignore in one.ignores],
        [fact_row(fact) for fact in one.facts],
        [_finding_row(finding, file) for finding in one.findings],
    ]


def decode(data: Any, file: str, summary: Summary, identity: str) -> FileFacts:
    """What `encode` made `data` of, after a way through JSON. Raises Malformed."""
    try:
        if data.__class__ is list and (not data or data[0].__class__ is list):
            known = tuple([fact_of(row, file, identity) for row in data])
            return _new(FileFacts, (file, (), None, summary, False, (), known))
        failed, masks, ignores, rows, findings = _FILE(data)
        known = tuple([fact_of(row, file, identity) for row in rows])
        return FileFacts(
            file,
            tuple([_finding(row, file) for row in findings]),
            None if masks is None else tuple([_numbers(masks[at : at + 4], 4) for at in range(0, len(masks), 4)]),
            summary,
            failed,
            tuple([_ignore(row) for row in ignores]),
            known,
        )
    except (TypeError, ValueError, KeyError, IndexError):
        raise Malformed from None


def fact_row(fact: Fact) -> list[Any]:
    """A fact as JSON data."""
    place = fact.place
    row: list[Any] = [
        _CODES[type(fact)],
        place.api_version,
        place.kind,
        place.namespace,
        place.name,
        place.field,
        place.item,
    ]
    row += [int(place.confidence), list(place.spans)]
    return [*row, *fact[1:]]


def fact_of(data: Any, file: str, identity: str) -> Fact:
    """The fact that `fact_row` made `data` of, after a way through JSON. Raises Malformed."""
    row_of, maker = _FACTS[data[0]]
    row = row_of(data)
    spans = row[8]
    # Any float among them would make the sum one, and what is no number raises TypeError.
    if sum(spans).__class__ is not int or len(spans) % 5 or spans[0] != 0:
        raise Malformed
    _, version, kind, namespace, name, field, item, confidence, _, *own = row
    values = (file, version, kind, namespace, name, field, tuple(spans), _CONFIDENCES[confidence], identity, item)
    return maker(_new(Place, values), own)


def _numbers(data: list[Any], count: int) -> tuple[Any, ...]:
    if len(data) != count or set(map(type, data)) != _ONLY_NUMBERS:
        raise Malformed
    return tuple(data)


def _texts(data: list[Any]) -> tuple[str, ...]:
    "".join(data)  # raises TypeError for what is no text
    return tuple(data)


def _claim(place: Place, own: list[Any]) -> Claim:
    own[4] = _texts(own[4])
    if own[8] is not None:
        terms = [_REQUIREMENT(term) for term in own[8]]
        own[8] = tuple([Requirement(key, operator, _texts(values)) for key, operator, values in terms])
    if own[14] is not None:
        own[14] = tuple(_INSERTION(own[14]))
    return _new(Claim, (place, *own))


def _volume(place: Place, own: list[Any]) -> PersistentVolume:
    own[3] = _texts(own[3])
    if own[6] is not None:
        own[6] = ClaimRef(*_TRIPLE(own[6]))
    own[7] = tuple([tuple(_PAIR(label)) for label in own[7]])
    own[14] = tuple([tuple(_TRIPLE(secret)) for secret in own[14]])
    return _new(PersistentVolume, (place, *own))


def _storage_class(place: Place, own: list[Any]) -> StorageClass:
    return _new(StorageClass, (place, *own))


def _driver(place: Place, own: list[Any]) -> Driver:
    return Driver(place, own[0], _texts(own[1]))


def _secret(place: Place, own: list[Any]) -> Secret:
    return _new(Secret, (place, *own))


def _use(place: Place, own: list[Any]) -> Use:
    return _new(Use, (place, *own))


def _holding(place: Place, own: list[Any]) -> Holding:
    return _new(Holding, (place, *own))


def _mention(place: Place, own: list[Any]) -> Mention:
    return _new(Mention, (place, *own))


_MAKERS: dict[str, tuple[type, str, Callable[[Place, list[Any]], Fact]]] = {
    "claim": (Claim, "ssSSlSssLsssiiL", _claim),
    "volume": (PersistentVolume, "sSSlSsLlssbsssl", _volume),
    "class": (StorageClass, "ssbb", _storage_class),
    "driver": (Driver, "sl", _driver),
    "secret": (Secret, "s", _secret),
    "use": (Use, "ss", _use),
    "holding": (Holding, "sss", _holding),
    "mention": (Mention, "", _mention),
}
_CODES = {kind: code for code, (kind, _, _) in _MAKERS.items()}
_FACTS = {code: (_Row(f"sssSsssil{letters}"), maker) for code, (_, letters, maker) in _MAKERS.items()}
"""What each kind of fact is called, which fields it has beside its place, and what makes it of them."""


def _ignore(data: Any) -> Ignore:
    row = _IGNORE(data).copy()
    row[1], row[7] = _texts(row[1]), _numbers(row[7], 4)
    return _new(Ignore, row)


def _finding_row(finding: Finding, file: str) -> list[Any]:
    fix, migration, rendered = finding.fix, finding.migration, finding.rendered
    return [
        finding.rule,
        finding.category,
        int(finding.severity),
        int(finding.confidence),
        finding.message,
        finding.help,
        _location_row(finding.location, file),
        finding.resource,
        finding.field,
        [_location_row(location, file) for location in finding.related],
        finding.fingerprint,
        None if fix is None else _fix_row(fix, file),
        migration,
        finding.suppressed,
        None if rendered is None else _location_row(rendered, file),
    ]


def _finding(data: Any, file: str) -> Finding:
    row = _FINDING(data).copy()
    row[2], row[3] = _SEVERITIES[row[2]], _CONFIDENCES[row[3]]
    row[6] = _location(row[6], file)
    row[9] = tuple([_location(location, file) for location in row[9]])
    for at, maker in ((7, _reference), (12, _migration), (13, _suppression)):
        if row[at] is not None:
            row[at] = maker(row[at])
    for at, placed in ((11, _fix), (14, _location)):
        if row[at] is not None:
            row[at] = placed(row[at], file)
    return _new(Finding, row)


def _location_row(location: Location, file: str) -> list[Any]:
    return [*location[1:], None if location.file == file else location.file]


def _location(data: Any, file: str) -> Location:
    *place, other = _LOCATION(data)
    return Location(file if other is None else other, *place)


def _reference(data: Any) -> ResourceRef:
    return ResourceRef(*_REFERENCE(data))


def _suppression(data: Any) -> Suppression:
    return Suppression(*_PAIR(data))


def _fix_row(fix: Fix, file: str) -> list[Any]:
    edits = [[*edit[1:], None if edit.file == file else edit.file] for edit in fix.edits]
    return [fix.title, fix.applicability, edits, fix.missing, fix.adds]


def _fix(data: Any, file: str) -> Fix:
    title, applicability, rows, missing, adds = _FIX(data)
    edits = [Edit(file if row[3] is None else row[3], *row[:3]) for row in map(_EDIT, rows)]
    return Fix(title, applicability, tuple(edits), _texts(missing), tuple([tuple(_TRIPLE(one)) for one in adds]))


def _migration(data: Any) -> Migration:
    row = _MIGRATION(data).copy()
    row[4] = tuple([Input(*_TRIPLE(one)) for one in row[4]])
    for at in (5, 6, 7, 12):
        row[at] = _texts(row[at])
    for at in (3, 11, 13):
        row[at] = tuple(row[at])
        if any(item.__class__ is not dict for item in row[at]):
            raise Malformed
    return _new(Migration, row)
