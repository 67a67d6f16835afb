"""Points of the background followed through a video: what a moving camera does to the picture.

Corners are found in a key frame and followed by pyramidal Lucas-Kanade (Bouguet 2000) on a small grey
picture; when too few are left, another key frame begins. Who is a person is not known yet: that is sorted out
later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np

from . import trace
from .frame import PictureFrame

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


class CameraWatch:
    """Looks over the shoulder of whoever reads the frames; ``rows`` has one entry a frame."""

    def __init__(self) -> None:
        self.rows: list[Followed] = []
        self._scale = 1.0
        self._before: np.ndarray | None = None
        self._key, self._found = 0, 0
        self._there = self._here = np.zeros((0, 2), dtype=np.float32)
        self._number = np.zeros(0, dtype=np.int64)

    def over(self, frames: Iterable[_FRAME]) -> Iterator[_FRAME]:
        """The same frames, looked at as they pass."""
        for frame in frames:
            with trace.span("camera watch"):
                self.look(frame)
            yield frame

    def look(self, frame: PictureFrame) -> None:
        """One more frame."""
        self._scale = max(frame.shape) / _WIDTH
        small = frame.grey(_WIDTH)
        size = small.shape[::-1]
        if self._before is not None and small.shape == self._before.shape and len(self._here):
            found, status, _ = cv2.calcOpticalFlowPyrLK(self._before, small, self._here, None, **_FLOW)
            inside = ((found >= 0) & (found < np.array(size))).all(axis=1)
            good = (status[:, 0] == 1) & inside
            self._there, self._here, self._number = self._there[good], found[good], self._number[good]
        row = len(self.rows)
        self.rows.append(
            Followed(self._key, self._number, self._there * self._scale, self._here * self._scale)
        )
        if len(self._here) < _ENOUGH * self._found or not self._found:
            self._key, self._there = row, _corners(small)
            self._here, self._found = self._there.copy(), max(len(self._there), 1)
            self._number = np.arange(len(self._there))
        self._before = small


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
