"""Video files in: what a file holds, and its pictures upright, in RGB, with the time each is shown.

Read by FFmpeg's libraries through PyAV. What is done to odd files:

- Rotation and mirroring of the display matrix are applied; sizes are those of the upright picture.
- Pixels that are not square (sample aspect ratio other than 1) are made square by stretching the width, as
  players do; lengths in the picture are then true in both directions.
- 10-bit, grey and palette pictures become 8-bit RGB; transparency is dropped.
- A picture whose size changes in mid-file is scaled to the size of the first one.
- Damaged packets are passed over and counted in the log; the frames around them stay. Frame numbers count
  the frames that can be decoded, from 0.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import seeking
from .containers import Damage, decoded, opened, packets_of, pixel_aspect
from .errors import BadInput
from .frame import Frame
from .lens_metadata import focal_length
from .stamps import Clock
from .upright import Layout
from .video_length import length

if TYPE_CHECKING:
    import av

# Frames or seconds from the beginning, from which on it is quicker to seek than to decode all before.
_FAR_FRAMES, _FAR_SECONDS = 300, 10.0


@dataclass(frozen=True)
class VideoInfo:
    """What a video file holds.

    width, height: px, upright and with square pixels. fps: mean frame rate. frames: as the container counts
    them, else an estimate from duration and rate, so only good for a progress bar. duration: seconds. lens:
    focal length in mm as on 35 mm film, None where the file does not say.
    """

    path: Path
    sha256: str
    width: int
    height: int
    fps: float
    frames: int
    duration: float
    lens: float | None = None


def probe(path: Path | str) -> VideoInfo:
    """Size, rate, length and SHA-256 of a video; decodes its first frame to be sure that there is one.

    Raises BadInput, in one line, when there is no such file, it is no video or holds no readable frame.
    """
    path = Path(path)
    with opened(path) as (container, stream):
        damage = Damage()
        first = next(decoded(packets_of(container, stream, damage), stream, damage), None)
        if first is None:
            raise BadInput(f"No frame of {path.name} can be read.", "The file is empty or damaged.")
        height, width = Layout.of(first, pixel_aspect(stream)).shape
        fps, frames, duration = length(container, stream)
        lens = focal_length(path, (container.metadata, stream.metadata))
    return VideoInfo(path, file_sha256(path), width, height, fps, frames, duration, lens)


def read_frames(
    path: Path | str,
    start: int = 0,
    stop: int | None = None,
    *,
    start_time: float = 0.0,
    stop_time: float | None = None,
    seek: bool = True,
) -> Iterator[Frame]:
    """The frames of a video in the order they are shown, upright.

    start, stop: frame numbers, stop not included. start_time, stop_time: seconds, stop_time not included;
    both limits hold. Numbers are exact: of a range far into a file whose packets tell its frames one by one,
    decoding begins at a key frame before it; else earlier frames are decoded but not converted, as without
    `seek`. Times come from the presentation stamps and always grow (stamps.Clock). The file is closed when
    the iterator ends or is closed.
    Raises BadInput as `probe` does; a file that breaks off in the middle gives what can be read, with a
    warning in the log.
    """
    path = Path(path)
    far = start >= _FAR_FRAMES or start_time >= _FAR_SECONDS
    index = seeking.index_until(path, start, start_time) if seek and far else None
    if index is not None:
        number = index.number(start, start_time)
        with opened(path) as (container, stream):
            damage = Damage()
            pictures = seeking.pictures_from(container, stream, damage, index, number)
            if pictures is not None:
                clock = Clock(container, stream, index.start)
                wanted = _Wanted(start, stop, start_time, stop_time)
                yield from wanted.of(pictures, clock, index.layout, number)
                damage.report(path, wanted.read, 0)
                return
    yield from _from_the_beginning(path, _Wanted(start, stop, start_time, stop_time))


def _from_the_beginning(path: Path, wanted: _Wanted) -> Iterator[Frame]:
    damage = Damage()
    with opened(path) as (container, stream):
        pictures: Iterator[av.VideoFrame] = decoded(packets_of(container, stream, damage), stream, damage)
        first = next(pictures, None)
        if first is not None:
            layout = Layout.of(first, pixel_aspect(stream))
            pictures = itertools.chain([first], pictures)
            yield from wanted.of(pictures, Clock(container, stream), layout)
        counted = stream.frames
    if not wanted.read:
        raise BadInput(f"No frame of {path.name} can be read.", "The file is empty or damaged.")
    damage.report(path, wanted.read, counted if wanted.to_the_end else 0)


class _Wanted:
    """A range of frames, and how much was read to give it."""

    def __init__(self, start: int, stop: int | None, start_time: float, stop_time: float | None) -> None:
        self._start, self._stop = start, stop
        self._start_time, self._stop_time = start_time, stop_time
        self.read = 0
        self.to_the_end = True

    def of(
        self, pictures: Iterator[av.VideoFrame], clock: Clock, layout: Layout, number: int = 0
    ) -> Iterator[Frame]:
        """The frames in the range. number: of the first picture. layout: of all."""
        for index, picture in enumerate(pictures, start=number):
            time = clock.time(picture)
            self.read += 1
            past = self._stop_time is not None and time >= self._stop_time
            if past or (self._stop is not None and index >= self._stop):
                self.to_the_end = False
                return
            if index >= self._start and time >= self._start_time:
                yield Frame(index, time, picture, layout)


def file_sha256(path: Path | str) -> str:
    """SHA-256 of a file in hexadecimal, read in blocks. Raises BadInput if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
