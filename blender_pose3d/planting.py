"""Feet that stay where they stand: each contact gets one place on the floor, and the legs follow.

The ends of the feet are moved by smooth offsets that hold every contact at its place and keep the soles out
of the floor; between contacts an offset goes back to nothing or on to the next, so nothing pops. Then the
foot is made stiff again, the hips help where a leg does not reach, and knees are bent to suit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .holds import ease_off, grip_weight, offset
from .legs_to_feet import bent_legs, hips_help, leg_lengths
from .rotations import unit
from .skeleton import Skeleton
from .spans import middles, spread, trimmed
from .stiff_feet import stiff_feet

_DODGE = 1e4  # of a sole that would sink into the floor
_FAR = 0.25  # parts of a leg's length from its place at which a foot does not stand there yet
_LEGS_SHARE = 0.5  # of the depth of a foot in the floor that its leg takes up, before it turns
_ROUNDS = 4


@dataclass(frozen=True)
class Feet:
    """Stiff feet that stand, before legs have followed, metres.

    hips: (T, 3) way of the whole body. ankles: (T, 2, 3). ends: (T, F, 3). contacts: (T, F) bool, when an end
    is held, without moments in which the foot is on its way. grip: (T, F) 1 then, easing to 0 beside it.
    """

    hips: np.ndarray
    ankles: np.ndarray
    ends: np.ndarray
    contacts: np.ndarray
    grip: np.ndarray


def put(joints: np.ndarray, feet: Feet, skeleton: Skeleton, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, J, 3), metres, on these feet, and the places (T, F, 3) of their ends, as far as legs reach.

    Bones keep their lengths; only legs and, where one would be stretched, the place of the whole body change.
    """
    joints, short = bent_legs(joints + feet.hips[:, None], feet.ankles, skeleton, fps)
    ends = feet.ends + np.repeat(short, feet.ends.shape[1] // 2, axis=1)
    toes = [skeleton.index(name) for name in ("LToe", "RToe") if name in skeleton.joints]
    joints[:, toes] = ends[:, 1::2][:, : len(toes)]
    return joints, ends


def standing_feet(
    joints: np.ndarray,
    points: np.ndarray,
    contacts: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    *,
    heights: np.ndarray,
    firmness: float = 1.0,
    places: np.ndarray | None = None,
) -> Feet:
    """Where feet go so that they rest while they touch the ground.

    joints: (T, J, 3), metres, z up, floor at 0.
    points: (T, F, 3) the ends of the feet, stiff with their feet, as ``feet.sole_points`` orders them.
    heights: (F,) of them over the floor where they stand. contacts: (T, F) bool. firmness: 0 to 1, the share
    of the way that feet go. places: (T, F, 3) where each contact is, if that is known.
    """
    if places is None:
        places = np.empty_like(points)
        places[..., :2], places[..., 2] = _places(points, contacts), heights
    contacts = _near(points, places, contacts, skeleton, joints)
    wanted = points + firmness * (_ends_wanted(points, places, heights, contacts, fps) - points)
    grip = ease_off(contacts, fps)
    feet = joints[:, [skeleton.index(side + "Ankle") for side in "LR"]]
    ankles, ends = stiff_feet(feet, points, wanted, grip)
    return Feet(hips_help(joints, ankles, grip, skeleton, fps), ankles, ends, contacts, grip)


def _ends_wanted(
    points: np.ndarray, places: np.ndarray, heights: np.ndarray, contacts: np.ndarray, fps: float
) -> np.ndarray:
    """(T, F, 3) where the ends of the feet go, each by itself. places: (T, F, 3) of contacts."""
    points = points + _raised(points, heights, fps)
    wanted, hold = points.copy(), grip_weight(contacts, fps)
    for end in range(points.shape[1]):
        missing, held = places[:, end] - points[:, end], hold[:, end]
        wanted[:, end, :2] += offset(missing[:, :2], held, fps)
        floor = heights[end] - points[:, end, 2]
        rise = np.where(contacts[:, end], missing[:, 2], floor)
        for _ in range(_ROUNDS):
            lift = offset(rise[:, None], held, fps)[:, 0]
            sunk = (lift < floor) & ~contacts[:, end]
            held = np.where(sunk, _DODGE, held)
        wanted[:, end, 2] = np.maximum(points[:, end, 2] + lift, heights[end])
    return wanted


def _raised(points: np.ndarray, heights: np.ndarray, fps: float) -> np.ndarray:
    """(T, F, 3) by which whole feet rise over the floor, so that one that is too low does not turn."""
    deep = np.maximum(heights - points[..., 2], 0.0).reshape(len(points), 2, -1).max(axis=2)
    lift = np.zeros(points.shape)
    for foot, sunk in enumerate(deep.T):
        if sunk.any():
            ends = slice(foot * points.shape[1] // 2, (foot + 1) * points.shape[1] // 2)
            risen = np.maximum(offset(sunk[:, None], _DODGE * (sunk > 0), fps), 0.0)
            lift[:, ends, 2] = _LEGS_SHARE * risen
    return lift


def _near(
    points: np.ndarray, places: np.ndarray, contacts: np.ndarray, skeleton: Skeleton, joints: np.ndarray
) -> np.ndarray:
    """Contacts (T, F) without their beginnings and ends in which a foot is far from its place: on its way.

    One that lasts for the whole clip is what the user said, and holds.
    """
    near = _FAR * float(np.median(leg_lengths(joints, skeleton)[1]))
    kept = trimmed(contacts, np.linalg.norm((places - points)[..., :2], axis=-1) < near)
    return kept | contacts.all(axis=0)


def _places(points: np.ndarray, contacts: np.ndarray) -> np.ndarray:
    """(T, F, 2) the one place of each contact, where there is one; heel and toe a stiff foot apart."""
    places = middles(points[..., :2], contacts)
    if points.shape[1] < 4:
        return places
    for heel, toe in ((0, 1), (2, 3)):
        flat = contacts[:, heel] & contacts[:, toe]
        if not flat.any():
            continue
        away = points[:, toe] - points[:, heel]
        length = np.sqrt(np.maximum((away**2).sum(-1) - np.median(away[flat, 2]) ** 2, 0.0))
        for end, other, share in ((toe, heel, 0.5), (heel, toe, 1.0)):
            way = places[:, end] - places[:, other]
            moved = places[:, other] + way + share * (np.median(length) * unit(way) - way)
            fixed = middles(moved[:, None], flat[:, None])[:, 0]
            # All of a contact stands where its flat part does.
            places[:, end] = spread(np.where(flat[:, None], fixed, np.nan), contacts[:, end], places[:, end])
    return places
