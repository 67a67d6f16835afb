"""Work done ahead in a thread of its own, behind a bounded queue: decoding, while networks look.

FFmpeg, OpenCV, LiteRT, OpenVINO and torch all let other threads of Python run, so a stage that only calls
them overlaps with the next one. What comes out, and in which order, is as without.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Any, TypeVar

_Item = TypeVar("_Item")

_LOOK_UP = 0.1  # seconds after which a waiting thread looks whether it is to stop
_BEHIND = 4  # of niceness: whoever reads is what all wait for, and runs first where processors are few


class _End:
    """What ended the work: an error, or nothing more to do."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Backlog:
    """How many items wait for the reader of `ahead`. Any thread may ask; the answer may be past by then."""

    def __init__(self) -> None:
        self._made: queue.Queue[Any] | None = None

    def __len__(self) -> int:
        return 0 if self._made is None else self._made.qsize()

    def of(self, made: queue.Queue[Any]) -> None:
        """Those in that queue."""
        self._made = made


def ahead(
    items: Iterable[_Item], depth: int, name: str, backlog: Backlog | None = None
) -> Generator[_Item, None, None]:
    """The same items in the same order, made up to `depth` ahead in a thread of that name.

    backlog: is told what waits.

    An error of the items is raised where they are read. When the reader closes the generator, or loses it,
    the thread ends after the item in hand, and the items are closed in it; close() waits for that.
    """
    made: queue.Queue[_Item | _End] = queue.Queue(maxsize=depth)
    if backlog is not None:
        backlog.of(made)
    stop = threading.Event()
    # daemon: should the reader's thread die with the generator open, the process may still end
    worker = threading.Thread(target=_make, args=(items, made, stop), name=name, daemon=True)
    worker.start()
    try:
        while True:
            item = made.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stop.set()
        worker.join()


@contextlib.contextmanager
def closed(items: Iterable[_Item]) -> Iterator[Iterable[_Item]]:
    """The items, closed in the end if they are a generator: an error's traceback would hold them open."""
    try:
        yield items
    finally:
        if isinstance(items, Generator):
            items.close()


def _make(items: Iterable[_Item], made: queue.Queue[_Item | _End], stop: threading.Event) -> None:
    end = _End()
    _step_back()
    try:
        # a generator can only be closed by the thread that runs it
        with closed(items):
            for item in items:
                if not _put(made, item, stop):
                    return
    except BaseException as error:  # to be raised by the reader, whatever it is
        end = _End(error)
    finally:
        _put(made, end, stop)


def _step_back() -> None:
    """Let the process's main thread run first, on Linux, where threads have priorities of their own.

    Threads that FFmpeg starts from here inherit it, as do stages before this one, which are not to fall
    farther behind.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            first = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), first + _BEHIND)


def _put(made: queue.Queue[_Item | _End], item: _Item | _End, stop: threading.Event) -> bool:
    """Whether there was room before it was to stop."""
    while not stop.is_set():
        with contextlib.suppress(queue.Full):
            made.put(item, timeout=_LOOK_UP)
            return True
    return False
