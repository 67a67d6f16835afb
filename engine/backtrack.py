"""Follows a person who has just been found back through the last frames, to where they came into view.

While all is well the detector looks only now and then, so somebody who comes in is found up to one interval
late. The frames of that interval are kept, and the new person is followed through them in reverse. Of large
pictures only some are kept: between those, joints are interpolated.
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
_ROUNDING = 1e-6  # seconds


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
    """The frames of the last `span` seconds; where they would take more than `most_bytes`, not all.

    coarsest: seconds from one frame that is kept to the next, at most; what does not fit even so is forgotten
    from the beginning.
    """

    def __init__(self, span: float, most_bytes: int = _MOST_BYTES, coarsest: float = 0.0) -> None:
        self.span = span
        self.most_bytes = most_bytes
        self.coarsest = coarsest
        self._frames: deque[PastFrame] = deque()
        self._moments: deque[tuple[int, float]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[PastFrame]:
        return iter(self._frames)

    def __reversed__(self) -> Iterator[PastFrame]:
        return reversed(self._frames)

    def passed_by(self, first: int, last: int) -> list[tuple[int, float]]:
        """Row and time of the frames after row `first` and before row `last`; none where one of them was
        kept, or is forgotten."""
        begun = bool(self._frames) and self._frames[0].row <= first
        if not begun or any(first < frame.row < last for frame in self._frames):
            return []
        return self.moments(first, last)

    def moments(self, first: int, last: int) -> list[tuple[int, float]]:
        """Row and time of the frames of the last `span` seconds after row `first` and before row `last`."""
        return [moment for moment in self._moments if first < moment[0] < last]

    def add(self, frame: PastFrame) -> None:
        """Keep a frame, or pass it by, and forget those that are too old or too many."""
        nbytes = frame.frame.nbytes
        step = min(self.coarsest, self.span * nbytes / self.most_bytes)
        if not self._frames or frame.time - self._frames[-1].time >= step - _ROUNDING:
            self._frames.append(frame)
            self._bytes += nbytes
        while self._frames and (
            frame.time - self._frames[0].time > self.span or self._bytes > self.most_bytes
        ):
            self._bytes -= self._frames.popleft().frame.nbytes
        self.note(frame.row, frame.time)

    def note(self, row: int, time: float) -> None:
        """There was a frame, whether it is kept or not."""
        self._moments.append((row, time))
        while time - self._moments[0][1] > self.span:
            self._moments.popleft()


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
        image = frame.frame.view
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
