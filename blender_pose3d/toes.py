"""Toes that bend: where only the front of a foot touches the ground, the toe bone lies on it.

A person's foot is stiff from ankle to tip in the joints that are known. On a character the tip stays where it
is and the ankle in the person's direction from it; the ball goes down to the floor, which pulls the ankle
nearer by a centimetre or two: the leg has to reach for it, and where it cannot the toes bend less.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .character import Bones, Character, Turns
from .character_feet import Planted
from .ik import follow, solve, turned_on, within_reach
from .joint_limits import KNEE, TOES
from .quaternions import about, angle_of, between, blend, conjugate, multiply, rotate
from .rotations import dot, norm, smoothstep, unit
from .soles import gentle_grip

_UP = np.array([0.0, 0.0, 1.0])
_PITCH = np.deg2rad([3.0, 15.0])  # of a heel off the ground, between which toes take to the floor
_CALM = 0.1  # seconds over which the bend is smoothed
_AHEAD = (0.15, 0.4)  # how much of a foot is level, below which it has no heading


def bend_toes(
    character: Character, planted: Planted, turned: Turns, contacts: np.ndarray, fps: float
) -> tuple[Turns, Bones]:
    """World rotations of all parts with heels up and toes down, and those of the toe bones.

    planted: legs as they stand. turned: part → (4, T) to go with them. contacts: (T, 4) of left heel and toe,
    right heel and toe. A foot without a toe bone, or with one that is no toe, is left alone.
    """
    new, bones = dict(turned), {}
    grip = gentle_grip(contacts, fps)
    for foot, side in enumerate("LR"):
        if not _has_toes(character, side):
            continue
        role = f"foot.{side}"
        share = grip[:, 2 * foot + 1] * (1.0 - grip[:, 2 * foot])
        flat = _level(character, side, turned[role])
        share = share * _raised(character, side, turned[role], flat)
        rigid = turned[role]
        toe = blend(rigid, flat, _calm(share * _within_limit(rigid, flat), rigid, flat, fps))
        leg = planted.chains[side]
        ankle = _ankle(character, side, planted.tips[side], leg.end, toe)
        missing = norm(within_reach(leg, ankle, KNEE) - ankle) / np.maximum(norm(ankle - leg.end), 1e-4)
        toe = blend(rigid, toe, np.clip(1.0 - missing, 0.0, 1.0))
        ankle = _ankle(character, side, planted.tips[side], leg.end, toe)
        follow(new, turned_on(leg, solve(leg, ankle, KNEE, 0.0)), f"thigh.{side}", f"shin.{side}")
        ball = _ball(character, side, planted.tips[side], toe)
        still = rotate(rigid, _at(character, f"toe.{side}") - character.at(f"{side}Ankle"))
        new[role] = multiply(between(unit(still), unit(ball - ankle)), rigid)
        bones[character.bones[f"toe.{side}"]] = toe
    return new, bones


def _has_toes(character: Character, side: str) -> bool:
    if f"toe.{side}" not in character.bones or f"foot.{side}" not in character.bones:
        return False
    ankle, ball, tip = (
        character.at(f"{side}Ankle"), _at(character, f"toe.{side}"), character.at(f"{side}Toe")
    )  # fmt: skip
    lengths = norm(np.array([ball - ankle, tip - ball, tip - ankle]))
    # A tip at the ball itself, or a ball that is not between ankle and tip, makes no toes.
    ahead = dot(unit(tip - ball), unit(tip - ankle))
    return bool(lengths[1] > 0.08 * lengths[2] and lengths[0] > 0.2 * lengths[2] and ahead > 0.5)


def _at(character: Character, role: str) -> np.ndarray:
    return character.heads[character.bones[role]]


def _level(character: Character, side: str, foot: np.ndarray) -> np.ndarray:
    """(4, T) rotations away from rest of a foot that lies flat and points as ``foot`` does from above."""
    ahead = unit((character.at(f"{side}Toe") - character.at(f"{side}Ankle")) * (1.0, 1.0, 0.0))
    now = rotate(foot, ahead)
    angle = np.arctan2(now[:, 1], now[:, 0]) - np.arctan2(ahead[1], ahead[0])
    return about(_UP, angle)


def _raised(character: Character, side: str, foot: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """(T,) 1 where the heel is up and the foot has a heading, 0 where it is flat or points up or down."""
    ahead = unit((character.at(f"{side}Toe") - character.at(f"{side}Ankle")) * (1.0, 1.0, 0.0))
    now = rotate(foot, ahead)
    down = smoothstep(-now[:, 2], *np.sin(_PITCH))
    # A foot that lies on its side has no toes to stand on.
    upright = smoothstep(rotate(multiply(conjugate(flat), foot), _UP)[:, 2], 0.1, 0.4)
    return down * upright * smoothstep(norm(now[:, :2]), *_AHEAD)


def _within_limit(rigid: np.ndarray, flat: np.ndarray) -> np.ndarray:
    angle = angle_of(multiply(conjugate(rigid), flat))
    return np.minimum(1.0, TOES.most / np.maximum(angle, 1e-6))


def _calm(share: np.ndarray, rigid: np.ndarray, flat: np.ndarray, fps: float) -> np.ndarray:
    """(T,) shares whose angle of bend has no jerks."""
    angle = np.maximum(angle_of(multiply(conjugate(rigid), flat)), 1e-3)
    return np.clip(gaussian_filter1d(share * angle, _CALM * fps, mode="nearest") / angle, 0.0, 1.0)


def _ball(character: Character, side: str, tip: np.ndarray, toe: np.ndarray) -> np.ndarray:
    return tip + rotate(toe, _at(character, f"toe.{side}") - character.at(f"{side}Toe"))


def _ankle(
    character: Character, side: str, tip: np.ndarray, ankle: np.ndarray, toe: np.ndarray
) -> np.ndarray:
    """(T, 3) ankles on the line from tip to ``ankle`` (T, 3) with which a foot with turned toes is whole."""
    line = unit(ankle - tip)
    way = _ball(character, side, tip, toe) - tip
    length = norm(_at(character, f"toe.{side}") - character.at(f"{side}Ankle"))
    along = dot(line, way)
    far = along + np.sqrt(np.maximum(along**2 - dot(way, way) + length**2, 0.0))
    return tip + far[:, None] * line
