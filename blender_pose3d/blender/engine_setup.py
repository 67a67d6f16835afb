"""The set-up of the engine as Blender sees it: a process of its own, read by a thread, polled by a timer."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..engine_setup.builds import Choice, choose
from ..engine_setup.errors import SetupError
from ..engine_setup.machine import Machine, look
from .engine_process import ROOT, engine_environment

_CANCEL_WITHIN = 4.0  # seconds until a worker that does not answer is ended


@dataclass
class SetupJob:
    """A running set-up, check or removal. ``poll`` and the fields are for a timer; none of it waits."""

    what: str
    text: str = "Starting"
    line: str = ""
    fraction: float = 0.0
    state: str = "running"
    warnings: list[str] = field(default_factory=list)

    def start(self, job: dict[str, Any], python: Path | None = None) -> SetupJob:
        """Start the worker with Blender's own Python, or another; ``state`` tells if it does not start."""
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._outcome: tuple[str, str] | None = None
        command = [
            str(python or sys.executable),
            "-s",
            "-B",
            "-u",
            "-m",
            "blender_pose3d.engine_setup.worker",
        ]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=engine_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self.state, self.text = "failed", f"{command[0]} does not start: {error.strerror}."
            return self
        self._say(json.dumps(job))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        return self.state == "running"

    def poll(self) -> bool:
        """Take in what was said since; whether anything was. Never waits."""
        if not self.running:
            return False
        over = self._process.poll() is not None and not self._thread.is_alive()
        heard = over
        while not self._messages.empty():
            self._take(self._messages.get())
            heard = True
        if over:
            # only now: whoever sees the end may remove folders or start the next job
            state, text = self._outcome or ("failed", f"The set-up ended unexpectedly. {self.line}".strip())
            self.state, self.text = state, text
            self._shut()
        return heard

    def cancel(self) -> None:
        """Ask it to stop. What was fetched stays."""
        if self.running:
            self.text = "Stopping"
            self._say("cancel")

    def close(self) -> None:
        """End it now, for a Blender that quits: waits a few seconds at most."""
        if not self.running:
            return
        self.state, self.text = "cancelled", "Stopped."
        self._shut()
        try:
            self._process.wait(_CANCEL_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(1.0)

    def _take(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "progress":
            self.fraction, self.text = message["fraction"], message["text"]
        elif kind == "log":
            self.line = message["line"]
        elif kind in ("done", "failed", "cancelled"):
            told = {"done": message.get("text"), "failed": message.get("message")}
            stopped = "Stopped. What was fetched is kept: Set Up goes on from there."
            self._outcome = kind, told.get(kind) or stopped
            self.warnings = message.get("warnings", [])

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()

    def _shut(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            try:
                message = json.loads(line)
            except ValueError:
                message = {"type": "log", "line": line.rstrip()}
            if isinstance(message, dict):
                self._messages.put(message)


class MachineLook:
    """What this machine is best served with, found out in a thread: NVIDIA's tool takes a second."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self.machine: Machine | None = None
        self.choice: Choice | None = None
        self.problem = ""

    def begin(self) -> MachineLook:
        """Start looking, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()
        return self

    @property
    def done(self) -> bool:
        return self.machine is not None

    def wait(self, seconds: float) -> bool:
        """Give it a moment; whether it is done."""
        self.begin()
        if self._thread is not None:
            self._thread.join(seconds)
        return self.done

    def _look(self) -> None:
        machine = look()
        try:
            self.choice = choose(machine)
        except SetupError as error:
            self.problem = str(error)
        self.machine = machine
