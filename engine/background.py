"""Which of the points followed through a video are background: those that nobody has covered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from .camera_watch import Followed
from .columns import Column

_Pair = tuple[np.ndarray, np.ndarray]
_AT_ONCE = 256  # frames
_MOST = 256  # corners of a key frame


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
        key, covered = -1, np.zeros(_MOST, dtype=bool)
        for part, several in self._parts():
            if several.key != key:
                key, covered = several.key, np.zeros(_MOST, dtype=bool)
            hit = np.zeros((len(several.count), _MOST), dtype=bool)
            # a point that somebody walks over may walk on with them
            there = _inside(
                several.there, np.broadcast_to(boxes[:, key], (len(several.row), *boxes[:, key].shape))
            )
            here = _inside(several.here, boxes[:, part].swapaxes(0, 1)[several.row])
            hit[several.row, several.number] = there | here
            hit[0] |= covered
            hit = np.logical_or.accumulate(hit, axis=0)
            covered = hit[-1]
            free = ~hit[several.row, several.number]
            self._end[part] = len(self._free) + np.cumsum(several.count)
            self._free.extend(free)
            self.points[part] = np.bincount(several.row[free], minlength=len(several.count))
            self.middle_way[part] = _middles(several, free, self.points[part])

    def share_within(self, limit: float) -> np.ndarray:
        """(T,) share of the points whose way is shorter than `limit` px; 1 without points."""
        share = np.ones(len(self))
        for part, several in self._parts():
            free = self._free.array[self._end[part.start - 1] if part.start else 0 : self._end[part.stop - 1]]
            near = several.row[free][_ways(several, free) < limit]
            points = self.points[part]
            within = np.bincount(near, minlength=len(points)) / np.maximum(points, 1)
            share[part] = np.where(points > 0, within, 1.0)
        return share

    def _parts(self) -> Iterator[tuple[slice, _Several]]:
        """All frames, some of one key frame at a time."""
        begin = 0
        while begin < len(self._rows):
            rows = self._rows[begin : begin + _AT_ONCE]
            same = next((i for i, row in enumerate(rows) if row.key != rows[0].key), len(rows))
            yield slice(begin, begin + same), _Several.of(rows[:same])
            begin += same

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


@dataclass(frozen=True)
class _Several:
    """Points (N, 2) px of frames of one key frame. count: (F,) of each. row, number: (N,) of each point its
    frame, from 0, and which of the key frame's corners it is."""

    key: int
    count: np.ndarray
    row: np.ndarray
    number: np.ndarray
    there: np.ndarray
    here: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Followed]) -> _Several:
        count = np.array([len(row.number) for row in rows])
        joined = (
            np.concatenate([getattr(row, name) for row in rows]) for name in ("number", "there", "here")
        )
        return cls(rows[0].key, count, np.repeat(np.arange(len(rows)), count), *joined)


def _ways(several: _Several, free: np.ndarray) -> np.ndarray:
    way = several.here[free].astype(np.float64) - several.there[free].astype(np.float64)
    return np.linalg.norm(way, axis=1)


def _middles(several: _Several, free: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(F,) px, median ways of the free points; 0 where there are none."""
    row, way = several.row[free], _ways(several, free)
    way = way[np.lexsort((way, row))]
    if not len(way):
        return np.zeros(len(points))
    first = np.cumsum(points) - points
    middle = [np.minimum(first + np.maximum(points - more, 0) // 2, len(way) - 1) for more in (1, 0)]
    return np.where(points > 0, np.mean([way[middle[0]], way[middle[1]]], axis=0), 0.0)


def _inside(points: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N,) bool: points (N, 2) in any of their boxes (N, P, 4); in one that is NaN there is none."""
    above = points[:, None] >= boxes[..., :2]
    within = (above & (points[:, None] <= boxes[..., 2:])).all(axis=-1)
    return np.asarray(within.any(axis=-1))
