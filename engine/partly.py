"""A decoded picture of which only those rectangles become RGB that somebody reads.

A network is shown the part of a picture where a person is: to convert all of a 1080p picture, and to fetch
its memory, costs more than cutting the part out. What is read is what the whole picture would hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from . import trace
from .upright import Layout, Span

if TYPE_CHECKING:
    import av
    from av.video.plane import VideoPlane

# Eight bits a sample, a plane for each of brightness and the two colours.
_PLANAR = {f"{kind}{layout}" for kind in ("yuv", "yuvj") for layout in ("420p", "422p", "444p")}
_BESIDE = 2  # px beside a crop that its border is mixed with
_GRAIN = 32  # px, to which rectangles are widened: libswscale rounds otherwise where its vectors end


class PartlyRGB:
    """Reads like an (H, W, 3) uint8 RGB array, upright, by slices of rows and columns; np.asarray gives all.

    shape: (H, W, 3). Not to be shared by threads.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, picture: av.VideoFrame, layout: Layout) -> None:
        self.shape = (*layout.shape, 3)
        self._picture, self._layout = picture, layout
        self._parts: list[tuple[int, int, np.ndarray]] = []  # first row and column, RGB
        self._converted = 0  # px
        as_stored = (picture.height, picture.width) == (layout.height, layout.width)
        # where a side is odd libswscale mixes neighbouring rows' colours
        even = picture.height % 2 == 0 and picture.width % 2 == 0
        self._cuttable = as_stored and even and picture.format.name in _PLANAR

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        whole = self._part((0, self.shape[0]), (0, self.shape[1]))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, where: tuple[slice, slice]) -> np.ndarray:
        """(h, w, 3) uint8 RGB of slices of rows and columns with steps of one; not to be written to."""
        rows, columns = (part.indices(size)[:2] for part, size in zip(where, self.shape[:2], strict=True))
        return self._part((rows[0], max(rows)), (columns[0], max(columns)))

    def _part(self, rows: Span, columns: Span) -> np.ndarray:
        for top, left, rgb in self._parts:
            bottom, right = top + rgb.shape[0], left + rgb.shape[1]
            if top <= rows[0] and left <= columns[0] and rows[1] <= bottom and columns[1] <= right:
                return rgb[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left]
        self._convert(rows, columns)
        return self._part(rows, columns)

    def _convert(self, rows: Span, columns: Span) -> None:
        """Convert the rectangle, or all where so much was asked for by now that all is cheaper."""
        stored = self._layout.stored(rows, columns)
        size = self._picture.height, self._picture.width
        stored = _widened(stored[0], size[0]), _widened(stored[1], size[1])
        (top, bottom), (left, right) = self._layout.shown(*stored)
        self._converted += (bottom - top) * (right - left)
        with trace.span("convert"):
            if self._cuttable and self._converted <= self.shape[0] * self.shape[1]:
                self._parts.append((top, left, self._cut(*stored)))
            else:
                self._parts = [(0, 0, self._layout.rgb(self._picture))]

    def _cut(self, rows: Span, columns: Span) -> np.ndarray:
        import av

        whole = self._picture
        part = av.VideoFrame(columns[1] - columns[0], rows[1] - rows[0], whole.format.name)
        part.colorspace, part.color_range = whole.colorspace, whole.color_range
        for given, taken in zip(whole.planes, part.planes, strict=True):
            # of a plane of colours every second row and column may be stored
            top = rows[0] // round(whole.height / given.height)
            left = columns[0] // round(whole.width / given.width)
            source, cut = _samples(given), _samples(taken)
            cut[:] = source[top : top + cut.shape[0], left : left + cut.shape[1]]
        return self._layout.view(part.to_ndarray(format="rgb24", threads=1))


def warped(image: Image, matrix: np.ndarray, size: Span, border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
    """A crop of `size` (width, height) as (h, w, 3) uint8, each pixel from its own place in the image.

    matrix: (2, 3) from px of the crop to px of the image, both counted from the first pixel's middle.
    border: of OpenCV's, what is there outside of the image.
    """
    far = np.array([[0, size[0] - 1, 0, size[0] - 1], [0, 0, size[1] - 1, size[1] - 1], [1, 1, 1, 1]])
    corners = matrix @ far
    most = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(corners.min(axis=1)).astype(np.int64) - _BESIDE, 0, most - 1)
    high = np.clip(np.ceil(corners.max(axis=1)).astype(np.int64) + 1 + _BESIDE, low + 1, most)
    moved = np.array(matrix, dtype=np.float64)
    moved[:, 2] -= low
    part = image[low[1] : high[1], low[0] : high[0]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, moved, size, flags=flags, borderMode=border)


def _widened(span: Span, size: int) -> Span:
    return span[0] // _GRAIN * _GRAIN, min(-(-span[1] // _GRAIN) * _GRAIN, size)


def _samples(plane: VideoPlane) -> np.ndarray:
    """(h, w) uint8 of a plane, its memory itself."""
    stored = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
    return stored[: plane.height, : plane.width]


Image: TypeAlias = np.ndarray | PartlyRGB
"""A picture as following hands it on: (H, W, 3) uint8 RGB."""
