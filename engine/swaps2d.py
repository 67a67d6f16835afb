"""Left and right put back where a 2D network exchanged them for some frames, before the lifter sees it.

A network confuses the sides from one frame to the next, and a lifter smears two such frames over half a
second. A person's own turn is another thing: it takes its time, and no joint jumps to the place of its
counterpart.
"""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import Skeleton

_LIMBS = (("hip", "knee", "ankle", "big_toe", "small_toe", "heel"), ("shoulder", "elbow", "wrist"))
_LEAST_SCORE = 0.1
_FEWEST = 3  # joints seen in both frames
# Parts of the person's height in the picture: what an exchange must explain, beyond a share of the motion,
# and what it costs for each second that it lasts: in the end the network is right more often than not.
_CHANGE, _SHARE, _LASTING = 0.015, 0.25, 0.2
_AT_ONCE = 4096  # frames
_APART = 0.12  # seconds between frames, beyond which people have moved too far to tell


def undo_swaps(
    joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (P, T, K, 2) px, NaN where absent, and scores (P, T, K) with legs and arms on their own sides.

    time: (T,) seconds. Returns joints and scores of the same kind, those given where nothing
    changes, and (P, T) bool, frames that were changed.
    Legs and arms are judged apart: the sequence of "as it is" and "exchanged" in which joints move least from
    frame to frame (Viterbi 1967), where changing and staying exchanged have a price.
    """
    mirror = skeleton.mirror
    given = joints
    changed = np.zeros(joints.shape[:2], dtype=bool)
    seen = np.isfinite(joints).all(-1) & (score >= _LEAST_SCORE)
    height = _heights(joints, seen)
    step = np.diff(time)
    for limb in _LIMBS:
        names = [f"{side}_{name}" for name in limb for side in ("left", "right")]
        own = np.array([skeleton.index(name) for name in names if name in skeleton.joints])
        stay, change = _ways(joints, seen, height, own, mirror[own])
        unknown = (step > _APART) | ~np.isfinite(stay)
        stay, change = np.where(unknown, 0.0, stay), np.where(unknown, 0.0, change)
        price = np.where(unknown, 0.0, _CHANGE + _SHARE * stay)
        lasting = np.zeros(len(time))
        lasting[:-1] = _LASTING * step
        exchanged = _cheapest(stay, change + price, lasting)
        exchanged &= seen[..., own].any(-1)
        if exchanged.any():
            if joints is given:
                joints, score = joints.copy(), score.copy()
            who, when = (where[:, None] for where in np.nonzero(exchanged))
            for values in (joints, score):
                values[who, when, own] = values[who, when, mirror[own]]
            height = _heights(joints, seen)
        changed |= exchanged
    return joints, score, changed


def _heights(joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(P,) px, each person's usual height in the picture; NaN for who is never seen."""
    high, low = (np.empty(seen.shape[:2], dtype=joints.dtype) for _ in range(2))
    for part in _parts(seen.shape[1]):
        here, down = seen[:, part], joints[:, part, :, 1]
        high[:, part] = np.where(here, down, -np.inf).max(-1)
        low[:, part] = np.where(here, down, np.inf).min(-1)
    with np.errstate(invalid="ignore"):
        tall = high - low
        tall = np.where(np.isfinite(tall) & (tall > 0), tall, np.nan)
    return np.array([np.nanmedian(t) if np.isfinite(t).any() else np.nan for t in tall])


def _ways(
    joints: np.ndarray, seen: np.ndarray, height: np.ndarray, own: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P, T - 1) mean ways of joints to themselves and to their counterparts, as parts of the height; NaN."""
    people, frames = seen.shape[:2]
    ways = np.empty((2, people, max(frames - 1, 0)))
    for part in _parts(frames - 1):
        after = slice(part.start + 1, part.stop + 1)
        both = seen[:, after, own] & seen[:, part, own] & seen[:, after, other] & seen[:, part, other]
        count, limb = both.sum(-1), joints[:, after, own]
        for way, joint in zip(ways, (own, other), strict=True):
            far = np.linalg.norm(limb - joints[:, part, joint], axis=-1)
            total = np.where(both, far, 0.0).sum(-1)
            mean = total / np.maximum(count, 1) / height[:, None]
            way[:, part] = np.where(count >= _FEWEST, mean, np.nan)
    return ways[0], ways[1]


def _parts(frames: int) -> list[slice]:
    """Not all at once, for the sake of memory."""
    return [slice(first, min(first + _AT_ONCE, frames)) for first in range(0, frames, _AT_ONCE)]


def _cheapest(stay: np.ndarray, change: np.ndarray, lasting: np.ndarray) -> np.ndarray:
    """(P, T) bool: where to exchange, for the least sum of steps (P, T - 1) and of lasting (T,) while so."""
    people, frames = stay.shape[0], len(lasting)
    back = np.zeros((people, frames, 2), dtype=np.int8)
    cost = np.stack([np.zeros(people), np.full(people, lasting[0] if frames else 0.0)], axis=-1)
    for t in range(1, frames):
        # to [.., 0] as it is, to [.., 1] exchanged; from the same state or from the other
        kept = cost + stay[:, t - 1, None]
        turned = cost[:, ::-1] + change[:, t - 1, None]
        back[:, t] = turned < kept
        cost = np.minimum(kept, turned)
        cost[:, 1] += lasting[t]
    state = np.zeros((people, frames), dtype=np.int8)
    if frames:
        state[:, -1] = np.argmin(cost, axis=-1)
    rows = np.arange(people)
    for t in range(frames - 1, 0, -1):
        state[:, t - 1] = state[:, t] ^ back[rows, t, state[:, t]]
    return state.astype(bool)
