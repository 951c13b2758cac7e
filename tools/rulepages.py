"""Documentation pages of the rules: card, example, real terminal output, and what the fix makes of the example."""

import difflib
import re
from pathlib import Path
from typing import Any

from cards import card as card_of
from cards import cards

PAGES = Path("docs/rules")
FIXTURES = Path("tests/fixtures")
MARK = re.compile(r" *# expect: [a-z0-9, -]+$|^# args: .*\n", re.MULTILINE)
CATEGORIES = {
    "inline": "Network storage written into Pods",
    "credentials": "Credentials in manifests",
    "binding": "Claims that never bind",
    "deprecated": "What is left of earlier storage eras",
    "engine": "What kvlint says about documents",
}


def index(root: Path) -> str:
    """The catalogue: one table for each category."""
    known = cards(root)
    parts = ["# Rules\n\nGenerated from the cards in `rules/`. `kvlint explain RULE` shows the same in the terminal.\n"]
    for category, title in CATEGORIES.items():
        rows = [card for card in known if card["category"] == category]
        if rows:
            parts.append(f"\n## {title}\n\n| rule | severity | what it finds |\n|---|---|---|\n")
            for row in rows:
                off = "" if row.get("enabled", True) else " (off by default)"
                parts.append(f"| [`{row['id']}`]({row['id']}.md) | {row['severity']}{off} | {row['summary']} |\n")
    return "".join(parts)


def page(root: Path, name: str) -> str:
    """The page of one rule."""
    card = card_of(root, name)
    folder = root / FIXTURES / card["id"]
    off = "" if card.get("enabled", True) else ", off by default"
    parts = [
        f"# {card['id']}\n\n{card['summary']}.\n\n",
        f"Severity **{card['severity']}**{off} · category **{card['category']}** · since {card['since']}\n\n",
        f"## Why\n\n{card['why'].strip()}\n\n",
    ]
    bad, output, fixed = folder / "bad.yaml", folder / "bad.txt", folder / "bad.fixed.yaml"
    if bad.exists():
        text = MARK.sub("", bad.read_text(encoding="utf-8"))
        parts.append(f"## Example\n\n{fenced('yaml', text)}")
        if output.exists():
            parts.append(f"kvlint says:\n\n{fenced('text', MARK.sub('', output.read_text(encoding='utf-8')))}")
        if fixed.exists():
            after = MARK.sub("", fixed.read_text(encoding="utf-8"))
            lines = difflib.unified_diff(
                text.splitlines(keepends=True), after.splitlines(keepends=True), "before", "after"
            )
            parts.append(
                "With `--fix --unsafe-fixes --with-placeholders`; `<kvlint:…>` is what the manifest does not say and "
                f"the migration needs:\n\n{fenced('diff', ''.join(lines))}"
            )
    parts.append(f"## What to do\n\n{plain(card['help'])}\n\n")
    if card.get("params"):
        parts.append("## Parameters\n\n| name | meaning | default |\n|---|---|---|\n")
        for name, schema in card["params"].items():
            default = ", ".join(f"`{item}`" for item in listed(schema["default"]))
            parts.append(f"| `{name}` | {schema['description']} | {default} |\n")
        parts.append("\n")
    parts.append(
        f"## Suppress\n\n```yaml\n# kvlint: ignore[{card['id']}] reason\n```\n\nor the annotation "
        f"`kvlint/ignore.{card['id']}: reason` on the object.\n\n"
    )
    parts.append("## References\n\n" + "".join(f"- <{url}>\n" for url in card["references"]))
    return "".join(parts)


def fenced(language: str, text: str) -> str:
    """A code block, with a fence longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n\n"


def plain(text: str) -> str:
    """A card's advice without the placeholders that only a finding can fill."""
    stripped = text.strip()
    if re.fullmatch(r"\{[a-z]+\}", stripped):
        return "The finding says what to do in its case."
    return stripped[:1].upper() + stripped[1:] + "."


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
