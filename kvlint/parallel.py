"""Mapping files in several processes, where there is enough to do.

What comes back does not depend on how many there are: results come in the order of the files."""

import os
from collections.abc import Iterator, Sequence

from kvlint.engine import FileFacts, map_source
from kvlint.inputs import files
from kvlint.inputs.patches import Patches
from kvlint.plan import Plan
from kvlint.record import NamedTuple
from kvlint.source import Source

BYTES_WORTH = 2_000_000
FILES_WORTH = 800
"""From this much on a second process pays for its start (docs/performance.md)."""

BATCH = 64
"""Files that go to a process at once."""


class Unread(NamedTuple):
    """A file that could not be read: why, and whether it was there at all."""

    file: str
    reason: str
    missing: bool


Mapped = FileFacts | Unread


def map_file(name: str, plan: Plan, roots: files.Roots, patches: Patches) -> Mapped:
    """What one file contributes."""
    try:
        data = files.read(name)
    except OSError as error:
        return Unread(name, files.reason(error), isinstance(error, FileNotFoundError))
    return map_source(Source(name, data, roots.identity(name), name in patches), plan)


def processes(wanted: str, count: int, size: int) -> int:
    """How many processes to use for `count` files of `size` bytes together. `wanted` is the value of `--jobs`; without
    one, as many as there are processors for this process, and one where it is not worth while."""
    if wanted:
        return min(int(wanted), max(count // BATCH, 1))
    if count < FILES_WORTH and size < BYTES_WORTH:
        return 1
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(min(cores, count // BATCH), 1)


def map_files(names: Sequence[str], plan: Plan, roots: files.Roots, jobs: int) -> Iterator[Mapped]:
    """What each file contributes, in their order."""
    if jobs > 1:
        from pickle import PicklingError, dumps

        try:
            sent = dumps((plan.to_send(), roots))
        except (PicklingError, AttributeError, TypeError):
            pass  # a plugin's check may be such that no other process can get it
        else:
            return _results(names, plan, roots, jobs, sent)
    return _alone(names, plan, roots)


def _alone(names: Sequence[str], plan: Plan, roots: files.Roots) -> Iterator[Mapped]:
    patches = Patches()
    for name in names:
        yield map_file(name, plan, roots, patches)


def _results(names: Sequence[str], plan: Plan, roots: files.Roots, jobs: int, sent: bytes) -> Iterator[Mapped]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    batches = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
    done = 0
    pool = ProcessPoolExecutor(jobs, initializer=_start, initargs=(sent,))
    try:
        for batch in pool.map(_batch, batches):
            done += len(batch)
            yield from batch
    except BrokenProcessPool:  # the system killed one, for want of memory: go on alone
        yield from _alone(names[done:], plan, roots)
    finally:
        pool.shutdown(cancel_futures=True)


_WORK: list[tuple[Plan, files.Roots, Patches]] = []


def _start(sent: bytes) -> None:
    """What a process does first. An interrupt is the parent's to handle."""
    import gc
    import signal
    from pickle import loads

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.disable()
    plan, roots = loads(sent)  # noqa: S301 - made by the parent
    _WORK.append((plan, roots, Patches()))


def _batch(names: Sequence[str]) -> list[Mapped]:
    plan, roots, patches = _WORK[0]
    return [map_file(name, plan, roots, patches) for name in names]
