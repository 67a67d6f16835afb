"""The character's hands: where they rest they stay, and where an animator wants them they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .holds import ease_off, grip_weight, offset
from .ik import Chain, follow, solve, turned_on
from .joint_limits import ELBOW
from .spans import middles


@dataclass(frozen=True)
class HandTarget:
    """Where a wrist is wanted. places: (T, 3) world metres. weight: (T,) 0 to 1, all of the way without."""

    places: np.ndarray
    weight: np.ndarray | None = None


def move_hands(
    arms: Mapping[str, Chain],
    turned: dict[str, np.ndarray],
    fps: float,
    *,
    rests: np.ndarray | None = None,
    targets: Mapping[str, HandTarget] | None = None,
) -> dict[str, np.ndarray]:
    """World rotations of the parts with hands that rest, and go to their targets.

    arms: "L", "R" → the character's. turned: part → (4, T) away from rest. rests: (T, 2) bool, when the left
    and the right hand of the person rest; an arm of other proportions sways about that place, and here gets
    one of its own. A target is stronger than a rest.
    """
    new = dict(turned)
    for hand, (side, arm) in enumerate(arms.items()):
        wanted, weight = arm.end, np.zeros(len(arm.end))
        if rests is not None and rests[:, hand].any():
            held = rests[:, hand : hand + 1]
            missing = middles(arm.end[:, None], held)[:, 0] - arm.end
            wanted = arm.end + offset(missing, grip_weight(held, fps)[:, 0], fps)
            weight = ease_off(held, fps)[:, 0]
        if targets and side in targets:
            asked = targets[side]
            pull = np.ones(len(arm.end)) if asked.weight is None else np.clip(asked.weight, 0.0, 1.0)
            wanted = wanted + pull[:, None] * (asked.places - wanted)
            weight = np.maximum(weight, pull)
        if not weight.any():
            continue
        moved = solve(arm, wanted, ELBOW, weight)
        follow(new, turned_on(arm, moved), f"upper_arm.{side}", f"forearm.{side}")
    return new
