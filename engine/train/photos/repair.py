"""Labels of photos put right with a teacher's help, and how far each may be trusted. Whole arrays of photos.

What looking at hundreds of pictures showed, and the rules that follow from it:

- Where the teacher is far off all over, it is nearly always the teacher who is wrong (somersaults, people in
  a ball, limbs before each other): labels stay, with a little less trust, and the teacher adds nothing.
- Where all limbs fit with left and right exchanged, it is mostly the labels (people upside down, seen from
  behind): they are exchanged, if the teacher holds to it when it sees the picture mirrored.
- Where that is so of the arms alone, or the legs alone, either may be wrong: such limbs get next to no trust,
  and are exchanged only if both of the teacher's views say so and shoulders then face the way hips do.
- A single label that lies far off while the others fit is a slip if it makes a bone longer than bones are.

Trust of what the teacher adds (face, feet, joints that were not labelled): its score, times how well it fits
the labels nearby.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from .labelled import Photos
from .teacher import Seen


def _index(*names: str) -> np.ndarray:
    return np.array([HALPE_26.index(name) for name in names])


def _both(*names: str) -> np.ndarray:
    return _index(*(side + name for name in names for side in ("left_", "right_")))


ARMS, LEGS = _both("shoulder", "elbow", "wrist"), _both("hip", "knee", "ankle")
LIMBS = np.concatenate([ARMS, LEGS])
FACE = _index("nose", "left_eye", "right_eye", "left_ear", "right_ear")
HEAD, NECK, HIP = (HALPE_26.index(name) for name in ("head", "neck", "hip"))
SHOULDERS, HIPS = _both("shoulder"), _both("hip")
# Which labels vouch for what the teacher adds.
_VOUCHERS = {
    **dict.fromkeys(FACE.tolist(), (HEAD, NECK)),
    **{HALPE_26.index(f"{s}_{n}"): (HALPE_26.index(f"{s}_ankle"),)
       for s in ("left", "right") for n in ("big_toe", "heel")},
}  # fmt: skip
_BONES = np.array(
    [(HALPE_26.index(s + a), HALPE_26.index(s + b)) for s in ("left_", "right_")
     for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))]
)  # fmt: skip
# Lengths are fractions of the person's size: the torso's diagonal, or 0.28 of the labelled box's longer side.
_BOX_SHARE = 0.28
NEAR = 0.2  # the field's PCK threshold
_FITS = 0.25  # mean distance of limbs that are the same
_BETTER = 0.5  # exchanged sides must halve the distance
_FAR = 0.5  # a label that far from the teacher is doubted
_LONGEST_BONE = 1.15
_FACING = 0.02
_SURE = 0.8
_PRESENT = 0.9
# LSP's neck is at the throat, Halpe's between the shoulders: measured where teacher and labels agree.
_NECK_ABOVE = 0.10  # of the way from hips to shoulders


@dataclass(frozen=True)
class Repaired:
    """Labels (N, 26, 2) px, known, visible (N, 26), weight (N, 26), and what was done: bool (N,) or (N, 26).

    exchanged: the sides of all limbs; arms, legs: the sides of these alone; doubted: limbs whose sides nobody
    knows (N, 26); outliers: labels taken away (N, 26); added: joints from the teacher (N, 26); before, after:
    (N, 26) distance to the teacher over the person's size, NaN where either does not know.
    """

    joints: np.ndarray
    known: np.ndarray
    visible: np.ndarray
    weight: np.ndarray
    exchanged: np.ndarray
    arms: np.ndarray
    legs: np.ndarray
    doubted: np.ndarray
    outliers: np.ndarray
    added: np.ndarray
    before: np.ndarray
    after: np.ndarray


def sizes(joints: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(N,) px: the torso's diagonal, or a share of the labelled box if that is more (torso seen end on)."""
    points = np.where(known[..., None], joints, np.nan)
    left, right = SHOULDERS
    diagonals = np.stack(
        [np.linalg.norm(points[:, left] - points[:, HIPS[1]], axis=-1),
         np.linalg.norm(points[:, right] - points[:, HIPS[0]], axis=-1)]
    )  # fmt: skip
    torso = np.nan_to_num(np.fmax(*diagonals))
    low = np.where(known[..., None], joints, np.inf).min(axis=1)
    high = np.where(known[..., None], joints, -np.inf).max(axis=1)
    box = np.where(np.isfinite(low), high - low, 0).max(axis=-1)
    return np.maximum(np.maximum(torso, _BOX_SHARE * box), 1.0)


