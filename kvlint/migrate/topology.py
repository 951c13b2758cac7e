"""Zones and regions: from labels and node affinity of in-tree volumes and classes to the keys CSI drivers report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kvlint.migrate.draft import Draft
from kvlint.migrate.subject import Refused, mapping, sequence, string_map, strings

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
OLD_KEYS = {
    "failure-domain.beta.kubernetes.io/zone": ZONE,
    "failure-domain.beta.kubernetes.io/region": REGION,
}
# Between the zones of a disk that is in several: LabelMultiZoneDelimiter of k8s.io/cloud-provider.
_DELIMITER = "__"


def current(key: str) -> str:
    """The label key of today for a deprecated topology key; other keys as they are."""
    return OLD_KEYS.get(key, key)


def labels(draft: Draft) -> dict[str, str]:
    """The labels of a PersistentVolume with today's topology keys. Refuses two generations that contradict."""
    found = string_map(mapping(draft.subject.object, "metadata"), "labels")
    result: dict[str, str] = {}
    for key, value in found.items():
        new = current(key)
        if result.setdefault(new, value) != value:
            raise Refused(f"its labels name two values for {new}; keep the one where the storage is, then migrate it")
        if new != key:
            draft.note(f"The label `{key}` is deprecated and becomes `{new}`; a claim that selects by it must follow.")
    return result


def label_values(draft: Draft, key: str) -> list[str]:
    """The zones (ZONE) or regions (REGION) that a PersistentVolume's labels name, sorted; a disk may be in several."""
    return sorted({part.strip() for part in labels(draft).get(key, "").split(_DELIMITER)} - {""})


def affinity_values(draft: Draft, key: str) -> list[str]:
    """The values that a PersistentVolume's node affinity requires for ZONE or REGION, sorted; [] if it does not say."""
    found: set[str] = set()
    for term in _terms(draft):
        for expression in sequence(term, "matchExpressions"):
            if isinstance(expression, Mapping) and current(str(expression.get("key"))) == key:
                if expression.get("operator") != "In":
                    return []
                found.update(strings(expression, "values"))
    return sorted(found)


def node_affinity(draft: Draft, keys: Mapping[str, str], extra: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """The node affinity of a PersistentVolume with the driver's keys; None if there is none.

    `keys` maps ZONE and REGION to the driver's keys; a key left out gets today's label. `extra` are the values known
    from elsewhere (labels, a volume id) by ZONE or REGION: they are required in every term unless some term already
    requires something for that key. Operators, values, field matches and other keys stay."""
    terms = []
    named: set[str] = set()
    for term in _terms(draft):
        expressions: list[Any] = []
        for expression in sequence(term, "matchExpressions"):
            if not isinstance(expression, Mapping):
                raise Refused("its nodeAffinity is malformed, so Kubernetes rejects the object; correct it first")
            new = current(str(expression.get("key")))
            if new in (ZONE, REGION) and expression.get("values"):
                named.add(new)
            translated = dict(expression) | {"key": keys.get(new, new)}
            if translated not in expressions:
                expressions.append(translated)
        terms.append(dict(term) | ({"matchExpressions": expressions} if expressions else {}))
    for key, values in extra.items():
        if values and key not in named:
            required = {"key": keys.get(key, key), "operator": "In", "values": sorted(set(values))}
            terms = terms or [{}]
            for term in terms:
                old = term.get("matchExpressions", [])
                if all(expression.get("key") != required["key"] for expression in old):
                    term["matchExpressions"] = [*old, required]
    return {"required": {"nodeSelectorTerms": terms}} if terms else None


def zone_affinity(key: str, zones: Iterable[str]) -> dict[str, Any] | None:
    """The node affinity of new PersistentVolumes in `zones`; None when no zone is known."""
    values = sorted(set(zones))
    expression = {"key": key, "operator": "In", "values": values}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}} if values else None


def _terms(draft: Draft) -> list[Mapping[str, Any]]:
    affinity = mapping(mapping(draft.subject.object, "spec"), "nodeAffinity")
    terms = sequence(mapping(affinity, "required"), "nodeSelectorTerms")
    if not all(isinstance(term, Mapping) for term in terms):
        raise Refused("its nodeAffinity is malformed, so Kubernetes rejects the object; correct it first")
    return terms


def allowed_topologies(draft: Draft, zone_key: str, zones: Sequence[str], region_key: str = "") -> list[dict[str, Any]]:
    """The `allowedTopologies` of a class with the driver's zone key.

    `zones` are those of the parameters `zone` and `zones`; zones from both places are refused, as in-tree plugins did.
    Regions are dropped with a note where the driver reports none (no `region_key`)."""
    terms = sequence(draft.subject.object, "allowedTopologies")
    if zones and terms:
        raise Refused("it has `allowedTopologies` and the parameter `zone` or `zones`; keep one, then migrate it")
    if zones:
        return [{"matchLabelExpressions": [{"key": zone_key, "values": list(zones)}]}]
    keys = {ZONE: zone_key} | ({REGION: region_key} if region_key else {})
    result: list[dict[str, Any]] = []
    for term in terms:
        if not isinstance(term, Mapping):
            raise Refused("its allowedTopologies are malformed, so Kubernetes rejects the class; correct them first")
        expressions = _topology_expressions(draft, term, keys)
        if not expressions:
            return []
        result.append({"matchLabelExpressions": expressions})
    return result


def _topology_expressions(draft: Draft, term: Mapping[str, Any], keys: Mapping[str, str]) -> list[dict[str, Any]]:
    expressions: list[dict[str, Any]] = []
    for expression in sequence(term, "matchLabelExpressions"):
        if not isinstance(expression, Mapping):
            raise Refused("its allowedTopologies are malformed, so Kubernetes rejects the class; correct them first")
        new = current(str(expression.get("key")))
        if new == REGION and REGION not in keys:
            draft.note(
                f"The limit to region {', '.join(strings(expression, 'values'))} is dropped, because the driver "
                "reports zones only; in a cluster over several regions list the zones instead."
            )
            continue
        translated = dict(expression) | {"key": keys.get(new, new)}
        if new not in keys and new not in keys.values():
            draft.note(f"The driver must report the topology key `{new}`, or nothing will be provisioned.")
        if translated not in expressions:
            expressions.append(translated)
    return expressions
