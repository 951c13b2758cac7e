"""Judging one file alone: its documents, their objects, and the findings of the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from kvlint import ignores
from kvlint.finding import Confidence, Finding, Fix, Location, ResourceRef, Severity, Summary
from kvlint.fingerprint import fingerprint, numbered
from kvlint.ignores import Ignore
from kvlint.plan import UNRENDERED, ActiveRule, Identity, Plan, Planned
from kvlint.relevance import NAMED, WORD
from kvlint.resources import Resource, resources
from kvlint.rule import Match, fill
from kvlint.source import Source
from kvlint.views import View, Views
from kvlint.yamltree import MAPPING, SCALAR, Document, Node, YamlError, documents

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.facts import Fact

PLACEHOLDER = "<kvlint:"
"""How a placeholder of a migration starts (`kvlint.migrate.subject`)."""

KUBERNETES_WORDS = ("apiVersion", "kind")

MAX_SCALARS = 500_000

DOCUMENTS_TOGETHER, TEXT_TOGETHER = 256, 1 << 19
"""So many documents, or so many code points of them, are judged together: more would not be faster (measured)."""


def judge_all(judges: Sequence[Judge]) -> None:
    """Judge all documents of some files. Some are taken at a time, and each step for all of them."""
    waiting = ((judge, document) for judge in judges for document in documents(judge.source))
    chunk: list[tuple[Judge, Document]] = []
    size = 0
    for one in waiting:
        chunk.append(one)
        size += len(one[1].text)
        if len(chunk) >= DOCUMENTS_TOGETHER or size >= TEXT_TOGETHER:
            _judge_chunk(chunk)
            chunk, size = [], 0
    _judge_chunk(chunk)


def _judge_chunk(chunk: Sequence[tuple[Judge, Document]]) -> None:
    relevant = [judge.relevant(document) for judge, document in chunk]
    roots: list[Node | YamlError | None] = []
    for (judge, document), checks in zip(chunk, relevant, strict=True):
        try:
            roots.append(document.compose() if checks or not judge.plan.skip_test else None)
        except YamlError as error:
            roots.append(error)
    for (judge, document), checks, root in zip(chunk, relevant, roots, strict=True):
        judge.document(document, checks, root)


@cache
def _gathering() -> tuple[Callable[..., Iterable[Fact]], Callable[..., Iterable[Fact]]]:
    from kvlint.gather import facts_of, holdings_of

    return facts_of, holdings_of


class Judge:
    """One file, and what has been found in it so far."""

    def __init__(self, source: Source, plan: Plan, checks: int = 0) -> None:
        """`checks` are those that can match the file, by `plan.relevance`; 0: not known."""
        self.source = source
        self.plan = plan
        self.findings: list[Finding] = []
        self.ignores: list[Ignore] = []
        self.facts: list[Fact] = []
        self.documents = self.resources = self.skipped = 0
        self.failed = False
        self._whole = checks
        self._relevant = self._checks = 0
        self._shown: list[tuple[int, int]] = []
        self._objects: dict[Identity, tuple[int, int, int]] = {}
        self._pending: list[tuple[int, Node | None, View]] = []

    def finish(self) -> tuple[Finding, ...]:
        """All findings, now that the whole file is known: with their fixes, and with fingerprints of their own."""
        if self._pending:
            self._add_fixes()
        return tuple(numbered(self.findings))

    def _add_fixes(self) -> None:
        """Fixes see all objects of the file: what one volume needs may have been written for another. Findings of one
        migration share its fix; a second object of the same name has migrations of its own."""
        from kvlint.fixes import Present, fix_of, forget

        present = Present(self._objects, self.plan.present, self._again)
        made: dict[str, dict[int, tuple[str, Fix | None]]] = {}
        for index, subject, view in self._pending:
            finding = self.findings[index]
            migration = finding.migration
            if migration is not None:
                namesakes, node = made.setdefault(migration.id, {}), id(subject or view.resource.node)
                if node not in namesakes:
                    name = f"{migration.id}#{len(namesakes) + 1}" if namesakes else migration.id
                    namesakes[node] = name, fix_of(self.source, view, subject, migration, present)
                name, fix = namesakes[node]
                self.findings[index] = finding._replace(migration=migration._replace(id=name), fix=fix)
        forget()

    def _again(self, start: int, end: int, number: int) -> Resource:
        """An object of the file, read once more: were trees kept, a large file would need all memory."""
        document = Document(self.source, start, end)
        found = resources(document, document.compose())
        rest = document.rest()
        while number >= len(found):
            later = next(rest)
            found += resources(later, later.compose())
        return found[number]

    def shown(self) -> Iterator[Document]:
        """The documents that a finding, an ignore in vain or a fact that becomes a finding can show lines of."""
        return (Document(self.source, start, end) for start, end in self._shown)

    def summary(self) -> Summary:
        """What was read of this file."""
        return Summary(1, self.documents, self.resources, self.skipped)

    def relevant(self, document: Document) -> int:
        """The checks that can match a document, by `plan.relevance`."""
        if self._whole and len(document.text) == len(self.source.text):
            return self._whole
        return self.plan.relevance.of(document.text)

    def document(self, document: Document, relevant: int, root: Node | YamlError | None) -> None:
        """Judge one document and what follows it without a `---` that kubectl would see. `relevant` are the checks that
        can match it, and `root` is its node, or why it has none."""
        self._relevant = relevant
        self._checks = relevant if self.plan.skip_test else -1
        self.documents += 1
        if not self._checks:
            kubernetes = looks_like_kubernetes(document.text)
            self.resources += kubernetes
            self.skipped += not kubernetes
            return
        before = len(self.findings), len(self.facts), len(self.ignores)
        roots: list[Node | None] = []
        found: list[Resource] = []
        lost: list[Resource] = []
        readable = True
        try:
            try:
                if isinstance(root, YamlError):
                    raise root
                roots.append(root)
                found = resources(document, root)
                for later in document.rest():
                    roots.append(later.compose())
                    lost += resources(later, roots[-1])
            finally:
                for number, resource in enumerate((*found, *lost)):
                    identity = resource.kind, resource.namespace or "", resource.name
                    self._objects[identity] = document.start, document.end, number
                    self.resource(resource)
        except YamlError as error:
            readable = False
            self.broken(document, error)
        for resource in lost:
            node = resource.node.children[0]
            self.report("lost-document", (node.start, node.end), "", {"kind": resource.kind}, resource)
        if readable and not found and not lost:
            self.skipped += 1
            return
        if self._relevant & NAMED:
            if PLACEHOLDER in document.text:
                for root in roots:
                    self.placeholders(root, found[0] if found else None)
            if WORD in document.text:
                self.ignores += ignores.comments(self.source, [(document, roots if readable else (), readable)])
        if (len(self.findings), len(self.facts), len(self.ignores)) > before:
            self._shown.append((document.start, document.end))

    def broken(self, document: Document, error: YamlError) -> None:
        """A document that cannot be read: a finding if it looks like Kubernetes, silence otherwise."""
        if not looks_like_kubernetes(document.text):
            self.skipped += 1
            return
        if error.template:
            index = document.start + max(document.text.find("{{"), 0)
            rule, values = UNRENDERED, {"what": f"`{self.source.name}` is a template"}
        else:
            index = error.index
            rule = "unreadable-document" if error.kind == "limit" else "invalid-yaml"
            values = {"problem": error.message}
        self.report(rule, (index, index + 1), "", values, None)

    def resource(self, resource: Resource) -> None:
        """Run all rules on one object. Raises YamlError for what Kubernetes refuses to read."""
        self.resources += 1
        views = Views(resource)
        for name, rules in self.plan.views_of(self._checks):
            for view in views[name]:
                for planned in rules:
                    self.check(planned, view)
        self.duplicate_keys(views)
        if self._relevant & NAMED and WORD in resource.document.text:
            self.ignores += ignores.annotations(self.source, resource)
        if self.plan.gathers & self._checks:
            facts_of, holdings_of = _gathering()
            self.facts += facts_of(resource, views, self.plan.namespace)
            if self.plan.surveys:
                self.facts += holdings_of(resource, views, self.plan.namespace)

    def check(self, planned: Planned, view: View) -> None:
        """Run one check on one view; a check that fails becomes a finding and hides nothing.

        Raises YamlError for what Kubernetes refuses to read."""
        try:
            for match in planned.check.function(view, planned.context):
                self.findings.append(self.finding(planned.active, match, view))
        except YamlError:
            raise
        except Exception as error:
            self.failed = True
            internal = self.plan.rules.get("internal-error")
            if internal is not None:
                values = {"rule": planned.active.rule.id, "error": type(error).__name__}
                self.findings.append(self.finding(internal, Match(_head(view.node), view.path, values), view))

    def duplicate_keys(self, views: Views) -> None:
        """Report keys said twice in the mappings on the way to something that rules read."""
        if "duplicate-key" not in self.plan.rules or not views.resource.node.may_repeat:
            return
        seen: set[int] = set()
        for view, length, node in _read(views):
            if id(node) in seen or node.kind != MAPPING:
                continue
            seen.add(id(node))
            for earlier, later in node.duplicates():
                key = earlier.value or ""
                related = ((later.start, later.end, "this one counts"),)
                where = ".".join([*_steps(view.path)[:length], key]).replace(".[", "[")
                self.report("duplicate-key", (earlier.start, earlier.end), where, {"key": key}, view.resource, related)

    def placeholders(self, root: Node | None, resource: Resource | None) -> None:
        """Report placeholders that a migration left in a manifest."""
        for node in _scalars(root):
            text = node.value or ""
            start = text.find(PLACEHOLDER)
            if start >= 0:
                name = text[start + len(PLACEHOLDER) :].partition(">")[0]
                self.report("unresolved-input", (node.start, node.end), "", {"input": name}, resource)

    def report(
        self,
        rule: str,
        span: tuple[int, int],
        path: str,
        values: Mapping[str, str],
        resource: Resource | None,
        related: tuple[tuple[int, int, str], ...] = (),
    ) -> None:
        """Add a finding of the engine itself, if its rule takes part in this run and the document can matter."""
        active = self.plan.rules.get(rule)
        if active is None or not self._relevant:
            return
        card = active.rule
        message = fill(card.message, values)
        finding = Finding(
            rule=card.id,
            category=card.category,
            severity=active.severity or card.severity,
            confidence=Confidence.HIGH,
            message=message,
            help=fill(card.help, values),
            location=self.location(*span, fill(card.label, values)),
            resource=self.reference(resource) if resource is not None else None,
            field=path,
            related=tuple(self.location(*place) for place in related),
            fingerprint=self._fingerprint(card.id, resource, path or message),
        )
        self.findings.append(finding)

    def finding(self, active: ActiveRule, match: Match, view: View) -> Finding:
        """The finding of a match."""
        card, resource = active.rule, view.resource
        values = {"name": resource.name, "kind": resource.kind, **match.values}
        migration = match.migration() if match.migration is not None else None
        if migration is not None:
            self._pending.append((len(self.findings), match.subject, view))
        return Finding(
            rule=card.id,
            category=card.category,
            severity=_severity(active, match),
            confidence=min(match.confidence, view.confidence),
            message=fill(card.message, values),
            help=fill(match.help or card.help, values),
            location=self.location(
                *(match.span or (match.node.start, match.node.end)), fill(match.label or card.label, values)
            ),
            resource=self.reference(resource),
            field=match.path,
            related=tuple(self.location(node.start, node.end, label) for node, label in match.related),
            fingerprint=self._fingerprint(card.id, resource, match.path),
            migration=migration,
        )

    def _fingerprint(self, rule: str, resource: Resource | None, path: str) -> str:
        who = (resource.kind, resource.namespace or "", resource.name) if resource is not None else ("", "", "")
        where = _named_path(resource, path) if resource is not None else path
        return fingerprint(rule, self.source.identity, who, where)

    def location(self, start: int, end: int, label: str = "") -> Location:
        """A span of this file as lines and columns."""
        line, column = self.source.index_to_position(start)
        end_line, end_column = self.source.index_to_position(max(end, start))
        return Location(self.source.name, line, column, end_line, end_column, label)

    def reference(self, resource: Resource) -> ResourceRef:
        """Who an object is; the run's namespace stands in where the object names none."""
        namespace = resource.namespace or self.plan.namespace
        return ResourceRef(resource.api_version, resource.kind, namespace, resource.name)


