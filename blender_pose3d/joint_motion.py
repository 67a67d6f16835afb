"""Joints at rest and over time, and the skeleton a game wants of them: what deforms, on one root."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .banded import stiffness_for, whittaker

# Bones that stand for each other lie together to this part of the skeleton's size.
_TOGETHER = 1e-3
# A topmost joint this near to the floor, as a part of the skeleton's height, is a root and not the hips.
_ON_FLOOR = 0.1
# Hz: slower movement of the hips is the way over the floor, as for `root_motion`.
_TRAVEL = 0.5
# Axes are at right angles when products of them are below this; steps towards that, at most.
_SQUARE, _STEPS = 1e-8, 10
# Metres: a root that stays this near to its place carries nothing.
_STAYS = 1e-3


@dataclass(frozen=True)
class JointMotion:
    """A skeleton in Blender's world (z up, metres).

    names: J joints, parents before children. parents: (J,) int, -1 for roots. rest: (J, 4, 4) rigid matrices
    at rest. tails: (J, 3) where each bone ends at rest. world: (T, J, 4, 4) rigid matrices in each frame.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    rest: np.ndarray
    tails: np.ndarray
    world: np.ndarray

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.world)


def rigid(matrices: np.ndarray) -> np.ndarray:
    """(..., 4, 4) matrices with the length of their axes taken out, and that they are askew.

    Steps to the nearest rotation: Higham, "Computing the Polar Decomposition", SIAM Journal on Scientific and
    Statistical Computing 7, 1986. Blender's own matrices are askew by some 1e-5, which one step mends.
    """
    made = matrices.copy()
    axes = made[..., :3, :3]
    axes /= np.linalg.norm(axes, axis=-2, keepdims=True)
    for _ in range(_STEPS):
        askew = np.swapaxes(axes, -1, -2) @ axes - np.eye(3)
        if np.abs(askew).max() < _SQUARE:
            break
        axes -= 0.5 * axes @ askew
    return made


