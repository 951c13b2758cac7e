"""Files that are read only to resolve references of the linted ones: the repository around them, and named paths."""

import os
from collections.abc import Container, Iterator, Sequence

from kvlint.config import Config
from kvlint.engine import FileFacts, inventory_of
from kvlint.inputs import files
from kvlint.options import Arguments
from kvlint.parallel import map_files, processes
from kvlint.plan import Plan, facts_only


def surroundings(
    arguments: Arguments,
    config: Config,
    plan: Plan,
    facts: Sequence[FileFacts],
    roots: files.Roots,
    rendered: Container[str] = (),
) -> list[FileFacts]:
    """The facts of other files; `rendered` names those whose facts are of a rendering, which has no repository.

    Paths named by `--inventory` or the configuration are always read; the Git repositories of the linted files only
    when what was read so far leaves a reference open, or a fix may write what is there already. A file that cannot be
    read tells nothing."""
    if not plan.across:
        return []
    alone = arguments.on("no-inventory")
    named = arguments.every("inventory") or ([] if alone else [config.below(path) for path in config.inventory])
    exclude = files.Exclusion(config.exclude, config.root)
    seen = {os.path.abspath(one.file) for one in facts}
    jobs = arguments.last("jobs")
    others = list(_facts_of(named, exclude, plan, roots, seen, jobs)) if named else []
    if alone:
        return others
    from kvlint.checks.binding import leaves_open

    if arguments.on("fix") or arguments.on("diff") or leaves_open(*inventory_of((*facts, *others), plan)):
        own = (one.file for one in facts if one.file not in rendered)
        repositories = dict.fromkeys(root for file in own if (root := roots.of(file)) is not None)
        others += _facts_of([os.path.relpath(root) for root in repositories], exclude, plan, roots, seen, jobs)
    return others


def _facts_of(
    paths: Sequence[str], exclude: files.Exclusion, plan: Plan, roots: files.Roots, seen: set[str], jobs: str
) -> Iterator[FileFacts]:
    found = files.find(paths, exclude)
    names = [name for name in found.files if os.path.abspath(name) not in seen]
    seen.update(map(os.path.abspath, names))
    for one in map_files(names, facts_only(plan), roots, processes(jobs, len(names), found.size)):
        if isinstance(one, FileFacts):
            yield one