def looks_like_kubernetes(text: str) -> bool:
    """Whether a document names an apiVersion and a kind at its root, readable without parsing."""
    return all(f"\n{word}:" in text or text.startswith(f"{word}:") for word in KUBERNETES_WORDS) or (
        text.lstrip()[:1] == "{" and all(f'"{word}"' in text for word in KUBERNETES_WORDS)
    )


def _severity(active: ActiveRule, match: Match) -> Severity:
    """What the configuration says, else the evidence, else the card."""
    severity = active.severity or match.severity or active.rule.severity
    return min(severity, match.severity) if match.capped and match.severity else severity


def _head(node: Node) -> Node:
    return node.children[0] if node.children else node


def _steps(path: str) -> list[str]:
    """The keys and `[numbers]` that a field path goes through."""
    return path.replace("[", ".[").split(".") if path else []


def _read(views: Views) -> Iterator[tuple[View, int | None, Node]]:
    """The nodes on the way to what rules read: a view, so many steps of its path (None: all), and what is there."""
    pods: set[str] = set()
    for source in views.sources():
        if source.volume is None:
            yield from _way(source)
            continue
        pod = source.volume.pod
        if pod.path not in pods:
            pods.add(pod.path)
            yield from _way(pod)
        yield source.volume, None, source.volume.node
        yield source, None, source.node
    for name in ("claim", "persistent-volume", "storage-class"):
        for view in views[name]:
            yield from _way(view)


