"""Frames from far into a video, with their exact numbers, without decoding all that comes before.

The packets before are read, not decoded: their stamps, in order, say which number the frame has that is
shown at a stamp. Decoding begins at a key frame before it. Where a file's packets do not tell its frames one
by one (no stamps, stamps that repeat, damage), nothing is guessed: the caller decodes from the beginning.
"""

from __future__ import annotations

import itertools
import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .containers import Damage, decoded, ffmpeg_error, opened, packets_of, pixel_aspect
from .stamps import without_presentation
from .upright import Layout

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger(__name__)

# Frames of the beginning that are decoded to see whether packets and frames agree.
_COMPARED = 24
# Packets of these may show nothing.
_HIDDEN_FRAMES = {"vp8", "theora"}
_LOOK_EVERY = 512  # packets
_ATTEMPTS = 4


@dataclass(frozen=True)
class Index:
    """The frames at the beginning of a video, as its packets tell them.

    shown: (T,) int64 stamps in growing order, of all frames up to the one asked for. keys, sought: (K,) int64
    stamps of key frames, of presentation and those that seeking goes by. start: stamp of time 0. layout: of
    the first picture.
    """

    shown: np.ndarray
    keys: np.ndarray
    sought: np.ndarray
    start: int
    time_base: float
    layout: Layout

    def number(self, start: int, start_time: float) -> int:
        """Number of the first frame that is neither before `start` nor before `start_time` seconds.

        The last frame's where there is none.
        """
        times = (self.shown - self.start) * self.time_base
        return min(max(start, int(np.searchsorted(times, start_time))), len(self.shown) - 1)


def index_until(path: Path, start: int, start_time: float) -> Index | None:
    """Index of a video as far as it is needed; None where packets do not tell frames.

    Raises BadInput as ``containers.opened``.
    """
    beginning = _beginning(path)
    if beginning is None:
        return None
    told, layout = beginning
    with opened(path) as (container, stream):
        if without_presentation(container) or stream.codec_context.name in _HIDDEN_FRAMES:
            return None
        index = _scan(container, stream, (start, start_time), layout)
    # the first frames must come at the stamps that the packets told
    return index if index is not None and told == index.shown[: len(told)].tolist() else None


def pictures_from(
    container: InputContainer, stream: VideoStream, damage: Damage, index: Index, number: int
) -> Iterator[av.VideoFrame] | None:
    """The pictures from frame `number` on; None where they cannot be reached exactly.

    container, stream: freshly opened.
    """
    wanted = int(index.shown[number])
    packets = _from_key_before(container, stream, damage, index, wanted)
    if packets is None:
        return None
    pictures = decoded(packets, stream, damage)
    later = itertools.dropwhile(lambda p: p.pts is None or p.pts < wanted, pictures)
    first = next(later, None)
    if first is None or first.pts != wanted:
        return None
    return itertools.chain([first], later)


def _scan(
    container: InputContainer, stream: VideoStream, asked: tuple[int, float], layout: Layout
) -> Index | None:
    start, start_time = asked
    shown, keys, sought = array("q"), array("q"), array("q")
    time_base = float(stream.time_base)
    damage = Damage()
    latest: int | None = None
    origin = stream.start_time
    for count, packet in enumerate(packets_of(container, stream, damage)):
        if packet is None or (packet.size == 0 and packet.pts is None):
            break
        if packet.pts is None or packet.is_corrupt or packet.size == 0 or not (keys or packet.is_keyframe):
            return None
        if packet.dts is not None:
            if latest is not None and packet.dts < latest:
                return None
            latest = packet.dts
        if packet.is_keyframe:
            keys.append(packet.pts)
            sought.append(packet.pts if packet.dts is None else packet.dts)
        if packet.is_discard:
            # an edit list leaves it out, but what is shown may need it
            continue
        shown.append(packet.pts)
        if count % _LOOK_EVERY == 0 and latest is not None:
            # no packet from here on is shown before it is decoded
            known = np.frombuffer(shown, dtype=np.int64) < latest
            since = 0.0 if origin is None else (latest - origin) * time_base
            if known.sum() > start + 1 and since > start_time:
                break
    if damage.broke_off or not shown:
        return None
    stamps = np.unique(np.frombuffer(shown, dtype=np.int64))
    if len(stamps) != len(shown):
        return None
    begins = int(stamps[0]) if origin is None else origin
    key = [np.frombuffer(x, dtype=np.int64).copy() for x in (keys, sought)]
    return Index(stamps, key[0], key[1], begins, time_base, layout)


def _beginning(path: Path) -> tuple[list[int | None], Layout] | None:
    """Stamps of the first frames as they are decoded, and their layout; None where they are damaged."""
    damage = Damage()
    with opened(path) as (container, stream):
        pictures = decoded(packets_of(container, stream, damage), stream, damage)
        first = list(itertools.islice(pictures, _COMPARED))
        # a generator that decodes must not outlive its file
        pictures.close()
        if damage.packets or not first:
            return None
        return [picture.pts for picture in first], Layout.of(first[0], pixel_aspect(stream))


def _from_key_before(
    container: InputContainer, stream: VideoStream, damage: Damage, index: Index, wanted: int
) -> Iterator[av.Packet | None] | None:
    """Packets from a key frame before the wanted stamp on.

    One key frame earlier than needed: of a picture that is refreshed bit by bit the first are not whole.
    """
    before = np.flatnonzero(index.keys <= wanted)
    for attempt in range(_ATTEMPTS):
        which = len(before) - 2 - (2**attempt - 1)
        if which < 0:
            return None
        try:
            container.seek(int(index.sought[before[which]]), stream=stream, backward=True)
        except ffmpeg_error():
            return None
        packets = packets_of(container, stream, damage)
        usable = itertools.dropwhile(lambda p: p is not None and not p.is_keyframe, packets)
        first = next(usable, None)
        if first is not None and first.pts is not None and first.pts <= index.keys[before[-1]]:
            return itertools.chain([first], usable)
    return None
