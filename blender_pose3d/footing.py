"""What a motion rests on: contacts found or told, feet and hands held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .contacts import find_contacts
from .feet import rests, sole_points
from .footprints import footprints
from .ground import root_correction
from .hands import hold_hands, resting_hands
from .planting import put, standing_feet
from .settings import MotionSettings
from .skeleton import Skeleton
from .spans import middles, trimmed

_RESTS = 0.015  # metres from its place within which a foot rests


@dataclass(frozen=True)
class Footing:
    """joints: (T, J, 3) metres, world. contacts: (T, 4) bool, of left heel and toe, right heel and toe.
    hands: (T, 2) bool, when the left and the right hand are held, if any are."""

    joints: np.ndarray
    contacts: np.ndarray
    hands: np.ndarray | None = None


def settle(
    joints: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    settings: MotionSettings,
    *,
    seen_from: np.ndarray,
) -> np.ndarray:
    """(T, 3) translations that bring joints (T, J, 3), floor near z = 0, to rest on the feet that are let.

    The body moves as a whole; ``stand`` then moves the legs. score: (T, J). seen_from: (3,) the camera's
    place.
    """
    size = settings.size
    found = find_contacts(joints, score, skeleton, fps, size=size, seen_from=seen_from, floor=False)
    return root_correction(
        joints,
        skeleton,
        fps,
        settings.plant_feet,
        contacts=_told(found, settings),
        score=score,
        size=size,
        seen_from=seen_from,
        ground=settings.ground_jumps,
    )


def stand(
    joints: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    settings: MotionSettings,
    *,
    seen_from: np.ndarray | None,
) -> Footing:
    """Hold the feet, and the hands if they are asked for, of joints (T, J, 3) in the world, floor at z = 0.

    score: (T, J). seen_from: (3,) the camera's place, None where no camera lifted them. With ``plant_feet``
    at 0, or both feet never held, contacts are told and the joints left.
    """
    found = find_contacts(joints, score, skeleton, fps, size=settings.size, seen_from=seen_from)
    contacts = _told(found, settings)
    # feet that are never held stay where they were measured, be it in the floor
    if settings.plant_feet > 0 and (settings.left_foot, settings.right_foot) != ("never", "never"):
        points, heights = sole_points(joints, skeleton, settings.size), rests(skeleton, settings.size)
        firmness = settings.plant_feet
        places, held = None, contacts
        if points.shape[1] == 4:
            places, held = footprints(points, contacts, heights, fps)
        feet = standing_feet(
            joints, points, held, skeleton, fps, heights=heights, firmness=firmness, places=places
        )
        joints, ends = put(joints, feet, skeleton, fps)
        # A foot rests from where it has come to its place, not while it takes hold.
        away = np.linalg.norm(ends - middles(ends, contacts), axis=-1)
        rested = trimmed(contacts, away < _RESTS * settings.size + (1.0 - firmness))
        contacts = _told(rested, settings)
    hands = None
    if settings.hold_hands:
        hands = resting_hands(joints, score, skeleton, fps, settings.size)
        joints = hold_hands(joints, score, skeleton, fps, settings.size)
    if contacts.shape[1] < 4:  # no toes in this skeleton
        contacts = np.stack([contacts, np.zeros_like(contacts)], axis=-1).reshape(-1, 4)
    return Footing(joints, contacts, hands)


def _told(contacts: np.ndarray, settings: MotionSettings) -> np.ndarray:
    """Contacts (T, F) as found, but where the user knows better."""
    told = contacts.reshape(len(contacts), 2, -1).copy()
    for foot, mode in enumerate((settings.left_foot, settings.right_foot)):
        if mode != "auto":
            told[:, foot] = mode == "always"
    return told.reshape(contacts.shape)
