"""A video through the engine, for the command line: progress on standard error, Ctrl-C cancels."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from .engine_process import PROTOCOL, EngineProcess
from .errors import Cancelled, Pose3DError

_TURN = 0.05  # seconds between two looks
_STEP = 10  # per cent between two lines where nobody watches
_CANCEL_WITHIN = 3.0  # seconds; the engine promises one


def capture(engine: EngineProcess, video: Path, output: Path, **fields: Any) -> dict[str, Any]:
    """Track a video; returns the engine's ``result``. Raises Pose3DError with the engine's exit code."""
    engine.send("track", id=1, video=str(video.absolute()), output=str(output.absolute()), **fields)
    meter = _Meter(video.name)
    try:
        while True:
            for message in engine.poll():
                result = _take(message, meter)
                if result is not None:
                    return result
            time.sleep(_TURN)
    except KeyboardInterrupt as interrupt:
        _cancel(engine)
        raise Cancelled("Cancelled.") from interrupt
    finally:
        meter.end()


def _take(message: dict[str, Any], meter: _Meter) -> dict[str, Any] | None:
    kind = message.get("type")
    if kind == "hello" and message.get("protocol") != PROTOCOL:
        raise Pose3DError(
            f"The engine speaks protocol {message.get('protocol')}, this add-on {PROTOCOL}: update both."
        )
    if kind == "progress":
        meter.show(message)
    elif kind == "error":
        text = f"{message.get('message', 'The engine failed.')} {message.get('hint', '')}".strip()
        raise Pose3DError(_with_log(text, message), int(message.get("exit_code", 1)))
    elif kind == "crash":
        raise Pose3DError(_with_log(message["message"], message))
    return message if kind == "result" else None


def _with_log(text: str, message: dict[str, Any]) -> str:
    log = [line for line in message.get("log") or [] if line.strip()]
    return "\n  ".join([text, *log[-8:]])


def _cancel(engine: EngineProcess) -> None:
    engine.send("cancel", id=1)
    until = time.monotonic() + _CANCEL_WITHIN
    while time.monotonic() < until:
        if any(message.get("type") in ("error", "result", "crash") for message in engine.poll()):
            return
        time.sleep(_TURN)


class _Meter:
    """One line that is written over in a terminal, a line each ten per cent elsewhere."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = sys.stderr.isatty()
        self._shown: tuple[str, int] = ("", -1)
        self._open = False

    def show(self, step: dict[str, Any]) -> None:
        stage, done, total = str(step.get("stage")), step.get("done") or 0, step.get("total") or 0
        percent = int(100 * done / total) if total else 0
        mark = (stage, percent if self._live else percent // _STEP)
        if mark == self._shown:
            return
        self._shown = mark
        left = step.get("seconds_left")
        text = f"{self._name}  {stage} {percent:3d} %  {done}/{total}  {step.get('fps') or 0:.1f}/s" + (
            f"  {left:.0f} s left" if left else ""
        )
        print(
            f"\r{text:<78}" if self._live else text,
            end="" if self._live else "\n",
            file=sys.stderr,
            flush=True,
        )
        self._open = self._live

    def end(self) -> None:
        if self._open:
            print(file=sys.stderr)
            self._open = False
