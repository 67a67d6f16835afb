"""One decoded picture as an upright RGB array with square pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import BadInput

if TYPE_CHECKING:
    import av

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


def square_size(picture: av.VideoFrame, aspect: float) -> tuple[int, int]:
    """Height and width, px, of a picture as it is stored, its pixels made square.

    aspect: width of a pixel over its height. Raises BadInput as `check_size`.
    """
    if not _LEAST_ASPECT <= aspect <= _MOST_ASPECT:
        aspect = 1.0
    height, width = picture.height, max(1, round(picture.width * aspect))
    check_size(width, height)
    return height, width


def upright_size(picture: av.VideoFrame, size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the upright picture, from those of the stored one."""
    return size[::-1] if _is_turned(_display_matrix(picture)) else size


def upright_rgb(picture: av.VideoFrame, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8 RGB, upright; size: height and width it has as it is stored."""
    # one thread: the other cores have decoding and networks to do
    image = picture.to_ndarray(format="rgb24", height=size[0], width=size[1], threads=1)
    return np.ascontiguousarray(upright_view(image, picture))


def upright_view(stored: np.ndarray, picture: av.VideoFrame) -> np.ndarray:
    """What of a picture is stored, (h, w, ...), as it is shown: a view, turned and mirrored."""
    matrix = _display_matrix(picture)
    (a, b), (c, d) = matrix
    if _is_turned(matrix):
        stored = stored.swapaxes(0, 1)
        a, d = c, b
    return stored[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _is_turned(matrix: np.ndarray) -> bool:
    (a, b), (c, d) = np.abs(matrix)
    return bool(b + c > a + d)


def _display_matrix(picture: av.VideoFrame) -> np.ndarray:
    """The part of the display matrix that turns and mirrors: (x, y) is shown at (x, y) @ matrix; y is down.

    ISO/IEC 14496-12, track header box: nine numbers a b u c d v x y w. A matrix that turns by no multiple of
    a quarter is taken as the nearest that does.
    """
    side = picture.side_data.get("DISPLAYMATRIX")
    if side is None:
        return np.eye(2)
    matrix = np.frombuffer(side, dtype=np.int32).reshape(3, 3)[:2, :2].astype(np.float64)
    return matrix if matrix.any() else np.eye(2)
