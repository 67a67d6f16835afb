"""Lengths of a body, an average one or a measured one, and the humanoid bones that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .bones import bone_lengths
from .skeleton import H36M_19

if TYPE_CHECKING:
    from .motion import Motion

_HEIGHT = 1.70


@dataclass(frozen=True)
class Proportions:
    """Lengths between joints in metres, as ``skeleton`` means the joints; defaults: an adult of 1.70 m.

    Limbs after Drillis and Contini 1966, as tabled in Winter, Biomechanics and Motor Control of Human
    Movement: fractions of the body's height. Trunk and head fill the rest of it.
    """

    hip_width: float = 0.110 * _HEIGHT
    thigh: float = 0.245 * _HEIGHT
    shin: float = 0.246 * _HEIGHT
    ankle_height: float = 0.039 * _HEIGHT
    foot: float = 0.120 * _HEIGHT
    back: float = 0.288 * _HEIGHT
    shoulder_width: float = 0.216 * _HEIGHT
    upper_arm: float = 0.186 * _HEIGHT
    forearm: float = 0.146 * _HEIGHT
    hand: float = 0.108 * _HEIGHT
    neck: float = 0.068 * _HEIGHT
    head: float = 0.114 * _HEIGHT

    @property
    def height(self) -> float:
        """From the floor to the top of the head, metres."""
        return self.ankle_height + self.shin + self.thigh + self.back + self.neck + self.head


def measure(motion: Motion) -> Proportions:
    """A person's own lengths, from joints that move; hands scale with the legs, and so do ankles
    that never come near the floor."""
    lengths = dict(
        zip(motion.skeleton.joints, bone_lengths(motion.joints, motion.score, motion.skeleton), strict=True)
    )
    average = Proportions()
    scale = (lengths["LKnee"] + lengths["LAnkle"]) / (average.thigh + average.shin)
    if not (np.isfinite(list(lengths.values())).all() and scale > 0):
        raise ValueError(
            "the joints have no lengths to measure: frames without a person, or all in one place"
        )
    return replace(
        average,
        hip_width=2 * lengths["LHip"],
        thigh=lengths["LKnee"],
        shin=lengths["LAnkle"],
        ankle_height=_ankle_height(motion, average.ankle_height * scale),
        foot=lengths["LToe"] if motion.skeleton.name == H36M_19.name else average.foot * scale,
        back=lengths["Spine"] + lengths["Thorax"],
        shoulder_width=2 * lengths["LShoulder"],
        upper_arm=lengths["LElbow"],
        forearm=lengths["LWrist"],
        hand=average.hand * scale,
        neck=lengths["Neck"],
        head=lengths["Head"],
    )


def _ankle_height(motion: Motion, usual: float) -> float:
    """Metres from the floor to the ankles of flat feet, or else of the lowest; not far from what is usual."""
    ankles = motion.joints[:, [motion.skeleton.index(name) for name in ("LAnkle", "RAnkle")], 2]
    flat = np.zeros(ankles.shape, dtype=bool)
    if motion.contacts is not None:
        flat = motion.contacts[:, ::2] & motion.contacts[:, 1::2]
    if flat.any():
        return float(np.clip(np.median(ankles[flat]), 0.6 * usual, 1.6 * usual))
    low = float(np.percentile(ankles.min(axis=1), 5))
    return low if 0.6 * usual < low < 1.6 * usual else usual


@dataclass(frozen=True)
class RestBone:
    """A bone to make: head and tail (3,) in metres, roll_axis (3,) where its z axis points, nearly."""

    name: str
    parent: str | None
    head: np.ndarray
    tail: np.ndarray
    roll_axis: np.ndarray
    connected: bool = False


def rest_bones(body: Proportions) -> list[RestBone]:
    """Bones of a T-pose that faces -y on the floor z = 0, left at +x, parents first; named by role."""
    bones = _trunk(body)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        bones += _arm(body, side, sign) + _leg(body, side, sign)
    return bones


_FORWARD = np.array([0.0, -1.0, 0.0])
_UP = np.array([0.0, 0.0, 1.0])


def _chain(
    names: list[str], parent: str, points: list[np.ndarray], axis: np.ndarray, first_connected: bool = False
) -> list[RestBone]:
    bones = []
    for i, name in enumerate(names):
        bones.append(RestBone(name, parent, points[i], points[i + 1], axis, first_connected or i > 0))
        parent = name
    return bones


def _trunk(body: Proportions) -> list[RestBone]:
    hip = body.ankle_height + body.shin + body.thigh
    heights = np.array([0.0, 0.24, 0.5, 1.0]) * body.back
    # The lower back curves in a little, so that the figure stands like a person and not like a post.
    depths = np.array([0.0, -0.010, 0.004, 0.0])
    back = [np.array([0.0, y, hip + z]) for y, z in zip(depths, heights, strict=True)]
    skull = back[-1] + _UP * body.neck
    top = skull + _UP * body.head
    hips = RestBone("hips", None, back[0], back[1], _FORWARD)
    return [
        hips,
        *_chain(["spine", "chest", "neck", "head"], "hips", [*back[1:], skull, top], _FORWARD, True),
    ]


def _arm(body: Proportions, side: str, sign: float) -> list[RestBone]:
    height = body.ankle_height + body.shin + body.thigh + body.back
    out = np.array([sign, 0.0, 0.0])
    shoulder = out * body.shoulder_width / 2 + _UP * height
    collar = out * 0.02 + _UP * (height - 0.01) + _FORWARD * 0.02
    # A trace of a bend tells inverse kinematics which way an elbow goes.
    elbow = shoulder + out * body.upper_arm - _FORWARD * 0.004
    wrist = shoulder + out * (body.upper_arm + body.forearm)
    tip = wrist + out * body.hand
    names = [f"{part}.{side}" for part in ("shoulder", "upper_arm", "forearm", "hand")]
    return _chain(names, "chest", [collar, shoulder, elbow, wrist, tip], _UP)


def _leg(body: Proportions, side: str, sign: float) -> list[RestBone]:
    ankle = np.array([sign * body.hip_width / 2, 0.0, body.ankle_height])
    knee = ankle + _UP * body.shin + _FORWARD * 0.006
    hip = ankle + _UP * (body.shin + body.thigh)
    drop = 0.8 * body.ankle_height
    toe = ankle + _FORWARD * np.sqrt(max(body.foot**2 - drop**2, 1e-4)) - _UP * drop
    ball = ankle + 0.68 * (toe - ankle) - _UP * 0.1 * body.ankle_height
    names = [f"{part}.{side}" for part in ("thigh", "shin", "foot", "toe")]
    return _chain(names, "hips", [hip, knee, ankle, ball, toe], _FORWARD)
