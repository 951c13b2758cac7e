"""PyYAML's emitter, with the quotes that goyaml's rules ask for: alone it would leave `y` and `0o10` bare."""

from __future__ import annotations

import yaml

from kvlint import scalars

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from kvlint.emit import Style


def dump(value: Any, style: Style, flow: bool = False, literal: bool = False) -> str:
    """`value` as YAML without a final line break; the arguments are those of `kvlint.emit.emit`."""
    dumper = type("_Styled", (_Dumper,), {"written": style, "literal": literal})
    text: str = yaml.dump(
        value,
        Dumper=dumper,
        sort_keys=False,
        default_flow_style=flow,
        width=1 << 30,
        allow_unicode=True,
        indent=style.step,
    )
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    written: Style
    literal: bool

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and not self.written.indented_sequences)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def choose_scalar_style(self) -> str:
        chosen: str = super().choose_scalar_style()
        asked = getattr(self.event, "style", None)
        return self.written.quote if chosen == "'" and asked is None else chosen


def _string(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and dumper.literal else None
    try:
        typed = not isinstance(scalars.resolve(value, None, None), str)
    except ValueError:
        typed = True
    if "\n" in value and style is None:
        style = '"'  # the other quotes would spread it over several lines
    elif typed:
        style = dumper.written.quote
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)
