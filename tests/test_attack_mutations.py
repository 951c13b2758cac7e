"""Every fixture, spoilt at random: no crash, whole outputs, fixes that change what they are for and nothing else.

The seed is fixed, so that a failure here is one everywhere."""

import json
import random
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from kvlint import registry
from kvlint.checks.world import world
from kvlint.engine import map_source, reduce
from kvlint.finding import Report
from kvlint.fixer import Level, fix
from kvlint.hide import masks_of
from kvlint.output import FORMATS, STATISTICS, View, renderer
from kvlint.output.diff import unified
from kvlint.plan import ActiveRule, Plan
from kvlint.source import Source
from kvlint.suppress import UNUSED, Policy

HERE = Path(__file__).parent
PATHS = sorted([*HERE.glob("fixtures/*/*.yaml"), *HERE.parent.glob("examples/*/*.yaml")])
TEXTS = [path.read_bytes().decode("utf-8", "replace") for path in PATHS]
CHUNKS = range(8)
CASES = 30
"""Cases in each chunk; all of them together take a few seconds."""

VALUES = (
    "null",
    "~",
    "0",
    "-1",
    "1e999",
    "0o17",
    "true",
    "[]",
    "{}",
    "[1, {a: b}]",
    "*a",
    "&a x",
    "*nothing",
    "!!binary AAAA",
    "!!int x",
    "!!float .nan",
    '"\\u0000"',
    '"\\ud800"',
    "|\n   x",
    "- x",
    "? x",
    "\u2028",
    "\ufeff",
    "x" * 300,
    "9" * 400,
    "{{ .Values.x }}",
    "${X}",
    "<kvlint:capacity>",
    "[ds] a/b.vmdk",
    "aws://",
    "\x00",
    "\x85",
    "@x",
    "`",
    "'",
    "[" * 400,
)
LINES = ("---", "--- # x", "...", "--- a", "%YAML 1.2", "# c", "  # kvlint: ignore[intree-volume] x", "<<: *a", "<<: 5")
SIGNS = "\x00\t:#-{}[]&*!|>'\"%@`,?\ufeff\u2028\x85\ud800\U0001f600\r"


def plan(closed: bool = False) -> Plan:
    rules = [
        ActiveRule(rule, None, {name: schema["default"] for name, schema in rule.params.items()})
        for rule in registry.rules().values()
    ]
    ids = frozenset(registry.rules())
    policy = Policy(registry.rules()[UNUSED], ids, ids)
    return Plan(rules, suppression=policy, world=world((), (), closed))


def spoil(text: str, draw: random.Random) -> str:
    """A text with one to four of its lines changed, moved, lost, doubled or full of signs."""
    lines = text.split("\n")
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(lines))
        line = lines[at]
        indent = line[: len(line) - len(line.lstrip())]
        other = draw.randrange(len(lines))
        place = draw.randrange(len(line) + 1)
        lines[at : at + 1] = draw.choice(
            (
                [],
                [line, line],
                [lines[other]],
                [f"{line.split(':')[0]}: {draw.choice(VALUES)}"],
                [f"{line.split(':')[0]}: {draw.choice(VALUES)}"],
                [" " * draw.randrange(12) + line.lstrip()],
                [line.replace(" ", "\t", 1)],
                [draw.choice(LINES), line],
                [indent + draw.choice(LINES), line],
                [f"{line}  # c"],
                [f"{indent}- {line.strip()}"],
                [line.replace(": ", ": &a ", 1)],
                [line[:place] + draw.choice(SIGNS) + line[place:]],
                [line.replace("- ", "", 1)],
            )
        ) or [""]
    return "\n".join(lines)


def written(text: str, draw: random.Random) -> bytes:
    """The text in one of the ways in which files are written."""
    kind = draw.randrange(12)
    text = {0: text.replace("\n", "\r\n"), 1: "\ufeff" + text, 2: text.replace("\n", "\r"), 3: text.rstrip("\n")}.get(
        kind, text
    )
    if kind == 4:
        return text.encode("utf-16", "surrogatepass")
    data = text.encode("utf-8", "surrogatepass")
    return data[: draw.randrange(len(data) + 1)] if kind == 5 else data


def check_outputs(report: Report, source: Source) -> None:
    view = View(lines=lambda _, number: source.line(number), rule_info=lambda _: None, rules=tuple(registry.rules()))
    for name, module in {**FORMATS, "statistics": STATISTICS}.items():
        text = "".join(renderer(module)(report, view))
        assert not text or text.endswith("\n")
        if name in ("json", "sarif", "gitlab"):
            json.loads(text)
        elif name in ("junit", "checkstyle"):
            ElementTree.fromstring(text)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_no_manifest_crashes_and_every_output_is_whole(chunk: int) -> None:
    draw = random.Random(chunk)
    plans = plan(), plan(closed=True)
    for _ in range(CASES):
        source = Source("dir/x.yaml", written(spoil(draw.choice(TEXTS), draw), draw))
        chosen = draw.choice(plans)
        chosen.present.clear()
        facts = map_source(source, chosen)
        report = reduce([facts], chosen)
        assert not report.failed, source.data
        check_outputs(report, source)
        done = fix(source, chosen, Level(True, True))
        if done.after != done.before:
            after = source.changed(done.after)
            "".join(unified("x", done.before, done.after, masks_of(source), masks_of(after)))
            again = fix(after, chosen, Level(True, True))
            assert again.after == again.before, source.data


