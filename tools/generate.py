"""Compile reviewed data into modules that import in a millisecond.

    python tools/generate.py            write what changed
    python tools/generate.py --check    write nothing; exit 1 and name the files that are stale

Exit 2 means that some data is wrong; all the rest is written. Every output is an artefact, a path and a function that
renders its text; a new kind of output is one more function in ARTEFACTS.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cards
import clipage
import factpages
import rulepages
import tables
import tokens
from problem import DataError

ROOT = Path(__file__).resolve().parent.parent
GENERATED = Path("kvlint/_generated")


class Artefact(NamedTuple):
    """One generated file: its path below the repository root and the function that renders it."""

    path: Path
    render: Callable[[], str]


def knowledge(root: Path) -> Iterator[Artefact]:
    """One module of tuples for every knowledge table."""
    for name in tables.names(root):
        yield Artefact(GENERATED / f"{name}.py", partial(tables.module, root, name))


def rules(root: Path) -> Iterator[Artefact]:
    """The rule cards, the tokens of their checks, and the published schema of a card."""
    yield Artefact(GENERATED / "cards.py", lambda: cards.module(root))
    yield Artefact(GENERATED / "card_texts.py", lambda: cards.texts(root))
    yield Artefact(GENERATED / "tokens.py", partial(tokens.module, root))
    yield Artefact(Path("kvlint/schemas/rule.schema.json"), lambda: cards.schema(root))


def configuration(root: Path) -> Iterator[Artefact]:
    """The published schema of the configuration, made from the cards and the knowledge tables."""
    yield Artefact(Path("kvlint/schemas/config.schema.json"), partial(cards.config_schema, root))


def documentation(root: Path) -> Iterator[Artefact]:
    """The pages of the rules, the reference of the command line, and tables of facts."""
    yield Artefact(clipage.PAGE, clipage.page)
    yield Artefact(factpages.INPUTS, partial(factpages.inputs, root))
    yield Artefact(factpages.PLATFORMS, partial(factpages.platforms, root))
    yield Artefact(rulepages.PAGES / "index.md", partial(rulepages.index, root))
    for name in cards.names(root):
        yield Artefact(rulepages.PAGES / f"{name}.md", partial(rulepages.page, root, name))


ARTEFACTS: tuple[Callable[[Path], Iterator[Artefact]], ...] = (knowledge, rules, configuration, documentation)


def artefacts(root: Path) -> list[Artefact]:
    """Everything that is generated below `root`."""
    return [artefact for kind in ARTEFACTS for artefact in kind(root)]


def orphans(root: Path, known: list[Artefact]) -> list[Path]:
    """Files in the folders of generated files that nothing generates any more."""
    paths = {artefact.path for artefact in known}
    files = [*(root / GENERATED).glob("*.py"), *(root / rulepages.PAGES).glob("*.md")]
    found = (path.relative_to(root) for path in sorted(files))
    return [path for path in found if path.name != "__init__.py" and path not in paths]


class Outcome(NamedTuple):
    """What differs: paths with their new text (None where the file must go), and data that could not be compiled."""

    changed: list[tuple[Path, str | None]]
    problems: list[DataError]


def compare(root: Path) -> Outcome:
    """Render everything and compare it with the files below `root`."""
    outcome = Outcome([], [])
    known = artefacts(root)
    for artefact in known:
        try:
            text = artefact.render()
        except DataError as error:
            outcome.problems.append(error)
            continue
        path = root / artefact.path
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            outcome.changed.append((artefact.path, text))
    outcome.changed.extend((path, None) for path in orphans(root, known))
    return outcome


def main(arguments: list[str], root: Path = ROOT) -> int:
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    outcome = compare(root)
    for path, text in outcome.changed:
        if check:
            print(f"stale: {path.as_posix()} (run `make generate`)")
        elif text is None:
            (root / path).unlink()
            print(f"removed {path.as_posix()}")
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path.as_posix()}")
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    if outcome.problems:
        return 2
    return int(check and bool(outcome.changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
