"""The engine as a child process: start it, send commands, collect what it says. docs/protocol.md.

``poll`` never waits, so a modal operator may call it from a timer; the command line polls in a loop.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from ..engine_setup.place import Place
from .errors import MissingEngine

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL = 1
_LAST_LINES = 12


def find_engine_python(user_folder: Path | None = None) -> Path:
    """The engine's own Python: $POSE3D_ENGINE_PYTHON, ``.venv-engine`` of a checkout, the user's folder.

    user_folder: the extension's own, where it installs the engine. Raises MissingEngine.
    """
    named = os.environ.get("POSE3D_ENGINE_PYTHON")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise MissingEngine(f"POSE3D_ENGINE_PYTHON names {named}, which is not there.")
    # one of ours that is still being made, or was left half-made, is none yet
    mark = Place(user_folder).mark() if user_folder else None
    of_the_user = [user_folder / "venv-engine"] if user_folder and (not mark or mark.state == "ready") else []
    for folder in [ROOT / ".venv-engine", *of_the_user]:
        for inner in ("bin/python", "Scripts/python.exe"):
            if (folder / inner).is_file():
                return folder / inner
    raise MissingEngine(
        "The engine is not installed, so videos cannot be read: press Set Up Engine in the sidebar's Pose3D"
        " tab, or set POSE3D_ENGINE_PYTHON to a Python that has its packages. Tracks files work without it."
    )


class EngineProcess:
    """One ``python -m engine serve``. Use as a context manager, or call ``close``.

    environment: variables it gets beside ours, such as POSE3D_CACHE.
    """

    def __init__(self, python: Path, environment: Mapping[str, str] | None = None) -> None:
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._errors: deque[str] = deque(maxlen=_LAST_LINES)
        self._ended = False
        try:
            self._process = subprocess.Popen(
                [str(python), "-u", "-m", "engine", "serve"],
                cwd=ROOT,
                env=engine_environment(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                # Ctrl-C in a terminal is ours to translate into a cancel
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise MissingEngine(f"The engine's Python {python} does not start: {error.strerror}.") from error
        self._input = cast("IO[str]", self._process.stdin)
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._keep, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, command: str, **fields: Any) -> None:
        """Send one command. An engine that has gone is no error here: ``poll`` reports it."""
        line = json.dumps({"command": command, **fields}) + "\n"
        with contextlib.suppress(OSError, ValueError):
            self._input.write(line)
            self._input.flush()

    def poll(self, at_most: int | None = None) -> list[dict[str, Any]]:
        """Messages since the last call, in order; never waits. at_most: the rest waits for the next call.

        An engine that ended without being told adds one of type ``crash`` with ``message`` and ``log``.
        """
        finished = self._process.poll() is not None and not any(t.is_alive() for t in self._threads)
        found: list[dict[str, Any]] = []
        while not self._messages.empty() and (at_most is None or len(found) < at_most):
            found.append(self._messages.get())
        if finished and not self._ended and self._messages.empty():
            self._ended = True
            found.append(
                {
                    "type": "crash",
                    "message": f"The engine ended unexpectedly (exit code {self._process.returncode}).",
                    "log": list(self._errors),
                }
            )
        return found

    def close(self, wait: float = 3.0) -> None:
        """End the engine: ask, then insist."""
        self._ended = True
        self.send("shutdown")
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            self._process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(timeout=1.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                message = json.loads(line)
            except ValueError:
                self._errors.append(line.rstrip())
                continue
            if isinstance(message, dict):
                self._messages.put(message)

    def _keep(self, stream: IO[str]) -> None:
        for line in stream:
            self._errors.append(line.rstrip())


def engine_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment for the engine's Python, without what Blender's Python set for itself.

    No bytecode is written: the engine's source lies in the add-on's folder, where nothing is ever written.
    """
    dropped = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "VIRTUAL_ENV", "LD_PRELOAD"}
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    own = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    own["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept | own | dict(more or {})
