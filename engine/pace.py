"""Which frames are looked at: every one where motion is quick, some where it is slow.

After a stretch of frames that nobody looked at, what is seen is compared with where the motion before would
have led. The difference grows with the square of the stretch and of how sharply the motion bends, as what is
lost by interpolation does, which is an eighth of it at most. Where it is small, joints between are
interpolated; where not, somebody looks at the frame in the middle, and so on (between.py). A stretch that
was too long costs nothing by that, so stretches are rather too long than too short.

What a network's wobble adds (wobble.py) is no motion, and a limb that moves moves more than one joint: the
joints of a limb count together. bench/pace.py measures what all that costs; docs/speed.md has the figures
that the limits were chosen by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import body2d
from .tracklet import Pose, Tracklet
from .wobble import wobble

_SURE = 0.5  # joints with a lower score jump about by themselves
_LEAST_SURE = 4
_LOOKS_WITHIN = 0.5  # seconds: poses from longer ago tell nothing about this motion
_FAR_BACK = 64  # poses, more than a stretch holds
_TRIES = 2.0  # the surprise that a stretch may lead to, over the one that is let pass
_LIMBS = np.array(
    [
        [body2d.CORE.index(f"{side}_{joint}") for joint in pair]
        for side in ("left", "right")
        for pair in (("knee", "ankle"), ("elbow", "wrist"))
    ]
)
_TRUNK = np.array(
    [[body2d.CORE.index(f"{side}_{joint}") for side in ("left", "right")] for joint in ("shoulder", "hip")]
)
_HEAD = body2d.CORE.index("nose")


@dataclass(frozen=True)
class Pace:
    """longest: seconds from one look to the next, at most; 0 looks at every frame.

    surprise: how far limbs may be from where their motion led, over the person's stature, for the frames
    between to be interpolated.
    """

    longest: float = 0.0
    surprise: float = 0.0

    def startled(self, surprise: float) -> bool:
        """Whether motion is so quick that each frame is to be looked at from where the one before leads."""
        return surprise > _TRIES * self.surprise

    def stretch(self, frames: int, surprise: float, interval: float) -> int:
        """How many frames on to look next, 1 for the next one.

        frames: of the stretch that ended now. surprise: the largest of anybody at its end. interval: seconds
        from frame to frame. A stretch grows to twice as many frames at most.
        """
        if interval <= 0:
            return 1
        # bends alone would grow with the square, the network's wobble not at all
        calm = frames * (_TRIES * self.surprise / max(surprise, 1e-9)) ** (1 / 1.5)
        return max(1, int(min(2 * frames, calm, self.longest / interval + 1e-6)))


EVERY_FRAME = Pace()
CALM = Pace(longest=0.134, surprise=0.16)
"""Chosen by bench/pace.py: errors against the truth are no larger than with every frame."""


class Look(NamedTuple):
    """Joints (K, 2) px and their scores (K,) at `time` seconds."""

    time: float
    joints: np.ndarray
    score: np.ndarray

    def towards(self, other: Look, time: float) -> np.ndarray:
        """(K, 2) px: where joints are at that time on the straight way to another look."""
        share = (time - self.time) / (other.time - self.time)
        return self.joints + share * (other.joints - self.joints)


def last_looks(tracklet: Tracklet, count: int) -> list[Look]:
    """The last looks at somebody, latest first."""
    first = max(0, len(tracklet.rows) - _FAR_BACK * count)
    looked = first + np.flatnonzero(tracklet.looked.array[first:])[: -count - 1 : -1]
    return [Look(tracklet.times[i], tracklet.joints[i], tracklet.score[i]) for i in looked]


def surprise(tracklet: Tracklet, pose: Pose, time: float) -> float:
    """How far limbs are from where the last two looks lead, over the person's stature: the largest.

    Infinite where there are no two looks of the last moments, or hardly a sure joint.
    """
    before = last_looks(tracklet, 2)
    if len(before) < 2 or time - before[1].time > _LOOKS_WITHIN:
        return float("inf")
    last, earlier = before
    led = earlier.towards(last, time)
    step = (time - last.time) / (last.time - earlier.time)
    # how much of one look's wobble is in the difference, compared with three looks at equal distances
    gain = np.sqrt((1 + (1 + step) ** 2 + step**2) / 6)
    return _largest(tracklet, pose.joints - led, (pose.score, last.score, earlier.score), gain)


def bend(tracklet: Tracklet, start: Look, middle: Look, end: Look) -> float:
    """As `surprise`, of a look between two others: what it would be at the end of either half."""
    away = 2 * (middle.joints - start.towards(end, middle.time))
    return _largest(tracklet, away, (start.score, middle.score, end.score), 1.0)


def _largest(tracklet: Tracklet, away: np.ndarray, scores: tuple[np.ndarray, ...], gain: float) -> float:
    """Of limbs, trunk and head, from how far (K, 2) px each joint is away. gain: of the wobble in it."""
    core = body2d.indices(tracklet.skeleton)
    sure = (np.stack(scores)[:, core] >= _SURE).all(axis=0)
    if sure.sum() < _LEAST_SURE:
        return float("inf")
    far = np.linalg.norm(away[core], axis=-1) / tracklet.stature
    beyond = np.where(sure, np.maximum(far - gain * wobble(tracklet), 0.0), 0.0)
    limbs = np.sqrt((beyond[_LIMBS] ** 2).mean(axis=1))
    # a trunk moves as a whole; one shoulder alone is wobble
    return float(max(limbs.max(), beyond[_TRUNK].min(axis=1).max(), beyond[_HEAD]))
