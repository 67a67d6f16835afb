"""When each decoded picture is shown: its stamp, in seconds from the start of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .video_length import USUAL_RATE, mean_rate

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Formats that write no time of presentation: what FFmpeg gives as such is the order of storing.
_ONLY_DECODING_TIMES = {"avi"}


def without_presentation(container: InputContainer) -> bool:
    """Whether the format holds no times of presentation."""
    return bool(set(container.format.name.split(",")) & _ONLY_DECODING_TIMES)


class Clock:
    """Stamps of pictures, taken in the order they are shown, as seconds that always grow.

    The time of presentation, unless it goes back more often than the time of decoding does: pictures leave
    the decoder in the order they are shown, so one that goes back is a mistake of the file. A stamp that is
    missing or does not grow is replaced by one mean frame after the last.
    start: stamp of time 0, by default the stream's own.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, start: int | None = None) -> None:
        self._start = stream.start_time if start is None else start
        self._last: float | None = None
        self._step = 1 / (mean_rate(stream) or USUAL_RATE)
        self._only_decoding = without_presentation(container)
        self._shown, self._decoded = _Stamps(), _Stamps()

    def time(self, picture: av.VideoFrame) -> float:
        """Seconds of the next picture."""
        stamp = self._stamp(picture) if picture.time_base is not None else None
        if stamp is not None and self._start is None:
            self._start = stamp
        time = None
        if stamp is not None and self._start is not None:
            time = float((stamp - self._start) * picture.time_base)
        if time is None or (self._last is not None and time <= self._last):
            time = 0.0 if self._last is None else self._last + self._step
        self._last = time
        return time

    def _stamp(self, picture: av.VideoFrame) -> int | None:
        self._shown.take(picture.pts)
        self._decoded.take(picture.dts)
        worse = self._only_decoding or self._shown.went_back > self._decoded.went_back
        first, second = (picture.dts, picture.pts) if worse else (picture.pts, picture.dts)
        return second if first is None else first


class _Stamps:
    """How often stamps of one kind did not grow."""

    def __init__(self) -> None:
        self.went_back = 0
        self._last: int | None = None

    def take(self, stamp: int | None) -> None:
        if stamp is None:
            return
        self.went_back += self._last is not None and stamp <= self._last
        self._last = stamp
