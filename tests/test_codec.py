"""What files contribute survives JSON: equal, of the same types; what was not made by the codec is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from kvlint import registry
from kvlint.codec import Malformed, decode, encode
from kvlint.engine import ActiveRule, FileFacts, map_source
from kvlint.facts import Mention
from kvlint.plan import Plan, facts_only, surveying
from kvlint.source import Source

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path
    for folder in ("tests/fixtures", "examples")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".yaml", ".yml", ".json")
)
ACTIVE = [
    ActiveRule(one, None, {name: row["default"] for name, row in one.params.items()})
    for one in registry.rules().values()
]
PLAN = Plan(ACTIVE)
PLAN.gathers = -1
PLANS = {"all rules": PLAN, "facts": facts_only(Plan(ACTIVE)), "survey": surveying()}


def through_json(one: FileFacts, identity: str) -> FileFacts:
    return decode(json.loads(json.dumps(encode(one))), one.file, one.summary, identity)


def types(value: Any) -> Any:
    """The types of a value, all the way down."""
    if isinstance(value, dict):
        return dict, [(key, types(item)) for key, item in value.items()]
    return type(value), [types(item) for item in value] if isinstance(value, (tuple, list)) else None


@pytest.mark.parametrize("plan", PLANS)
def test_every_fixture_comes_back(plan: str) -> None:
    contributing = 0
    for path in FILES:
        for name, identity in (("a.yaml", "a.yaml"), ("../x/a.yaml", "deep/x/a.yaml")):
            one = map_source(Source(name, path.read_bytes(), identity), PLANS[plan])
            made = through_json(one, identity)
            assert made == one, path
            assert types(made) == types(one), path
            contributing += bool(one.findings or one.facts)
    assert contributing > 100


def test_a_mention_comes_back() -> None:
    one = map_source(Source("values.yaml", b"persistence:\n  storageClass: fast\n  name: web\n", "c/values.yaml"), PLAN)
    assert through_json(one, "c/values.yaml") == one
    assert [type(fact) for fact in one.facts] == [Mention]


def test_texts_that_are_no_unicode_come_back() -> None:
    text = b'apiVersion: v1\nkind: Pod\nspec: {volumes: [{name: v, nfs: {path: "\xc3\xa4 \\ud83d"}}]}\n'
    one = map_source(Source("a\udcff.yaml", text), PLAN)
    assert one.findings
    assert through_json(one, "a\udcff.yaml") == one


MANY = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    env: [{name: DB_PASSWORD, value: hunter2hunter}]
  volumes:
  - name: data
    nfs: {server: 192.0.2.1, path: /data}  # kvlint: ignore[inline-network-volume] soon
  - name: mine
    persistentVolumeClaim: {claimName: mine}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: mine, labels: {tier: gold}}
spec:
  claimRef: {name: mine, namespace: shop}
  capacity: {storage: 1Gi}
  csi: {driver: smb.csi.k8s.io, volumeHandle: a/b, nodeStageSecretRef: {name: login}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: mine, namespace: shop}
spec:
  accessModes: [ReadWriteOnce]
  selector: {matchLabels: {tier: gold}}
  resources: {requests: {storage: 1Gi}}
"""


def places(data: Any, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """The way to every item of nested lists."""
    found = [path]
    for number, item in enumerate(data if isinstance(data, list) else ()):
        found += places(item, (*path, number))
    return found


def test_data_of_another_shape_is_refused_or_harmless() -> None:
    """Whatever stands in place of a value: it is refused, or makes a record of the right types."""
    one = map_source(Source("a.yaml", MANY.encode()), PLAN)
    assert one.findings
    assert one.facts
    assert one.masks
    assert one.ignores
    data = json.loads(json.dumps(encode(one)))
    refused = 0
    for way in places(data)[1:]:
        for wrong in (None, {}, [], [[]], "x", -7, 1.5, True):
            broken = copy.deepcopy(data)
            holder = broken
            for step in way[:-1]:
                holder = holder[step]
            if type(holder[way[-1]]) is type(wrong):
                continue
            holder[way[-1]] = wrong
            try:
                made = decode(broken, "a.yaml", one.summary, "a.yaml")
            except Malformed:
                refused += 1
            else:
                hash(made._replace(findings=tuple(f._replace(migration=None) for f in made.findings)))
                assert wrong in (None, "x", True)  # what may be absent, and what is a number to Python
    assert refused > 500
