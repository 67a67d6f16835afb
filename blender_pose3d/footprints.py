"""Where a character's heels and toes stand: each contact has one place, and each print the person's heading.

A foot of another length that pivots on its toes takes its heel along. Places found for each end by itself
would turn the foot; so they are a stiff foot apart, in the heading that the person's foot has while flat.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

from .holds import ease_off
from .rotations import norm
from .spans import middles

# Metres a second at which a foot may go from one place to the next, while its other end still stands.
_PACE = 1.0
# Seconds at both ends of a contact in which the other end of the foot is free: it may be on its way.
_SETTLING = 0.07


def footprints(
    points: np.ndarray, contacts: np.ndarray, heights: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """(T, 4, 3) places of heels and toes, and (T, 4) bool when each is held there.

    points: (T, 4, 3) of left heel and toe, right heel and toe, as rotations alone put them. contacts: (T, 4)
    bool. heights: (4,) over the floor of ends that stand. The longest stands are placed first, and what
    shares a contact with them follows. While one end stands, the other goes along with it as a stiff foot
    does, so that the foot keeps the person's orientation.
    """
    fixed = np.empty_like(points)
    fixed[..., 2] = heights
    spots = middles(points[..., :2], contacts)
    places, held = points.copy(), contacts.copy()
    own = ease_off(contacts, fps)[..., None] if contacts.any() else np.zeros((*contacts.shape, 1))
    settling = max(round(_SETTLING * fps), 1)
    for heel, toe in ((0, 1), (2, 3)):
        foot = slice(heel, toe + 1)
        fixed[:, foot, :2] = _prints(points[:, foot, :2], contacts[:, foot], spots[:, foot])
        for end, other in ((heel, toe), (toe, heel)):
            held[:, end] |= binary_erosion(
                contacts[:, other], np.ones(2 * settling + 1, bool), border_value=1
            )
            along = points[:, end] + np.where(
                contacts[:, other, None], fixed[:, other] - points[:, other], 0.0
            )
            # Beside a contact what was missing at its edge fades; the end itself may be far by then.
            missing = spread_out(fixed[:, end] - along, contacts[:, end])
            share = np.where(contacts[:, end, None], 1.0, own[:, end])
            places[:, end] = along + share * missing
    return places, held & ~_too_soon(points, places, held, fps)


def _too_soon(points: np.ndarray, places: np.ndarray, held: np.ndarray, fps: float) -> np.ndarray:
    """(T, 4) bool, frames in which a foot cannot be at its places, as these jump: it is let go around them.

    A place that stays is no jump, nor is one that goes along with the foot.
    """
    moved = np.diff(places, axis=0)
    jump = np.minimum(norm(moved), norm(moved - np.diff(points, axis=0))) * (held[1:] & held[:-1])
    wide = np.ceil(jump * fps / (2.0 * _PACE)).astype(int)
    frames, ends = np.nonzero(jump > _PACE / fps)
    edges = np.zeros((len(held) + 1, held.shape[1]), dtype=int)
    np.add.at(edges, (np.maximum(frames + 1 - wide[frames, ends], 0), ends), 1)
    np.add.at(edges, (np.minimum(frames + 1 + wide[frames, ends], len(held)), ends), -1)
    return np.cumsum(edges, axis=0)[:-1] > 0


def spread_out(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Values (T, D), but outside of mask (T,) those of the nearest frame inside."""
    if not mask.any():
        return values
    nearest = distance_transform_edt(~mask, return_distances=False, return_indices=True)[0]
    return values[nearest]


def _prints(points: np.ndarray, contacts: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(T, 2, 2) places of one foot: points, places (T, 2, 2), contacts (T, 2)."""
    stands = _runs(np.all(contacts, axis=1))
    if not len(stands):
        return places
    away = points[:, 1] - points[:, 0]
    labels = np.stack([_labels(contacts[:, end]) for end in range(2)])
    labels[1] += (labels[1] > 0) * labels[0].max()
    count = int(labels.max()) + 1
    spots, group = np.full((count, 2), np.nan), np.zeros(count, dtype=int)
    gone = np.concatenate([np.zeros((1, 2)), np.cumsum(away, axis=0)])
    lengths = stands[:, 1] - stands[:, 0]
    feet = (gone[stands[:, 1]] - gone[stands[:, 0]]) / lengths[:, None]
    for stand in np.argsort(-lengths, kind="stable"):
        (heel, toe), foot = labels[:, stands[stand, 0]], feet[stand]
        if not group[heel] and not group[toe]:
            spots[heel], spots[toe] = -foot / 2, foot / 2
            group[heel] = group[toe] = group.max() + 1
        elif not group[heel]:
            spots[heel], group[heel] = spots[toe] - foot, group[toe]
        elif not group[toe]:
            spots[toe], group[toe] = spots[heel] + foot, group[heel]
    return np.moveaxis(_settled(spots, group, labels, places), 0, 1)


def _settled(spots: np.ndarray, group: np.ndarray, labels: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(2, T, 2) places of contacts that belong together, moved as one to be nearest to their own."""
    own = np.moveaxis(places, 1, 0)
    member = group[labels]
    wanted = np.where(member[..., None] > 0, own - spots[labels], 0.0)
    frames = np.maximum(np.bincount(member.ravel()), 1)
    shift = np.stack(
        [np.bincount(member.ravel(), axis.ravel()) for axis in np.moveaxis(wanted, -1, 0)], axis=-1
    )
    moved = spots[labels] + (shift / frames[:, None])[member]
    return np.where(member[..., None] > 0, moved, own)


def _runs(mask: np.ndarray) -> np.ndarray:
    """(n, 2) first frame and the one after the last of each run of True in (T,)."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def _labels(mask: np.ndarray) -> np.ndarray:
    """(T,) number of the run of True that each frame is in, from 1; 0 outside."""
    starts = mask & ~np.concatenate([[False], mask[:-1]])
    return np.cumsum(starts) * mask
