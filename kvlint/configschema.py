"""The JSON Schema (draft-07) of the configuration, made from the rules and the migration inputs of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kvlint.knowledge.inputs import ALL, EACH, INPUTS, InputField
from kvlint.rule import CATEGORIES, Rule

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


ID = "https://kvlint.dev/schemas/config.schema.json"
SEVERITY_WORDS = ("off", "info", "warning", "error")
# Readers of YAML 1.1 take a plain `off` for false and a plain `on` for true.
SWITCHES = (*SEVERITY_WORDS, "on", True, False)


def schema(rules: Mapping[str, Rule], platforms: Iterable[str] = ()) -> dict[str, Any]:
    """The schema of `.kvlint.yaml` and of `[tool.kvlint]` for these rules and platforms (none: any name)."""
    names = sorted(rules)
    known_platforms = sorted(platforms)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        "title": "kvlint configuration",
        "type": "object",
        "additionalProperties": False,
        "definitions": {
            "severity": {"description": "`on` stands for the severity of the card", "enum": list(SWITCHES)},
            "setting": _setting({}),
        },
        "properties": {
            "kubernetes-version": {
                "description": "The Kubernetes version to judge for, such as 1.31; default: the newest known",
                "type": "string",
                "pattern": "^v?[1-9][0-9]{0,2}\\.[0-9]{1,3}",
            },
            "platforms": {
                "description": "Platforms and add-ons of the cluster: their storage classes, provisioners and default",
                **_list({"type": "string", **({"enum": known_platforms} if known_platforms else {})}),
            },
            "exclude": {
                "description": "What not to lint: patterns as in .gitignore, relative to this file",
                **_list({"type": "string", "minLength": 1}),
            },
            "inventory": {
                "description": "Further files and folders that are read to resolve references, and never reported",
                **_list({"type": "string", "minLength": 1}),
            },
            "inventory-complete": {
                "description": "Whether everything of the cluster is in the files read, so that absence is evidence",
                "type": "boolean",
                "default": False,
            },
            "rules": {
                "description": "Severity and parameters by rule; severity by category",
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    **{name: {"$ref": "#/definitions/severity"} for name in CATEGORIES},
                    **{name: _rule(rules[name]) for name in names},
                },
            },
            "known-storage-classes": {
                "description": "Classes that exist in the cluster: a list of names, or names with their provisioner",
                "type": ["array", "object"],
                "items": {"type": "string"},
                "additionalProperties": {"type": "string"},
            },
            "per-file-ignores": {
                "description": "Rules and categories to ignore, by patterns as in .gitignore, relative to this file",
                "type": "object",
                "additionalProperties": _list({"enum": [*CATEGORIES, *names]}),
            },
            "plugins": {
                "description": "Installed packages with rules, by their name in the entry-point group kvlint.plugins",
                **_list({"type": "string", "minLength": 1}),
            },
            "rules-dirs": {
                "description": "Folders with rule cards of your own, relative to this file",
                **_list({"type": "string", "minLength": 1}),
            },
            "migrate": {"description": "What migrations need and no manifest says", **_migrate()},
            "baseline": {
                "description": "The baseline file, relative to this file; default: .kvlint-baseline.json if it exists",
                "type": "string",
                "minLength": 1,
            },
        },
    }


def text(rules: Mapping[str, Rule], platforms: Iterable[str]) -> str:
    """The published schema, as it is written to `schemas/config.schema.json`."""
    from json import dumps

    return dumps(schema(rules, platforms), indent=2, ensure_ascii=False) + "\n"


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def _rule(rule: Rule) -> dict[str, Any]:
    return _setting(rule.params) if rule.params else {"$ref": "#/definitions/setting"}


def _setting(params: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A severity, or a mapping with a severity and parameters."""
    properties = {"severity": {"$ref": "#/definitions/severity"}, **{name: dict(row) for name, row in params.items()}}
    return {
        "if": {"type": "object"},
        "then": {"additionalProperties": False, "properties": properties},
        "else": {"$ref": "#/definitions/severity"},
    }


def _migrate() -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": {}}
    for field in INPUTS.values():
        level = made
        *groups, last = field.name.split(".")
        for group in groups:
            level = level["properties"].setdefault(
                group, {"type": "object", "additionalProperties": False, "properties": {}}
            )
        level["properties"][last] = _input(field)
    return made


def _input(field: InputField) -> dict[str, Any]:
    value = {"type": "string", "pattern": f"^(?:{field.pattern})$"}
    described = {"description": field.description}
    if field.scope == ALL:
        return {**described, **value}
    each = {**described, "type": "object", "additionalProperties": value}
    return each if field.scope == EACH else {**each, "type": ["string", "object"], "pattern": value["pattern"]}
