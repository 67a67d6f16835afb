"""Motion that follows its settings: fitted again in a thread while somebody moves a slider."""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from .motion import Motion, motion_from_tracks
from .preview import Drawing, drawing
from .quality import Quality, quality
from .settings import MotionSettings
from .stages import Stages
from .tracks import Tracks, TracksError, read_tracks

_LONG = 2000  # frames; a longer motion is shown at a part of its rate first
_DRAFT = 1200  # frames of such a draft
_QUICK = 4500  # frames; up to here the stages after a changed setting alone are quicker than a draft helps
_LOOK_AGAIN = 1.0  # seconds between two looks at the file

Stamp = tuple[int, int] | None


@dataclass(frozen=True)
class Ask:
    """What is to be seen. path: of the tracks. person: from 0. settings: with a rate of its own."""

    path: str
    person: int
    settings: MotionSettings


@dataclass(frozen=True, eq=False)
class Answer:
    """A motion, or why there is none: ``error``, one line. seconds: it took. quality: None until it is
    measured, an answer later. draft: at a part of the rate that was asked for; the whole follows."""

    ask: Ask
    motion: Motion | None = None
    drawing: Drawing | None = None
    tracks: Tracks | None = None
    quality: Quality | None = None
    error: str = ""
    seconds: float = 0.0
    draft: bool = False


class Refit:
    """One motion at a time, always towards what was asked for last. Only its own thread works.

    follow() and poll() return at once and are called from one thread. read: tracks of a path; raises
    TracksError.
    """

    def __init__(self, read: Callable[[str], Tracks] = read_tracks) -> None:
        self._read = read
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._asked: tuple[Ask, Stamp] | None = None
        self._overtaken = threading.Event()
        self._kept: tuple[str, Stamp, Tracks] | None = None
        self._stages = Stages()
        self._looked: tuple[str, float, Stamp] = ("", 0.0, None)

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def follow(self, ask: Ask) -> bool:
        """Work towards this, if it is new; whether it was. A file is looked at each second."""
        wanted = (ask, self._stamp(ask.path))
        if wanted == self._asked:
            return False
        if self.busy:
            self._overtaken.set()
            return False
        self._asked = wanted
        self._overtaken.clear()
        self._thread = threading.Thread(target=self._work, args=wanted, name="pose3d-preview", daemon=True)
        self._thread.start()
        return True

    def poll(self) -> list[Answer]:
        """What has come in since, oldest first."""
        found = []
        while True:
            try:
                found.append(self._answers.get_nowait())
            except Empty:
                return found

    def now(self, ask: Ask) -> list[Answer]:
        """All answers, waited for: where nothing calls again, as without a window."""
        self.close()
        self._asked = (ask, _stamp(ask.path))
        self._overtaken.clear()
        self._work(*self._asked)
        return self.poll()

    def close(self) -> None:
        """Wait for what is being worked on, and throw it away."""
        self._overtaken.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        self._thread, self._asked = None, None
        self.poll()

    def _stamp(self, path: str) -> Stamp:
        known, when, stamp = self._looked
        if known != path or time.monotonic() - when > _LOOK_AGAIN:
            stamp = _stamp(path)
            self._looked = (path, time.monotonic(), stamp)
        return stamp

    def _work(self, ask: Ask, stamp: Stamp) -> None:
        try:
            for answer in _answers(ask, lambda: self._tracks(ask.path, stamp), self._stages):
                self._answers.put(answer)
                if self._overtaken.is_set():
                    return
        except (TracksError, ValueError) as error:  # a MotionError is one
            self._answers.put(Answer(ask, error=str(error)))
        except Exception as error:
            traceback.print_exc()
            self._answers.put(Answer(ask, error=f"The preview failed ({type(error).__name__}: {error})."))

    def _tracks(self, path: str, stamp: Stamp) -> Tracks:
        if self._kept is None or self._kept[:2] != (path, stamp):
            self._kept = (path, stamp, self._read(path))
        return self._kept[2]


def _answers(ask: Ask, tracks_of: Callable[[], Tracks], stages: Stages) -> Iterator[Answer]:
    """A draft of a long motion of which little is known yet, the motion, its quality."""
    begun = time.perf_counter()
    tracks = tracks_of()

    def answer(settings: MotionSettings, *, draft: bool) -> tuple[Answer, Motion]:
        motion = motion_from_tracks(tracks, ask.person, settings, stages=stages)
        drawn = drawing(motion, settings.size)
        seconds = time.perf_counter() - begun
        return Answer(ask, motion, drawn, tracks, seconds=seconds, draft=draft), motion

    settings = ask.settings
    length = float(tracks.time[-1] - tracks.time[0]) if len(tracks.time) else 0.0
    frames = (settings.fps or 0.0) * length
    parts = math.ceil(frames / _DRAFT) if frames > _LONG else 1
    quick = frames <= _QUICK and stages.knows(tracks, ask.person, settings)
    if settings.fps and parts > 1 and not quick:
        yield answer(replace(settings, fps=settings.fps / parts), draft=True)[0]
    whole, motion = answer(settings, draft=False)
    yield whole
    yield replace(whole, quality=quality(motion, tracks, ask.person))


def _stamp(path: str) -> Stamp:
    """What tells one version of a file from another; None where there is none."""
    try:
        told = Path(path).stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size
