"""A video file opened: its container, the one stream of pictures in it, and all that can be decoded of it.

Read by FFmpeg's libraries through PyAV.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .errors import BadInput
from .hardware_decoding import open_by_chip
from .upright import check_size

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


class Damage:
    """What was passed over in one reading, told once at its end."""

    def __init__(self) -> None:
        self.packets = 0
        self.broke_off = False

    def report(self, path: Path, read: int, counted: int) -> None:
        """A line in the log if something was. read: frames; counted: by the container, 0 where unknown."""
        if self.packets:
            log.warning("%s is damaged: %d packets were passed over.", path.name, self.packets)
        if self.broke_off or read < counted:
            of = f" of {counted}" if counted > read else ""
            log.warning("%s breaks off: %d%s frames could be read.", path.name, read, of)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
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
        with path.open("rb") as file, _opened_by_ffmpeg(file) as container:
            stream = _video_stream(container, path)
            yield container, stream
    except av.error.FFmpegError as error:
        raise BadInput(
            f"{path.name} is no video that can be read ({error.strerror}).",
            "It may be of another kind, or a recording that was cut off before its end was written.",
        ) from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _opened_by_ffmpeg(file: BinaryIO) -> InputContainer:
    import av

    # FFmpeg gets an open file and no name to interpret: "-", "http:..." and "concat:..." stay file names.
    # The list of protocols keeps play lists from reaching out to the network. Titles in an encoding of their
    # own, or damaged ones, are no reason to refuse a video.
    settings = {"options": {"protocol_whitelist": "file"}, "metadata_errors": "replace"}
    return open_by_chip(file, **settings) or av.open(file, **settings)


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


def packets_of(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[av.Packet | None]:
    """The stream's packets from where the container stands, then None, which empties the decoder."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except ffmpeg_error():
            damage.broke_off = True
            yield None
            return
        yield packet


def decoded(
    packets: Iterable[av.Packet | None], stream: VideoStream, damage: Damage
) -> Generator[av.VideoFrame]:
    """All frames that can be decoded, in the order they are shown; what cannot is counted in `damage`."""
    for packet in packets:
        try:
            yield from stream.decode(packet)
        except EOFError:
            return
        except ffmpeg_error():
            damage.packets += 1


def pixel_aspect(stream: VideoStream) -> float:
    """Width over height of one pixel; 1 where the file does not say."""
    return float(stream.sample_aspect_ratio or 1)


def ffmpeg_error() -> type[Exception]:
    """What PyAV raises for anything that FFmpeg refuses."""
    import av

    return av.error.FFmpegError
