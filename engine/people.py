"""Finds people in a video and follows each: one pass over the frames, memory bounded by the poses kept.

Top-down: each followed person is looked for where the last pose and the motion say, the detector looks for
new people every half second, and every fifth of one while nobody is followed or somebody has just been lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from blender_pose3d.skeleton import Skeleton

from . import appearance, association, body2d
from .errors import Cancelled
from .pose2d.base import PersonDetector, PoseNetwork, Region
from .stitch import arrange, stitch
from .tracklet import Pose, Tracklet

Progress = Callable[[str, int, int], None]

STAGE = "follow"
_LOOK_EVERY = 0.5  # seconds between two looks for new people
_LOOK_SOON = 0.2  # while nobody is in view, or somebody was just lost
_GIVE_UP = 0.8  # seconds for which a lost person is looked for where they should be
_LEAST_PRESENCE = 0.5
_KEEP_SCORE, _BIRTH_SCORE = 0.22, 0.35


class PictureFrame(Protocol):
    """What follow() reads of a frame: its number, its time in seconds, its picture (H, W, 3) uint8 RGB."""

    @property
    def index(self) -> int: ...
    @property
    def time(self) -> float: ...
    @property
    def image(self) -> np.ndarray: ...


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
        size = (frame.image.shape[1], frame.image.shape[0])
        follower.step(len(numbers), frame.time, frame.image)
        numbers.append(frame.index)
        times.append(frame.time)
        if progress is not None:
            progress(STAGE, len(numbers), max(total, len(numbers)))
    time = np.array(times, dtype=np.float64)
    people = stitch(follower.all, time, size)
    present, joints, score = arrange(people, len(time), network.skeleton, size)
    return People2D(np.array(numbers, dtype=np.int32), time, present, joints, score)


class _Follower:
    """The state between two frames: who is followed, who ended, when to look for new people."""

    def __init__(self, network: PoseNetwork, detector: PersonDetector) -> None:
        self.network = network
        self.detector = detector
        self.skeleton: Skeleton = network.skeleton
        self.active: list[Tracklet] = []
        self.all: list[Tracklet] = []
        self.next_look = -np.inf

    def step(self, row: int, time: float, image: np.ndarray) -> None:
        """Find everybody in one frame."""
        self.active = [t for t in self.active if t.missing_for(time) <= _GIVE_UP]
        poses = self._look(image, [self._region(t, time) for t in self.active])
        good = np.array([self._good(p, image, _KEEP_SCORE) for p in poses], dtype=bool)
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

    def _take(
        self, row: int, time: float, poses: list[Pose], born: list[bool], owners: dict[int, int]
    ) -> None:
        alone = _alone(poses)
        for index, owned in owners.items():
            self.active[index].add(row, time, poses[owned], alone=alone[owned])
        taken = set(owners.values())
        # a pose that nobody owns is a jump to something else; only the detector brings new people
        for index, pose in enumerate(poses):
            if born[index] and index not in taken:
                tracklet = Tracklet(self.skeleton)
                tracklet.add(row, time, pose, alone=alone[index])
                self.active.append(tracklet)
                self.all.append(tracklet)

    def _plan_next_look(self, time: float) -> None:
        looked = time >= self.next_look
        lost = any(t.missing_for(time) > 0 for t in self.active)
        wait = _LOOK_SOON if lost or not self.active else _LOOK_EVERY
        self.next_look = time + wait if looked else min(self.next_look, time + wait)

    def _region(self, tracklet: Tracklet, time: float) -> Region:
        return self.network.region(tracklet.predicted(time), tracklet.score[-1])

    def _detect(self, image: np.ndarray, known: list[Pose]) -> list[Pose]:
        box, _ = self.detector.detect(image)
        box = np.asarray(box, dtype=np.float64).reshape(-1, 4)
        if known and len(box):
            # somebody half hidden by a followed person overlaps them: only a near copy of a box is known
            box = box[body2d.overlap(box, np.stack([p.box for p in known])).max(axis=1) < 0.6]
        first = self._look(image, [self.network.region_from_box(b) for b in box])
        # a detector's box is loose and upright; a second look, placed by the pose itself, is a better start
        second = self._look(image, [self.network.region(p.joints, p.score) for p in first])
        good = [p for p in second if self._good(p, image, _BIRTH_SCORE)]
        return sorted(good, key=lambda p: -p.presence * float(p.score.mean()))

    def _look(self, image: np.ndarray, regions: list[Region]) -> list[Pose]:
        if not regions:
            return []
        joints, score = self.network.predict(image, regions)
        presence = getattr(self.network, "presence", None)
        presence = np.ones(len(regions)) if presence is None else np.asarray(presence)
        size = body2d.stature(joints, self.skeleton)
        return [
            Pose(j, s, float(p), appearance.describe(image, j, s, self.skeleton), float(h))
            for j, s, p, h in zip(joints, score, presence, size, strict=True)
        ]

    def _good(self, pose: Pose, image: np.ndarray, least_score: float) -> bool:
        core = body2d.indices(self.skeleton)
        inside = ~body2d.outside(pose.joints[core], (image.shape[1], image.shape[0]))
        seen = inside & (pose.score[core] >= body2d.SEEN)
        if not np.isfinite(pose.joints).all() or pose.presence < _LEAST_PRESENCE or seen.sum() < 4:
            return False
        return float(pose.score[core][inside].mean()) >= least_score


def _alone(poses: list[Pose]) -> list[bool]:
    if not poses:
        return []
    box = np.stack([p.box for p in poses])
    shared = body2d.overlap(box, box)
    np.fill_diagonal(shared, 0)
    return [bool(x) for x in shared.max(axis=1) < 0.05]
