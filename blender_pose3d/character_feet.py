"""The character's feet stay where they stand, as the person's do, whatever the length of its legs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .footprints import footprints
from .ik import Chain, follow, turned_on
from .planting import Feet, put, standing_feet
from .quaternions import between, multiply, rotate
from .refine_body import Leg, refined
from .rotations import norm, unit
from .skeleton import H36M_19
from .stride import stride

_HEEL = 0.27  # how far the heel lies behind the ankle, over the way from ankle to toes


@dataclass(frozen=True)
class Legs:
    """A character's legs in T frames, world metres, as far as rotations alone take them.

    middle: (T, 3) between the hips. spine: (T, 3) the middle of the back. chains: "L", "R" → thigh and shin.
    tips, heels: side → (T, 3), stiff with the foot. at_rest: side → heights (2,) of heel and tip over the
    floor.
    """

    middle: np.ndarray
    spine: np.ndarray
    chains: Mapping[str, Chain]
    heels: Mapping[str, np.ndarray]
    tips: Mapping[str, np.ndarray]
    at_rest: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Planted:
    """shift: (T, 3) way of the whole body. chains, heels, tips: as in ``Legs``, after it."""

    shift: np.ndarray
    chains: dict[str, Chain]
    heels: dict[str, np.ndarray]
    tips: dict[str, np.ndarray]


def keep_contacts(
    legs: Legs, contacts: np.ndarray, fps: float, ground: float, *, refine: bool = True
) -> Planted:
    """Legs whose feet rest during contacts (T, 4) of left heel and toe, right heel and toe.

    ground: height of the floor that the character stands on, metres. refine: weigh hips, legs and feet
    against each other (``refine_body``), instead of legs that do what feet ask for.
    """
    floor = np.array([0.0, 0.0, ground])
    joints = _joints(legs) - floor
    points = np.stack([ends[side] for side in "LR" for ends in (legs.heels, legs.tips)], axis=1) - floor
    heights = np.concatenate([legs.at_rest[side] for side in "LR"])
    way = stride(points, contacts, heights, fps)
    points = points + way[:, None]
    places, held = footprints(points, contacts, heights, fps)
    joints = joints + way[:, None]
    feet = standing_feet(joints, points, held, H36M_19, fps, heights=heights, places=places)
    if refine:
        feet = replace(feet, hips=feet.hips + way, ankles=feet.ankles + floor, ends=feet.ends + floor)
        return _refined(legs, feet, places + floor, heights + ground, fps)
    planted, soles = put(joints, feet, H36M_19, fps)
    chains = {}
    for side in "LR":
        hip, knee, ankle = (planted[:, _at(side + name)] + floor for name in ("Hip", "Knee", "Ankle"))
        chains[side] = Chain(hip, knee, ankle, legs.chains[side].hinge)
    soles = soles + floor
    return Planted(
        way + feet.hips, chains, {"L": soles[:, 0], "R": soles[:, 2]}, {"L": soles[:, 1], "R": soles[:, 3]}
    )


def _refined(legs: Legs, feet: Feet, places: np.ndarray, heights: np.ndarray, fps: float) -> Planted:
    own = [Leg(legs.chains[s], np.stack([legs.heels[s], legs.tips[s]])) for s in "LR"]
    shift, made = refined((own[0], own[1]), feet, places, heights, fps)
    after = dict(zip("LR", made, strict=True))
    chains = {side: leg.chain for side, leg in after.items()}
    heels, tips = ({side: leg.ends[end] for side, leg in after.items()} for end in (0, 1))
    return Planted(shift, chains, heels, tips)


def _joints(legs: Legs) -> np.ndarray:
    """(T, 19, 3) joints of the lower body; of the rest only how the pelvis stands matters."""
    joints = np.repeat(legs.middle[:, None], len(H36M_19), axis=1)
    joints[:, _at("Spine")] = legs.spine
    for side in "LR":
        chain = legs.chains[side]
        parts = {"Hip": chain.root, "Knee": chain.middle, "Ankle": chain.end, "Toe": legs.tips[side]}
        for name, place in parts.items():
            joints[:, _at(side + name)] = place
    return joints


def stepped(legs: Legs, planted: Planted, turned: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """World rotations of all parts, (4, T) away from rest, with those of legs and feet turned on to suit."""
    new = dict(turned)
    for side in "LR":
        follow(new, turned_on(legs.chains[side], planted.chains[side]), f"thigh.{side}", f"shin.{side}")
        before, after = (feet.tips[side] - feet.heels[side] for feet in (legs, planted))
        new[f"foot.{side}"] = multiply(between(unit(before), unit(after)), new[f"foot.{side}"])
    return new


def ends(ankle: np.ndarray, toe: np.ndarray, sole: float) -> np.ndarray:
    """(2, 3) heel and tip of a foot at rest; the heel lies behind the ankle, on the floor.

    ankle, toe: (3,). sole: height of the floor under the character at rest.
    """
    ahead = unit((toe - ankle) * (1.0, 1.0, 0.0))
    length = float(norm((toe - ankle)[:2]))
    heel = ankle - _HEEL * length * ahead
    return np.array([[heel[0], heel[1], min(sole, ankle[2])], toe])


def stiff(turn: np.ndarray, ankle: np.ndarray, at_rest: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(T, 3) where a point of a foot is. turn: (4, T). ankle: (T, 3), at rest (3,). point: (3,) at rest."""
    return ankle + rotate(turn, point - at_rest)


def _at(name: str) -> int:
    return H36M_19.index(name)
