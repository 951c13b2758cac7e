"""What a migration means for the text it was made from: the fix, with its edits, or advice to do it by hand."""

from typing import Any

from kvlint.edits import Refused, rewrite
from kvlint.finding import MANUAL, Fix, Migration
from kvlint.resources import Resource
from kvlint.source import Source
from kvlint.yamltree import Node


def fix_of(source: Source, resource: Resource, subject: Node | None, migration: Migration) -> Fix | None:
    """The fix a migration offers; None where it offers nothing but advice.

    `subject` is the node that `migration.replacement` replaces. The fix is MANUAL where the text cannot be changed
    safely: a kustomize patch, a single JSON object, text shared through an alias, a comment in the way."""
    if not migration.manifests and migration.replacement is None:
        return None
    missing = tuple(item.name for item in migration.inputs)
    if migration.applicability == MANUAL or subject is None or migration.replacement is None:
        return Fix(migration.title, MANUAL, (), missing)
    try:
        if resource.partial:
            raise Refused("a kustomize patch is only part of an object")
        if subject.style == "flow" and resource.origin == "document" and source.text.lstrip()[:1] == "{":
            raise Refused("a JSON file holds one object")
        new = [item for item in migration.manifests if item is not migration.replacement and not _is(item, resource)]
        edits = rewrite(source, subject, migration.replacement, resource, new)
    except Refused as refused:
        return Fix(f"{migration.title} (by hand: {refused})", MANUAL, (), missing)
    return Fix(migration.title, migration.applicability, edits, missing)


def _is(item: dict[str, Any], resource: Resource) -> bool:
    metadata = item.get("metadata") or {}
    return item.get("kind") == resource.kind and metadata.get("name") == resource.name
