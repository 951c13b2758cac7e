"""Compile reviewed data into modules that import in a millisecond.

    python tools/generate.py            write what changed
    python tools/generate.py --check    write nothing; exit 1 and name the files that are stale

Exit 2 means that the data itself is wrong. Every output is an artefact, a path and a function that renders its text; a
new kind of output (rule cards, JSON schemas, documentation pages) is one more function in ARTEFACTS.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cards
import tables
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
        yield Artefact(GENERATED / f"{name}.py", lambda name=name: tables.module(root, name))


def rules(root: Path) -> Iterator[Artefact]:
    """The rule cards, and the published schema of a card."""
    yield Artefact(GENERATED / "cards.py", lambda: cards.module(root))
    yield Artefact(GENERATED / "card_texts.py", lambda: cards.texts(root))
    yield Artefact(Path("kvlint/schemas/rule.schema.json"), lambda: cards.schema(root))


ARTEFACTS: tuple[Callable[[Path], Iterator[Artefact]], ...] = (knowledge, rules)


def artefacts(root: Path) -> list[Artefact]:
    """Everything that is generated below `root`."""
    return [artefact for kind in ARTEFACTS for artefact in kind(root)]


def orphans(root: Path, known: list[Artefact]) -> list[Path]:
    """Modules in the folder of generated modules that nothing generates any more."""
    paths = {artefact.path for artefact in known}
    found = (path.relative_to(root) for path in sorted((root / GENERATED).glob("*.py")))
    return [path for path in found if path.name != "__init__.py" and path not in paths]


def stale(root: Path) -> Iterator[tuple[Path, str | None]]:
    """Paths whose file differs from what would be written, with the new text; None where the file must go."""
    known = artefacts(root)
    for artefact in known:
        text = artefact.render()
        path = root / artefact.path
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield artefact.path, text
    for path in orphans(root, known):
        yield path, None


def main(arguments: list[str], root: Path = ROOT) -> int:
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    try:
        changed = list(stale(root))
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    for path, text in changed:
        if check:
            print(f"stale: {path.as_posix()} (run `make generate`)")
        elif text is None:
            (root / path).unlink()
            print(f"removed {path.as_posix()}")
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path.as_posix()}")
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