def varied(text: str, draw: random.Random, mark: str) -> str:
    """A text that says the same, with comments where comments may stand, in other frames."""
    lines = text.split("\n")
    for number in range(draw.choice((0, 1, 3))):
        at = draw.randrange(len(lines))
        line = lines[at]
        if line.strip():
            comment = f"#{mark}{number}"
            alone = " " * draw.choice((0, len(line) - len(line.lstrip()))) + comment
            lines[at : at + 1] = draw.choice(([alone, line], [f"{line}   {comment}"]))
    text = "\n".join(lines)
    kind = draw.randrange(9)
    chunks = [part for part in re.split(r"(?m)^---.*\n", text) if part.strip()]
    if kind == 0:
        return text.replace("\n", "\r\n")
    if kind == 1:
        return "\ufeff" + text
    if kind == 2:
        return text.rstrip("\n")
    if kind == 3:
        return text.rstrip("\n") + "\n...\n# end\n"
    if kind in (4, 5):
        head = "kind: List\nitems:\n" if kind == 4 else "kind: Template\nobjects:\n"
        return "apiVersion: v1\n" + head + "".join(item(part) for part in chunks)
    if kind == 6:
        return text + "\n---\n" + text
    if kind == 7:
        return text.replace("\n---\n", "\n--- # next\n")
    return text


def item(text: str) -> str:
    lines = [line for line in text.split("\n") if line.strip()]
    first = next((at for at, line in enumerate(lines) if not line.lstrip().startswith("#")), 0)
    return "".join(f"{'- ' if at == first else '  '}{line}\n" for at, line in enumerate(lines))


def objects(text: str) -> list[Any]:
    found: list[Any] = []
    for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
        if isinstance(document, dict):
            found += document.get("items") or document.get("objects") or [document]
    return [one for one in found if isinstance(one, dict)]


def names(text: str) -> Counter[tuple[str, str, str]]:
    def name(one: Any) -> tuple[str, str, str]:
        metadata = one.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        return str(one.get("kind")), str(metadata.get("namespace")), str(metadata.get("name"))

    return Counter(map(name, objects(text)))


MADE = {"PersistentVolume", "PersistentVolumeClaim", "SecretProviderClass"}


@pytest.mark.parametrize("chunk", CHUNKS)
def test_fixes_keep_comments_and_objects(chunk: int) -> None:
    draw = random.Random(chunk)
    texts = [text for path, text in zip(PATHS, TEXTS, strict=True) if ".fixed" not in path.name]
    for number in range(CASES):
        text = varied(draw.choice(texts), draw, f"c{number}x")
        try:
            before = names(text)
        except yaml.YAMLError:
            continue
        done = fix(Source("x.yaml", text.encode()), plan(), Level(True, True))
        assert not done.refused, text
        after = done.after.decode()
        marks = re.compile(r"#c\d+x\d+")
        assert Counter(marks.findall(after)) == Counter(marks.findall(text)), text
        assert after.startswith("\ufeff") == text.startswith("\ufeff")
        if "\r\n" in text:
            assert "\n" not in after.replace("\r\n", "")
        now = names(after)
        assert not before - now, text
        new = now - before
        assert all(kind in MADE and count == 1 for (kind, _, _), count in new.items()), text


SECRET = "Zq7xKw3vTn9"
FORMS = (
    f"https://admin:{SECRET}@host.example.com/x",
    f"//admin:{SECRET}@host/share",
    f"postgres://u:{SECRET}@db:5432/x",
    f"AQ{'B' * 10}{SECRET}{'C' * 15}==",
    f"ghp_{SECRET}abcdefghijklmnopqrstuvwxy",
)
OWN_NAMES = re.compile(r"(?i)name|namespace|kind|apiVersion|driver|provisioner|storage.*|accessModes|volumeMode")


def places(value: Any, found: list[tuple[Any, Any]], key: str = "") -> None:
    """Where in an object a text stands that is not a name."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in pairs:
        named = step if isinstance(step, str) else key
        if isinstance(below, str) and not OWN_NAMES.search(named):
            found.append((value, step))
        places(below, found, named)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_no_output_and_no_name_holds_a_planted_credential(chunk: int) -> None:
    draw = random.Random(chunk)
    chosen = plan()
    for _ in range(CASES):
        try:
            read = list(yaml.load_all(draw.choice(TEXTS), Loader=yaml.CSafeLoader))
        except yaml.YAMLError:
            continue
        loaded = [one for one in read if isinstance(one, dict)]
        spots: list[tuple[Any, Any]] = []
        places(loaded, spots)
        if not spots:
            continue
        holder, key = draw.choice(spots)
        if isinstance(holder, dict) and draw.random() < 0.4:
            holder["adminPassword"] = SECRET
        else:
            holder[key] = draw.choice(FORMS)
        text = yaml.dump_all(loaded, Dumper=yaml.CSafeDumper, sort_keys=False)
        source = Source("x.yaml", text.encode())
        chosen.present.clear()
        facts = map_source(source, chosen)
        report = reduce([facts], chosen)
        view = View(lines=lambda _, number, source=source: source.line(number), rule_info=lambda _: None)
        shown = ["".join(renderer(module)(report, view)) for module in FORMATS.values()]
        done = fix(source, chosen, Level(True, True))
        after = source.changed(done.after)
        shown += unified("x", done.before, done.after, masks_of(source), masks_of(after))
        shown += [*done.refused, repr(facts.findings)]
        squeezed = re.sub(r"[^a-z0-9]", "", "".join(shown).lower())
        assert SECRET.lower() not in squeezed, text
        assert done.after.count(SECRET.encode()) <= text.count(SECRET)
