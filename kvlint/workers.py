"""Parts of work done by this process and by helpers beside it; results come in the order of the parts.

`concurrent.futures` would leave this process waiting, and its threads would wait for each other. What this process does
itself is neither sent nor read: with two processors that is half of everything."""

from __future__ import annotations

import sys
from collections import deque

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from typing import Any, TypeVar

    _Part = TypeVar("_Part")
    _Result = TypeVar("_Result")

AHEAD = 2
"""So many parts a helper has at hand: it must not wait while this process is busy with a part of its own."""


def shared(
    parts: Sequence[_Part],
    own: Callable[[_Part], _Result],
    helpers: int,
    prepare: Callable[[bytes], Callable[[_Part], _Result]],
    sent: bytes,
) -> Iterator[_Result]:
    """The results of all parts, in their order: of `own`, or of what `prepare(sent)` makes in a helper.

    A part that a helper cannot finish, because it dies or `prepare` or the part itself fails there, is done here."""
    waiting = deque(range(len(parts)))
    done: dict[int, _Result] = {}
    busy = [_Helper(prepare, sent) for _ in range(helpers)]
    try:
        for number in range(len(parts)):
            while number not in done:
                for helper in list(busy):
                    try:
                        helper.take(done)
                        helper.give(parts, waiting)
                    except (EOFError, OSError):
                        waiting.extendleft(sorted(helper.at_hand, reverse=True))
                        helper.stop()
                        busy.remove(helper)
                if number in done:
                    break
                if waiting:
                    mine = waiting.popleft()
                    done[mine] = own(parts[mine])
                else:
                    _wait(busy)
            yield done.pop(number)
        while busy:
            busy.pop().dismiss()
    finally:
        for helper in busy:
            helper.stop()


class _Helper:
    """A process beside this one. `at_hand` are the numbers of the parts that it has, in their order."""

    __slots__ = ("_connection", "_process", "at_hand")

    def __init__(self, prepare: Callable[[bytes], Callable[[Any], Any]], sent: bytes) -> None:
        from multiprocessing import get_context
        from threading import active_count

        # The fastest way, which Python 3.14 does not take of itself: threads would not survive it.
        alone = sys.platform == "linux" and active_count() == 1
        context: Any = get_context("fork" if alone else None)
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_help, args=(theirs, self._connection, prepare, sent))
        self._process.start()
        theirs.close()
        self.at_hand: deque[int] = deque()

    def give(self, parts: Sequence[Any], waiting: deque[int]) -> None:
        """Send parts until the helper has enough at hand. Raises OSError if it is gone."""
        while waiting and len(self.at_hand) < AHEAD:
            self.at_hand.append(waiting.popleft())
            self._connection.send(parts[self.at_hand[-1]])

    def take(self, done: dict[int, Any]) -> None:
        """Read the results that are there. Raises EOFError or OSError if the helper is gone."""
        while self.at_hand and self._connection.poll():
            done[self.at_hand.popleft()] = self._connection.recv()

    def dismiss(self) -> None:
        """Let the process end by itself, which takes a while: its memory is taken apart."""
        self._connection.close()

    def stop(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.terminate()
        self._process.join()


def _wait(helpers: Sequence[_Helper]) -> None:
    from multiprocessing.connection import wait

    wait([helper._connection for helper in helpers])


def _help(connection: Connection, other_end: Connection, prepare: Callable[[bytes], Any], sent: bytes) -> None:
    """What a helper does: one part after another, until the other end is closed or gone. An interrupt is not its to
    handle."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    other_end.close()
    gc.freeze()
    gc.disable()
    try:
        work = prepare(sent)
        while True:
            connection.send(work(connection.recv()))
    except Exception:
        # Whoever sent the part does it then, and tells of what is wrong with it. A traceback could hold its text.
        return
