"""One engine for a Blender session: started when it is needed, asked several things, ended in every way.

Whoever asks gets its answers in a call from ``tick``, which Blender's main thread makes; nothing here waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .engine_process import PROTOCOL, EngineProcess

Answer = Callable[[dict[str, Any]], None]
"""Called with each message about what was asked: progress, then one result, error or crash."""

_AT_ONCE = (
    100  # messages a tick: handing one on takes microseconds, a flood of them must not take the viewport
)
_IDLE = 120.0  # seconds after which an engine that nobody asks is ended: it holds memory
_FINAL = ("result", "error", "crash")


@dataclass(frozen=True)
class Engine:
    """Which engine: its Python, and variables for its environment."""

    python: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class EngineSession:
    """At most one engine process. All methods are for the main thread. device: what the engine computes on by
    itself, as it said; empty before."""

    def __init__(self) -> None:
        self.device = ""
        self._engine: Engine | None = None
        self._process: EngineProcess | None = None
        self._waiting: dict[int, Answer] = {}
        self._last_id = 0
        self._used = 0.0

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    def ask(self, engine: Engine, answer: Answer, command: str, **fields: Any) -> int:
        """Send a command to this engine and return its id. Raises MissingEngine if it does not start.

        An engine of another Python or environment is ended first, unless it still owes an answer.
        """
        if self._process is not None and engine != self._engine and not self._waiting:
            self.close()
        if self._process is None:
            self._process, self._engine = EngineProcess(engine.python, engine.environment), engine
        self._last_id += 1
        self._waiting[self._last_id] = answer
        self._used = time.monotonic()
        self._process.send(command, id=self._last_id, **fields)
        return self._last_id

    def cancel(self) -> None:
        """Stop the running job; its answer is then an error with the code ``cancelled``."""
        if self._process is not None:
            self._process.send("cancel")

    def forget(self, number: int) -> None:
        """Its answers are wanted no more."""
        self._waiting.pop(number, None)

    def tick(self) -> None:
        """Hand on what the engine said since the last tick, at most a hundred messages."""
        if self._process is None:
            return
        for message in self._process.poll(_AT_ONCE):
            self._hand_on(message)
        if self._waiting:
            self._used = time.monotonic()
        elif time.monotonic() - self._used > _IDLE:
            self.close()

    def close(self, *, wait: float | None = None) -> None:
        """End the engine; no answers come after. wait: seconds to stay for it, None leaves it to a thread."""
        process, self._process, self._engine = self._process, None, None
        self._waiting.clear()
        if process is None:
            return
        if wait is None:
            threading.Thread(target=process.close, name="pose3d-end", daemon=True).start()
        else:
            process.close(wait)

    def _hand_on(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "hello":
            self.device = str(message.get("device") or "")
        if kind == "hello" and message.get("protocol") != PROTOCOL:
            text = (
                f"The engine speaks protocol {message.get('protocol')}, this add-on {PROTOCOL}: update both."
            )
            kind, message = "crash", {"type": "crash", "message": text, "log": []}
        if kind == "crash":
            waiting = list(self._waiting.values())
            self.close()
            for answer in waiting:
                answer(message)
            return
        number = message.get("id")
        if not isinstance(number, int):  # a list, say, cannot be a key, and is none of ours
            return
        answer = self._waiting.pop(number, None) if kind in _FINAL else self._waiting.get(number)
        if answer is not None:
            answer(message)


def told(message: Mapping[str, Any]) -> str:
    """What an ``error`` or a ``crash`` says, for people: its message, what to do, and a log's last line."""
    text = f"{message.get('message') or 'The engine failed.'} {message.get('hint') or ''}".strip()
    lines = [line.strip() for line in message.get("log") or [] if str(line).strip()]
    return f"{text} Last words: {lines[-1]}" if lines and message.get("type") == "crash" else text
