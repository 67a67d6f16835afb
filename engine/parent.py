"""Ends the engine when the program that started it is gone, however it went."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOK_EVERY = 0.5  # seconds


def watch(gone: Callable[[], None]) -> None:
    """Call gone(), once, from another thread when the parent process ends.

    The closing of standard input is the first sign, seen by who reads it, on every system. This one is for
    a parent that handed its end of the pipe to somebody who lives on. On Linux the kernel also sends a
    signal, which ends even an engine whose threads no longer run.
    """
    if sys.platform == "win32":
        # processes there have no parent to ask for; the pipe has to do
        return
    parent = os.getppid()
    if sys.platform == "linux":
        _ask_for_signal(parent)
    threading.Thread(target=_poll, args=(parent, gone), name="parent", daemon=True).start()


def _poll(parent: int, gone: Callable[[], None]) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(_LOOK_EVERY)
    gone()


def _ask_for_signal(parent: int) -> None:
    # The kernel sends it when the thread that started us ends, which may be a worker of a living parent.
    # So the signal is a harmless one whose handler looks whether the parent is still there.
    def handler(_number: int, _frame: object) -> None:
        if os.getppid() != parent:
            # the polling thread has a second to leave tidily
            signal.setitimer(signal.ITIMER_REAL, 3.0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    signal.signal(signal.SIGHUP, handler)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