def distances(joints: np.ndarray, known: np.ndarray, other: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(N, 26) distance to another's joints over the person's size, NaN where one of them does not know."""
    points = np.where(known[..., None], joints, np.nan)
    return np.linalg.norm(points - other, axis=-1) / size[:, None]


def sides_exchanged(
    joints: np.ndarray, known: np.ndarray, other: np.ndarray, size: np.ndarray, which: np.ndarray
) -> np.ndarray:
    """(N,) bool: these joints fit another's well, but only with left and right exchanged."""
    straight = _mean(distances(joints, known, other, size)[:, which])
    crossed = _mean(distances(joints, known, other[:, HALPE_26.mirror], size)[:, which])
    return (crossed < _FITS) & (crossed < _BETTER * straight)


def doubtful(photos: Photos, seen: Seen) -> np.ndarray:
    """(N,) bool: photos for which a second view of the teacher would settle whose sides are right."""
    size = sizes(photos.joints, photos.known)
    parts = [sides_exchanged(photos.joints, photos.known, seen.joints, size, w) for w in (LIMBS, ARMS, LEGS)]
    return np.any(parts, axis=0)


def repair(photos: Photos, first: Seen, second: Seen) -> Repaired:
    """Labels put right. first, second: the teacher's two views, NaN where it has not looked."""
    joints, known, visible = photos.joints.copy(), photos.known.copy(), photos.visible.copy()
    size = sizes(joints, known)
    teacher = np.where(np.isfinite(second.joints), (first.joints + second.joints) / 2, first.joints)
    apart = np.linalg.norm(first.joints - second.joints, axis=-1) / size[:, None]  # NaN: one view alone
    teacher = np.where((apart > NEAR)[..., None], first.joints, teacher)
    score = np.where(np.isfinite(second.score), np.minimum(first.score, second.score), first.score)
    score = np.nan_to_num(np.where(apart > NEAR, 0, score))
    present = np.nan_to_num(first.presence) >= _PRESENT
    before = distances(joints, known, teacher, size)

    def both_views(which: np.ndarray) -> np.ndarray:
        views = [sides_exchanged(joints, known, view.joints, size, which) for view in (first, second)]
        return views[0] & views[1] & present

    exchanged = both_views(LIMBS)
    half = ~exchanged & ~_twisted_by_exchange(joints, known, size)
    arms, legs = both_views(ARMS) & half, both_views(LEGS) & half
    doubted = np.zeros_like(known)
    for which, settled in ((ARMS, exchanged | arms), (LEGS, exchanged | legs)):
        unsettled = sides_exchanged(joints, known, first.joints, size, which) & ~settled
        doubted[:, which] = unsettled[:, None]
    for which, settled in ((ARMS, exchanged | arms), (LEGS, exchanged | legs)):
        _exchange((joints, known, visible), which, settled)

    off = distances(joints, known, teacher, size)
    outliers = _outliers(joints, known, off, score, size)
    known &= ~outliers
    weight = _trust(known, off, doubted)
    visible &= known
    _halpe_torso(joints, known, visible, weight)

    added, offered = _additions(known, off, score, present & ~doubted.any(axis=1))
    joints = np.where(added[..., None], teacher, joints)
    weight = np.where(added, offered, weight)
    visible = np.where(added, score >= 0.5, visible)
    known = known | added
    after = distances(joints, known & ~added, teacher, size)
    return Repaired(
        joints, known, visible, weight * known, exchanged, arms, legs, doubted, outliers, added, before, after
    )  # fmt: skip


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is known, each at most 1; infinite where less than half is known."""
    there = np.isfinite(values)
    total = np.where(there, np.minimum(np.nan_to_num(values), 1), 0).sum(axis=-1)
    enough = 2 * there.sum(axis=-1) >= values.shape[-1]
    return np.where(enough, total / np.maximum(there.sum(axis=-1), 1), np.inf)


def _twisted_by_exchange(joints: np.ndarray, known: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(N,) bool: shoulders and hips clearly face the same way, so exchanging one pair twists the torso."""
    across = [np.subtract(joints[:, right], joints[:, left]) for left, right in (SHOULDERS, HIPS)]
    same = (across[0] * across[1]).sum(axis=-1) / size**2
    whole = known[:, [*SHOULDERS, *HIPS]].all(axis=1)
    return whole & (np.nan_to_num(same) > _FACING)


def _exchange(arrays: tuple[np.ndarray, ...], which: np.ndarray, rows: np.ndarray) -> None:
    other = HALPE_26.mirror[which]
    cells, source = np.ix_(rows, which), np.ix_(rows, other)
    for array in arrays:
        array[cells] = array[source]


def _outliers(
    joints: np.ndarray, known: np.ndarray, off: np.ndarray, score: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """(N, 26) bool: labels far from a sure teacher who fits the rest, with a bone that is too long."""
    fits = _mean(off[:, LIMBS]) < NEAR
    start, end = _BONES.T
    length = np.linalg.norm(joints[:, start] - joints[:, end], axis=-1) / size[:, None]
    long = np.nan_to_num(length) > _LONGEST_BONE
    stretched = np.zeros_like(known)
    for ends in (start, end):
        for bone, joint in enumerate(ends):
            stretched[:, joint] |= long[:, bone]
    return known & stretched & (np.nan_to_num(off) > _FAR) & (score > _SURE) & fits[:, None]


def _trust(known: np.ndarray, off: np.ndarray, doubted: np.ndarray) -> np.ndarray:
    """(N, 26) weights of labels: full where the teacher agrees, less where it does not, 0.8 without one."""
    weight = np.select([~np.isfinite(off), off < NEAR, off < _FAR], [0.8, 1.0, 0.7], 0.5)
    return np.where(doubted, 0.1, weight) * known


def _halpe_torso(joints: np.ndarray, known: np.ndarray, visible: np.ndarray, weight: np.ndarray) -> None:
    """Halpe's hip from the hips, and its lower neck from LSP's."""
    whole = known[:, HIPS].all(axis=1)
    joints[:, HIP] = joints[:, HIPS].mean(axis=1)
    known[:, HIP], visible[:, HIP] = whole, whole
    weight[:, HIP] = np.where(whole, 0.7 * weight[:, HIPS].min(axis=1), 0)
    torso = np.logical_and(whole, known[:, SHOULDERS].all(axis=1))
    down = joints[:, HIP] - joints[:, SHOULDERS].mean(axis=1)
    known[:, NECK] &= torso
    joints[:, NECK] = joints[:, NECK] + _NECK_ABOVE * np.where(torso[:, None], down, 0)
    weight[:, NECK] *= 0.5 * known[:, NECK]


def _additions(
    known: np.ndarray, off: np.ndarray, score: np.ndarray, usable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 26) bool and weights of joints the teacher adds: it fits most labels, and those nearby."""
    whole = _mean(off[:, LIMBS])
    fit = np.where(usable, np.clip(1 - whole / _FITS, 0, 1), 0)
    offered = score * fit[:, None]
    for joint, vouchers in _VOUCHERS.items():
        near = [np.where(np.isfinite(off[:, v]), off[:, v], NEAR / 2) for v in vouchers]
        offered[:, joint] *= np.clip(1.5 - np.max(near, axis=0) / NEAR, 0, 1)
    added = ~known & (offered > 0.2)
    added[:, [NECK, HIP]] = False
    return added, np.where(added, np.minimum(offered, 0.8), 0)
