"""Orientation of each part of a body from its joints: one rule for a moving person and for a rest pose.

Column 0 of a frame lies along the part (from parent to child joint), column 1 to its hinge or to the body's
left. Only differences between two frames of one part are ever used, so the choice of columns is free.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter1d

from . import hinge
from .rotations import angle_about, carry, cross, dot, frame, norm, reject, smoothstep, unit
from .skeleton import H36M_19

# A foot's usual way points down by this from a right angle to the shin.
_FOOT_EASY = np.deg2rad(25.0)
# Seconds over which the roll of a foot takes to the floor.
ROLL_CALM = 0.1

Point = Callable[[str], np.ndarray]

SIDES = ("L", "R")
# The upper arm of an easy pose: to the side and 30° forwards. Its opposite, through the chest, is the one
# direction that the reference of the elbow's hinge cannot serve, and that an arm cannot take.
_ARM_EASY = np.deg2rad(30.0)
# The thigh of an easy pose: 40° of the way from down to forwards, the middle of its range.
_THIGH_EASY = np.deg2rad(40.0)


def part_frames(joints: np.ndarray, fps: float) -> dict[str, np.ndarray]:
    """Frames (T, 3, 3) of each body part.

    joints: (T, 19, 3) positions in metres, world axes with z up, in the order of ``H36M_19``.
    Parts: hips, spine (the lower half of the back), chest, neck, head; with ``.L`` and ``.R``: shoulder,
    upper_arm, forearm, thigh, shin, foot; and upper_arm_swing, thigh_swing: these limbs without their twist.
    """

    def at(name: str) -> np.ndarray:
        return joints[:, H36M_19.index(name)]

    hip_line, shoulder_line = at("LHip") - at("RHip"), at("LShoulder") - at("RShoulder")
    frames = {
        # The line of the hips is the bone that the pelvis has; the back only tells how far it is tipped.
        "hips": frame(hip_line, at("Spine") - at("Hip")),
        "spine": frame(at("Spine") - at("Hip"), hip_line),
        "chest": frame(at("Thorax") - at("Spine"), shoulder_line),
    }
    left = frames["chest"][..., 1]
    frames["neck"] = frame(at("Neck") - at("Thorax"), left)
    # No joint of the face: the head turns with the chest, and nods and tilts by its own joints.
    frames["head"] = frame(at("Head") - at("Neck"), left)
    for side in SIDES:
        # Both collar bones lie on the one line that is seen, so they tilt together.
        frames[f"shoulder.{side}"] = frame(shoulder_line, frames["chest"][..., 0])
        frames |= _arm(at, side, frames["chest"], fps)
        frames |= _leg(at, side, frames["hips"], fps)
    return frames


def _arm(at: Point, side: str, chest: np.ndarray, fps: float) -> dict[str, np.ndarray]:
    upper, lower, axis, expected = arm_hinge(at, side, chest, fps)
    return {
        f"upper_arm.{side}": frame(upper, axis),
        f"upper_arm_swing.{side}": frame(upper, expected),
        f"forearm.{side}": frame(lower, hinge.lower_hinge(axis, upper, lower)),
    }


def arm_hinge(
    at: Point, side: str, chest: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Unit directions (T, 3) of upper arm and forearm, the elbow's hinge, and where it would be without any
    twist of the upper arm. chest: (T, 3, 3) its frame."""
    upper = unit(at(f"{side}Elbow") - at(f"{side}Shoulder"))
    lower = unit(at(f"{side}Wrist") - at(f"{side}Elbow"))
    up, left = chest[..., 0], chest[..., 1]
    outwards = left if side == "L" else -left
    neutral = np.cos(_ARM_EASY) * outwards + np.sin(_ARM_EASY) * cross(left, up)
    # A forearm bends forwards and inwards, which is about "down" on the left and "up" on the right.
    expected = hinge.reference(upper, neutral, -up if side == "L" else up)
    return upper, lower, hinge.elbow(upper, lower, expected, fps), expected


