"""Feet that stay where they stand: each contact gets one place on the floor, and the legs follow.

The ends of the feet are moved by smooth offsets that hold every contact at its place and keep the soles out
of the floor; between contacts an offset goes back to nothing or on to the next, so nothing pops. Then the
foot is made stiff again, the hips help where a leg does not reach, and knees are bent to suit.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import distance_transform_edt

from .banded import difference_penalty, stiffness_for, whittaker
from .frames import leg_hinge
from .limbs import bend, overreach, reach
from .rotations import carry, frame, smoothstep, unit
from .skeleton import Skeleton
from .spans import middles, spread, trimmed

_HOLD = 1e7  # weight of a contact, beside 1 for the motion as it was captured
_RETURN, _EASE = 0.2, 0.1  # seconds in which an offset goes back to nothing, and changes its speed
_DODGE = 1e4  # of a sole that would sink into the floor
_TAKES_HOLD = 0.1  # seconds in which the weight of a contact grows to its full
_LET_GO = 0.12  # seconds in which the stiff foot stops turning about the end that stood
_TURNS = 0.35, 0.7  # parts of a foot's length: its ends move so far apart freely, and never farther
_FAR = 0.25  # parts of a leg's length from its place at which a foot does not stand there yet
_HEADING = 0.2, 0.5  # parts of a foot's length over the floor between which it gets a heading
_LEGS_SHARE = 0.5  # of the depth of a foot in the floor that its leg takes up, before it turns
_HIPS, _PULL = 2.0, 2.0  # Hz and weight of the help of the hips: firmer, they would shake
_ROUNDS, _HIP_ROUNDS = 4, 3


def plant(
    joints: np.ndarray,
    points: np.ndarray,
    contacts: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    *,
    heights: np.ndarray,
    firmness: float = 1.0,
    places: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, J, 3), metres, z up, floor at 0, whose feet rest while they touch the ground, and the places
    (T, F, 3) of the ends of these feet.

    points: (T, F, 3) the ends of the feet, stiff with their feet, as ``feet.sole_points`` orders them.
    heights: (F,) of them over the floor where they stand. contacts: (T, F) bool. firmness: 0 to 1, the share
    of the way that feet go. places: (T, F, 3) where each contact is, if that is known.
    Bones keep their lengths; only legs and, where one would be stretched, the place
    of the whole body change.
    """
    if places is None:
        places = np.empty_like(points)
        places[..., :2], places[..., 2] = _places(points, contacts), heights
    contacts = _near(points, places, contacts, skeleton, joints)
    wanted = points + firmness * (_ends_wanted(points, places, heights, contacts, fps) - points)
    grip = ease_off(contacts, fps)
    feet = joints[:, [skeleton.index(side + "Ankle") for side in "LR"]]
    ankles, ends = _stiff_feet(feet, points, wanted, grip)
    joints = joints + _hips_help(joints, ankles, grip, skeleton, fps)[:, None]
    joints, short = _legs(joints, ankles, skeleton, fps)
    ends = ends + np.repeat(short, points.shape[1] // 2, axis=1)
    toes = [skeleton.index(name) for name in ("LToe", "RToe") if name in skeleton.joints]
    joints[:, toes] = ends[:, 1::2][:, : len(toes)]
    return joints, ends


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
    near = _FAR * float(np.median(_leg_lengths(joints, skeleton)[1]))
    kept = trimmed(contacts, np.linalg.norm((places - points)[..., :2], axis=-1) < near)
    return kept | contacts.all(axis=0)


def grip_weight(contacts: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) weights of contacts (T, F), 0 beside them: a foot takes hold and lets go within a moment."""
    # What lies beyond the clip goes on as it is at its ends.
    beyond = round(_TAKES_HOLD * fps) + 1
    longer = np.pad(np.pad(contacts, ((beyond, beyond), (0, 0)), mode="edge"), ((1, 1), (0, 0)))
    inside = np.stack([distance_transform_edt(c)[beyond + 1 : -beyond - 1] for c in longer.T], axis=1)
    share = np.clip(inside / max(_TAKES_HOLD * fps, 1.0), 0.0, 1.0)
    return contacts * _HOLD**share


def offset(wanted: np.ndarray, weight: np.ndarray, fps: float) -> np.ndarray:
    """(T, D) smooth offsets that are ``wanted`` (T, D) where weight (T,) is high, and go back to 0 elsewhere.

    Least squares of the offset, its speed and its acceleration. The speed's share makes it a spline under
    tension: it does not swing beyond what holds it.
    """
    bands = (_EASE * fps) ** 4 * difference_penalty(len(wanted), 2)
    slow = (_RETURN * fps) ** 2 * difference_penalty(len(wanted), 1)
    bands[: len(slow)] += slow
    bands[0] += 1.0 + weight
    return solveh_banded(bands, weight[:, None] * wanted, lower=True)


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


def ease_off(contacts: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) 1 during contacts (T, F), easing to 0 beside them."""
    if not contacts.any():
        return np.zeros(contacts.shape)
    away = np.stack(
        [distance_transform_edt(~c) if c.any() else np.full(len(c), np.inf) for c in contacts.T], axis=1
    )
    left = np.clip(1.0 - away / (fps * _LET_GO), 0.0, 1.0)
    return left * left * (3.0 - 2.0 * left)


def _stiff_feet(
    ankles: np.ndarray, points: np.ndarray, wanted: np.ndarray, grip: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ankles (T, 2, 3) and ends (T, F, 3) of stiff feet whose ends go to where they are wanted, or near."""
    if points.shape[1] < 4:
        return ankles + wanted - points, wanted
    old, new = points.reshape(-1, 2, 2, 3), wanted.reshape(-1, 2, 2, 3)
    before, after = old[:, :, 1] - old[:, :, 0], new[:, :, 1] - new[:, :, 0]
    length = np.linalg.norm(before, axis=-1, keepdims=True)
    way = _long(before + _kept_small(after - before, length), length)
    excess = after - way
    holds = grip.reshape(-1, 2, 2, 1) + 1e-3
    heel = new[:, :, 0] + excess * holds[:, :, 1] / holds.sum(axis=2)
    ends = np.stack([heel, heel + way], axis=2).reshape(points.shape)
    return heel + carry(ankles - old[:, :, 0], unit(before), unit(way)), ends


def _kept_small(change: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Changes (..., 3) of the way from heel to toe, squeezed below a part of its length (..., 1): places that
    lie wrong would else turn a foot round."""
    size = np.linalg.norm(change, axis=-1, keepdims=True)
    free, room = _TURNS[0] * length, (_TURNS[1] - _TURNS[0]) * length
    most = np.minimum(size, free) + room * -np.expm1(-np.maximum(size - free, 0.0) / np.maximum(room, 1e-9))
    return change * most / np.maximum(size, 1e-9)


def _long(way: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Ways (..., 3) brought to their length (..., 1) over the floor, so that heel and toe keep their heights;
    those of a foot that stands on end, which has no heading, along themselves."""
    along = length * unit(way)
    flat = np.linalg.norm(way[..., :2], axis=-1, keepdims=True)
    left = np.sqrt(np.maximum(length**2 - way[..., 2:] ** 2, 0.0))
    over = np.concatenate([way[..., :2] * left / np.maximum(flat, 1e-9), way[..., 2:]], axis=-1)
    share = smoothstep(np.minimum(flat, left) / np.maximum(length, 1e-9), *_HEADING)
    return length * unit(along + share * (over - along))


def _hips_help(
    joints: np.ndarray, ankles: np.ndarray, grip: np.ndarray, skeleton: Skeleton, fps: float
) -> np.ndarray:
    """(T, 3) way of the whole body towards feet that stand out of the legs' reach."""
    help_ = np.zeros((len(joints), 3))
    hips, length = _leg_lengths(joints, skeleton)
    stands = grip.reshape(len(joints), 2, -1).max(axis=2)
    stay = stiffness_for(min(_HIPS, 0.4 * fps), fps, order=2)
    for _ in range(_HIP_ROUNDS):
        way = ankles - hips - help_[:, None]
        distance = np.linalg.norm(way, axis=-1)
        short = stands * overreach(length, distance)
        if not short.any():
            break
        pull = (short[..., None] ** 2 * unit(way)).sum(axis=1) / np.maximum(short.sum(axis=1), 1e-9)[:, None]
        weight = _PULL * (short.max(axis=1) > 0)
        help_ += whittaker(pull * (weight / (weight + 1.0))[:, None], weight + 1.0, stay, order=2)
    return help_


def _leg_lengths(joints: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    hip, knee, ankle = (
        joints[:, [skeleton.index(side + name) for side in "LR"]] for name in ("Hip", "Knee", "Ankle")
    )
    return hip, np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(ankle - knee, axis=-1)


def _legs(
    joints: np.ndarray, ankles: np.ndarray, skeleton: Skeleton, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, J, 3) with ankles (T, 2, 3) in their new places, or as near as legs reach, and knees bent to
    suit; and by how much (T, 2, 3) these fall short."""
    moved = joints.copy()
    short = np.zeros_like(ankles)
    pelvis = frame(
        joints[:, skeleton.index("LHip")] - joints[:, skeleton.index("RHip")],
        joints[:, skeleton.index("Spine")] - joints[:, skeleton.index("Hip")],
    )
    ahead = np.cross(pelvis[..., 0], pelvis[..., 1])

    def at(name: str) -> np.ndarray:
        if name in skeleton.joints:
            return joints[:, skeleton.index(name)]
        return joints[:, skeleton.index(name[0] + "Ankle")] + ahead

    for foot, side in enumerate("LR"):
        hip, knee, ankle = (at(side + name) for name in ("Hip", "Knee", "Ankle"))
        length = np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(ankle - knee, axis=-1)
        way = ankles[:, foot] - hip
        end = hip + unit(way) * reach(length, np.linalg.norm(way, axis=-1))[:, None]
        hinge = leg_hinge(at, side, pelvis, fps)[2]
        moved[:, skeleton.index(side + "Knee")] = bend(hip, knee, ankle, end, hinge)
        moved[:, skeleton.index(side + "Ankle")] = end
        short[:, foot] = end - ankles[:, foot]
    return moved, short
