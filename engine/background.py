"""Which of the points followed through a video are background: those that nobody has covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from .camera_watch import Followed
from .columns import Column

_Pair = tuple[np.ndarray, np.ndarray]


class Background(Sequence[_Pair]):
    """Of each frame the points (N, 2) there, in its key frame, and here, px, that nobody has covered since.

    Made anew each time they are asked for: only which are free is kept, in bytes. points: (T,) how many.
    middle_way: (T,) px, the median way from there to here, 0 without points.
    """

    def __init__(self, rows: Sequence[Followed], boxes: np.ndarray) -> None:
        """rows: as CameraWatch left them. boxes: (P, T, 4) left, top, right, bottom of people, px or NaN."""
        self._rows = rows
        self._free, self._end = Column(np.bool_), np.zeros(len(rows), dtype=np.int64)
        self.points = np.zeros(len(rows), dtype=np.int64)
        self.middle_way = np.zeros(len(rows))
        key, covered = -1, np.zeros(0, dtype=bool)
        for t, row in enumerate(rows):
            if row.key != key:
                key, covered = row.key, np.zeros(0, dtype=bool)
            if len(row.number) and row.number[-1] >= len(covered):
                # numbers grow within a frame, and those of the first after a key frame are the most
                covered = np.concatenate([covered, np.zeros(row.number[-1] + 1 - len(covered), dtype=bool)])
            # a point that somebody walks over may walk on with them
            covered[row.number] |= _inside(row.there, boxes[:, key]) | _inside(row.here, boxes[:, t])
            free = ~covered[row.number]
            self._free.extend(free)
            self._end[t] = len(self._free)
            self.points[t] = free.sum()
            if self.points[t]:
                self.middle_way[t] = np.median(_ways(row, free))

    def share_within(self, limit: float) -> np.ndarray:
        """(T,) share of the points whose way is shorter than `limit` px; 1 without points."""
        share = np.ones(len(self))
        for t in np.flatnonzero(self.points).tolist():
            share[t] = (_ways(self._rows[t], self._free_of(t)) < limit).mean()
        return share

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, which: int) -> _Pair: ...
    @overload
    def __getitem__(self, which: slice) -> list[_Pair]: ...
    def __getitem__(self, which: int | slice) -> _Pair | list[_Pair]:
        if isinstance(which, slice):
            return [self[t] for t in range(*which.indices(len(self)))]
        row, free = self._rows[which], self._free_of(which)
        return row.there[free].astype(np.float64), row.here[free].astype(np.float64)

    def _free_of(self, t: int) -> np.ndarray:
        if not 0 <= t < len(self):
            raise IndexError(t)
        return self._free.array[self._end[t - 1] if t else 0 : self._end[t]]


def _ways(row: Followed, free: np.ndarray) -> np.ndarray:
    way = row.here[free].astype(np.float64) - row.there[free].astype(np.float64)
    return np.linalg.norm(way, axis=1)


def _inside(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N,) bool: points (N, 2) in any of the boxes (P, 4); in one that is NaN there is none."""
    above = points[:, None] >= boxes[None, :, :2]
    within = (above & (points[:, None] <= boxes[None, :, 2:])).all(axis=-1)
    return np.asarray(within.any(axis=-1))
