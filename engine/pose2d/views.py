"""The parts of a picture that a detector with a small square input is shown, and how they are made small.

A person who is to be found must not be too small in what the network sees. So there is one view of the
whole picture, square tiles as high as its shorter side for people who are small in it, and finer ones
for those who are smaller still.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from ..partly import Image

_OVERLAP = 0.2  # of two tiles side by side, at least: more than small people's width
_MOST_ALONG = 6
_STRIP = 1.2  # times the shorter side: what is longer gets tiles
_FINE = 0.62  # side of the finer tiles, of the picture's shorter side: two rows of them


class Kind(IntEnum):
    """WHOLE: the picture. TILE: as high as it. FINE: for very small people."""

    WHOLE = 0
    TILE = 1
    FINE = 2


class View(NamedTuple):
    """A square of a picture, px; it may reach beyond the picture's right and lower border."""

    x: int
    y: int
    side: int
    kind: Kind = Kind.WHOLE


def views(height: int, width: int) -> tuple[View, ...]:
    """Everything that a picture of that size can be shown as, the whole first."""
    short, long = min(width, height), max(width, height)
    tall = tiles(width, height, short) if long > _STRIP * short else []
    return (
        View(0, 0, long),
        *(View(*tile, Kind.TILE) for tile in tall),
        *(View(*tile, Kind.FINE) for tile in tiles(width, height, _FINE * short)),
    )


def tiles(width: int, height: int, side: float) -> list[tuple[int, int, int]]:
    """x, y and side, px, of overlapping square tiles that cover a picture of the given size.

    A tile is no smaller than a sixth of the longer side, so that strips give few; it may be larger than the
    shorter one.
    """
    side = max(1, round(side), -(-max(width, height) // _MOST_ALONG))
    return [(x, y, side) for y in _starts(height, side) for x in _starts(width, side)]


def _starts(length: int, side: int) -> list[int]:
    rest = max(length - side, 0)
    count = 1 + int(np.ceil(rest / (side * (1 - _OVERLAP))))
    return [int(x) for x in np.round(np.linspace(0, rest, count))]


class Halves:
    """A picture (H, W, 3) uint8 and its halves, made as they are needed: several views share them."""

    def __init__(self, image: Image) -> None:
        self._levels: list[Image] = [image]

    def square(self, view: View, side: int) -> tuple[np.ndarray, float, np.ndarray]:
        """A view as (side, side, 3) float32, 0 to 255; what lies outside the picture is black, shared out.

        Also px of the picture to one of those, and the square's corner in the picture, (2,) px.
        """
        import cv2

        level = 0
        while view.side >> (level + 1) >= side and min(self._levels[0].shape[:2]) >> (level + 1) > 0:
            level += 1
        x, y, longest = (n >> level for n in view[:3])
        part = self._level(level)[y : y + longest, x : x + longest]
        height, width = part.shape[:2]
        scale = side / longest
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left, top = (side - size[0]) // 2, (side - size[1]) // 2
        square = np.zeros((side, side, 3), dtype=np.float32)
        square[top : top + size[1], left : left + size[0]] = small
        back = (1 << level) / scale
        return square, back, np.array([x << level, y << level]) - np.array([left, top]) * back

    def _level(self, wanted: int) -> Image:
        import cv2

        while len(self._levels) <= wanted:
            last = self._levels[-1]
            height, width = (n // 2 for n in last.shape[:2])
            # an odd row or column at the end is left out
            even = last[: 2 * height, : 2 * width]
            self._levels.append(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
        return self._levels[wanted]
