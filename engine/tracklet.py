"""One person's unbroken run of poses, and what it leads us to expect in the next frame."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from blender_pose3d.skeleton import Skeleton

from . import appearance, body2d
from .bend import curved
from .columns import Column

VELOCITY_SPAN = 0.25  # seconds of the past from which motion is told
COLUMNS = ("rows", "times", "joints", "score", "presence", "looked")
BLINK = 0.085  # seconds from seen to seen again: one frame of 24 a second; nobody hides for so short a time
_LONGEST_GUESS = 0.5  # seconds after which a lost person is taken to have stopped


@dataclass
class Pose:
    """One person in one frame: joints (K, 2) px, score (K,), presence 0 to 1, clothes (4, 26), stature px."""

    joints: np.ndarray
    score: np.ndarray
    presence: float
    clothes: np.ndarray
    stature: float

    @property
    def box(self) -> np.ndarray:
        """(4,) x0 y0 x1 y1 px."""
        return body2d.boxes(self.joints, self.score)


@dataclass
class Tracklet:
    """Poses of one person, frame after frame; frames where nobody was seen are not in it.

    rows: index of each pose's frame in the list of all frames that were read. times: seconds. joints: (K, 2)
    px, score: (K,), presence: of each pose. looked: whether somebody looked at the frame; else the pose lies
    between two such. clothes, stature: as known by now.
    """

    skeleton: Skeleton
    rows: Column = field(default_factory=lambda: Column(np.int32))
    times: Column = field(default_factory=lambda: Column(np.float64))
    joints: Column = field(default=None)  # type: ignore[assignment]
    score: Column = field(default=None)  # type: ignore[assignment]
    presence: Column = field(default_factory=lambda: Column(np.float64))
    looked: Column = field(default_factory=lambda: Column(np.bool_))
    clothes: np.ndarray | None = None
    stature: float = 0.0
    _centres: deque[tuple[float, np.ndarray]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        if self.joints is None:
            self.joints = Column(np.float32, (len(self.skeleton), 2))
            self.score = Column(np.float32, (len(self.skeleton),))

    def add(self, row: int, time: float, pose: Pose, *, alone: bool) -> None:
        """Take a pose. alone: nobody else overlaps, so the clothes seen are this person's."""
        if self.times and time - self.times[-1] > VELOCITY_SPAN:
            self._centres.clear()
        self.rows.append(row)
        self.times.append(time)
        self.joints.append(pose.joints)
        self.score.append(pose.score)
        self.presence.append(pose.presence)
        self.looked.append(True)
        self._centres.append((time, self._centre(pose.joints)))
        while time - self._centres[0][0] > VELOCITY_SPAN and len(self._centres) > 2:
            self._centres.popleft()
        if self.clothes is None:
            self.clothes, self.stature = pose.clothes, pose.stature
        # fast at first, while little is known, then slow
        rate = max(0.05, 1 / len(self.rows))
        if alone:
            self.clothes = appearance.blend(self.clothes, pose.clothes, rate)
        self.stature += max(0.2, rate) * (pose.stature - self.stature)

    def fill(self, frames: list[tuple[int, float]], pose: Pose, time: float) -> None:
        """Take interpolated poses at (row, seconds) between the last pose and one at `time` seconds."""
        joints, score, start = self.joints[-1].copy(), self.score[-1].copy(), self.times[-1]
        presence = min(self.presence[-1], pose.presence)
        for row, moment in frames:
            share = (moment - start) / (time - start)
            self.rows.append(row)
            self.times.append(moment)
            self.joints.append(joints + share * (pose.joints - joints))
            self.score.append(score + share * (pose.score - score))
            self.presence.append(presence)
            self.looked.append(False)

    def bend(self) -> None:
        """Lead the joints of frames between two looks along curves through the looks (bend.py)."""
        looked = self.looked.array
        if not looked.all():
            self.joints = Column.of(curved(self.times.array, self.joints.array, looked))

    def pose_at(self, row: int) -> Pose | None:
        """The pose in a frame, with what is known by now of clothes and stature; None where missing."""
        i = bisect_left(self.rows, row)
        if i == len(self.rows) or self.rows[i] != row or self.clothes is None:
            return None
        return Pose(self.joints[i], self.score[i], self.presence[i], self.clothes, self.stature)

    def between(self, first: int, last: int) -> Tracklet:
        """The run from one row to another, both included; itself where nothing is cut off."""
        keep = slice(bisect_left(self.rows, first), bisect_left(self.rows, last + 1))
        if keep == slice(0, len(self.rows)):
            return self
        return replace(self, **{name: getattr(self, name)[keep] for name in COLUMNS})

    def centres(self) -> np.ndarray:
        """(C, 3) seconds, x and y px: the last places of the torso, which the speed is told from."""
        return np.array([(time, *place) for time, place in self._centres]).reshape(-1, 3)

    def set_centres(self, centres: np.ndarray) -> None:
        """As ``centres`` gave them."""
        self._centres = deque(
            (time, place) for time, place in zip(centres[:, 0], centres[:, 1:], strict=True)
        )

    def missing_for(self, time: float) -> float:
        """Seconds since the last pose."""
        return time - self.times[-1]

    def velocity(self, *, backwards: bool = False) -> np.ndarray:
        """(2,) px a second at the end (or the beginning) of the run; zero where it is too short to tell."""
        centres = self._first_centres() if backwards else list(self._centres)
        if len(centres) < 3:
            return np.zeros(2)
        times = np.array([t for t, _ in centres])
        places = np.array([c for _, c in centres])
        times = times - times.mean()
        return (times[:, None] * places).sum(axis=0) / (times**2).sum()

    def predicted(self, time: float) -> np.ndarray:
        """(K, 2) px: the last pose, moved on with the speed of the torso."""
        ahead = min(self.missing_for(time), _LONGEST_GUESS)
        return self.joints[-1] + ahead * self.velocity()

    def _first_centres(self) -> list[tuple[float, np.ndarray]]:
        count = int(np.searchsorted(self.times.array, self.times[0] + VELOCITY_SPAN, side="right"))
        return [(self.times[i], self._centre(self.joints[i])) for i in range(count)]

    def _centre(self, joints: np.ndarray) -> np.ndarray:
        return joints[body2d.indices(self.skeleton, body2d.TORSO)].mean(axis=0).astype(np.float64)