def _leg(at: Point, side: str, pelvis: np.ndarray, fps: float) -> dict[str, np.ndarray]:
    upper, lower, axis, expected = leg_hinge(at, side, pelvis, fps)
    toe = unit(at(f"{side}Toe") - at(f"{side}Ankle"))
    shin = frame(lower, hinge.lower_hinge(axis, upper, lower))
    return {
        f"thigh.{side}": frame(upper, axis),
        f"thigh_swing.{side}": frame(upper, expected),
        f"shin.{side}": shin,
        f"foot.{side}": frame(toe, _sole(toe, shin, near_floor(at(f"{side}Ankle"), shin), fps)),
    }


def leg_hinge(
    at: Point, side: str, pelvis: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Unit directions (T, 3) of thigh and shin, the knee's hinge, and where it would be without any twist of
    the thigh. pelvis: (T, 3, 3) its frame."""
    upper = unit(at(f"{side}Knee") - at(f"{side}Hip"))
    lower = unit(at(f"{side}Ankle") - at(f"{side}Knee"))
    left, up = pelvis[..., 0], pelvis[..., 1]
    neutral = -np.cos(_THIGH_EASY) * up + np.sin(_THIGH_EASY) * cross(left, up)
    toe = unit(at(f"{side}Toe") - at(f"{side}Ankle"))
    expected = hinge.reference(upper, neutral, left)
    return upper, lower, hinge.knee(upper, lower, toe, expected, fps), expected


def near_floor(ankle: np.ndarray, shin: np.ndarray) -> np.ndarray:
    """(T,) 1 where a foot stands (ankle low, shin upright), 0 where it is in the air or the person lies.

    ankle: (T, 3). shin: (T, 3, 3) frame of the shin.
    """
    height = ankle[:, 2] - np.percentile(ankle[:, 2], 5)
    return smoothstep(height, 0.2, 0.02) * smoothstep(-shin[:, 2, 0], 0.3, 0.7)


def _sole(toe: np.ndarray, shin: np.ndarray, standing: np.ndarray, fps: float) -> np.ndarray:
    """(T, 3) left side of the foot: the knee's hinge in the air, level on the floor."""
    up = np.array([0.0, 0.0, 1.0])
    level = cross(up, toe)
    # A foot that points up or down has no level side; one that the knee contradicts is not trusted.
    weight = standing * norm(level)
    # The hinge goes with the foot from its usual angle to the shin; only a foot that points back has none.
    usual = np.cos(_FOOT_EASY) * shin[..., 2] + np.sin(_FOOT_EASY) * shin[..., 0]
    axis = unit(reject(carry(shin[..., 1], usual, toe), toe))
    weight = weight * smoothstep(dot(axis, unit(level)), 0.7, 1.0)
    angle = angle_about(toe, axis, unit(level)) * weight
    angle = gaussian_filter1d(angle, ROLL_CALM * fps, mode="nearest")[:, None]
    return np.cos(angle) * axis + np.sin(angle) * cross(toe, axis)


def with_toes(joints: np.ndarray, fps: float, rest: dict[str, np.ndarray], foot: float) -> np.ndarray:
    """(T, 19, 3) joints in the order of ``H36M_19`` from (T, 17, 3) in that of ``H36M_17``.

    A foot keeps its rest angle to the shin in the air and the rest pose's slope on the floor.
    rest: ``part_frames`` of the target's rest pose. foot: length from ankle to toe, metres.
    """
    names = [name for name in H36M_19.joints if not name.endswith("Toe")]
    full = np.zeros((len(joints), len(H36M_19), 3))
    full[:, [H36M_19.index(name) for name in names]] = joints
    for side in SIDES:
        full[:, H36M_19.index(f"{side}Toe")] = full[:, H36M_19.index(f"{side}Ankle")] + [0.0, 0.0, -foot]
    shins = part_frames(full, fps)
    for side in SIDES:
        shin, ankle = shins[f"shin.{side}"], full[:, H36M_19.index(f"{side}Ankle")]
        rest_toe, rest_shin = rest[f"foot.{side}"][0, :, 0], rest[f"shin.{side}"][0]
        free = (shin @ rest_shin.T) @ rest_toe
        slope = np.clip(rest_toe[2], -0.9, 0.3)
        forward = cross(shin[..., 1], np.array([0.0, 0.0, 1.0]))
        flat = np.sqrt(1 - slope**2) * unit(forward) + [0.0, 0.0, slope]
        standing = near_floor(ankle, shin)[:, None]
        full[:, H36M_19.index(f"{side}Toe")] = ankle + foot * unit(free + standing * (flat - free))
    return full
