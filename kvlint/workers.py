"""Parts of work done by this process and by helpers beside it; results come in the order of the parts.

`concurrent.futures` would leave this process waiting, and its threads would wait for each other. What this process does
itself is neither sent nor read: with two processors that is half of everything."""

from __future__ import annotations

import sys
from collections import deque
from contextlib import suppress

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
    busy: list[_Helper] = []
    try:
        with suppress(OSError):  # no more processes are to be had: those that are there do
            busy.extend(_Helper(prepare, sent, parts) for _ in range(helpers))
        for number in range(len(parts)):
            while number not in done:
                for helper in list(busy):
                    try:
                        helper.take(done)
                        helper.give(waiting)
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

    __slots__ = ("_process", "at_hand", "connection")

    def __init__(self, prepare: Callable[[bytes], Callable[[Any], Any]], sent: bytes, parts: Sequence[Any]) -> None:
        """Raises OSError where no more processes are to be had."""
        from multiprocessing import get_context
        from threading import active_count

        # The fastest way, which Python 3.14 does not take of itself: threads would not survive it.
        alone = sys.platform == "linux" and active_count() == 1
        context: Any = get_context("fork" if alone else None)
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.at_hand: deque[int] = deque()
        given = theirs, self.connection, prepare, sent, parts
        self._process: BaseProcess = context.Process(target=_help, args=given)
        try:
            self._process.start()
        except OSError:
            self.connection.close()
            raise
        finally:
            theirs.close()

    def give(self, waiting: deque[int]) -> None:
        """Send numbers of parts until the helper has enough at hand. Raises OSError if it is gone.

        The parts it has already: were they sent, both ends could wait until the other one reads."""
        while waiting and len(self.at_hand) < AHEAD:
            self.at_hand.append(waiting.popleft())
            self.connection.send(self.at_hand[-1])

    def take(self, done: dict[int, Any]) -> None:
        """Read the results that are there. Raises EOFError or OSError if the helper is gone."""
        while self.at_hand and self.connection.poll():
            done[self.at_hand.popleft()] = self.connection.recv()

    def dismiss(self) -> None:
        """Let the process end by itself, which takes a while: its memory is taken apart."""
        self.connection.close()

    def stop(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _wait(helpers: Sequence[_Helper]) -> None:
    from multiprocessing.connection import wait

    wait([helper.connection for helper in helpers])


def _help(
    connection: Connection,
    other_end: Connection,
    prepare: Callable[[bytes], Any],
    sent: bytes,
    parts: Sequence[Any],
) -> None:
    """What a helper does: the parts whose numbers it gets, until the other end is closed or gone. An interrupt is not
    its to handle."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    other_end.close()
    gc.freeze()
    gc.disable()
    try:
        work = prepare(sent)
        while True:
            connection.send(work(parts[connection.recv()]))
    except Exception:
        # Whoever sent the part does it then, and tells of what is wrong with it. A traceback could hold its text.
        return
