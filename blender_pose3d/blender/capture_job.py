"""One capture, from the button to kept tracks: hash, engine, quality. Nothing waits; ``tick`` takes it on."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import captures
from .background import Background, file_sha256
from .captures import Capture, Request
from .engine_session import Engine, EngineSession, told
from .errors import Cancelled, Pose3DError

_log = logging.getLogger(__name__)

READING, STARTING, WORKING, CANCELLING, JUDGING = "reading", "starting", "working", "cancelling", "judging"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
_CANCEL_WITHIN = 3.0  # seconds; the engine promises one

NO_CARD = "The engine cannot use a graphics card here, so the processor computed."
STAGES = {
    READING: "Reading the video",
    STARTING: "Starting the engine",
    "load": "Loading networks",
    "follow": "Following people",
    "lift": "Finding depth",
    CANCELLING: "Cancelling",
    JUDGING: "Looking at the motion",
}
"""What people read."""


@dataclass
class Progress:
    """How far it is: done of total frames, fps a second, seconds left or None."""

    stage: str = READING
    done: int = 0
    total: int = 0
    fps: float = 0.0
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True)
class Means:
    """With what, and where: engine, the folder that captures are kept in, more fields of ``track``."""

    engine: Engine
    root: Path
    fields: Mapping[str, Any] = field(default_factory=dict)


class CaptureJob:
    """state: one of the words above. problem: why it failed. note: what is worth knowing. capture: what came
    out, when state is DONE. found: it had been captured before. continued: part of the video, 0 to 1, that an
    interrupted capture had got to and this one went on from."""

    def __init__(
        self, session: EngineSession, means: Means, request: Request, *, again: bool = False
    ) -> None:
        self.request = request
        self.state = READING
        self.progress = Progress()
        self.problem = ""
        self.note = ""
        self.capture: Capture | None = None
        self.found = False
        self.continued = 0.0
        self._continues = False
        self._reached = 0.0
        self._session = session
        self._means = means
        self._again = again
        self._number = 0
        self._cancelled_at = 0.0
        self._preparing = Background(self._prepare)
        self._judging: Background[Capture] | None = None

    @property
    def over(self) -> bool:
        return self.state in (DONE, FAILED, CANCELLED)

    def tick(self) -> None:
        """Take what has come since the last tick; the session has ticked before."""
        if self.state == READING and self._preparing.done:
            self._prepared()
        elif self.state == JUDGING and self._judging is not None and self._judging.done:
            self._judged(self._judging)
        elif self.state == CANCELLING and time.monotonic() - self._cancelled_at > _CANCEL_WITHIN:
            self._session.close()
            self._end(CANCELLED)

    def cancel(self) -> None:
        """Stop; what the engine keeps of its work stays."""
        if self.state == READING:
            self._preparing.stop()
            self._end(CANCELLED)
        elif self.state in (STARTING, WORKING):
            self._session.cancel()
            self._cancelled_at = time.monotonic()
            self._to(CANCELLING)

    def give_up(self, reason: str) -> None:
        """End at once, for a reason that people read; the engine is ended by who owns it."""
        if not self.over:
            self._preparing.stop()
            self._session.forget(self._number)
            self._end(FAILED, reason)

    def _prepare(self, stop: threading.Event) -> tuple[Capture, bool, str]:
        """In a thread: the capture that is there, or a new one; whether it was there; a note."""
        sha256 = file_sha256(self.request.video, stop)
        folder = captures.folder_of(self._means.root, sha256, self.request)
        known, note = captures.read(folder), ""
        if known is not None and known.whole and not self._again:
            if captures.is_intact(known):
                return known, True, ""
            note = "The capture that was kept had been damaged, so the video was captured again."
        return captures.begin(self._means.root, sha256, self.request), False, note

    def _prepared(self) -> None:
        try:
            self.capture, self.found, self.note = self._preparing.result()
        except Cancelled:
            self._end(CANCELLED)
        except Pose3DError as error:
            self._end(FAILED, str(error))
        except Exception as error:
            self._unexpected(error)
        else:
            if self.found:
                self._end(DONE)
            else:
                self._ask(self.capture)

    def _ask(self, capture: Capture) -> None:
        request = self.request
        chosen = {"pose2d": request.network} if request.network else {"quality": request.quality}
        fields = {
            "video": str(request.video), "output": str(capture.tracks), "people": "all",
            "pictures": str(capture.folder), "start": request.start, "end": request.end,
            "use_cache": not self._again,
        } | chosen | dict(self._means.fields)  # fmt: skip
        self._to(STARTING)
        try:
            self._number = self._session.ask(self._means.engine, self._answered, "track", **fields)
        except Pose3DError as error:
            self._end(FAILED, str(error))

    def _answered(self, message: dict[str, Any]) -> None:
        if self.over:
            return
        kind = message.get("type")
        if kind == "progress" and self.state != CANCELLING:
            self.state = WORKING
            left = message.get("seconds_left")
            self.progress = Progress(
                str(message.get("stage")), int(message.get("done") or 0), int(message.get("total") or 0),
                float(message.get("fps") or 0.0), None if left is None else float(left),
            )  # fmt: skip
            self._note_place()
        elif kind == "continued":
            self._continues = True
        elif kind == "result" and self.capture is not None:
            capture = self.capture
            if self._means.fields.get("device") == "cuda" and self._session.device == "cpu":
                self.note = f"{self.note} {NO_CARD}".strip()
            self._judging = Background(lambda _: captures.finish(capture))
            self._to(JUDGING)
        elif self.state == CANCELLING or message.get("code") == "cancelled":
            self._end(CANCELLED)
        elif kind in ("error", "crash"):
            self._end(FAILED, told(message))

    def _note_place(self) -> None:
        """Where in the video it is, to be told when it is interrupted and when it goes on."""
        if self.progress.stage != "follow" or not self.progress.total:
            return
        self._reached = max(self._reached, self.progress.fraction)
        if self._continues:
            self.continued, self._continues = self.progress.fraction, False

    def _judged(self, judging: Background[Capture]) -> None:
        try:
            self.capture = judging.result()
        except Pose3DError as error:
            self._end(FAILED, str(error))
        except ImportError as error:
            self._end(FAILED, f"Python package {error.name} is missing from this Blender: install it there.")
        except Exception as error:
            self._unexpected(error)
        else:
            self._end(DONE)

    def _unexpected(self, error: Exception) -> None:
        """A slip of ours ends the capture: raised in a timer, it would leave the tab busy for good."""
        _log.error("A capture ended by what nobody thought of.", exc_info=error)
        self._end(FAILED, f"Something went wrong that should not ({error!r}): please report it.")

    def _to(self, state: str) -> None:
        self.state = state
        self.progress = Progress(state)

    def _end(self, state: str, problem: str = "") -> None:
        self.state, self.problem = state, problem
        if state != DONE and self.capture is not None and self._reached:
            self.capture = replace(self.capture, reached=self._reached)
            with contextlib.suppress(OSError):  # a full disk has been told of, or ended it
                captures.write(self.capture)
