"""Files that are read only to resolve references of the linted ones: the repository around them, and named paths."""

import os
from collections.abc import Container, Iterable, Sequence

from kvlint.config import Config
from kvlint.engine import FileFacts, inventory_of
from kvlint.inputs import files
from kvlint.inputs.folders import Folders, Roots
from kvlint.options import Arguments
from kvlint.parallel import cache_for, map_found
from kvlint.plan import Plan, facts_only


def surroundings(
    arguments: Arguments,
    config: Config,
    plan: Plan,
    facts: Sequence[FileFacts],
    roots: Roots,
    rendered: Container[str] = (),
) -> tuple[list[FileFacts], int]:
    """The facts of other files, and of how many an earlier run told; `rendered` names those whose facts are of a
    rendering, which has no repository.

    Paths named by `--inventory` or the configuration are always read; the Git repositories of the linted files only
    when what was read so far leaves a reference open, or a fix may write what is there already. A file that cannot be
    read tells nothing."""
    if not plan.across:
        return [], 0
    alone = arguments.on("no-inventory")
    named = arguments.every("inventory") or ([] if alone else [config.below(path) for path in config.inventory])
    reading = _Reading(arguments, config, plan, facts)
    if named:
        reading.read(named)
    if alone:
        return reading.found, reading.cached
    # A folder that was named was read with everything below it, unless tools rendered something.
    tools = arguments.on("helm") or arguments.on("kustomize")
    given = arguments.operands or [os.curdir]
    whole = set() if tools else {os.path.abspath(path) for path in given if os.path.isdir(path)}
    if not tools and all(map(os.path.isdir, given)):
        # What is still to be read is above the folders.
        repositories: Iterable[str] = filter(None, map(roots.around, given))
    else:
        repositories = _repositories((one.file for one in facts if one.file not in rendered), roots)
    paths = [os.path.relpath(root) for root in dict.fromkeys(repositories) if root not in whole]
    if paths:
        from kvlint.checks.binding import leaves_open

        fixing = arguments.on("fix") or arguments.on("diff")
        if fixing or leaves_open(*inventory_of((*facts, *reading.found), plan)):
            reading.read(paths)
    return reading.found, reading.cached


def _repositories(names: Iterable[str], roots: Roots) -> Iterable[str]:
    """The roots of the Git repositories that files lie in."""
    folders: dict[str, str] = {}
    for name in names:
        folder = os.path.dirname(name)
        if folder not in folders and (root := roots.of(name)) is not None:
            folders[folder] = root
    return dict.fromkeys(folders.values())


class _Reading:
    """The facts of other files that were read so far."""

    def __init__(self, arguments: Arguments, config: Config, plan: Plan, facts: Sequence[FileFacts]) -> None:
        self.found: list[FileFacts] = []
        self.cached = 0
        self._facts = facts
        self._exclude = files.Exclusion(config.exclude, config.root)
        # What is listed here must not speak about files that were named and may be ignored.
        self._roots = Roots(Folders())
        self._plan = facts_only(plan)
        self._tokens = [(one.active.rule.id, one.check.tokens) for one in plan.across]
        self._jobs = arguments.last("jobs")
        self._caching = not (arguments.on("no-cache") or config.plugins)

    def read(self, paths: Sequence[str]) -> None:
        """Read what was not read yet of files and folders."""
        found = files.find(paths, self._exclude, folders=self._roots.folders, stats=self._caching)
        known = [os.path.abspath(one.file) for one in (*self._facts, *self.found)]
        seen = {name for path in paths for name in files.seen_from(path, known)}
        found = found._replace(files=[name for name in found.files if name not in seen])
        cache = cache_for(found, self._plan, more=self._tokens) if self._caching else None
        mapped = map_found(found, self._plan, self._roots, self._jobs, cache)
        read = [one for one in mapped if isinstance(one, FileFacts)]
        self.found += read
        self.cached += cache.found if cache is not None else 0
