"""One decoded picture as an upright RGB array with square pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .errors import BadInput

if TYPE_CHECKING:
    import av

Span: TypeAlias = tuple[int, int]

MAX_SIDE = 16384
MAX_PIXELS = 64_000_000
# A ratio beyond these is a mistake in the file, no pixel.
_LEAST_ASPECT, _MOST_ASPECT = 0.25, 4.0


def check_size(width: int, height: int) -> None:
    """Raises BadInput for a picture of more than MAX_SIDE px a side or MAX_PIXELS in all."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise BadInput(
            f"The picture is too large: {width}x{height} px.",
            f"At most {MAX_SIDE} px a side and {MAX_PIXELS // 1_000_000} megapixels; scale the video down.",
        )


@dataclass(frozen=True)
class Layout:
    """How a video's pictures are stored, and what makes them upright; that of the first holds for all.

    height, width: px, as stored, pixels made square. matrix: (2, 2), the part of the display matrix that
    turns and mirrors: (x, y) is shown at (x, y) @ matrix; y is down.
    """

    height: int
    width: int
    matrix: np.ndarray

    @classmethod
    def of(cls, picture: av.VideoFrame, aspect: float) -> Layout:
        """From a video's first picture. aspect: width of a pixel over its height. Raises BadInput as
        `check_size`."""
        if not _LEAST_ASPECT <= aspect <= _MOST_ASPECT:
            aspect = 1.0
        height, width = picture.height, max(1, round(picture.width * aspect))
        check_size(width, height)
        return cls(height, width, _display_matrix(picture))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, px, of the upright picture."""
        return (self.width, self.height) if self._turned else (self.height, self.width)

    def rgb(self, picture: av.VideoFrame) -> np.ndarray:
        """(H, W, 3) uint8 RGB, upright."""
        # one thread: the other cores have decoding and networks to do
        image = picture.to_ndarray(format="rgb24", height=self.height, width=self.width, threads=1)
        return np.ascontiguousarray(self.view(image))

    def view(self, stored: np.ndarray) -> np.ndarray:
        """What of a picture is stored, (h, w, ...), as it is shown: a view, turned and mirrored."""
        (a, b), (c, d) = self.matrix
        if self._turned:
            stored = stored.swapaxes(0, 1)
            a, d = c, b
        return stored[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]

    def stored(self, rows: Span, columns: Span) -> tuple[Span, Span]:
        """Where a rectangle of the upright picture, first and last + 1 row and column, lies as stored."""
        rows, columns = self._mirrored(rows, columns)
        return (columns, rows) if self._turned else (rows, columns)

    def shown(self, rows: Span, columns: Span) -> tuple[Span, Span]:
        """The inverse of `stored`."""
        return self._mirrored(*((columns, rows) if self._turned else (rows, columns)))

    def _mirrored(self, rows: Span, columns: Span) -> tuple[Span, Span]:
        (a, b), (c, d) = self.matrix
        across, down = (c, b) if self._turned else (a, d)
        height, width = self.shape
        if down < 0:
            rows = height - rows[1], height - rows[0]
        if across < 0:
            columns = width - columns[1], width - columns[0]
        return rows, columns

    @property
    def _turned(self) -> bool:
        (a, b), (c, d) = np.abs(self.matrix)
        return bool(b + c > a + d)


def _display_matrix(picture: av.VideoFrame) -> np.ndarray:
    """Layout's matrix.

    ISO/IEC 14496-12, track header box: nine numbers a b u c d v x y w. A matrix that turns by no multiple of
    a quarter is taken as the nearest that does. Once a video: a picture that is asked for its side data holds
    on to it and the other way round, and so keeps its memory until Python looks for such circles.
    """
    side = picture.side_data.get("DISPLAYMATRIX")
    if side is None:
        return np.eye(2)
    matrix = np.frombuffer(side, dtype=np.int32).reshape(3, 3)[:2, :2].astype(np.float64)
    return matrix if matrix.any() else np.eye(2)
