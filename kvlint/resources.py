"""Documents → Kubernetes objects: which objects one YAML document holds, and who they are."""

from collections.abc import Iterator

from kvlint.yamltree import MAPPING, SEQUENCE, Document, Node

MAX_NESTED_LISTS = 8


class Resource:
    """One Kubernetes object in a document.

    `namespace` is None where the manifest says none. `origin` is `document`, `list` (an item of a List) or `template`
    (an object of an OpenShift Template). `partial` is True for a kustomize patch, of which nothing may be concluded
    from what is absent."""

    __slots__ = ("api_version", "document", "kind", "name", "namespace", "node", "origin", "partial")

    def __init__(self, document: Document, node: Node, api_version: str, kind: str, origin: str) -> None:
        self.document = document
        self.node = node
        self.api_version = api_version
        self.kind = kind
        self.origin = origin
        metadata = node.get("metadata")
        self.name = ""
        self.namespace: str | None = None
        if metadata is not None:
            self.name = _text(metadata.get("name")) or _text(metadata.get("generateName")) or ""
            self.namespace = _text(metadata.get("namespace"))
        self.partial = document.source.partial or ("$patch" in document.text and _has_patch_directive(node))

    @property
    def group(self) -> str:
        """The API group: `apps` for `apps/v1`, the empty string for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    def __repr__(self) -> str:
        return f"<Resource {self.kind}/{self.name}>"


def resources(document: Document, root: Node | None) -> list[Resource]:
    """All objects of a document: the document itself, or the items of a List, a typed list or an OpenShift Template.

    Items of a typed list need no kind of their own (`kubectl get --raw` omits it): `PodList` holds Pods."""
    if root is None or root.kind != MAPPING:
        return []
    api_version, kind = _text(root.get("apiVersion")), _text(root.get("kind"))
    if api_version and kind and kind != "Template" and not kind.endswith("List"):
        return [Resource(document, root, api_version, kind, "document")]
    return list(_objects(document, root, "", "", "document", 0))


def _objects(
    document: Document, node: Node | None, api_version: str, kind: str, origin: str, depth: int
) -> Iterator[Resource]:
    if node is None or node.kind != MAPPING or depth > MAX_NESTED_LISTS:
        return
    api_version = _text(node.get("apiVersion")) or api_version
    kind = _text(node.get("kind")) or kind
    if not api_version or not kind:
        return
    items = node.get("items") if kind.endswith("List") else None
    objects = node.get("objects") if kind == "Template" else None
    if items is not None and items.kind == SEQUENCE:
        item_kind = kind.removesuffix("List")
        for item in items.items():
            inherited = (api_version, item_kind) if item_kind else ("", "")
            yield from _objects(document, item, *inherited, "list", depth + 1)
    elif objects is not None and objects.kind == SEQUENCE:
        for item in objects.items():
            yield from _objects(document, item, "", "", "template", depth + 1)
    else:
        yield Resource(document, node, api_version, kind, origin)


def _text(node: Node | None) -> str | None:
    """The text of a scalar; a number or boolean counts as its text, since the name `123` is meant as a name."""
    return node.scalar_text() if node is not None else None


def _has_patch_directive(node: Node) -> bool:
    """True when `$patch` is a key anywhere in the object (kustomize's strategic merge directive)."""
    stack, budget = [node], 20_000
    while stack and budget:
        budget -= 1
        current = stack.pop()
        if current.kind == MAPPING:
            children = current.children
            if any(key.value == "$patch" for key in children[::2]):
                return True
            stack.extend(children[1::2])
        elif current.kind == SEQUENCE:
            stack.extend(current.children)
    return False
