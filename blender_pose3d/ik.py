"""Inverse kinematics of limbs of two bones: the end goes where it is wanted, the joint bends one way.

Analytic, by the law of cosines, for all frames at once. Near full stretch and near the fullest bend the way
is squeezed instead of cut (an exponential approach, so speed has no jump): that is what makes a knee soft.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .joint_limits import Hinge
from .limbs import bend, reach
from .quaternions import between, multiply
from .rotations import norm, unit

_ROOM = 0.03  # of a limb's length, over which it comes to rest at its fullest bend


@dataclass(frozen=True)
class Chain:
    """Limbs of two bones in T frames, world metres. root, middle, end, hinge: (T, 3); the last is the axis
    about which the middle joint bends, and which a straight limb keeps."""

    root: np.ndarray
    middle: np.ndarray
    end: np.ndarray
    hinge: np.ndarray

    def lengths(self) -> tuple[np.ndarray, np.ndarray]:
        """(T,) of the upper and of the lower bone."""
        return norm(self.middle - self.root), norm(self.end - self.middle)


def solve(chain: Chain, target: np.ndarray, limits: Hinge, weight: np.ndarray | float = 1.0) -> Chain:
    """The limbs with their ends at ``target`` (T, 3), or as near as length and limits let them come.

    weight: (T,) 0 to 1, how much limits count: a limb that nothing asks to move is left as it was captured,
    straight or bent too far. Roots and the lengths of bones stay.
    """
    end = within_reach(chain, target, limits, weight)
    return Chain(chain.root, bend(chain.root, chain.middle, chain.end, end, chain.hinge), end, chain.hinge)


def within_reach(
    chain: Chain, target: np.ndarray, limits: Hinge, weight: np.ndarray | float = 1.0
) -> np.ndarray:
    """(T, 3) where the ends of limbs come that are to go to ``target``; arguments as those of ``solve``."""
    upper, lower = chain.lengths()
    way = target - chain.root
    far = norm(way)
    # Right at the root any direction is as good; the one that it has is the calmest.
    way = np.where(far[:, None] > 1e-6, way, chain.end - chain.root)
    near, _ = limits.distances(upper, lower)
    soft = at_least(near, upper + lower, reach(upper + lower, far))
    far = np.minimum(far + weight * (soft - far), upper + lower)
    return chain.root + far[:, None] * unit(way)


def at_least(least: np.ndarray, length: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """(T,) distances not below ``least``, squeezed with a continuous slope over the last bit before it."""
    room = _ROOM * length
    short = np.maximum(least + room - distance, 0.0)
    return np.maximum(distance, least + room) - room * -np.expm1(-short / np.maximum(room, 1e-12))


def turned_on(before: Chain, after: Chain) -> tuple[np.ndarray, np.ndarray]:
    """(4, T) smallest world rotations that take the upper and the lower bones from one chain to the other."""
    return (
        between(unit(before.middle - before.root), unit(after.middle - after.root)),
        between(unit(before.end - before.middle), unit(after.end - after.middle)),
    )


def follow(
    turned: dict[str, np.ndarray], turns: tuple[np.ndarray, np.ndarray], upper: str, lower: str
) -> None:
    """Turn the parts ``upper`` (with its untwisted twin) and ``lower`` of world rotations on, in place."""
    part, _, side = upper.partition(".")
    for name in (upper, f"{part}_swing.{side}"):
        turned[name] = multiply(turns[0], turned[name])
    turned[lower] = multiply(turns[1], turned[lower])
