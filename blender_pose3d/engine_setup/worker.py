"""``python -m blender_pose3d.engine_setup.worker``: makes, checks or removes the engine's environment.

One JSON object on the first line of standard input says what: ``do`` (make, repair, check, remove), ``root``
(the user's folder), ``python``, ``build``, ``environment`` (variables for the engine). Another line, or its
end, cancels. It answers in JSON lines: ``progress`` (fraction, text), ``log`` (line), then one of ``done``
(text, warnings), ``failed`` (message), ``cancelled``. Everything is in ROOT/setup.log, too.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from .builds import BUILDS
from .children import Children
from .errors import SetupCancelled, SetupError
from .making import ROOT, Making
from .place import Place, alone, in_words, size_mb, writing
from .python_check import check_engine, version_of


class Log:
    """Lines to the parent and to a file, which starts anew with each job."""

    def __init__(self, path: Path, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", errors="replace")

    def line(self, text: str) -> None:
        self._write(f"{time.strftime('%H:%M:%S')} {text}")
        self.send("log", line=text)

    def say(self, stage: str, fraction: float, text: str) -> None:
        self.send("progress", stage=stage, fraction=round(fraction, 4), text=text)

    def send(self, kind: str, **fields: Any) -> None:
        """A parent that reads no more is one that has gone: the watch over standard input ends the job."""
        with self._lock:
            try:
                self._stream.write(json.dumps({"type": kind, **fields}) + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return

    def _write(self, text: str) -> None:
        try:
            self._file.write(f"{text}\n")
            self._file.flush()
        except OSError:
            # a disk that is full is told by what filled it
            return


def work(job: dict[str, Any], children: Children, log: Log) -> tuple[str, list[str]]:
    """Do a job: what to tell in the end, and warnings. Raises SetupError, SetupCancelled."""
    place, more = Place(Path(job["root"])), dict(job.get("environment") or {})
    if job["do"] == "check":
        python = Path(job["python"])
        version_of(python, children)
        log.say("check", 0.2, "Trying the engine out")
        return "The engine works with this Python.", check_engine(python, ROOT, children, more)
    with alone(place.root):
        if job["do"] == "remove":
            log.say("remove", 0.1, "Removing the engine")
            freed = size_mb(place.environment) + size_mb(place.wheels)
            place.remove(place.wheels)
            place.remove()
            return f"The engine was removed: {in_words(freed)} are free again.", []
        return _make(job, place, more, children, log)


def _make(
    job: dict[str, Any], place: Place, more: dict[str, str], children: Children, log: Log
) -> tuple[str, list[str]]:
    started = time.monotonic()
    making = Making(
        place,
        Path(job["python"]),
        BUILDS[job["build"]],
        children,
        log.say,
        deep=job["do"] == "repair",
        cache=more,
        weights=bool(job.get("weights", True)),
    )
    shutil.rmtree(place.wheels / "tmp", ignore_errors=True)
    warnings = making.run()
    seconds = time.monotonic() - started
    log.line(f"done in {seconds:.0f} s, {in_words(size_mb(place.environment))}")
    return "The engine is ready.", warnings


def serve(given: IO[str], answers: IO[str]) -> int:
    """Read one job, do it, answer. 0 done, 1 failed, 5 cancelled."""
    job = json.loads(given.readline())
    try:
        log = Log(Path(job["root"]) / "setup.log", answers)
    except SetupError as error:
        answers.write(json.dumps({"type": "failed", "message": str(error)}) + "\n")
        answers.flush()
        return 1
    children = Children(log.line, dict(os.environ))
    threading.Thread(target=_watch, args=(given, children), daemon=True).start()
    return _ended(lambda: work(job, children, log), log)


def _ended(do: Callable[[], tuple[str, list[str]]], log: Log) -> int:
    try:
        text, warnings = do()
    except SetupCancelled:
        log.line("cancelled")
        log.send("cancelled")
        return 5
    except SetupError as error:
        log.line(f"failed: {error}")
        log.send("failed", message=str(error))
        return 1
    except Exception as error:  # whatever it is, the person in Blender must hear of it
        log.line(f"failed: {type(error).__name__}: {error}")
        log.send("failed", message=f"Something unexpected went wrong ({type(error).__name__}: {error}).")
        return 1
    for warning in warnings:
        log.line(f"warning: {warning}")
    log.send("done", text=text, warnings=warnings)
    return 0


def _watch(given: IO[str], children: Children) -> None:
    given.readline()  # "cancel", or the end: the parent has gone
    children.stop()


if __name__ == "__main__":
    code = serve(sys.stdin, sys.stdout)
    sys.stdout.flush()
    os._exit(code)  # the thread that watches standard input waits in it
