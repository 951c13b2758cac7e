"""A live cluster judged: its objects reduced to facts page by page, then all of them together, as files are."""

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from kvlint import run as running
from kvlint.checks.world import world
from kvlint.engine import FileFacts, Plan, map_source, reduce
from kvlint.facts import CLASS_ANNOTATION, Place
from kvlint.finding import MANUAL, Finding, Location, Migration, Report, Severity, Summary
from kvlint.inputs import cluster as reader
from kvlint.inputs.cluster import Absent, Cluster, Failed, Kind, Object, Refused, Where
from kvlint.inputs.folders import Roots
from kvlint.options import Arguments
from kvlint.rule import Live
from kvlint.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

_Value = TypeVar("_Value")

Key = tuple[str, str]
"""Namespace and name."""

_TRIMMED = (reader.OWNER, reader.WORKLOAD)
"""Roles of which the status is dropped: rules read what was asked for, not what became of it."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ONE = Summary(resources=1)
_NEEDED_FOR_ABSENCE = (reader.CLAIM, reader.VOLUME, reader.CLASS)


class _Batch:
    """What the objects of one kind have come to so far."""

    __slots__ = ("claims", "classes", "count", "covered", "drivers", "known", "names", "reported", "seen")

    def __init__(self) -> None:
        self.reported: list[FileFacts] = []
        self.known: list[FileFacts] = []
        self.names: list[str] = []
        self.seen: set[tuple[str, str, str]] = set()
        self.claims: set[Key] = set()
        self.classes: set[str] = set()
        self.drivers: set[str] = set()
        self.count = self.covered = 0

    def clear(self) -> None:
        """Forget everything: the list begins anew."""
        self.__init__()  # type: ignore[misc]


class Texts(running.Texts):
    """The objects of a cluster as text: one is asked for again when somebody wants it, none is kept till then."""

    __slots__ = ("_cluster",)

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster

    def source(self, file: str) -> Source | None:
        """The object that `file` names, without what only the API server says; None if it cannot be read."""
        from json import dumps

        if file not in self._sources:
            namespace, kind, name = (file.removeprefix(f"cluster:{self._cluster.context}/").split("/", 2) + [""] * 2)[
                :3
            ]
            found = next((one for one in reader.KINDS if one.kind == kind), None)
            item = self._cluster.one(found, namespace, name) if found is not None else None
            if item is not None:
                item.pop("status", None)
                annotations = item.get("metadata", {}).get("annotations") or {}
                annotations.pop(LAST_APPLIED, None)
            self._sources[file] = Source(file, dumps(item).encode()) if item is not None else None
        return self._sources[file]


class Outcome(NamedTuple):
    """How reading a kind ended: None, or what is to be said about it."""

    kind: Kind
    trouble: str


class _Share:
    """Lets what is equal be the same: a cluster repeats itself, and thousands of findings say the same words."""

    __slots__ = ("_parts", "_same")

    def __init__(self) -> None:
        self._same: dict[Any, Any] = {}
        self._parts: dict[tuple[str, str, str | None], Any] = {}

    def facts(self, facts: FileFacts) -> FileFacts:
        """The facts of one live object, without positions."""
        findings = tuple(self._finding(_placeless(finding)) for finding in facts.findings)
        said = tuple(fact._replace(place=self._place(fact.place)) for fact in facts.facts)
        return facts._replace(findings=findings, facts=said, masks=(), summary=ONE)

    def _finding(self, finding: Finding) -> Finding:
        one, migration = self._one, finding.migration
        if migration is not None:
            migration = self._migration(migration, finding.resource.namespace if finding.resource is not None else None)
        return finding._replace(
            message=one(finding.message),
            help=one(finding.help),
            location=finding.location._replace(file=one(finding.location.file), label=one(finding.location.label)),
            resource=one(finding.resource),
            field=one(finding.field),
            fix=one(finding.fix),
            migration=migration,
        )

    def _migration(self, migration: Migration, namespace: str | None) -> Migration:
        """Migrations of one title in one namespace are often of one volume, and then differ in few words."""
        parts: dict[str, Any] = {}
        for field in Migration._fields:
            part = getattr(migration, field)
            known = self._parts.setdefault((field, migration.title, namespace), part)
            parts[field] = known if known == part else part
        return migration._replace(**parts | {"steps": tuple(map(self._one, migration.steps))})

    def _place(self, place: Place) -> Place:
        nowhere = self._one(place.nowhere().spans)
        return place._replace(file=self._one(place.file), spans=nowhere, field=self._one(place.field))

    def _one(self, value: _Value) -> _Value:
        shared: _Value = self._same.setdefault(value, value)
        return shared


class _Reader:
    """Reads a cluster kind by kind. What is judged later knows what was read before."""

    def __init__(self, cluster: Cluster, where: Where, quiet: bool) -> None:
        self.cluster = cluster
        self.where = where
        self.everything = where.namespace is None and not where.selector
        self.plan: Plan | None = None
        self.batches: dict[str, _Batch] = {}
        self.owners: set[tuple[str, str]] = set()
        self.troubles: list[Outcome] = []
        self.claims: set[Key] = set()
        self.classes: set[str] = set()
        self._share = _Share()
        self._tells = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def read(self, kind: Kind) -> bool:
        """Read all objects of a kind; False if that was not possible, or not to the end."""
        selected = self._selected(kind)
        batch = self.batches[kind.kind] = _Batch()
        workload = kind.role in (reader.OWNER, reader.WORKLOAD)
        where = self.where if workload else self.where._replace(selector="")
        try:
            for page in self.cluster.pages(kind, where, batch.clear):
                for item in page:
                    self._take(kind, item, batch, selected)
                self._tell(f"{batch.count + batch.covered} {kind.plural}")
        except Refused:
            self.troubles.append(Outcome(kind, f"you may not list {kind.plural}: {kind.loss}"))
            return False
        except Failed as failed:
            self.troubles.append(Outcome(kind, f"cannot read all {kind.plural} ({failed}): {kind.loss}"))
            return False
        except Absent:
            return kind.role not in (reader.DRIVER, reader.NODE)
        if kind.role == reader.OWNER:
            self.owners.add((kind.group, kind.kind))
        self.claims |= batch.claims
        self.classes |= batch.classes
        return True

    def _selected(self, kind: Kind) -> set[Key] | None:
        """The claims that a selector picks; None where it does not matter."""
        if kind.role != reader.CLAIM or not self.where.selector:
            return None
        names: set[Key] = set()
        try:
            for page in self.cluster.pages(kind, self.where, names.clear):
                names.update(map(_key, page))
        except (Refused, Failed, Absent):
            pass  # the same list without selector says why
        return names

    def _take(self, kind: Kind, item: Object, batch: _Batch, selected: set[Key] | None) -> None:
        metadata = item.setdefault("metadata", {})
        metadata.pop("managedFields", None)
        if kind.role in (reader.DRIVER, reader.NODE):
            batch.drivers.update(reader.drivers_of(item))
            if kind.role == reader.NODE or self.plan is None:
                batch.count += kind.role == reader.DRIVER
                return
        owner = reader.controller(item)
        if owner is not None and kind.role in (reader.OWNER, reader.WORKLOAD):
            if owner[:2] in self.owners or owner in batch.seen:
                batch.covered += 1
                return
            batch.seen.add(owner)
        reported = self._reports(kind, item, selected)
        if kind.role in _TRIMMED:
            item.pop("status", None)
        if reported and kind.role in (reader.CLAIM, reader.VOLUME):
            batch.classes.update(_class_of(item))
        if reported and kind.role == reader.CLAIM:
            batch.claims.add(_key(item))
        self._judge(item, batch, reported and (owner is None or kind.role in _TRIMMED))

    def _reports(self, kind: Kind, item: Object, selected: set[Key] | None) -> bool:
        """Whether an object belongs to what was asked for, and is not only read because others refer to it."""
        if self.everything or kind.role in _TRIMMED:
            return True
        if kind.role == reader.CLAIM:
            return selected is None or _key(item) in selected
        if kind.role == reader.VOLUME:
            reference = (item.get("spec") or {}).get("claimRef") or {}
            return (reference.get("namespace", ""), reference.get("name", "")) in self.claims
        return kind.role == reader.CLASS and item["metadata"].get("name") in self.classes

    def _judge(self, item: Object, batch: _Batch, reported: bool) -> None:
        from json import dumps

        assert self.plan is not None  # noqa: S101 - drivers are read before there is a plan, and are not judged then
        name = reader.name_of(item, self.cluster.context)
        source = Source(name, dumps(item, separators=(",", ": ")).encode())
        facts = self._share.facts(map_source(source, self.plan))
        if not reported:
            batch.known.append(facts._replace(findings=(), ignores=()))
            return
        batch.count += 1
        batch.names.append(name)
        if facts.findings or facts.facts or facts.ignores or facts.failed:
            batch.reported.append(facts)

    def _tell(self, text: str) -> None:
        if self._tells:
            sys.stderr.write(f"\rreading … {text}\x1b[K")
            sys.stderr.flush()

    def quiet(self) -> None:
        """Take back what was told about the progress."""
        if self._tells:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._tells = False


def read(cluster: Cluster, where: Where, arguments: Arguments) -> running.Run:
    """Read a cluster and judge what is in it. Raises UsageError, ConfigError.

    The world is closed: what was not found does not exist, unless something that matters could not be read. Objects
    that are only referred to from the namespace or the labels asked for are known, not reported."""
    known = running.catalogue(arguments)
    version = cluster.version(arguments.last("kubernetes-version"))
    notices: list[str] = []
    reading = _Reader(cluster, where, arguments.on("quiet"))
    by_role = {role: [kind for kind in reader.KINDS if kind.role == role] for role in {k.role for k in reader.KINDS}}
    installed = reading.read(by_role[reader.DRIVER][0])
    nodes = reading.read(by_role[reader.NODE][0])
    drivers = {name for batch in reading.batches.values() for name in batch.drivers}
    judged = arguments.saying("kubernetes-version", version).without("namespace")
    plan = running.plan_of(
        judged, known, Roots(), notices, Live(frozenset(drivers) if installed or (nodes and drivers) else None)
    )
    plan.surveys, plan.gathers = True, -1  # whatever is read counts for the survey
    reading.plan = plan
    closed = True
    for kind in reader.KINDS:
        if kind.role == reader.NODE or (not reading.everything and kind.role in (reader.POLICY, reader.DRIVER)):
            continue
        complete = reading.read(kind) if kind.role != reader.DRIVER or installed else True
        closed = closed and (complete or kind.role not in _NEEDED_FOR_ABSENCE)
    reading.quiet()
    classes = dict(known.config.known_classes)
    if any(outcome.kind.role == reader.CLASS for outcome in reading.troubles):
        classes = dict.fromkeys(reading.classes, "") | classes
    plan.world = world((), classes, closed)
    return _run(reading, plan, known, arguments, notices)


def _run(
    reading: _Reader, plan: Plan, known: running.Catalogue, arguments: Arguments, notices: list[str]
) -> running.Run:
    batches = reading.batches.values()
    facts = [one for batch in batches for one in batch.reported]
    others = [one for batch in batches for one in batch.known]
    resources = sum(batch.count for batch in batches)
    facts.append(FileFacts("", (), (), Summary(resources=resources - len(facts)), False))
    errors: list[str] = []
    for kind, trouble in dict.fromkeys(reading.troubles):
        # A namespace's user seldom has rights beyond it; what such objects would add is told and done without.
        (errors if reading.everything or kind.namespaced else notices).append(trouble)
    if arguments.on("verbose"):
        notices += _about(reading)
    report = reduce(facts, plan, tuple(notices), others)
    report = report._replace(
        findings=tuple(map(_placeless, report.findings)),
        summary=Summary(resources=resources, inventory=len(others)),
        failed=report.failed or bool(errors),
    )
    minimum = Severity[arguments.last("min-severity").upper()] if arguments.on("min-severity") else None
    if minimum is not None:
        report = _from(report, minimum)
    failing = minimum if minimum is not None else Severity.WARNING
    names = tuple(name for batch in batches for name in batch.names)
    texts = Texts(reading.cluster)
    return running.Run(report, known, plan, texts, failing, names, tuple(errors), facts=(*facts, *others), live=True)


def _from(report: Report, minimum: Severity) -> Report:
    return report._replace(findings=tuple(finding for finding in report.findings if finding.severity >= minimum))


def _about(reading: _Reader) -> "Iterable[str]":
    covered = sum(batch.covered for batch in reading.batches.values())
    counts = ", ".join(f"{batch.count} {kind}" for kind, batch in reading.batches.items() if batch.count)
    yield f"context {reading.cluster.context}, namespace {reading.where.namespace or 'all'}: {counts or 'nothing'}"
    if covered:
        yield f"{covered} objects are judged through what owns them"


def _placeless(finding: Finding) -> Finding:
    """The finding without positions: a live object has no text that a reader could look at, and none to edit."""
    fix, migration = finding.fix, finding.migration
    if fix is not None:
        title = migration.title if migration is not None else fix.title
        fix = fix._replace(title=title, applicability=MANUAL, edits=())
    file = finding.location.file
    related = tuple(_nowhere(place) for place in finding.related if place.file != file)
    return finding._replace(location=_nowhere(finding.location), related=related, fix=fix)


def _nowhere(place: Location) -> Location:
    return Location(place.file, 0, 0, 0, 0, place.label)


def _key(item: Object) -> Key:
    metadata = item.get("metadata") or {}
    return metadata.get("namespace", ""), metadata.get("name", "")


def _class_of(item: Object) -> "Iterable[str]":
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    name = annotations.get(CLASS_ANNOTATION) or (item.get("spec") or {}).get("storageClassName")
    return (name,) if name else ()
