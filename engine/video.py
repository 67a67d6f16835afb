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

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .errors import BadInput
from .lens_metadata import focal_length
from .upright import check_size, square_size, upright_rgb, upright_size
from .video_length import USUAL_RATE, length, mean_rate

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger(__name__)

# FFmpeg "plays" text as a picture of letters with these decoders.
_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}
# A decoder that works on several frames at once holds all of them: few threads for large pictures.
_LARGE_PIXELS = 16_000_000
_MAX_THREADS = 8


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


@dataclass(frozen=True)
class Frame:
    """One picture: index from 0, time in seconds from the start of the stream, (H, W, 3) uint8 RGB image."""

    index: int
    time: float
    image: np.ndarray


def probe(path: Path | str) -> VideoInfo:
    """Size, rate, length and SHA-256 of a video; decodes its first frame to be sure that there is one.

    Raises BadInput, in one line, when there is no such file, it is no video or holds no readable frame.
    """
    path = Path(path)
    with _opened(path) as (container, stream):
        first = next(_decoded(container, stream, _Damage()), None)
        if first is None:
            raise BadInput(f"No frame of {path.name} can be read.", "The file is empty or damaged.")
        height, width = upright_size(first, square_size(first, _pixel_aspect(stream)))
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
) -> Iterator[Frame]:
    """The frames of a video in the order they are shown, upright.

    start, stop: frame numbers, stop not included. start_time, stop_time: seconds, stop_time not included;
    both limits hold. Earlier frames are decoded but not converted, so that numbers are exact. Times come from
    the presentation stamps and always grow: a stamp that is missing or does not grow is replaced by one mean
    frame after the last. The file is closed when the iterator ends or is closed.
    Raises BadInput as `probe` does; a file that breaks off in the middle gives what can be read, with a
    warning in the log.
    """
    path = Path(path)
    damage = _Damage()
    index, complete = -1, True
    with _opened(path) as (container, stream):
        clock = _Clock(stream)
        size: tuple[int, int] | None = None
        for index, picture in enumerate(_decoded(container, stream, damage)):
            time = clock.time(picture)
            size = size or square_size(picture, _pixel_aspect(stream))
            if (stop is not None and index >= stop) or (stop_time is not None and time >= stop_time):
                complete = False
                break
            if index >= start and time >= start_time:
                yield Frame(index, time, upright_rgb(picture, size))
        counted = stream.frames
    if index < 0:
        raise BadInput(f"No frame of {path.name} can be read.", "The file is empty or damaged.")
    damage.report(path, index + 1, counted if complete else 0)


def file_sha256(path: Path | str) -> str:
    """SHA-256 of a file in hexadecimal, read in blocks. Raises BadInput if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


class _Damage:
    """What was passed over in one reading, told once at its end."""

    def __init__(self) -> None:
        self.packets = 0
        self.broke_off = False

    def report(self, path: Path, read: int, counted: int) -> None:
        if self.packets:
            log.warning("%s is damaged: %d packets were passed over.", path.name, self.packets)
        if self.broke_off or read < counted:
            of = f" of {counted}" if counted > read else ""
            log.warning("%s breaks off: %d%s frames could be read.", path.name, read, of)


class _Clock:
    """Presentation stamps as seconds from the start of the stream, always growing."""

    def __init__(self, stream: VideoStream) -> None:
        self._start = stream.start_time
        self._last: float | None = None
        self._step = 1 / (mean_rate(stream) or USUAL_RATE)

    def time(self, picture: av.VideoFrame) -> float:
        stamped = picture.pts is not None and picture.time_base is not None
        if stamped and self._start is None:
            self._start = picture.pts
        time = float((picture.pts - self._start) * picture.time_base) if stamped else None
        if time is None or (self._last is not None and time <= self._last):
            time = 0.0 if self._last is None else self._last + self._step
        self._last = time
        return time


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its video stream, ready to decode; BadInput for everything that is none."""
    import av

    if not path.exists():
        raise BadInput(f"There is no file {path}.", "Check its name and folder.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder.", "Name the video file in it.")
    if not path.is_file():
        raise BadInput(f"{path} is no ordinary file.", "Copy the video to a file first.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path.name} is empty (0 bytes).")
    try:
        # FFmpeg gets an open file and no name to interpret: "-", "http:..." and "concat:..." stay file names.
        # The list of protocols keeps play lists from reaching out to the network.
        with path.open("rb") as file, av.open(file, options={"protocol_whitelist": "file"}) as container:
            stream = _video_stream(container, path)
            yield container, stream
    except av.error.FFmpegError as error:
        raise BadInput(
            f"{path.name} is no video that can be read ({error.strerror}).",
            "It may be of another kind, or a recording that was cut off before its end was written.",
        ) from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    import av

    streams = [s for s in container.streams.video if s.disposition & av.stream.Disposition.attached_pic == 0]
    if not streams:
        raise BadInput(f"{path.name} has no video in it.", "Only sound, or another kind of file.")
    stream = max(streams, key=lambda s: (s.disposition & av.stream.Disposition.default != 0, -s.index))
    codec = stream.codec_context
    if codec is None:
        raise BadInput(
            f"The video of {path.name} is of a kind that cannot be decoded here.", "Convert it to H.264."
        )
    if codec.name in _TEXT_CODECS:
        raise BadInput(f"{path.name} is a text file, no video.")
    check_size(codec.width, codec.height)
    cpus = min(os.cpu_count() or 1, _MAX_THREADS)
    codec.thread_type = "AUTO"
    codec.thread_count = cpus if codec.width * codec.height < _LARGE_PIXELS else min(cpus, 2)
    return stream


def _decoded(container: InputContainer, stream: VideoStream, damage: _Damage) -> Iterator[av.VideoFrame]:
    """All frames that can be decoded; what cannot is counted in `damage`."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except _ffmpeg_error():
            damage.broke_off = True
            packet = None
        try:
            yield from stream.decode(packet)
        except EOFError:
            return
        except _ffmpeg_error():
            damage.packets += 1
        if packet is None:
            return


def _ffmpeg_error() -> type[Exception]:
    import av

    return av.error.FFmpegError


def _pixel_aspect(stream: VideoStream) -> float:
    """Width over height of one pixel; 1 where the file does not say."""
    return float(stream.sample_aspect_ratio or 1)
