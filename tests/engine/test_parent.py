"""Waiting for the end of a process that is no child, as each system does it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine import parent

ROOT = Path(__file__).parents[2]
# a parent that starts a watcher, tells its number and sleeps; the watcher writes when the parent has gone
_WATCHER = """
import sys, time
from pathlib import Path
from engine import parent
parent.watch(lambda: Path(sys.argv[1]).touch())
print("ready", flush=True)
time.sleep(60)
"""
_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def ended(wait, within: float = 5.0) -> bool:
    """Whether a wait returns."""
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join(within)
    return not thread.is_alive()


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_killed_parent_is_noticed_on_this_system(tmp_path):
    mark = tmp_path / "gone"
    command = [sys.executable, "-c", _PARENT, _WATCHER, str(mark)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        watcher = int(process.stdout.readline())
        assert not mark.exists()
        process.kill()
    try:
        end = time.monotonic() + 10
        while not mark.exists() and time.monotonic() < end:
            time.sleep(0.02)
        assert mark.exists()
    finally:
        os.kill(watcher, signal.SIGKILL)


class Queue:
    """A kqueue that tells of one process' end when it is set."""

    def __init__(self, error: OSError | None = None) -> None:
        self.error, self.asked, self.exits = error, [], threading.Event()

    def control(self, events, most, timeout=None):
        if events:
            self.asked += events
            if self.error is not None:
                raise self.error
            return []
        assert most == 1 and timeout is None
        self.exits.wait()
        return ["exit"]


def select_with(queue: Queue) -> SimpleNamespace:
    return SimpleNamespace(
        kqueue=lambda: queue,
        kevent=lambda ident, **how: (ident, how),
        KQ_FILTER_PROC=-5,
        KQ_EV_ADD=1,
        KQ_EV_ONESHOT=0x10,
        KQ_NOTE_EXIT=0x80000000,
    )


def test_macos_waits_with_kqueue():
    queue = Queue()
    wait = parent._by_kqueue(4711, select_with(queue))
    assert queue.asked == [(4711, {"filter": -5, "flags": 0x11, "fflags": 0x80000000})]
    assert not ended(wait, 0.05)
    queue.exits.set()
    assert ended(wait)


def test_macos_knows_a_parent_that_has_gone_already_and_looks_where_it_may_not_wait(monkeypatch):
    assert ended(parent._by_kqueue(4711, select_with(Queue(ProcessLookupError()))))
    wait = parent._by_kqueue(4711, select_with(Queue(PermissionError())))
    monkeypatch.setattr(os, "getppid", lambda: 4711)
    assert not ended(wait, 0.05)
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert ended(wait)


class Kernel:
    """As much of kernel32.dll as is asked for."""

    def __init__(self, handle: int | None, answer: int = 0) -> None:
        self.exits, self.asked = threading.Event(), []
        kernel = self

        class OpenProcess:
            restype = None

            def __call__(self, *given):
                kernel.asked.append(given)
                return handle

        class WaitForSingleObject:
            argtypes = None

            def __call__(self, *given):
                kernel.asked.append(given)
                kernel.exits.wait()
                return answer

        self.OpenProcess, self.WaitForSingleObject = OpenProcess(), WaitForSingleObject()


def test_windows_waits_for_a_handle():
    kernel = Kernel(handle=96)
    wait = parent._by_handle(4711, kernel)
    assert kernel.asked == [(0x00100000, False, 4711)]
    assert not ended(wait, 0.05)
    kernel.exits.set()
    assert ended(wait)
    assert kernel.asked[1] == (96, 0xFFFFFFFF)


@pytest.mark.parametrize("kernel", [Kernel(handle=None), Kernel(handle=96, answer=0xFFFFFFFF)])
def test_windows_leaves_it_to_the_pipe_where_it_may_not_wait(kernel):
    kernel.exits.set()
    assert not ended(parent._by_handle(4711, kernel), 0.1)
