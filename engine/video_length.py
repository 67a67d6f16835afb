"""How long a video stream is and how fast it runs: from its container, else by counting."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Rates outside these are time bases or mistakes, no frame rates.
_LEAST_RATE, _MOST_RATE = 0.1, 480
USUAL_RATE = 25.0


def mean_rate(stream: VideoStream) -> float:
    """Mean frame rate as the container tells it; 0 where it tells none, or nonsense."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and _LEAST_RATE <= rate <= _MOST_RATE:
            return float(rate)
    return 0.0


def length(container: InputContainer, stream: VideoStream) -> tuple[float, int, float]:
    """Frames a second, number of frames and seconds: from the container, else by counting packets."""
    fps, frames, duration = mean_rate(stream), stream.frames, 0.0
    if stream.duration:
        duration = float(stream.duration * stream.time_base)
    elif container.duration:
        duration = container.duration / 1e6
    if duration <= 0 or (fps <= 0 and frames <= 0):
        frames, duration = _counted(container, stream, fps)
    if fps <= 0:
        fps = frames / duration if duration > 0 else USUAL_RATE
    return fps, frames or max(1, round(duration * fps)), duration or 1 / fps


def _counted(container: InputContainer, stream: VideoStream, fps: float) -> tuple[int, float]:
    """Number of packets and seconds from the first to the end of the last; nothing is decoded."""
    import av

    container.seek(0)
    stamps = []
    packets = 0
    with contextlib.suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            packets += packet.size > 0
            if packet.pts is not None:
                stamps.append(packet.pts)
    if len(stamps) < 2:
        return packets, packets / (fps or USUAL_RATE)
    seconds = float((max(stamps) - min(stamps)) * stream.time_base)
    return packets, seconds * len(stamps) / (len(stamps) - 1)
