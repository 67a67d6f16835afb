"""Follows a person who has just been found back through the last frames, to where they came into view.

While all is well the detector looks only now and then, so somebody who comes in is found up to one interval
late. The frames of that interval are kept, and the new person is followed through them in reverse.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from . import association
from .frame import PictureFrame
from .sight import KEEP_SCORE, Sight
from .tracklet import Pose, Tracklet

_MOST_BYTES = 128 << 20


@dataclass(frozen=True)
class PastFrame:
    """row: index in the list of all frames read. frame: as it was read, its picture not converted."""

    row: int
    frame: PictureFrame

    @property
    def time(self) -> float:
        """Seconds."""
        return self.frame.time


@dataclass(frozen=True)
class Sighting:
    """A pose in frame `row` at `time` seconds. alone: nobody else overlaps."""

    row: int
    time: float
    pose: Pose
    alone: bool


class RecentFrames:
    """The frames of the last `span` seconds, fewer where they would take more than `most_bytes`."""

    def __init__(self, span: float, most_bytes: int = _MOST_BYTES) -> None:
        self.span = span
        self.most_bytes = most_bytes
        self._frames: deque[PastFrame] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[PastFrame]:
        return iter(self._frames)

    def __reversed__(self) -> Iterator[PastFrame]:
        return reversed(self._frames)

    def add(self, frame: PastFrame) -> None:
        """Keep a frame and forget those that are too old or too many."""
        self._frames.append(frame)
        self._bytes += frame.frame.nbytes
        while self._frames and (
            frame.time - self._frames[0].time > self.span or self._bytes > self.most_bytes
        ):
            self._bytes -= self._frames.popleft().frame.nbytes


def backtrack(
    sight: Sight,
    recent: RecentFrames,
    found: Sighting,
    others: list[Tracklet],
    *,
    after: int = -1,
) -> list[Sighting]:
    """The person's poses in the frames before the one they were found in, earliest first.

    others: everybody else's runs. after: frames up to this row are left alone. Ends at the first frame in
    which nobody is seen there, or somebody of another run.
    """
    # a run in reversed time expects the person where they came from
    reverse = Tracklet(sight.skeleton)
    reverse.add(-found.row, -found.time, found.pose, alone=found.alone)
    sightings: list[Sighting] = []
    for frame in reversed(recent):
        if frame.row >= found.row:
            continue
        if frame.row <= after:
            break
        image = frame.frame.image
        pose = sight.poses(image, [sight.expected(reverse, -frame.time)])[0]
        if not sight.is_somebody(pose, image, KEEP_SCORE):
            break
        if association.match_cost(reverse, pose, -frame.time, sight.skeleton) > association.LARGEST_COST:
            break
        known = [p for t in others if (p := t.pose_at(frame.row)) is not None]
        if len(known) not in association.distinct([*known, pose], sight.skeleton):
            break
        alone = association.alone([*known, pose])[-1]
        reverse.add(-frame.row, -frame.time, pose, alone=alone)
        sightings.append(Sighting(frame.row, frame.time, pose, alone))
    return sightings[::-1]
