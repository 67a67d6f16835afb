"""One frame of a video, of which no more is converted than somebody asks for.

To make RGB of a decoded picture costs as much as a third of decoding it, and takes twice the memory. Whoever
needs the brightness alone, or nothing of a frame, does not pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .partly import Image, PartlyRGB
from .upright import Layout

if TYPE_CHECKING:
    import av

# Eight bits a sample, and the first plane is the brightness.
_BRIGHTNESS_FIRST = {
    f"{kind}{layout}" for kind in ("yuv", "yuvj") for layout in ("420p", "422p", "440p", "444p")
} | {"nv12", "nv21", "gray", "yuva420p"}


class PictureFrame(Protocol):
    """What following reads of a frame.

    index: its number. time: seconds. image: (H, W, 3) uint8 RGB. view: the same for somebody who reads parts
    of it. nbytes: of memory that it holds.
    """

    @property
    def index(self) -> int: ...
    @property
    def time(self) -> float: ...
    @property
    def image(self) -> np.ndarray: ...
    @property
    def view(self) -> Image: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def nbytes(self) -> int: ...
    def grey(self, longest: int) -> np.ndarray:
        """(h, w) uint8 brightness, made as small as `longest` px along the longer side, 16 px at least."""
        ...


@dataclass(frozen=True)
class Frame:
    """A decoded picture: index from 0, time in seconds from the start of the stream."""

    index: int
    time: float
    picture: av.VideoFrame = field(repr=False)
    layout: Layout = field(repr=False)

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB, upright, converted anew each time: keep it while you need it."""
        return self.layout.rgb(self.picture)

    @property
    def view(self) -> PartlyRGB:
        """The same, of which only parts that are read are converted: keep it while you need them."""
        return PartlyRGB(self.picture, self.layout)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, px, upright."""
        return self.layout.shape

    @property
    def nbytes(self) -> int:
        """Bytes of the picture as it was decoded."""
        return sum(plane.buffer_size for plane in self.picture.planes)

    def grey(self, longest: int) -> np.ndarray:
        """As PictureFrame's. Of usual videos the stored brightness, which may span 16 to 235."""
        if self.picture.format.name not in _BRIGHTNESS_FIRST:
            return _grey_of(self.image, longest)
        import cv2

        plane = self.picture.planes[0]
        stored = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
        stored = stored[: plane.height, : plane.width]
        size = _small((self.layout.height, self.layout.width), longest)
        small = cv2.resize(stored, size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(self.layout.view(small))


@dataclass(frozen=True)
class ImageFrame:
    """A frame whose picture, (H, W, 3) uint8 RGB, is here already."""

    index: int
    time: float
    image: np.ndarray

    @property
    def view(self) -> np.ndarray:
        """The picture."""
        return self.image

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, px."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes of the picture."""
        return self.image.nbytes

    def grey(self, longest: int) -> np.ndarray:
        """As PictureFrame's."""
        return _grey_of(self.image, longest)


def _grey_of(image: np.ndarray, longest: int) -> np.ndarray:
    import cv2

    small = cv2.resize(image, _small(image.shape[:2], longest), interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)


def _small(size: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Width and height, px, of the small picture."""
    scale = max(size[:2]) / longest
    return max(round(size[1] / scale), 16), max(round(size[0] / scale), 16)