def local_matrices(matrices: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """(..., J, 4, 4) rigid matrices of joints from the joint above each; those of the upmost stay."""
    inner = np.flatnonzero(parents >= 0)
    own, above = matrices[..., inner, :, :], matrices[..., parents[inner], :, :]
    turned = np.swapaxes(above[..., :3, :3], -1, -2)
    own[..., :3, 3] -= above[..., :3, 3]
    own[..., :3, :] = turned @ own[..., :3, :]
    made = matrices.copy()
    made[..., inner, :, :] = own
    return made


def deforming(motion: JointMotion, deform: np.ndarray) -> tuple[JointMotion, np.ndarray]:
    """The joints that deform a body, and a root bone above all of them if there is one.

    deform: (J,) bool. A joint whose parent goes hangs on the nearest one above that stays; a control rig's
    joint that goes is stood for by the one that lies where it does (Rigify: DEF-spine for ORG-spine), so
    chains stay whole. Returns also (J,) int: which of the new joints goes with each old one, -1 for none.
    Raises ValueError when nothing deforms.
    """
    if not deform.any():
        raise ValueError("no bone deforms")
    count = len(motion.names)
    above = [_above(motion.parents, j) for j in range(count)]
    keep = deform.copy()
    stand = _stands_for(motion, keep)
    new = np.full(count, -1)
    parents: dict[int, int] = {}
    for j in map(int, np.flatnonzero(keep)):
        parents[j] = next(
            (s for s in (stand[a] for a in above[j]) if s >= 0 and j not in _line(parents, s)), -1
        )
    tops = [j for j, parent in parents.items() if parent < 0]
    roots = {above[j][-1] if above[j] else -1 for j in tops}
    if len(roots) == 1 and (root := roots.pop()) >= 0:
        parents |= dict.fromkeys(tops, root) | {root: -1}
        stand[root] = root
    order = _parents_first(parents)
    new[order] = np.arange(len(order))
    goes = np.array(
        [next((new[stand[a]] for a in [j, *above[j]] if stand[a] >= 0), -1) for j in range(count)]
    )
    made = JointMotion(
        tuple(motion.names[j] for j in order),
        np.array([new[parents[j]] if parents[j] >= 0 else -1 for j in order]),
        motion.rest[order],
        motion.tails[order],
        motion.world[:, order],
    )
    return made, goes


def with_root(motion: JointMotion, name: str = "root") -> JointMotion:
    """The skeleton under one root joint at the world's origin; as it is when it has a root on the floor."""
    if has_root(motion):
        return motion
    while name in motion.names:
        name += "_"
    one = np.eye(4)
    return JointMotion(
        (name, *motion.names),
        np.array([-1, *(motion.parents + 1)]),
        np.concatenate([one[None], motion.rest]),
        np.concatenate([[[0.0, 0.2, 0.0]], motion.tails]),
        np.concatenate([np.broadcast_to(one, (motion.frames, 1, 4, 4)), motion.world], axis=1),
    )


def has_root(motion: JointMotion) -> bool:
    """Whether all hang on one joint on the floor: a root bone, which hips are not."""
    tops = np.flatnonzero(motion.parents < 0)
    if len(tops) != 1 or len(motion.names) == 1:
        return False
    heights = np.r_[motion.rest[:, 2, 3], motion.tails[:, 2]]
    return bool(motion.rest[tops[0], 2, 3] - heights.min() < _ON_FLOOR * np.ptp(heights))


def without_still_root(motion: JointMotion) -> JointMotion:
    """Without a root bone that has one child and never moves: not all BVH readers let hips move below it."""
    if not has_root(motion) or (motion.parents == 0).sum() != 1 or np.ptp(motion.world[:, 0], axis=0).any():
        return motion
    return JointMotion(
        motion.names[1:], motion.parents[1:] - 1, motion.rest[1:], motion.tails[1:], motion.world[:, 1:]
    )


def carried(motion: JointMotion, moves: bool, fps: float) -> JointMotion:
    """The same with the way over the floor on the root bone, or, without ``moves``, taken out of the clip.

    A root bone that moves already carries it; else it is the slow part of the hips' way. With the way on the
    root all other joints stay where they are. Raises ValueError without a root bone.
    """
    if not has_root(motion):
        raise ValueError("the skeleton has no root bone")
    top = int(np.flatnonzero(motion.parents < 0)[0])
    start = motion.rest[top]
    way = motion.world[:, top] @ np.linalg.inv(start)
    if np.abs(way - np.eye(4)).max() < _STAYS:
        hips = _hips(motion, top)
        shift = motion.world[:, hips, :2, 3] - motion.rest[hips, :2, 3]
        way = np.tile(np.eye(4), (motion.frames, 1, 1))
        rate = min(_TRAVEL, fps / 4)
        way[:, :2, 3] = (
            whittaker(shift, np.ones(len(shift)), stiffness_for(rate, fps, 2), order=2)
            if motion.frames > 2
            else shift
        )
    world = motion.world.copy()
    if moves:
        world[:, top] = way @ start
    else:
        world = np.linalg.inv(way)[:, None] @ world
        world[:, top] = start
    return replace(motion, world=world)


def renamed(motion: JointMotion, names: dict[str, str], order: tuple[str, ...]) -> JointMotion:
    """Only the joints of ``names`` (theirs → new), siblings in the ``order`` of new names.

    What goes between two that stay leaves the lower one on the upper one. Raises ValueError when the upmost
    is missing, so that there would be several roots.
    """
    index = {name: j for j, name in enumerate(motion.names)}
    stay = sorted(names, key=lambda name: order.index(names[name]))
    rows = [index[name] for name in stay]
    parents = {j: next((a for a in _above(motion.parents, j) if a in rows), -1) for j in rows}
    placed = _parents_first(parents)
    new = {j: i for i, j in enumerate(placed)}
    made = np.array([new.get(parents[j], -1) for j in placed])
    if (made < 0).sum() != 1:
        raise ValueError("its bones do not hang on one pair of hips")
    return JointMotion(
        tuple(names[motion.names[j]] for j in placed),
        made,
        motion.rest[placed],
        motion.tails[placed],
        motion.world[:, placed],
    )


def _above(parents: np.ndarray, joint: int) -> list[int]:
    found = []
    while (joint := int(parents[joint])) >= 0:
        found.append(joint)
    return found


def _line(parents: dict[int, int], joint: int) -> list[int]:
    """A joint and those above it, as far as they are known."""
    found = [joint]
    while (joint := parents.get(joint, -1)) >= 0:
        found.append(joint)
    return found


def _stands_for(motion: JointMotion, keep: np.ndarray) -> np.ndarray:
    """(J,) for each joint the one that stays and lies where it does: itself, or -1."""
    size = np.ptp(np.r_[motion.rest[:, :3, 3], motion.tails], axis=0).max()
    kept = np.flatnonzero(keep)
    ends = np.concatenate([motion.rest[:, :3, 3], motion.tails], axis=1)
    far = np.abs(ends[:, None] - ends[None, kept]).max(axis=-1)
    stand = np.where(far.min(axis=1) < _TOGETHER * size, kept[far.argmin(axis=1)], -1)
    stand[kept] = kept
    return stand


def _parents_first(parents: dict[int, int]) -> list[int]:
    found = [j for j, parent in parents.items() if parent < 0]
    for j in found:  # grows while it is walked: breadth first
        found.extend(child for child, parent in parents.items() if parent == j)
    return found


def _hips(motion: JointMotion, top: int) -> int:
    """The root's child with most joints below it."""
    below = np.zeros(len(motion.names), dtype=int)
    for j in range(len(motion.names) - 1, -1, -1):
        below[j] += 1
        if motion.parents[j] >= 0:
            below[motion.parents[j]] += below[j]
    children = np.flatnonzero(motion.parents == top)
    return int(children[below[children].argmax()])
