"""What captures are about at the moment: the engine, the video that is looked at, the capture that runs.

There is one for a Blender session (``DESK``). It holds nothing of Blender's data, so that undo and other
files cannot take anything from under it.
"""

from __future__ import annotations

import time
from pathlib import Path

from . import captures
from .capture_job import CaptureJob, Means
from .captures import Capture, CaptureError, Request
from .engine_session import Engine, EngineSession
from .video_look import VideoLook

LOADED = "The capture ended because another file was opened. Capture again: it is still known what was asked."
DISABLED = "The capture ended because the add-on was turned off."


class Desk:
    """kept: all captures, newest first. message: how the last capture ended; is_problem: badly."""

    def __init__(self) -> None:
        self.session = EngineSession()
        self.job: CaptureJob | None = None
        self.look: VideoLook | None = None
        self.kept: list[Capture] = []
        self.message = ""
        self.is_problem = False
        self.slowest = 0.0  # seconds of processor time, of all ticks

    @property
    def busy(self) -> bool:
        """Whether a capture runs."""
        return self.job is not None and not self.job.over

    @property
    def restless(self) -> bool:
        """Whether ticks are needed."""
        return self.busy or self.session.running or (self.look is not None and not self.look.over)

    def choose(self, video: Path | None, engine: Engine | None, folder: Path) -> None:
        """Look at a video, None for none; thumbnails are kept in the folder."""
        if self.look is not None:
            self.look.stop()
        self.look = None if video is None else VideoLook(video, self.session, engine, folder)

    def start(self, means: Means, request: Request, *, again: bool = False) -> CaptureJob:
        """Begin a capture. again: even if it was captured before. Raises CaptureError while another runs."""
        if self.busy:
            raise CaptureError("A capture is running: wait for it, or cancel it.")
        self.message, self.is_problem = "", False
        self.job = CaptureJob(self.session, means, request, again=again)
        return self.job

    def tick(self) -> CaptureJob | None:
        """Take in what happened; returns the capture that ended now, if one did. Never waits."""
        before = time.thread_time()
        busy = self.busy
        self.session.tick()
        if self.look is not None:
            self.look.tick()
        if self.job is not None:
            self.job.tick()
        ended = self.job if busy and not self.busy else None
        if ended is not None:
            self._tell(ended)
        self.slowest = max(self.slowest, time.thread_time() - before)
        return ended

    def cancel(self) -> None:
        """Cancel the capture that runs, if one does."""
        if self.job is not None:
            self.job.cancel()
            if self.job.over:
                self._tell(self.job)

    def end(self, reason: str, *, wait: float | None = None) -> None:
        """End everything: the engine, and the capture for a reason that people read."""
        if self.look is not None:
            self.look.stop()
            self.look = None
        if self.busy and self.job is not None:
            self.job.give_up(reason)
            self._tell(self.job)
        self.session.close(wait=wait)

    def refresh(self, root: Path) -> None:
        """Read again what is kept."""
        self.kept = captures.everything(root)

    def remove(self, root: Path, folder: Path) -> None:
        """Delete a capture. Raises CaptureError, also for the one that runs."""
        running = self.job.capture if self.busy and self.job is not None else None
        if running is not None and running.folder == folder:
            raise CaptureError("This capture is running: cancel it first.")
        captures.remove(root, folder)
        self.kept = [capture for capture in self.kept if capture.folder != folder]

    def of_tracks(self, path: str | Path) -> Capture | None:
        """The kept capture whose tracks these are, without a look at the disk."""
        return next((c for c in self.kept if c.whole and c.tracks == Path(path)), None)

    def captured(self, root: Path, request: Request) -> Capture | None:
        """The kept capture, whole or interrupted, of the video that is looked at, by this request."""
        if self.look is None or not self.look.sha256 or self.look.video != request.video:
            return None
        folder = captures.folder_of(root, self.look.sha256, request)
        return next((c for c in self.kept if c.folder == folder), None)

    def _tell(self, job: CaptureJob) -> None:
        """Put into words how a capture ended, and into the list what came of it."""
        if job.capture is not None:
            self.kept = [job.capture, *(c for c in self.kept if c.folder != job.capture.folder)]
        self.is_problem = job.state == "failed"
        if job.state == "failed":
            self.message = job.problem
        elif job.state == "cancelled":
            self.message = "Cancelled."
        elif job.capture is not None:
            people = "1 person" if job.capture.people == 1 else f"{job.capture.people} people"
            how = "Captured before" if job.found else "Captured"
            self.message = f"{how}: {people}, {job.capture.seconds:.1f} s. {job.note}".strip()


DESK = Desk()
