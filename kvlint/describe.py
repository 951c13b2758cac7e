"""What `kvlint explain` and `kvlint rules` say about rules."""

import re
from collections.abc import Callable, Iterable, Iterator

from kvlint.rule import CATEGORIES, Rule, Text

_PLACEHOLDER = re.compile(r"\{([a-z_-]+)\}")


def explain(rule: Rule, text: Text, color: bool = False) -> str:
    """Everything a card says, for the terminal."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if color else ("", "")
    state = "" if rule.enabled else "; off unless the configuration switches it on"
    lines = [f"{bold}{rule.id}{plain}: {text.summary}", ""]
    lines += [f"Category {rule.category}, severity {rule.severity.label}, since kvlint {text.since}{state}.", ""]
    lines += [text.why.strip(), "", f"{bold}What to do{plain}: {_advice(rule)}"]
    if rule.params:
        lines += ["", f"{bold}Parameters{plain}"]
        lines += [
            f"  {name}: {row['description']} (default: {_value(row['default'])})" for name, row in rule.params.items()
        ]
    lines += ["", f"{bold}Configure{plain}", *_configure(rule)]
    lines += ["", f"{bold}Ignore one finding{plain}", f"  # kvlint: ignore[{rule.id}] reason", ""]
    lines += [f"{bold}References{plain}", *(f"  {url}" for url in text.references)]
    return "\n".join(lines) + "\n"


def _advice(rule: Rule) -> str:
    """The card's help; its placeholders are filled only in a finding."""
    if _PLACEHOLDER.fullmatch(rule.help.strip()):
        return "each finding says it for what it found."
    return _PLACEHOLDER.sub(r"<\1>", rule.help.strip())


def _configure(rule: Rule) -> Iterator[str]:
    yield "  rules:"
    if rule.params:
        yield f"    {rule.id}:"
        yield f"      severity: {rule.severity.label}"
        yield from (f"      {name}: {_value(row['default'])}" for name, row in rule.params.items())
    else:
        yield f"    {rule.id}: {rule.severity.label}  # off | info | warning | error"


def _value(value: object) -> str:
    """A default as a flow value of YAML; JSON is one."""
    from json import dumps

    return dumps(value, ensure_ascii=False)


def table(rules: Iterable[Rule], text: Callable[[str], Text | None]) -> str:
    """All rules: id, category, severity, summary."""
    rows = [("rule", "category", "severity", "")]
    for rule in sorted(rules, key=_order):
        words = text(rule.id)
        severity = rule.severity.label if rule.enabled else f"{rule.severity.label} (off)"
        rows.append((rule.id, rule.category, severity, words.summary if words else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3])) for row in rows
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_json(rules: Iterable[Rule], text: Callable[[str], Text | None]) -> str:
    """All rules with everything their cards say, as JSON."""
    from json import dumps

    listed = []
    for rule in sorted(rules, key=_order):
        words = text(rule.id)
        listed.append(
            {
                "id": rule.id,
                "summary": words.summary if words else "",
                "category": rule.category,
                "severity": rule.severity.label,
                "enabled": rule.enabled,
                "since": words.since if words else "",
                "on": list(rule.on),
                "params": {name: dict(row) for name, row in rule.params.items()},
                "message": rule.message,
                "why": words.why if words else "",
                "help": rule.help,
                "references": list(words.references) if words else [],
            }
        )
    return dumps({"version": 1, "rules": listed}, indent=2, ensure_ascii=False) + "\n"


def _order(rule: Rule) -> tuple[int, str]:
    return CATEGORIES.index(rule.category), rule.id
