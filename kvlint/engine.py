"""The two phases of a run: `map_source` judges one file alone, `reduce` judges all files together.

Both are pure: they read no file and print nothing. What a file contributes is a `FileFacts`, a plain tuple that can be
cached and sent between processes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from kvlint.finding import Confidence, Finding, Fix, Location, Migration, Report, ResourceRef, Severity, Summary
from kvlint.ignores import WORD, Ignore, annotations, comments
from kvlint.knowledge.version import AS_OF, NEWEST, Version, format_version
from kvlint.registry import CHECKS
from kvlint.relevance import Relevance
from kvlint.resources import Resource, resources
from kvlint.rule import Check, Context, Match, Rule, fill
from kvlint.source import Source
from kvlint.suppress import Policy, settle
from kvlint.views import View, Views
from kvlint.yamltree import MAPPING, SCALAR, SEQUENCE, Document, Node, YamlError, documents

PLACEHOLDER = "<kvlint:"
OWN_TOKENS = (WORD,)
KUBERNETES_WORDS = ("apiVersion", "kind")


class ActiveRule(NamedTuple):
    """A rule of this run: its card, the severity the configuration gives it (None: the card's, or by evidence) and its
    parameters with defaults filled in."""

    rule: Rule
    severity: Severity | None
    params: Mapping[str, Any]


class FileFacts(NamedTuple):
    """What one file contributes: findings that need no other file, and facts for those that do.

    `masks` are the spans (line, column, end line, end column) of credentials; `ignores` is what the file asks to be
    silent about."""

    file: str
    findings: tuple[Finding, ...]
    masks: tuple[tuple[int, int, int, int], ...]
    summary: Summary
    failed: bool
    ignores: tuple[Ignore, ...] = ()


class Plan:
    """Everything a run needs to know that is not a file. Without `suppression` every finding counts."""

    __slots__ = ("by_view", "contexts", "namespace", "relevance", "rules", "suppression", "target")

    def __init__(
        self,
        rules: Iterable[ActiveRule],
        *,
        target: Version = NEWEST,
        namespace: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        skip_test: bool = True,
        checks: Mapping[str, Check] = CHECKS,
        suppression: Policy | None = None,
    ) -> None:
        self.rules = {active.rule.id: active for active in rules}
        self.target = min(target, NEWEST)
        self.namespace = namespace
        self.suppression = suppression
        tokens: set[str] = set(OWN_TOKENS)
        everything = not skip_test
        views: dict[str, list[tuple[ActiveRule, Check, Context]]] = {}
        for active in self.rules.values():
            check = check_of(active.rule, checks)
            if check is None:
                continue
            context = Context(self.target, active.params, namespace, inputs or {})
            tokens.update(check.tokens)
            everything = everything or not check.tokens
            for view in active.rule.on:
                views.setdefault(view, []).append((active, check, context))
        self.by_view = tuple(views.items())
        self.relevance = Relevance(tokens, everything=everything)


def check_of(rule: Rule, checks: Mapping[str, Check]) -> Check | None:
    """The check behind a card: the named one, or a JSON Schema check for `when:`. None for rules of the engine itself."""
    if rule.when is not None:
        from kvlint.checks.schema import schema_check

        return schema_check(rule)
    return checks[rule.check] if rule.check is not None else None


def map_source(source: Source, plan: Plan) -> FileFacts:
    """Judge one file alone. Never raises for what the file holds: malformed or hostile content becomes a finding."""
    work = _Work(source, plan)
    if plan.relevance.of_data(source.data):
        for document in documents(source):
            work.document(document)
    else:
        work.cold(source.data.count(b"\nkind:") + source.data.startswith(b"kind:"))
    return work.facts()


def reduce(facts: Iterable[FileFacts], plan: Plan, notices: tuple[str, ...] = ()) -> Report:
    """Join the facts of all files to the report of the run."""
    findings: list[Finding] = []
    masks: dict[str, tuple[tuple[int, int, int, int], ...]] = {}
    ignores: dict[str, tuple[Ignore, ...]] = {}
    files = documents_read = objects = skipped = 0
    failed = False
    for one in facts:
        findings += one.findings
        if one.masks:
            masks[one.file] = one.masks
        if one.ignores:
            ignores[one.file] = one.ignores
        files += one.summary.files
        documents_read += one.summary.documents
        objects += one.summary.resources
        skipped += one.summary.skipped
        failed = failed or one.failed
    findings = _one_per_folder(findings)
    if plan.suppression is not None:
        findings = settle(findings, ignores, plan.suppression)
    findings.sort(key=lambda f: (f.location.file, f.location.line, f.location.column, f.rule, f.field))
    summary = Summary(files, documents_read, objects, skipped)
    return Report(tuple(findings), summary, format_version(plan.target), AS_OF, masks, notices, failed)


class _Work:
    """Judging one file: what is found, as it is found."""

    def __init__(self, source: Source, plan: Plan) -> None:
        self.source = source
        self.plan = plan
        self.findings: list[Finding] = []
        self.read: list[tuple[Document, list[Node | None], bool]] = []
        self.ignores: list[Ignore] = []
        self.documents = self.resources = self.skipped = 0
        self.failed = False

    def facts(self) -> FileFacts:
        summary = Summary(1, self.documents, self.resources, self.skipped)
        ignores = (*comments(self.source, self.read), *self.ignores)
        return FileFacts(self.source.name, tuple(_unique(self.findings)), (), summary, self.failed, ignores)

    def cold(self, objects: int) -> None:
        """Count a document, or a whole file, that cannot matter."""
        self.documents += 1
        self.resources += objects
        self.skipped += not objects

    def document(self, document: Document) -> None:
        """Judge one document and what follows it without a `---` that kubectl would see."""
        if not self.plan.relevance.of_text(document.text):
            self.cold(int(_looks_like_kubernetes(document.text)))
            return
        self.documents += 1
        try:
            root = document.compose()
            found = resources(document, root)
            roots = [root]
            lost = []
            for later in document.rest():
                roots.append(later.compose())
                lost.append((later, resources(later, roots[-1])))
        except YamlError as error:
            self.broken(document, error)
            return
        if not found and not any(objects for _, objects in lost):
            self.skipped += 1
            return
        if WORD in document.text:
            self.read.append((document, roots, True))
        for resource in found:
            self.resource(resource)
        for later, objects in lost:
            for resource in objects:
                self.resource(resource)
                if self.active("lost-document"):
                    node = resource.node.children[0] if resource.node.children else resource.node
                    self.report("lost-document", node, "", {"kind": resource.kind}, resource)
        if PLACEHOLDER in document.text and root is not None:
            self.placeholders(root, found[0] if found else None)

    def broken(self, document: Document, error: YamlError) -> None:
        """A document that cannot be read: a finding if it looks like Kubernetes, silence otherwise."""
        if not _looks_like_kubernetes(document.text):
            self.skipped += 1
            return
        if error.template:
            index = document.start + max(document.text.find("{{"), 0)
            rule, values = "unrendered-template", {"what": f"`{self.source.name}` is a template"}
        else:
            index = error.index
            rule = "unreadable-document" if error.kind == "limit" else "invalid-yaml"
            values = {"problem": error.message}
        if self.active(rule):
            self.report_span(rule, index, index + 1, "", values, None)
        if WORD in document.text:
            self.read.append((document, [], False))

    def resource(self, resource: Resource) -> None:
        """Run all rules on one object."""
        self.resources += 1
        self.ignores += annotations(self.source, resource)
        views = Views(resource)
        for name, rules in self.plan.by_view:
            for view in views[name]:
                for active, check, context in rules:
                    self.check(active, check, context, view)
        if self.active("duplicate-key"):
            self.duplicate_keys(views)

    def check(self, active: ActiveRule, check: Check, context: Context, view: View) -> None:
        """Run one check on one view; a check that fails becomes a finding and hides nothing."""
        try:
            for match in check.function(view, context):
                self.findings.append(self.finding(active, match, view))
        except Exception as error:  # noqa: BLE001 - one failing check must not hide the others
            self.failed = True
            internal = self.plan.rules.get("internal-error")
            if internal is not None:
                values = {"rule": active.rule.id, "error": type(error).__name__}
                match = Match(view.node, view.path, values)
                self.findings.append(self.finding(internal, match, view))

    def active(self, rule: str) -> bool:
        """Whether a rule of the engine itself takes part in this run."""
        return rule in self.plan.rules

    def duplicate_keys(self, views: Views) -> None:
        """Report keys said twice in the mappings on the way to something that rules read."""
        seen: set[int] = set()
        for name in ("volume-source", "claim", "persistent-volume", "storage-class"):
            for view in views[name]:
                for node, path in _way(view):
                    if id(node) in seen or node.kind != MAPPING:
                        continue
                    seen.add(id(node))
                    for earlier, later in node.duplicates():
                        key = earlier.value or ""
                        self.report(
                            "duplicate-key", earlier, f"{path}.{key}" if path else key, {"key": key}, view.resource,
                            ((later, "this one counts"),),
                        )

    def placeholders(self, root: Node, resource: Resource | None) -> None:
        """Report placeholders that a migration left in a manifest."""
        if not self.active("unresolved-input"):
            return
        for node in _scalars(root):
            text = node.value or ""
            start = text.find(PLACEHOLDER)
            if start >= 0:
                name = text[start + len(PLACEHOLDER) :].partition(">")[0]
                self.report("unresolved-input", node, "", {"input": name}, resource)

    def report(
        self,
        rule: str,
        node: Node,
        path: str,
        values: Mapping[str, str],
        resource: Resource | None,
        related: tuple[tuple[Node, str], ...] = (),
    ) -> None:
        """Add a finding of the engine itself at a node."""
        spans = tuple((node.start, node.end, label) for node, label in related)
        self.report_span(rule, node.start, node.end, path, values, resource, spans)

    def report_span(
        self,
        rule: str,
        start: int,
        end: int,
        path: str,
        values: Mapping[str, str],
        resource: Resource | None,
        related: tuple[tuple[int, int, str], ...] = (),
    ) -> None:
        """Add a finding of the engine itself at a span."""
        active = self.plan.rules[rule]
        card = active.rule
        self.findings.append(
            Finding(
                card.id,
                card.category,
                active.severity or card.severity,
                Confidence.HIGH,
                fill(card.message, values),
                fill(card.help, values),
                self.location(start, end, fill(card.label, values)),
                self.reference(resource) if resource is not None else None,
                path,
                tuple(self.location(*span) for span in related),
                _fingerprint(card.id, self.source, resource, path or fill(card.message, values)),
            )
        )

    def finding(self, active: ActiveRule, match: Match, view: View) -> Finding:
        """The finding of a match."""
        card, resource = active.rule, view.resource
        values = {"name": resource.name, "kind": resource.kind, **match.values}
        migration = match.migration() if match.migration is not None else None
        return Finding(
            card.id,
            card.category,
            active.severity or match.severity or card.severity,
            min(match.confidence, view.confidence),
            fill(card.message, values),
            fill(match.help or card.help, values),
            self.location(match.node.start, match.node.end, fill(match.label or card.label, values)),
            self.reference(resource),
            match.path,
            tuple(self.location(node.start, node.end, label) for node, label in match.related),
            _fingerprint(card.id, self.source, resource, match.path),
            fix_of(migration),
            migration,
        )

    def location(self, start: int, end: int, label: str = "") -> Location:
        """A span of this file as lines and columns."""
        line, column = self.source.index_to_position(start)
        end_line, end_column = self.source.index_to_position(max(end, start))
        return Location(self.source.name, line, column, end_line, end_column, label)

    def reference(self, resource: Resource) -> ResourceRef:
        """Who an object is; the run's namespace stands in where the object names none."""
        namespace = resource.namespace or self.plan.namespace
        return ResourceRef(resource.api_version, resource.kind, namespace, resource.name)


def fix_of(migration: Migration | None) -> Fix | None:
    """The fix that a migration offers, without its edits; None where the migration is advice only."""
    if migration is None or not migration.manifests:
        return None
    missing = tuple(item.name for item in migration.inputs)
    return Fix(migration.title, migration.applicability, (), missing)


def _looks_like_kubernetes(text: str) -> bool:
    """Whether a document names an apiVersion and a kind at its root, readable without parsing."""
    return all(f"\n{word}:" in text or text.startswith(f"{word}:") for word in KUBERNETES_WORDS) or (
        text.lstrip()[:1] == "{" and all(f'"{word}"' in text for word in KUBERNETES_WORDS)
    )


def _way(view: View) -> Iterator[tuple[Node, str]]:
    """The nodes from the object's root to the view's own node, each with its field path."""
    node, path = view.resource.node, ""
    yield node, path
    for step in view.path.replace("[", ".[").split(".") if view.path else ():
        if step.startswith("["):
            items, index = node.items(), step[1:-1]
            if not index.isdigit() or int(index) >= len(items):
                return
            node, path = items[int(index)], path + step
        else:
            below = node.get(step)
            if below is None:
                return
            node, path = below, f"{path}.{step}" if path else step
        yield node, path


def _scalars(root: Node) -> Iterator[Node]:
    stack, budget = [root], 500_000
    while stack and budget:
        budget -= 1
        node = stack.pop()
        if node.kind == SCALAR:
            yield node
        elif node.kind in (MAPPING, SEQUENCE):
            stack.extend(reversed(node.children))


def _fingerprint(rule: str, source: Source, resource: Resource | None, path: str) -> str:
    """A name for a finding that stays when lines move: list indices become the names of the items, no text of the
    file goes in but names of objects and fields."""
    from hashlib import sha256

    who = f"{resource.kind}\0{resource.namespace or ''}\0{resource.name}" if resource is not None else ""
    where = _named_path(resource, path) if resource is not None else path
    return sha256("\0".join((rule, source.identity, who, where)).encode("utf-8", "replace")).hexdigest()[:32]


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


def _unique(findings: list[Finding]) -> Iterator[Finding]:
    """Findings with equal fingerprints get a running number, in order of position."""
    count: dict[str, int] = {}
    for finding in findings:
        number = count.get(finding.fingerprint, 0)
        count[finding.fingerprint] = number + 1
        yield finding._replace(fingerprint=f"{finding.fingerprint}-{number}") if number else finding


def _one_per_folder(findings: list[Finding]) -> list[Finding]:
    """Keep one finding per folder for unrendered templates: a chart is one thing to render, not thirty."""
    kept: list[Finding] = []
    folders: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule == "unrendered-template":
            folders.setdefault(finding.location.file.rpartition("/")[0], []).append(finding)
        else:
            kept.append(finding)
    for folder, group in folders.items():
        first = min(group, key=lambda finding: finding.location)
        if len(group) > 1:
            first = first._replace(message=f"{len(group)} files of `{folder or '.'}` are templates")
        kept.append(first)
    return kept
