"""Limbs that lie in an armature more than once, as in control rigs: to deform, to hold, to pull."""

from __future__ import annotations

import numpy as np

from .rig_limbs import Limb
from .rig_tree import Tree

# Of the armature's extent: nearer than this, points are the same.
_SAME = 0.004


def limb_copies(tree: Tree, limbs: tuple[Limb, ...]) -> int:
    """How many further chains of bones run through the joints of each of these limbs: the least of them.

    Such a chain has bones of its own at the limb's first, middle and last joint, each hanging on the one
    before. Twist bones lie between joints, targets of inverse kinematics at one of them, so neither counts.
    """
    return min(_copies(tree, limb) for limb in limbs)


def _copies(tree: Tree, limb: Limb) -> int:
    first, middle, last = (_at(tree, point) - {*limb.chain} for point in limb.points(tree))
    found = 0
    for bone in last:
        above = set(tree.ancestors(bone)[1:])
        knees = middle & above
        found += any(first & set(tree.ancestors(knee)[1:]) for knee in knees)
    return found


def _at(tree: Tree, point: np.ndarray) -> set[int]:
    """Bones that start at a point."""
    return set(np.flatnonzero(np.linalg.norm(tree.at - point, axis=1) < _SAME * tree.size).tolist())