def _way(view: View) -> Iterator[tuple[View, int | None, Node]]:
    node: Node | None = view.resource.node
    for length, step in enumerate(_steps(view.path)):
        if node is None:
            return
        yield view, length, node
        if step.startswith("["):
            items, index = node.items(), step[1:-1]
            node = items[int(index)] if index.isdigit() and int(index) < len(items) else None
        else:
            node = node.get(step)
    if node is not None:
        yield view, None, node


def _scalars(root: Node | None) -> Iterator[Node]:
    stack = [root] if root is not None else []
    for _ in range(MAX_SCALARS):
        if not stack:
            return
        node = stack.pop()
        if node.kind == SCALAR:
            yield node
        else:
            stack.extend(reversed(node.children))


def _named_path(resource: Resource, path: str) -> str:
    """The field path with the `name` of list items in place of their index."""
    node: Node | None = resource.node
    made: list[str] = []
    for step in path.replace("[", ".[").split("."):
        if node is None:
            made.append(step)
        elif step.startswith("[") and step[1:-1].isdigit():
            items, index = node.items(), int(step[1:-1])
            node = items[index] if index < len(items) else None
            name = (node.get("name") or node.at("metadata", "name")) if node is not None else None
            made.append(f"[{name.scalar_text()}]" if name is not None else step)
        else:
            made.append(step)
            node = node.get(step)
    return ".".join(made)
