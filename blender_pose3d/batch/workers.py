"""Several clips at once: worker processes that are handed one clip after another and say what became of it.

A worker is the same program. It reads clips, a line of JSON each, and answers each with a line of JSON. When
one dies, its clip counts as failed and another takes its place.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from typing import IO, Any, cast

from .memory import free_memory
from .plan import Clip, to_message
from .summary import FAILED, LEFT, Outcome

_PATIENCE = 10.0  # seconds for a worker to end by itself
_FOR_VIDEO, _FOR_TRACKS = 2.5e9, 0.8e9  # bytes that a worker needs: with an engine of its own, without


def run(
    heaps: Sequence[Sequence[Clip]], command: Sequence[str], jobs: int, env: dict[str, str] | None = None
) -> Generator[Outcome, None, None]:
    """What becomes of each clip, in the order in which they end.

    heaps: clips that one worker is to do after another, such as those of one video. command, env: start a
    worker. Closing the iterator, or an exception thrown into it, ends all workers; what they were at is not
    done then.
    """
    waiting: queue.SimpleQueue[Sequence[Clip]] = queue.SimpleQueue()
    for heap in heaps:
        waiting.put(heap)
    said: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    stop = threading.Event()
    hands = [_Hand(command, env, waiting, said, stop) for _ in range(max(1, min(jobs, len(heaps))))]
    for hand in hands:
        hand.start()
    try:
        for _ in range(sum(map(len, heaps))):
            yield said.get()
    finally:
        stop.set()
        for hand in hands:
            hand.end()


def affordable(jobs: int, videos: bool) -> int:
    """As many of these workers as the free memory carries, at least one. videos: they need engines."""
    free = free_memory()
    return jobs if free is None else max(1, min(jobs, int(free / (_FOR_VIDEO if videos else _FOR_TRACKS))))


class _Hand(threading.Thread):
    """Keeps one worker busy."""

    def __init__(
        self,
        command: Sequence[str],
        env: dict[str, str] | None,
        waiting: queue.SimpleQueue[Sequence[Clip]],
        said: queue.SimpleQueue[Outcome],
        stop: threading.Event,
    ) -> None:
        super().__init__(name="worker", daemon=True)
        self._command, self._env = list(command), env
        self._waiting, self._said, self._stop_all = waiting, said, stop
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        while not self._stop_all.is_set():
            try:
                heap = self._waiting.get_nowait()
            except queue.Empty:
                return
            for clip in heap:
                if self._stop_all.is_set():
                    return
                self._said.put(self._ask(clip))

    def _ask(self, clip: Clip) -> Outcome:
        try:
            process = self._process or self._begin()
            cast("IO[str]", process.stdin).write(json.dumps(to_message(clip)) + "\n")
            cast("IO[str]", process.stdin).flush()
            line = cast("IO[str]", process.stdout).readline()
            if line:
                return Outcome(**json.loads(line))
        except (OSError, ValueError, TypeError) as error:
            reason = str(error)
        else:
            reason = f"exit code {process.wait()}"
        self._process = None
        if self._stop_all.is_set():
            return Outcome(clip.label, LEFT)
        return Outcome(clip.label, FAILED, 1, f"The process that was at it ended ({reason}).")

    def _begin(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            self._command,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # Ctrl-C in a terminal is the parent's to pass on, by closing the worker's input
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        return self._process

    def end(self) -> None:
        """End the worker: close its input, ask, insist."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            cast("IO[str]", process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            return
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(one: Callable[[dict[str, Any]], Outcome], answers: IO[str]) -> None:
    """A worker's side: clips, as `plan.to_message` makes them, from standard input until it closes."""
    for line in sys.stdin:
        outcome = one(json.loads(line))
        answers.write(json.dumps(vars(outcome)) + "\n")
        answers.flush()
