"""How feet lie on the floor: the slope of a flat foot, and soles that are level where they stand."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter1d

from .frames import ROLL_CALM
from .rotations import angle_about, cross, frame, norm, reject, smoothstep, unit
from .skeleton import H36M_19

# Frames of a flat foot that tell its slope; by how much, as a sine, the slopes of two feet may differ.
_FLAT_FRAMES = 3
_SLOPE_MOST = 0.5
_LET_GO, _CALM = 0.25, 0.06  # seconds around a contact in which a foot takes its shape, and smoothing of that


def gentle_grip(contacts: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) about 1 in contacts (T, F) and 0 away from them, slower than feet take hold."""
    away = np.stack(
        [distance_transform_edt(~c) if c.any() else np.full(len(c), np.inf) for c in contacts.T], axis=1
    )
    grip = smoothstep(away, _LET_GO * fps, 0.0)
    return gaussian_filter1d(grip, _CALM * fps, axis=0, mode="nearest")


def level_feet(
    rest: dict[str, np.ndarray], joints: np.ndarray, contacts: np.ndarray
) -> dict[str, np.ndarray]:
    """Frames of a character at rest, ``part_frames``, with feet that slope as the person's do on the floor.

    From ankle to tip feet slope by 10° to 40°, as tall as the ankle is and wherever a rig's toes end. With
    this the character's sole is flat when the person's is. joints: (T, 19, 3). contacts: (T, 4) of left heel
    and toe, right heel and toe; a clip in which no foot is ever flat leaves the frames as they are.
    """
    level = dict(rest)
    for foot, side in enumerate("LR"):
        flat = contacts[:, 2 * foot] & contacts[:, 2 * foot + 1]
        if flat.sum() < _FLAT_FRAMES:
            continue
        ankle, toe = (joints[flat, H36M_19.index(side + name)] for name in ("Ankle", "Toe"))
        slope = float(np.median(unit(toe - ankle)[:, 2]))
        own = rest[f"foot.{side}"][..., 0]
        slope = float(np.clip(slope, own[0, 2] - _SLOPE_MOST, own[0, 2] + _SLOPE_MOST))
        ahead = unit(own * (1.0, 1.0, 0.0))
        way = np.sqrt(max(1.0 - slope**2, 0.0)) * ahead + np.array([0.0, 0.0, slope])
        level[f"foot.{side}"] = frame(way, rest[f"foot.{side}"][..., 1])
    return level


def level_soles(frames: dict[str, np.ndarray], contacts: np.ndarray, fps: float) -> dict[str, np.ndarray]:
    """Frames of a person, ``part_frames``, with feet that do not lie on their edge while heel or toe stands.

    Joints do not tell how a foot rolls about the line from ankle to toe, and in the air the knee has its say.
    contacts: (T, 4) of left heel and toe, right heel and toe.
    """
    level, grip = dict(frames), gentle_grip(contacts, fps)
    for foot, side in enumerate("LR"):
        way, left = frames[f"foot.{side}"][..., 0], frames[f"foot.{side}"][..., 1]
        flat = cross(np.array([0.0, 0.0, 1.0]), way)
        angle = angle_about(way, left, unit(reject(flat, way)))
        # A foot that points down has no level side, and one in the air may be turned over.
        sure = smoothstep(norm(flat), 0.3, 0.7) * smoothstep(np.cos(angle), 0.0, 0.5)
        angle = angle * sure * grip[:, 2 * foot : 2 * foot + 2].max(axis=1)
        angle = gaussian_filter1d(angle, ROLL_CALM * fps, mode="nearest")
        turned = np.cos(angle)[:, None] * left + np.sin(angle)[:, None] * cross(way, left)
        level[f"foot.{side}"] = frame(way, turned)
    return level
