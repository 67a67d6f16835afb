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
_APART = 0.12  # seconds between frames, beyond which people have moved too far to tell


def undo_swaps(
    joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (P, T, K, 2) px, NaN where absent, and scores (P, T, K) with legs and arms on their own sides.

    time: (T,) seconds. Returns joints and scores of the same kind and (P, T) bool, frames that were changed.
    Legs and arms are judged apart: the sequence of "as it is" and "exchanged" in which joints move least from
    frame to frame (Viterbi 1967), where changing and staying exchanged have a price.
    """
    mirror = skeleton.mirror
    joints, score = joints.copy(), score.copy()
    changed = np.zeros(joints.shape[:2], dtype=bool)
    seen = np.isfinite(joints).all(-1) & (np.nan_to_num(score) >= _LEAST_SCORE)
    step = np.diff(time)
    for limb in _LIMBS:
        names = [f"{side}_{name}" for name in limb for side in ("left", "right")]
        own = np.array([skeleton.index(name) for name in names if name in skeleton.joints])
        stay, change = _ways(joints, seen, own, mirror[own])
        unknown = (step > _APART) | ~np.isfinite(stay)
        stay, change = np.where(unknown, 0.0, stay), np.where(unknown, 0.0, change)
        price = np.where(unknown, 0.0, _CHANGE + _SHARE * stay)
        lasting = np.zeros(len(time))
        lasting[:-1] = _LASTING * step
        exchanged = _cheapest(stay, change + price, lasting)
        exchanged &= seen[..., own].any(-1)
        for values in (joints, score):
            there = values[:, :, own]
            put = exchanged[..., None, None] if values.ndim == 4 else exchanged[..., None]
            values[:, :, own] = np.where(put, values[:, :, mirror[own]], there)
        changed |= exchanged
    return joints, score, changed


def _ways(
    joints: np.ndarray, seen: np.ndarray, own: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P, T - 1) mean ways of joints to themselves and to their counterparts, as parts of the height; NaN."""
    limb, mirrored = joints[:, :, own], joints[:, :, other]
    both = seen[:, 1:, own] & seen[:, :-1, own] & seen[:, 1:, other] & seen[:, :-1, other]
    with np.errstate(invalid="ignore"):
        tall = np.where(seen, joints[..., 1], -np.inf).max(-1) - np.where(seen, joints[..., 1], np.inf).min(
            -1
        )
        tall = np.where(np.isfinite(tall) & (tall > 0), tall, np.nan)
    height = np.array([np.nanmedian(t) if np.isfinite(t).any() else np.nan for t in tall])
    count = both.sum(-1)
    ways = []
    for before in (limb, mirrored):
        way = np.linalg.norm(limb[:, 1:] - before[:, :-1], axis=-1)
        total = np.where(both, way, 0.0).sum(-1)
        ways.append(np.where(count >= _FEWEST, total / np.maximum(count, 1) / height[:, None], np.nan))
    return ways[0], ways[1]


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
