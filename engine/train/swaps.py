"""Frames in which a detector took the left limbs for the right ones."""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import H36M_19

_APART = 0.08  # heights by which both sides must differ for a swap to be told from an error
_CLEARLY = 0.5  # swapped places must be this much nearer


def _joints(*names: str) -> np.ndarray:
    return np.isin(H36M_19.joints, [side + name for side in "LR" for name in names])


GROUPS = {
    # what is swapped, and the joints that show it
    "legs": (_joints("Hip", "Knee", "Ankle", "Toe"), _joints("Knee", "Ankle")),
    "arms": (_joints("Shoulder", "Elbow", "Wrist"), _joints("Elbow", "Wrist")),
}


def find_swaps(
    truth: np.ndarray, joints: np.ndarray, score: np.ndarray, height: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By group of limbs: its joints (19,) bool, and (T,) bool where left and right are exchanged.

    truth, joints: (T, 19, 2) px; score: (T, 19), 0 where unseen; height: (T,) px of the person.
    """
    mirror = H36M_19.mirror
    size = height[:, None]
    apart = np.linalg.norm(truth - truth[:, mirror], axis=-1) / size
    straight = np.linalg.norm(joints - truth, axis=-1) / size
    crossed = np.linalg.norm(joints[:, mirror] - truth, axis=-1) / size
    usable = (apart > _APART) & (score > 0) & (score[:, mirror] > 0)
    result = {}
    for name, (group, shown) in GROUPS.items():
        at = usable & shown
        now = at.any(axis=1) & ((crossed * at).sum(axis=1) < _CLEARLY * (straight * at).sum(axis=1))
        result[name] = (group, now)
    return result
