"""Points of the background followed through a video: what a moving camera does to the picture.

Corners are found in a key frame and followed by pyramidal Lucas-Kanade (Bouguet 2000) on a small grey
picture; when too few are left, another key frame begins. Who is a person is not known yet: that is sorted out
later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

import cv2
import numpy as np

from . import trace
from .columns import Column
from .frame import PictureFrame
from .overlap import closed

_WIDTH = 480  # px of the longer side of the small picture
_CORNERS = 120
_GRID = (4, 3)  # corners are looked for in each cell by itself, so that one busy corner does not take all
_ENOUGH = 0.55  # share of a key frame's corners that must be left
_FLOW = {
    "winSize": (11, 11),
    "maxLevel": 3,
    "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.03),
}
_FRAME = TypeVar("_FRAME", bound=PictureFrame)


@dataclass(frozen=True)
class Followed:
    """Corners of a frame: where they are here and were in the key frame, (N, 2) px of the video each.

    key: row of the key frame. number: (N,) of each corner among those of its key frame.
    """

    key: int
    number: np.ndarray
    there: np.ndarray
    here: np.ndarray


class Watched(Sequence[Followed]):
    """What was followed in each frame, as flat columns: an hour of video would not fit into memory otherwise.

    Where a corner was in its key frame is kept once, for all frames that go back to it. Corners are px of the
    small picture; scale: px of the video to one of those.
    """

    def __init__(self) -> None:
        self.scale = 1.0
        self.key = Column(np.int32)  # (T,) row of each frame's key frame
        self.end = Column(np.int64)  # (T,) where each frame's corners end in the next two
        self.number = Column(np.uint8)
        self.here = Column(np.float32, (2,))
        self.keys = Column(np.int32)  # (M,) rows that are key frames
        self.keys_end = Column(np.int64)  # (M,) where their corners end in the next
        self.there = Column(np.float32, (2,))

    def add(self, number: np.ndarray, here: np.ndarray) -> None:
        """One more frame. number: (N,) of corners of the latest key frame. here: (N, 2)."""
        self.number.extend(number)
        self.here.extend(here)
        self.key.append(self.keys[-1] if self.keys else 0)
        self.end.append(len(self.number))

    def begin(self, there: np.ndarray) -> None:
        """The frame just added is a key frame: later ones go back to it. there: (N, 2), N at most 256."""
        self.there.extend(there)
        self.keys.append(len(self) - 1)
        self.keys_end.append(len(self.there))

    def last(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Numbers (N,) and places (N, 2) of the corners to be looked for in the next frame, and how many its
        key frame had."""
        there = self._of_key(len(self.keys) - 1) if self.keys else np.zeros((0, 2), dtype=np.float32)
        if len(self) and self.keys and self.keys[-1] < len(self) - 1:
            part = self._part(len(self) - 1)
            return self.number.array[part].astype(np.int64), self.here.array[part], len(there)
        return np.arange(len(there)), there, len(there)

    def columns(self, rows: int) -> dict[str, np.ndarray]:
        """The first rows, as arrays, not copied. Others may be added meanwhile."""
        points, keys = int(self.end[rows - 1]), int(np.searchsorted(self.keys.array, rows))
        corners = int(self.keys_end[keys - 1]) if keys else 0
        sizes = {"key": rows, "end": rows, "number": points, "here": points, "keys": keys, "keys_end": keys}
        sizes["there"] = corners
        return {name: getattr(self, name).array[:size] for name, size in sizes.items()}

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray]) -> Watched:
        """From what ``columns`` gave; the scale is to be set."""
        watched = cls()
        for name in ("key", "end", "number", "here", "keys", "keys_end", "there"):
            setattr(watched, name, Column.of(columns[name]))
        return watched

    def __len__(self) -> int:
        return len(self.end)

    @overload
    def __getitem__(self, which: int) -> Followed: ...
    @overload
    def __getitem__(self, which: slice) -> list[Followed]: ...
    def __getitem__(self, which: int | slice) -> Followed | list[Followed]:
        if isinstance(which, slice):
            return [self[row] for row in range(*which.indices(len(self)))]
        row = range(len(self))[which]
        part, key = self._part(row), int(self.key[row])
        number = self.number.array[part].astype(np.int64)
        scale, here = np.float32(self.scale), self.here.array[part]
        there = self._of_key(int(np.searchsorted(self.keys.array, key)))[number] if len(number) else here
        return Followed(key, number, there * scale, here * scale)

    def _part(self, row: int) -> slice:
        return slice(int(self.end[row - 1]) if row else 0, int(self.end[row]))

    def _of_key(self, which: int) -> np.ndarray:
        return self.there.array[int(self.keys_end[which - 1]) if which else 0 : int(self.keys_end[which])]


class CameraWatch:
    """Looks over the shoulder of whoever reads the frames; ``rows`` has one entry a frame."""

    def __init__(self) -> None:
        self.rows = Watched()
        self._before: np.ndarray | None = None

    def over(self, frames: Iterable[_FRAME]) -> Iterator[_FRAME]:
        """The same frames, looked at as they pass."""
        with closed(frames):
            for frame in frames:
                with trace.span("camera watch"):
                    self.look(frame)
                yield frame

    def look(self, frame: PictureFrame) -> None:
        """One more frame."""
        self.rows.scale = max(frame.shape) / _WIDTH
        small = frame.grey(_WIDTH)
        number, here, found = self.rows.last()
        if self._before is not None and small.shape == self._before.shape and len(here):
            flown, status, _ = cv2.calcOpticalFlowPyrLK(self._before, small, here, None, **_FLOW)
            inside = ((flown >= 0) & (flown < np.array(small.shape[::-1]))).all(axis=1)
            good = (status[:, 0] == 1) & inside
            number, here = number[good], flown[good]
        self.rows.add(number, here)
        if len(here) < _ENOUGH * max(found, 1) or not len(self.rows.keys):
            self.rows.begin(_corners(small))
        self._before = small

    def go_on(self, rows: Watched, last: PictureFrame) -> None:
        """Continue from rows of before. last: the frame of the last row."""
        self.rows, self._before = rows, last.grey(_WIDTH)
        rows.scale = max(last.shape) / _WIDTH


def _corners(picture: np.ndarray) -> np.ndarray:
    """(N, 2) float32 px, Shi and Tomasi's."""
    columns, rows = _GRID
    found = []
    for y in np.array_split(np.arange(picture.shape[0]), rows):
        for x in np.array_split(np.arange(picture.shape[1]), columns):
            cell = picture[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
            some = cv2.goodFeaturesToTrack(cell, _CORNERS // (rows * columns), 0.02, 7)
            if some is not None:
                found.append(some[:, 0] + np.array([x[0], y[0]], dtype=np.float32))
    return np.concatenate(found).astype(np.float32) if found else np.zeros((0, 2), dtype=np.float32)
