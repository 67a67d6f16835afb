"""Looks for new people ahead of whoever follows the known ones, so that the two overlap.

Whoever follows says when they will look next, and what they know by then; which views of the picture will be
due (search.py) can nearly always be told from that. What the detector sees in a view does not depend on who
asks: where the scout guessed wrong, it is asked then and there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from . import trace
from .frame import PictureFrame
from .overlap import closed
from .partly import Image
from .pose2d.base import Finds, PersonDetector
from .pose2d.views import Halves, View
from .search import LOOK_EVERY, Glimpse, Mood, Search

_SURE = 0.5  # a detector's score
_NOBODY_SURE = 1
_FRAME = TypeVar("_FRAME", bound=PictureFrame)


@dataclass(frozen=True)
class Expected:
    """Somebody will look at `time` seconds or at the first frame after it.

    search: None before the first look. boxes: (N, 4) px where the people followed should be then.
    """

    time: float = -np.inf
    search: Search | None = None
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    mood: Mood = Mood.NOBODY


@dataclass
class _Known:
    """What is known of a frame: its glimpse, and what was seen in some of its views."""

    glimpse: Glimpse
    seen: dict[View, Any] = field(default_factory=dict)


class Scout:
    """A person detector that is asked by frame. `over` runs in a thread of its own, the rest in another."""

    def __init__(self, detector: PersonDetector) -> None:
        self._detector = detector
        self._known: dict[int, _Known] = {}
        self._expected = Expected()
        self._passed = -np.inf
        self._lock = threading.Lock()
        self._detecting = threading.Lock()

    def over(self, frames: Iterable[_FRAME], in_time: Callable[[], bool] = lambda: True) -> Iterator[_FRAME]:
        """The same frames; people have been looked for in those in which somebody is expected to ask.

        in_time: whether that would be done before they ask; else it is left to them.
        """
        first = True
        with closed(frames):
            for frame in frames:
                with self._lock:
                    # a moment that has passed is left to whoever asks: they are there sooner
                    expected = self._expected
                    due = first or self._passed < expected.time <= frame.time
                    self._passed, first = frame.time, False
                if due and in_time():
                    self._ahead(frame, expected)
                yield frame

    def _ahead(self, frame: PictureFrame, expected: Expected) -> None:
        known = _Known(Glimpse.of(frame))
        search = expected.search or self.fresh(frame, known.glimpse)
        now = known.glimpse.covered(expected.boxes, search.size)
        shown, _ = self._searched(frame, None, known, search=search, now=now, mood=expected.mood)
        follows = Expected(
            frame.time + LOOK_EVERY, search.after(frame.time, now, shown), expected.boxes, expected.mood
        )
        with self._lock:
            self._known[frame.index] = known
            if self._expected is expected:
                self._expected = follows

    def expect(self, expected: Expected) -> None:
        """Tell who will look, and when."""
        with self._lock:
            self._expected = expected

    def fresh(self, frame: PictureFrame, glimpse: Glimpse) -> Search:
        """A search in pictures like this frame's, in which nothing has been shown yet."""
        height, width = frame.shape
        every = getattr(self._detector, "views", None)
        found = (View(0, 0, max(height, width)),) if every is None else every(height, width)
        return Search.fresh((width, height), found, glimpse)

    def glimpse(self, frame: PictureFrame) -> Glimpse:
        """A frame's brightness, without the people who are followed."""
        return self._of(frame).glimpse

    def find(
        self, frame: PictureFrame, image: Image, search: Search, now: Glimpse, mood: Mood
    ) -> tuple[Finds, Search]:
        """People in those views of a frame that are due, and the search after that. image: its picture."""
        known = self._of(frame)
        shown, finds = self._searched(frame, image, known, search=search, now=now, mood=mood)
        return finds, search.after(frame.time, now, shown)

    def _of(self, frame: PictureFrame) -> _Known:
        with self._lock:
            for passed in [index for index in self._known if index < frame.index]:
                del self._known[passed]
            known = self._known.get(frame.index)
        if known is None:
            known = _Known(Glimpse.of(frame))
            with self._lock:
                self._known[frame.index] = known
        return known

    def _searched(
        self,
        frame: PictureFrame,
        image: Image | None,
        known: _Known,
        *,
        search: Search,
        now: Glimpse,
        mood: Mood,
    ) -> tuple[list[View], Finds]:
        """The views that were shown and who was seen in them. Finer ones are for when nobody is there."""
        shown: list[View] = []
        finds = Finds.of_boxes(np.zeros((0, 4)), np.zeros(0))
        for fine in (False, True) if mood.nobody_seen else (False,):
            due = search.due(frame.time, now, mood, fine=fine)
            if len(finds.box) or not due:
                continue
            finds = self._look(frame, image, known, due)
            finds = _worth_a_look(finds, search, now, mood)
            shown += due
        return shown, finds

    def _look(self, frame: PictureFrame, image: Image | None, known: _Known, due: Sequence[View]) -> Finds:
        missing = [view for view in due if view not in known.seen]
        if missing:
            picture = frame.view if image is None else image
            with self._detecting, trace.span("detect"):
                for view, seen in zip(missing, self._detect(picture, missing), strict=True):
                    known.seen[view] = seen
        seen = [known.seen[view] for view in due]
        together = getattr(self._detector, "finds", None)
        if together is not None:
            return together(seen)
        return Finds.of_boxes(*seen[0])

    def _detect(self, picture: Image, some: Sequence[View]) -> list[Any]:
        look = getattr(self._detector, "look", None)
        # views are of all of it, or nearly
        whole = np.asarray(picture)
        return [self._detector.detect(whole)] if look is None else look(Halves(whole), some)


def _worth_a_look(finds: Finds, search: Search, now: Glimpse, mood: Mood) -> Finds:
    """The sure ones; the best one in doubt that moves, where it has stirred for a while and nobody is seen.

    Somebody who is hard to see is told from a thing that looks like them by not standing still, and from
    somebody who is just coming in by nobody sure turning up.
    """
    sure = finds.score >= _SURE
    if mood is Mood.NOBODY and search.stirred[0] >= _NOBODY_SURE and not sure.any():
        moving = np.flatnonzero(search.stirs(finds.box, now))
        sure[moving[np.argsort(-finds.score[moving], kind="stable")][:1]] = True
    return finds.chosen(sure)
