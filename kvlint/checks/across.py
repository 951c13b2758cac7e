"""The view of rules that judge all files together, and their checks."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from kvlint.rule import Context

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from kvlint.checks.world import Judgement, World
    from kvlint.inventory import Inventory


class Across:
    """The facts of all files, what is known besides them, and the files that are linted.

    Judging is done once, when the first rule asks for it; what it needs is imported then."""

    __slots__ = ("_judged", "files", "inventory", "world")

    def __init__(self, inventory: Inventory, world: World, files: Container[str] | None = None) -> None:
        self.inventory = inventory
        self.world = world
        self.files = inventory.file_names() if files is None else files
        self._judged: dict[str, list[Judgement]] | None = None

    def judgements(self, rule: str) -> list[Judgement]:
        """What is to report under the name of a rule."""
        if self._judged is None:
            self._judged = {}
            for judgement in self._judge():
                self._judged.setdefault(judgement.rule, []).append(judgement)
        return self._judged.get(rule, [])

    def _judge(self) -> Iterator[Judgement]:
        from kvlint.checks.modes import unsupported_modes
        from kvlint.checks.sharing import judge

        yield from judge(self.inventory, self.world, self.files)
        yield from unsupported_modes(self.inventory, self.world, self.files)


def check(rule: str) -> Callable[[Any, Context], Iterator[Any]]:
    """The check of a rule that judges all files together: from an Across to judgements."""

    def judged(view: Across, context: Context) -> Iterator[Judgement]:
        yield from view.judgements(rule)

    return judged
