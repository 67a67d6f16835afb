"""Left and right exchanged for some frames: networks confuse the two, in profile above all."""

from __future__ import annotations

import numpy as np

from .skeleton import Skeleton

_LIMBS = (("Hip", "Knee", "Ankle", "Toe"), ("Shoulder", "Elbow", "Wrist"))
_LEAST = 0.08  # metres a joint must jump on average
_BETTER = 0.4  # share of the jump that may be left when the sides change places
_LONGEST = 0.5  # seconds; a longer exchange cannot be told from a turn, and is left alone


def find_swaps(joints: np.ndarray, skeleton: Skeleton, fps: float) -> np.ndarray:
    """(T, J) bool: where joints (T, J, 3), hip-relative and finite, have changed places with the other side.

    Legs and arms are judged apart. A swap is two jumps, there and back within half a second, both of which
    all but vanish when left and right change places. Below 15 frames a second people move too far between
    two frames to tell, and nothing is a swap.
    """
    swapped = np.zeros(joints.shape[:2], dtype=bool)
    if fps < 15 or len(joints) < 3:
        return swapped
    for limb in _LIMBS:
        limb_joints = [
            skeleton.index(side + name) for side in "LR" for name in limb if side + name in skeleton.joints
        ]
        other = skeleton.mirror[limb_joints]
        here, before = joints[1:, limb_joints], joints[:-1]
        stay = np.linalg.norm(here - before[:, limb_joints], axis=-1).mean(axis=1)
        change = np.linalg.norm(here - before[:, other], axis=-1).mean(axis=1)
        jumps = np.flatnonzero((stay > _LEAST) & (change < _BETTER * stay)) + 1
        for start, stop in _there_and_back(jumps, round(_LONGEST * fps)):
            swapped[start:stop, limb_joints] = True
    return swapped


def _there_and_back(jumps: np.ndarray, longest: int) -> list[tuple[int, int]]:
    pairs, i = [], 0
    while i + 1 < len(jumps):
        close = jumps[i + 1] - jumps[i] <= longest
        if close:
            pairs.append((int(jumps[i]), int(jumps[i + 1])))
        i += 2 if close else 1
    return pairs
