"""Which way a character faces, from its bones: feet, knees, elbows and face."""

from __future__ import annotations

import numpy as np

from .rig_limbs import Limb
from .rig_tree import Tree
from .rotations import unit

# Less agreement than this among the signs says nothing.
_CERTAIN = 0.12


def facing(
    tree: Tree, legs: tuple[Limb, Limb], arms: tuple[Limb, Limb], head: list[int], up: np.ndarray
) -> tuple[np.ndarray | None, float]:
    """Forward (3,), level and across the hips, and how certain it is (0 to 1); None when nothing says it.

    Feet point forward, knees too, elbows back, the face is before the head.
    """
    across = tree.at[legs[0].upper] - tree.at[legs[1].upper]
    forward = np.cross(across, up)
    if not np.linalg.norm(forward) > 1e-9 * np.linalg.norm(up) * tree.size:
        return None, 0.0
    forward = unit(forward)
    signs: list[tuple[float, float]] = []  # sign from -1 to 1, weight
    for leg in legs:
        signs.append((_off_line(leg.points(tree), forward), 1.0))
        signs += _foot(tree, leg, forward)
    signs += [(-_off_line(arm.points(tree), forward), 0.5) for arm in arms]
    signs += _face(tree, head, up, forward)
    total = sum(sign * weight for sign, weight in signs) / 6.0
    if abs(total) < _CERTAIN:
        return None, abs(total)
    return (forward if total > 0 else -forward), min(abs(total), 1.0)


def _foot(tree: Tree, leg: Limb, forward: np.ndarray) -> list[tuple[float, float]]:
    """Where the foot goes furthest from the ankle; heels are nearer than toes."""
    if leg.end is None:
        return []
    bones = tree.all_below(leg.end)
    start = tree.at[leg.end]
    tips, weight = tree.at[bones[1:]], 2.0
    if tree.tails_meet:
        tips = np.concatenate([tips, tree.tails[bones]])
    elif len(bones) == 1:
        tips, weight = tree.tails[bones], 0.8
    ways = tips - start
    ahead = ways @ forward
    furthest = int(np.argmax(np.abs(ahead)))
    length = float(np.linalg.norm(ways[furthest]))
    return [(float(ahead[furthest]) / length, weight)] if length > 1e-6 * tree.size else []


def _face(tree: Tree, head: list[int], up: np.ndarray, forward: np.ndarray) -> list[tuple[float, float]]:
    """Eyes, jaw and the like are before the skull; hair is longer and not counted."""
    if not head:
        return []
    skull = head[-1]
    face, waiting = [], [skull]
    while waiting:
        for child in tree.children[waiting.pop()]:
            if tree.reach[child] < 0.15 * np.linalg.norm(up):
                face.append(child)
                waiting.append(child)
    if not face:
        return []
    ahead = (tree.at[face] - tree.at[skull]) @ forward / (0.15 * np.linalg.norm(up))
    return [(float(np.clip(np.median(ahead), -1, 1)), 0.8)]


def _off_line(points: np.ndarray, forward: np.ndarray) -> float:
    """How far a knee or elbow (second of three points) is before the line of its neighbours, -1 to 1."""
    start, middle, end = points
    way = end - start
    length = max(float(way @ way), 1e-18)
    off = middle - start - way * float((middle - start) @ way) / length
    return float(np.clip(off @ forward / (0.06 * length**0.5), -1, 1))
