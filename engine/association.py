"""Which pose in this frame is whose: by motion, keypoint similarity, size and clothes.

Every region that the network looked at gives one candidate pose. Two regions may show the same body (two
people cross, one hides the other): such candidates are one, and it goes to whom it fits best. Who gets none
is missing in this frame, rather than following somebody else.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np

from blender_pose3d.skeleton import Skeleton

from . import appearance, body2d
from .tracklet import Pose, Tracklet

SAME_BODY = 0.55  # keypoint similarity from which two poses show one body
_SAME_BOX = 0.75  # and box overlap that says so together with a lower similarity
LARGEST_COST = 1.7  # what costs more continues nobody
_SURE_FOR = 0.15  # seconds for which motion alone says who it is
_SAME_CLOTHES = 0.3
_NEVER = 1e6
_FEW = 4  # people, up to whom all matchings are tried


def distinct(poses: list[Pose], skeleton: Skeleton) -> list[int]:
    """Indices of poses that show different bodies. Of several of one body the first in the list stays."""
    if len(poses) < 2:
        return list(range(len(poses)))
    joints = np.stack([p.joints for p in poses])
    near = body2d.similarity(joints, joints, skeleton)
    box = np.stack([p.box for p in poses])
    same = (near > SAME_BODY) | ((body2d.overlap(box, box) > _SAME_BOX) & (near > 0.3))
    kept: list[int] = []
    for i in range(len(poses)):
        if not same[i, kept].any():
            kept.append(i)
    return kept


def assign(tracklets: list[Tracklet], poses: list[Pose], time: float, skeleton: Skeleton) -> dict[int, int]:
    """Best one-to-one matching, as {index of tracklet: index of pose}; what does not fit stays out."""
    if not tracklets or not poses:
        return {}
    cost = costs(tracklets, poses, time, skeleton)
    # What does not fit costs no more the worse it is: else somebody lost takes the pose of who is there,
    # because what would be left for them is worse than what would be left for the other.
    rows, columns = _cheapest(np.minimum(cost, LARGEST_COST))
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if cost[r, c] <= LARGEST_COST}


def _cheapest(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the one-to-one matching with the least sum of costs (R, C)."""
    if cost.shape[0] > cost.shape[1]:
        columns, rows = _cheapest(cost.T)
        return rows, columns
    if cost.shape[1] > _FEW:
        # seldom needed, and slow to import
        from scipy.optimize import linear_sum_assignment

        matched: tuple[np.ndarray, np.ndarray] = linear_sum_assignment(cost)
        return matched
    rows = np.arange(cost.shape[0])
    choices = np.array(list(permutations(range(cost.shape[1]), len(rows))))
    return rows, choices[cost[rows, choices].sum(axis=1).argmin()]


def alone(poses: list[Pose]) -> list[bool]:
    """Which poses share next to nothing of their box with any other."""
    if len(poses) < 2:
        return [True] * len(poses)
    box = np.stack([p.box for p in poses])
    shared = body2d.overlap(box, box)
    np.fill_diagonal(shared, 0)
    return [bool(x) for x in shared.max(axis=1) < 0.05]


def costs(tracklets: list[Tracklet], poses: list[Pose], time: float, skeleton: Skeleton) -> np.ndarray:
    """match_cost of every tracklet with every pose, (tracklets, poses)."""
    rows = [[match_cost(t, p, time, skeleton) for p in poses] for t in tracklets]
    return np.array(rows, dtype=np.float64).reshape(len(tracklets), len(poses))


def match_cost(tracklet: Tracklet, pose: Pose, time: float, skeleton: Skeleton) -> float:
    """How badly a pose continues a tracklet: 0 fits, over 1.7 is somebody else.

    The sum of the distance to the expected place (1 at the furthest a person gets in that time), the change
    of size (1 at a factor of 1.6) and the difference of clothes (1 at a Hellinger distance of 0.45). Who was
    missing for a while may be anywhere near, so clothes must then agree.
    """
    missing = tracklet.missing_for(time)
    core = body2d.indices(skeleton)
    seen = core[pose.score[core] >= body2d.SEEN]
    use = seen if len(seen) >= 4 else core
    moved = np.linalg.norm(pose.joints[use] - tracklet.predicted(time)[use], axis=-1)
    # a sprinter does five body heights a second; limbs and the network's wobble add a little at any rate
    reach = 0.15 + 4.0 * min(missing, 1.0)
    place = float(np.median(moved)) / tracklet.stature / reach
    size = abs(np.log(pose.stature / tracklet.stature)) / np.log(1.6)
    if place > 1 or size > 2:
        return _NEVER
    clothes = 0.0
    if tracklet.clothes is not None:
        clothes = float(appearance.distance(tracklet.clothes, pose.clothes))
    if missing > _SURE_FOR and clothes > _SAME_CLOTHES:
        return _NEVER
    return place + size + clothes / 0.45
