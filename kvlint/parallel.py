"""Mapping files in several processes, where there is enough to do.

What comes back does not depend on how many there are: results come in the order of the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from kvlint.engine import FileFacts, map_sources
from kvlint.finding import Summary
from kvlint.inputs import files
from kvlint.inputs.folders import Roots
from kvlint.inputs.patches import Patches
from kvlint.plan import Plan
from kvlint.record import NamedTuple
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar

    from kvlint.cache import Cache

    _Result = TypeVar("_Result")
    Work: TypeAlias = Callable[[Sequence[str], Plan, Roots, Patches], Iterator[_Result]]

BYTES_WORTH = 3_000_000
FILES_WORTH = 1000
"""From this much on a second process pays for its start (docs/performance.md)."""

CACHE_FILES_WORTH = 100
CACHE_BYTES_WORTH = 400_000
"""From this much on a run looks into the cache: less is linted sooner."""

MANY = 200
"""From this many files on it pays to prepare for them (`Plan.for_many`)."""

SHARE = 64
"""So many files are worth a process."""

SMALLEST, LARGEST = 16, 128
"""The files that go to a process at once."""

_new = tuple.__new__


class Unread(NamedTuple):
    """A file that could not be read: why, and whether it was there at all."""

    file: str
    reason: str
    missing: bool


Mapped = FileFacts | Unread


def _map(names: Sequence[str], plan: Plan, roots: Roots, patches: Patches) -> Iterator[Mapped]:
    """What each file contributes, in their order."""
    for read, made in map_sources((_source(name, roots, patches) for name in names), plan):
        yield read if isinstance(read, Unread) else made  # type: ignore[misc]


def _map_and_digest(names: Sequence[str], plan: Plan, roots: Roots, patches: Patches) -> Iterator[tuple[Mapped, str]]:
    """The same, with what the cache has to know of the files' content."""
    from kvlint.cache import digest_of

    for read, made in map_sources((_source(name, roots, patches) for name in names), plan):
        if isinstance(read, Unread) or made is None:
            yield read, ""  # type: ignore[misc]
        else:
            yield made, digest_of(read, made)


def _source(name: str, roots: Roots, patches: Patches) -> Source | Unread:
    try:
        data = files.read(name)
    except OSError as error:
        return Unread(name, files.reason(error), isinstance(error, FileNotFoundError))
    return Source(name, data, roots.identity(name), name in patches)


def processes(wanted: str, count: int, size: int) -> int:
    """How many processes to use for `count` files of `size` bytes together. `wanted` is the value of `--jobs`; without
    one, as many as there are processors for this process, and one where it is not worth while."""
    if wanted:
        return min(int(wanted), max(count // SHARE, 1))
    if count < FILES_WORTH and size < BYTES_WORTH:
        return 1
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(min(cores, count // SHARE), 1)


def cache_for(found: files.Found, plan: Plan, trusting: bool = True, more: object = ()) -> Cache | None:
    """What is known of these files from earlier runs of the plan (`cache.open_cache`); None where it does not pay."""
    if len(found.files) < CACHE_FILES_WORTH and found.size < CACHE_BYTES_WORTH:
        return None
    from kvlint.cache import open_cache

    return open_cache(plan, len(found.files), found.size, trusting, more)


def map_found(
    found: files.Found, plan: Plan, roots: Roots, wanted: str, cache: Cache | None = None
) -> Iterator[Mapped]:
    """What each of the files that were found contributes, in their order, by as many processes as `wanted` says; what
    the cache knows is not read again, what it does not know it learns."""
    if cache is None:
        jobs = processes(wanted, len(found.files), found.size)
        yield from _each(_map, found.files, plan, roots, jobs, found.size >= BYTES_WORTH)
        return
    patches = Patches(roots.folders)
    recalled = cache.recall(found.files, found.stats, patches.near, roots.prefix)
    if cache.found == len(recalled):
        yield from recalled  # type: ignore[misc]
        cache.save()
        return
    unknown = [name for name, one in zip(found.files, recalled, strict=True) if one is None]
    size = sum(found.stats[name].st_size for name in unknown if name in found.stats)
    jobs = processes(wanted, len(unknown), size)
    rest = _each(_map_and_digest, unknown, plan, roots, jobs, size >= BYTES_WORTH)
    for name, one in zip(found.files, recalled, strict=True):
        if one is not None:
            yield one
            continue
        made, digest = next(rest)
        info = found.stats.get(name)
        if isinstance(made, FileFacts) and info is not None:
            cache.note(made, info, name in patches, roots.identity(name), digest)
        yield made
    cache.save()


def _each(
    work: Work[_Result], names: Sequence[str], plan: Plan, roots: Roots, jobs: int, large: bool = False
) -> Iterator[_Result]:
    """What `work` makes of each file, in their order. `large`: it is much to read, however few they are."""
    if jobs > 1:
        from pickle import PicklingError, dumps

        try:
            sent = dumps((work, plan.to_send(), roots))
        except (PicklingError, AttributeError, TypeError):
            pass  # a plugin's check may be such that no other process can get it
        else:
            return _results(work, names, plan, roots, jobs, sent)
    made = plan.for_many() if large or len(names) >= MANY else plan
    return work(names, made, roots, Patches(roots.folders))


def _results(
    work: Work[_Result], names: Sequence[str], plan: Plan, roots: Roots, jobs: int, sent: bytes
) -> Iterator[_Result]:
    from kvlint.workers import shared

    batches = list(_batches(names, jobs))
    made, patches = plan.for_many(), Patches(roots.folders)

    def own(batch: Sequence[str]) -> list[Any]:
        return list(work(batch, made, roots, patches))

    for batch, results in zip(batches, shared(batches, own, jobs - 1, _helper, sent), strict=True):
        yield from map(_unpacked, batch, results)


def _batches(names: Sequence[str], jobs: int) -> Iterator[Sequence[str]]:
    """The files in batches that become smaller to the end, so that all processes end at one time."""
    at = 0
    while at < len(names):
        size = min(max((len(names) - at) // (4 * jobs), SMALLEST), LARGEST)
        yield names[at : at + size]
        at += size


def _helper(sent: bytes) -> Callable[[Sequence[str]], list[Any]]:
    """What a helper does with a batch of files."""
    from pickle import loads

    work, plan, roots = loads(sent)  # noqa: S301 - made by the process that it helps
    made, patches = plan.for_many(), Patches(roots.folders)

    def batch(names: Sequence[str]) -> list[Any]:
        return list(map(_packed, work(names, made, roots, patches)))

    return batch


def _packed(result: Any) -> Any:
    """A result as it is sent: of most files there is nothing to tell but three numbers, and objects cost more."""
    if result.__class__ is FileFacts and result[1:] == ((), (), result.summary, False, (), ()):
        files, documents, resources, skipped, inventory = result.summary
        if files == 1 and inventory == 0:
            return documents, resources, skipped
    return result


def _unpacked(name: str, sent: Any) -> Any:
    if sent.__class__ is tuple and len(sent) == 3:
        return _new(FileFacts, (name, (), (), _new(Summary, (1, *sent, 0)), False, (), ()))
    return sent
