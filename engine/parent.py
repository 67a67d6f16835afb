"""Ends the engine when the program that started it is gone, however it went.

The closing of standard input is the first sign, seen by who reads it, on every system: a killed program's
pipes are closed by the kernel. What is here is for a parent that handed its end of the pipe to somebody who
lives on. Each system has a way to wait for the end of a process that is no child:

=======  =========================================================================================
Linux    the parent's number changes once it is gone: looked at twice a second; and the kernel sends a
         signal (prctl PR_SET_PDEATHSIG), which ends even an engine whose threads no longer run
macOS    kqueue with EVFILT_PROC and NOTE_EXIT; where that is refused, as above
Windows  a handle of the parent, which becomes signalled (OpenProcess, WaitForSingleObject)
=======  =========================================================================================
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOK_EVERY = 0.5  # seconds
_SYNCHRONIZE = 0x00100000  # winnt.h
_INFINITE = 0xFFFFFFFF  # winbase.h
_SIGNALLED = 0  # WAIT_OBJECT_0


def watch(gone: Callable[[], None]) -> None:
    """Call gone(), once, from another thread when the parent process ends."""
    parent = os.getppid()
    if sys.platform == "linux":
        _ask_for_signal(parent)
    wait = waiting_for(parent, sys.platform)

    def run() -> None:
        wait()
        gone()

    threading.Thread(target=run, name="parent", daemon=True).start()


def waiting_for(parent: int, system: str) -> Callable[[], None]:
    """What returns when a process has ended. system: as sys.platform names it.

    The process is taken hold of here, so that another that is given its number later is not taken for it.
    """
    if system == "win32":
        return _by_handle(parent, ctypes.WinDLL("kernel32", use_last_error=True))  # type: ignore[attr-defined]
    if system == "darwin" and hasattr(select, "kqueue"):
        return _by_kqueue(parent, select)
    return lambda: _by_looking(parent)


def _by_looking(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(_LOOK_EVERY)


def _by_kqueue(parent: int, system: Any) -> Callable[[], None]:
    """system: the module select."""
    event = system.kevent(
        parent,
        filter=system.KQ_FILTER_PROC,
        flags=system.KQ_EV_ADD | system.KQ_EV_ONESHOT,
        fflags=system.KQ_NOTE_EXIT,
    )
    queue = system.kqueue()
    try:
        queue.control([event], 0)
    except ProcessLookupError:
        return lambda: None  # gone already
    except OSError:
        return lambda: _by_looking(parent)

    def wait() -> None:
        while not queue.control(None, 1, None):
            pass

    return wait


def _by_handle(parent: int, kernel: Any) -> Callable[[], None]:
    """kernel: kernel32.dll."""
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.WaitForSingleObject.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, parent)
    if not handle:
        # gone already, or of another user: then the pipe has to do
        return _forever

    def wait() -> None:
        if kernel.WaitForSingleObject(handle, _INFINITE) != _SIGNALLED:
            _forever()

    return wait


def _forever() -> None:
    threading.Event().wait()


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
