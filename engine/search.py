"""Where in a picture new people are looked for, and when: where something changed, and now and then anyway.

The detector is asked view by view (pose2d/views.py). What it saw in a view it would see again in the same
picture, so a view is due sooner the more has happened in it since it was shown last: something that is
nobody's whom we follow, somebody we follow who may be hiding another, or nothing. Few views are due at once,
so the work is spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .pose2d.views import Kind, View

if TYPE_CHECKING:
    from .frame import PictureFrame

LOOK_EVERY = 0.5  # seconds between two moments at which it is seen whether a view is due
LOOK_SOON = 0.2  # while somebody is lost, or nobody there
LONGEST = 1.0  # seconds from one look at the whole picture to the next while anything moves

_GRID = 96  # cells along the longer side
_FINER = 5  # px of the brightness to a cell's side
_CHANGED = 8  # of 255, in a cell's mean: far above a camera's noise, far below what anybody's clothes make
_STIRS = 3  # cells; somebody of 60 px in a picture of 1080 rows changes more
_BESIDE, _ABOVE = 0.5, 0.15  # of a followed person's height: the margin that is theirs, with their shadow
_MUCH = 0.1  # of the cells of a box in which somebody moves
_COVERED = 256  # is added to a cell's brightness where somebody was followed
_SLACK = 0.05  # seconds: looks fall on frames
# Seconds from one look to the next, of the whole picture, a tile and a fine one.
_LOST = (0.2, 0.4, 1.0)
_STIRRING = (0.5, 0.5, 1.0)  # there is something new
# there always is (leaves in the wind, a camera that moves), or only where people are whom we follow
_RESTLESS = (1.0, 2.0, 2.5)
_STILL = (2.0, 2.0, 8.0)
# While nobody is there, somebody whom the detector can hardly see may be all there is.
_NOBODY_STIRRING = (0.2, 0.4, 0.4)
_NOBODY_RESTLESS = (0.4, 0.8, 2.5)
_NOBODY_STILL = (1.0, 2.0, 8.0)
_PATIENCE, _NOBODY_PATIENCE = 3, 15  # looks at what stirs, until it always does


class Mood(Enum):
    """CALM: everybody is followed. LOST: somebody is missing. GONE: everybody is, since a moment ago. NOBODY:
    nobody has been there for a while."""

    CALM = "calm"
    LOST = "lost"
    GONE = "gone"
    NOBODY = "nobody"

    @property
    def most(self) -> int:
        """Views in one look."""
        return {Mood.CALM: 2, Mood.LOST: 4}.get(self, 6)

    @property
    def nobody_seen(self) -> bool:
        """Whether to look for very small people too: others would make do with what is larger."""
        return self in (Mood.GONE, Mood.NOBODY)


@dataclass(frozen=True)
class Glimpse:
    """A picture's brightness in coarse cells: (h, w) int16, 0 to 255, and 256 more where people are."""

    cells: np.ndarray

    @classmethod
    def of(cls, frame: PictureFrame) -> Glimpse:
        """Of a frame in which nobody is followed yet."""
        grey = frame.grey(_GRID * _FINER)
        size = (max(1, grey.shape[1] // _FINER), max(1, grey.shape[0] // _FINER))
        return cls(cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.int16))

    def covered(self, boxes: np.ndarray, size: tuple[int, int]) -> Glimpse:
        """With people in boxes (N, 4) px of a picture of that width and height."""
        height, width = self.cells.shape
        cells = self.cells % _COVERED
        for box in np.nan_to_num(boxes):
            margin = (box[2:] - box[:2]).max() * np.array([_BESIDE, _ABOVE])
            low = np.floor((box[:2] - margin) / size * (width, height)).astype(int).clip(0)
            high = np.ceil((box[2:] + margin) / size * (width, height)).astype(int).clip(0)
            cells[low[1] : high[1], low[0] : high[0]] |= _COVERED
        return Glimpse(cells)


@dataclass(frozen=True)
class Search:
    """What is known of each view. size: the picture's width and height, px. views: V of them.

    seen: (V,) seconds when each was shown last, -inf for never. cells: (V, h, w) the glimpse of then.
    stirred: (V,) in how many more of the last looks something stirred than not.
    """

    size: tuple[int, int]
    views: tuple[View, ...]
    seen: np.ndarray
    cells: np.ndarray
    stirred: np.ndarray

    @classmethod
    def fresh(cls, size: tuple[int, int], views: tuple[View, ...], now: Glimpse) -> Search:
        """Nothing has been shown yet."""
        count = len(views)
        cells = np.zeros((count, *now.cells.shape), np.int16)
        return cls(size, views, np.full(count, -np.inf), cells, np.zeros(count, np.int16))

    def due(self, time: float, now: Glimpse, mood: Mood, *, fine: bool = False) -> list[View]:
        """What to show at that time, the most urgent first. fine: of the finer views, else of the others."""
        those = [i for i, view in enumerate(self.views) if (view.kind == Kind.FINE) == fine]
        fresh = [i for i in those if np.isneginf(self.seen[i])]
        if fresh:
            return [self.views[i] for i in fresh]
        urgency = {i: self._urgency(i, time, now, mood) for i in those}
        chosen = sorted((i for i in those if urgency[i] >= 1), key=lambda i: (-urgency[i], i))
        return [self.views[i] for i in chosen[: mood.most]]

    def stirs(self, boxes: np.ndarray, now: Glimpse) -> np.ndarray:
        """(N,) bool: in which boxes (N, 4) px much changed since the whole picture was shown last."""
        if np.isneginf(self.seen[0]):
            return np.zeros(len(boxes), dtype=bool)
        changed = _changed(now.cells, self.cells[0])
        share = [changed[self._cells(*box)].mean() for box in np.nan_to_num(boxes)]
        return np.array(share, dtype=float) > _MUCH

    def _urgency(self, index: int, time: float, now: Glimpse, mood: Mood) -> float:
        """Time since the view was shown, over that from one look to the next."""
        view = self.views[index]
        if mood in (Mood.LOST, Mood.GONE):
            wait = _LOST[view.kind]
        else:
            new, moved = self._changes(index, now)
            stirred = self.stirred[index]
            if mood is Mood.NOBODY:
                busy = _NOBODY_STIRRING if stirred < _NOBODY_PATIENCE else _NOBODY_RESTLESS
                quiet = _NOBODY_STILL
            else:
                busy = _STIRRING if stirred < _PATIENCE else _RESTLESS
                quiet = _RESTLESS if moved else _STILL
            wait = (busy if new >= _STIRS else quiet)[view.kind]
        return float(time - self.seen[index] + _SLACK) / wait

    def _changes(self, index: int, now: Glimpse) -> tuple[int, int]:
        """Cells of a view that are not as they were: outside of people we follow, and within."""
        view = self.views[index]
        part = self._cells(view.x, view.y, view.x + view.side, view.y + view.side)
        here, there = now.cells[part], self.cells[index][part]
        people = (here >= _COVERED) | (there >= _COVERED)
        changed = _changed(here, there)
        return int((changed & ~people).sum()), int((changed & people).sum())

    def _cells(self, x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
        """The cells of a box in px, one at least."""
        shape = np.array(self.cells.shape[:0:-1])
        low = np.floor(np.array([x0, y0]) / self.size * shape).astype(int).clip(0, shape - 1)
        high = np.ceil(np.array([x1, y1]) / self.size * shape).astype(int).clip(low + 1, shape)
        return slice(low[1], high[1]), slice(low[0], high[0])

    def after(self, time: float, now: Glimpse, shown: Sequence[View]) -> Search:
        """When these views have been shown."""
        if not shown:
            return self
        seen, cells, stirred = self.seen.copy(), self.cells.copy(), self.stirred.copy()
        for index in (self.views.index(view) for view in shown):
            again = np.isfinite(seen[index]) and self._changes(index, now)[0] >= _STIRS
            stirred[index] = np.clip(stirred[index] + (1 if again else -1), 0, _NOBODY_PATIENCE)
            seen[index], cells[index] = time, now.cells
        return replace(self, seen=seen, cells=cells, stirred=stirred)


def _changed(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Which cells are not as they were; a cloud, or the camera's exposure, makes no difference."""
    step = here % _COVERED - there % _COVERED
    return np.abs(step - np.median(step)) > _CHANGED
