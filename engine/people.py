"""Finds people in a video and follows each: one pass over the frames, memory bounded by the poses kept.

Top-down: each followed person is looked for where the last pose and the motion say, the detector looks for
new people every half second, and every fifth of one while nobody is followed or somebody has just been lost.
Who is found is then followed back through the frames since the last look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from . import association, body2d, trace
from .backtrack import PastFrame, RecentFrames, Sighting, backtrack
from .errors import Cancelled
from .frame import PictureFrame
from .pose2d.base import PersonDetector, PoseNetwork
from .sight import BIRTH_SCORE, KEEP_SCORE, Sight
from .stitch import arrange, stitch
from .tracklet import Pose, Tracklet

Progress = Callable[[str, int, int], None]

STAGE = "follow"
_LOOK_EVERY = 0.5  # seconds between two looks for new people
_LOOK_SOON = 0.2  # while nobody is in view, or somebody was just lost
_GIVE_UP = 0.8  # seconds for which a lost person is looked for where they should be
_REMEMBER = 1.1 * _LOOK_EVERY  # seconds of frames kept, in which to look where a new person came from


@dataclass(frozen=True)
class People2D:
    """Everybody in a video, most prominent first.

    frame: (T,) int32 source frame numbers. time: (T,) float64 seconds. present: (P, T) bool.
    joints2d: (P, T, K, 2) float32 px, score2d: (P, T, K) float32; NaN where not present.
    A joint outside the picture keeps the network's coordinates, outside the picture, with a score of at most
    body2d.OUTSIDE_SCORE; an occluded one lies inside it with a low score.
    """

    frame: np.ndarray
    time: np.ndarray
    present: np.ndarray
    joints2d: np.ndarray
    score2d: np.ndarray


def follow(
    frames: Iterable[PictureFrame],
    network: PoseNetwork,
    detector: PersonDetector,
    *,
    total: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> People2D:
    """Follow everybody through the frames.

    total: number of frames expected, for progress("follow", done, total). cancelled: asked before every
    frame. Raises Cancelled when it says so. A video with nobody in it gives zero people.
    """
    follower = _Follower(network, detector)
    numbers: list[int] = []
    times: list[float] = []
    size = (1, 1)
    if progress is not None:
        progress(STAGE, 0, total)
    for frame in frames:
        if cancelled is not None and cancelled():
            raise Cancelled
        size = frame.shape[::-1]
        with trace.span("follow"):
            follower.step(len(numbers), frame)
        numbers.append(frame.index)
        times.append(frame.time)
        if progress is not None:
            progress(STAGE, len(numbers), max(total, len(numbers)))
    time = np.array(times, dtype=np.float64)
    with trace.span("stitch"):
        people = stitch(follower.all, time, size)
        present, joints, score = arrange(people, len(time), network.skeleton, size)
    return People2D(np.array(numbers, dtype=np.int32), time, present, joints, score)


class _Follower:
    """The state between two frames: who is followed, who ended, when to look for new people."""

    def __init__(self, network: PoseNetwork, detector: PersonDetector) -> None:
        self.sight = Sight(network)
        self.network = network
        self.detector = detector
        self.skeleton = network.skeleton
        self.recent = RecentFrames(_REMEMBER)
        self.active: list[Tracklet] = []
        self.all: list[Tracklet] = []
        self.next_look = -np.inf

    def step(self, row: int, frame: PictureFrame) -> None:
        """Find everybody in one frame."""
        time = frame.time
        with trace.span("convert"):
            image = frame.image
        self.active = [t for t in self.active if t.missing_for(time) <= _GIVE_UP]
        poses = self.sight.poses(image, [self.sight.expected(t, time) for t in self.active])
        good = np.array([self.sight.is_somebody(p, image, KEEP_SCORE) for p in poses], dtype=bool)
        cost = association.costs(self.active, poses, time, self.skeleton)
        # What continues nobody is a jump to something else, and must not hide it from the detector. Of two
        # regions that show one body, the one that expected it gives the steadier pose: it comes first.
        keep = np.flatnonzero(good & (cost <= association.LARGEST_COST).any(axis=0))
        candidates = [poses[i] for i in keep[np.argsort(cost.diagonal()[keep], kind="stable")]]
        followed = len(candidates)
        if time >= self.next_look:
            candidates += self._detect(image, candidates)
        kept = association.distinct(candidates, self.skeleton)
        born = [index >= followed for index in kept]
        candidates = [candidates[index] for index in kept]
        owners = association.assign(self.active, candidates, time, self.skeleton)
        self._take(row, time, candidates, born, owners)
        self._plan_next_look(time)
        self.recent.add(PastFrame(row, frame))

    def _take(
        self, row: int, time: float, poses: list[Pose], born: list[bool], owners: dict[int, int]
    ) -> None:
        alone = association.alone(poses)
        for index, owned in owners.items():
            self._extend(self.active[index], Sighting(row, time, poses[owned], alone[owned]))
        taken = set(owners.values())
        # a pose that nobody owns is a jump to something else; only the detector brings new people
        for index, pose in enumerate(poses):
            if born[index] and index not in taken:
                tracklet = Tracklet(self.skeleton)
                self._extend(tracklet, Sighting(row, time, pose, alone[index]))
                self.active.append(tracklet)
                self.all.append(tracklet)

    def _extend(self, tracklet: Tracklet, seen: Sighting) -> None:
        """Add a pose, and before it those of the frames without one in which the person can be found."""
        last = tracklet.rows[-1] if tracklet.rows else -1
        earlier: list[Sighting] = []
        if last < seen.row - 1:
            others = [t for t in self.all if t is not tracklet]
            earlier = backtrack(self.sight, self.recent, seen, others, after=last)
        for each in [*earlier, seen]:
            tracklet.add(each.row, each.time, each.pose, alone=each.alone)

    def _plan_next_look(self, time: float) -> None:
        looked = time >= self.next_look
        lost = any(t.missing_for(time) > 0 for t in self.active)
        wait = _LOOK_SOON if lost or not self.active else _LOOK_EVERY
        self.next_look = time + wait if looked else min(self.next_look, time + wait)

    def _detect(self, image: np.ndarray, known: list[Pose]) -> list[Pose]:
        with trace.span("detect"):
            box, _ = self.detector.detect(image)
        box = np.asarray(box, dtype=np.float64).reshape(-1, 4)
        if known and len(box):
            # somebody half hidden by a followed person overlaps them: only a near copy of a box is known
            box = box[body2d.overlap(box, np.stack([p.box for p in known])).max(axis=1) < 0.6]
        first = self.sight.poses(image, [self.network.region_from_box(b) for b in box])
        # a detector's box is loose and upright; a second look, placed by the pose itself, is a better start
        second = self.sight.poses(image, [self.network.region(p.joints, p.score) for p in first])
        good = [p for p in second if self.sight.is_somebody(p, image, BIRTH_SCORE)]
        return sorted(good, key=lambda p: -p.presence * float(p.score.mean()))
