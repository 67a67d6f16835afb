"""Looks for new people ahead of whoever follows the known ones, so that the two overlap.

When somebody will look for new people is known half a second before, as long as nobody is lost. What the
detector finds does not depend on who asks: where the scout guessed wrong, it is asked then and there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

from . import trace
from .frame import PictureFrame
from .overlap import closed
from .pose2d.base import PersonDetector

LOOK_EVERY = 0.5  # seconds between two looks for new people
LOOK_SOON = 0.2  # while nobody is in view, or somebody was just lost

_FRAME = TypeVar("_FRAME", bound=PictureFrame)


class Scout:
    """A person detector that is asked by frame. `over` runs in a thread of its own, the rest in another."""

    def __init__(self, detector: PersonDetector) -> None:
        self._detector = detector
        self._found: dict[int, np.ndarray] = {}
        self._expected = -np.inf
        self._passed = -np.inf
        self._lock = threading.Lock()
        self._detecting = threading.Lock()

    def over(self, frames: Iterable[_FRAME]) -> Iterator[_FRAME]:
        """The same frames; people have been looked for in those in which somebody is expected to ask."""
        first = True
        with closed(frames):
            for frame in frames:
                with self._lock:
                    # a moment that has passed is left to whoever asks: they are there sooner
                    due = first or self._passed < self._expected <= frame.time
                    self._passed, first = frame.time, False
                if due:
                    found = self._detect(frame.time, frame.image)
                    with self._lock:
                        self._found[frame.index] = found
                        self._expected = frame.time + (LOOK_EVERY if len(found) else LOOK_SOON)
                yield frame

    def expect(self, time: float) -> None:
        """Somebody will ask for the first frame at that time, in seconds, or after it."""
        with self._lock:
            self._expected = time

    def find(self, frame: PictureFrame, image: np.ndarray) -> np.ndarray:
        """Boxes (N, 4) x0 y0 x1 y1 px of people in a frame; image: its picture."""
        with self._lock:
            found = self._found.pop(frame.index, None)
            for passed in [index for index in self._found if index < frame.index]:
                del self._found[passed]
        return self._detect(frame.time, image) if found is None else found

    def _detect(self, time: float, image: np.ndarray) -> np.ndarray:
        # small people, who take most of the work, are looked for every other time
        glance = None if round(time / LOOK_EVERY) % 2 == 0 else getattr(self._detector, "glance", None)
        with self._detecting, trace.span("detect"):
            box, _ = (glance or self._detector.detect)(image)
        return np.asarray(box, dtype=np.float64).reshape(-1, 4)
