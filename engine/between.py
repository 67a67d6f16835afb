"""Looks at frames between two looks, for people who moved too quickly for all of them to be interpolated.

The frame in the middle first: where it lies near enough to the way from one look to the other, the rest is
interpolated; where not, both halves are gone into likewise. What several people need is looked at together,
frame by frame or in batches where the network takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from . import association
from .backtrack import PastFrame, Sighting
from .pace import Look, bend
from .sight import KEEP_SCORE, Sight
from .tracklet import BLINK, Pose, Tracklet


@dataclass(frozen=True)
class _Gap:
    """Frames `first` to before `last` of those between, with looks at somebody on both sides."""

    who: Moved
    start: Look
    end: Look
    first: int
    last: int

    @property
    def middle(self) -> int:
        return (self.first + self.last) // 2


@dataclass
class Moved:
    """Somebody who moved: their run up to the first look, and what the second one saw.

    found: poses by the number of the frame. lost: frames in which they were not found.
    """

    run: Tracklet
    seen: Sighting
    found: dict[int, Pose] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)


def look_between(sight: Sight, between: list[PastFrame], moved: list[Moved], largest: float) -> list[int]:
    """Put poses in the frames between into everybody's runs; numbers of the rows that were looked at.

    largest: surprise (pace.py) up to which frames are interpolated.
    """
    gaps = [_Gap(who, *_ends(who), 0, len(between)) for who in moved]
    looked: set[int] = set()
    while gaps:
        looked |= {gap.middle for gap in gaps}
        gaps = [rest for gap, look in _looks(sight, between, gaps) for rest in _halves(gap, look, largest)]
    for who in moved:
        _lay(who, between)
    return [between[number].row for number in sorted(looked)]


def _ends(who: Moved) -> tuple[Look, Look]:
    run, seen = who.run, who.seen
    # copies: the run's columns move when they grow
    start = Look(run.times[-1], run.joints[-1].copy(), run.score[-1].copy())
    return start, Look(seen.time, seen.pose.joints, seen.pose.score)


def _looks(sight: Sight, between: list[PastFrame], gaps: list[_Gap]) -> list[tuple[_Gap, Look | None]]:
    """What is seen in the middle of each gap; None where they are not found there."""
    asked: dict[int, list[_Gap]] = {}
    for gap in gaps:
        asked.setdefault(gap.middle, []).append(gap)
    frames = [between[number] for number in asked]
    regions = [
        [sight.on_the_way(gap.start, gap.end, frame.time) for gap in some]
        for frame, some in zip(frames, asked.values(), strict=True)
    ]
    images = [frame.frame.view for frame in frames]
    poses = sight.poses_of_each(images, regions)
    seen: list[tuple[_Gap, Look | None]] = []
    for (number, some), image, each in zip(asked.items(), images, poses, strict=True):
        time = between[number].time
        for gap, pose in zip(some, each, strict=True):
            fits = association.match_cost(gap.who.run, pose, time, sight.skeleton)
            if sight.is_somebody(pose, image, KEEP_SCORE) and fits <= association.LARGEST_COST:
                gap.who.found[number] = pose
                seen.append((gap, Look(time, pose.joints, pose.score)))
            else:
                gap.who.lost.add(number)
                seen.append((gap, None))
    return seen


def _halves(gap: _Gap, look: Look | None, largest: float) -> list[_Gap]:
    """What is still to be looked into."""
    if look is not None and bend(gap.who.run, gap.start, look, gap.end) <= largest:
        return []
    first = _Gap(gap.who, gap.start, look or gap.end, gap.first, gap.middle)
    second = _Gap(gap.who, look or gap.start, gap.end, gap.middle + 1, gap.last)
    return [half for half in (first, second) if half.first < half.last]


def _lay(who: Moved, between: list[PastFrame]) -> None:
    """Add poses found, and interpolated ones before each and after the last."""
    missing = who.lost - _blinks(who, [who.run.times[-1], *(frame.time for frame in between), who.seen.time])
    waiting: list[tuple[int, float]] = []
    for number, frame in enumerate(between):
        if number in who.found:
            who.run.fill(waiting, who.found[number], frame.time)
            who.run.add(frame.row, frame.time, who.found[number], alone=who.seen.alone)
            waiting = []
        elif number not in missing:
            waiting.append((frame.row, frame.time))
    who.run.fill(waiting, who.seen.pose, who.seen.time)


def _blinks(who: Moved, times: list[float]) -> set[int]:
    """Frames in which they were lost for so short a time that the network saw them wrong.

    times: seconds of the first look, the frames between and the second look.
    """
    blinks: set[int] = set()
    for number in who.lost:
        before = after = number
        while before in who.lost:
            before -= 1
        while after in who.lost:
            after += 1
        if times[after + 1] - times[before + 1] <= BLINK:
            blinks.add(number)
    return blinks
