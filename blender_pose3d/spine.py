"""Spine and neck: the bend of a back shared by however many bones a character has there.

A person's back is known by three points, so its lower and its upper half have an orientation each. Bones of
a chain lie between the two by their height. Then the chain is turned on until the character's own joints lie
in the person's directions, first of all the shoulders seen from the hips: rest poses differ in where on the
body these joints are, so orientations alone leave some degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .quaternions import angle_of, between, blend, multiply, part_of, rotate
from .rotations import dot, norm, smoothstep, unit

_ROUNDS = 3
# A neck is turned on so far freely, and never farther: a short one cannot make up for a long way.
_NECK_FREE, _NECK_MOST = np.deg2rad([30.0, 50.0])


@dataclass(frozen=True)
class Back:
    """A chain at rest, world metres. points: (n + 1, 3) heads of its n bones and where the last one ends.

    start: (3,) the joint from which directions are told. end: (3,) the joint to which they lead.
    """

    points: np.ndarray
    start: np.ndarray
    end: np.ndarray

    @property
    def heights(self) -> np.ndarray:
        """(n + 1,) of the points between ``start`` (0) and ``end`` (1)."""
        way = self.end - self.start
        return (self.points - self.start) @ way / max(float(way @ way), 1e-12)


@dataclass(frozen=True)
class Ways:
    """Unit directions (T, 3) of a back: from hips to its middle, on to the shoulders, and all of it."""

    lower: np.ndarray
    upper: np.ndarray
    whole: np.ndarray


def shares(back: Back) -> np.ndarray:
    """(n,) how far each bone follows the upper half (1) rather than the lower one (0), by its middle."""
    heights = back.heights
    weights = smoothstep((heights[:-1] + heights[1:]) / 2, 0.2, 0.8)
    weights[-1] = 1.0
    return weights


def bend_spine(
    back: Back, lower: np.ndarray, upper: np.ndarray, ways: Ways, *, below: np.ndarray, beyond: np.ndarray
) -> list[np.ndarray]:
    """[(4, T)] world rotations away from rest of the n bones of a spine.

    lower, upper: (4, T) of the two halves of the person's back. below: (T, 3) from the middle of the hips to
    the first bone. beyond: (T, 3) from the end of the last bone to the middle of the shoulders; both turn by
    themselves.
    """
    weights, segments = shares(back), np.diff(back.points, axis=0)
    split = 1 + int(np.abs(back.heights[1:-1] - 0.5).argmin()) if len(segments) > 1 else 0
    for _ in range(_ROUNDS if split else 0):
        steps = _steps(lower, upper, weights, segments)[1]
        rise, rest = np.sum(steps[:split], axis=0), np.sum(steps[split:], axis=0)
        # Another back has halves of other lengths: as a whole it points the person's way, each half nearly.
        first, second = norm(below + rise)[:, None], norm(rest + beyond)[:, None]
        fix = between(unit(first * ways.lower + second * ways.upper), ways.whole)
        lower = multiply(_towards(below, rise, rotate(fix, ways.lower)), lower)
        upper = multiply(_towards(beyond, rest, rotate(fix, ways.upper)), upper)
    turns, steps = _steps(lower, upper, weights, segments)
    whole = ways.whole if split else _shared(back, below, ways)
    last = _towards(below + beyond, np.sum(steps, axis=0), whole)
    return [multiply(last, turn) for turn in turns]


def bend_neck(
    back: Back, turned: tuple[np.ndarray, np.ndarray, np.ndarray], way: np.ndarray, *, below: np.ndarray
) -> list[np.ndarray]:
    """[(4, T)] world rotations away from rest of the n bones of a neck, which leads along ``way``.

    turned: (4, T) of the person's chest, neck and head. way: (T, 3) from shoulders to skull.
    below: (T, 3) from the middle of the shoulders to the first bone; it turns with the chest.
    """
    chest, neck, head = turned
    segments = np.diff(back.points, axis=0)
    count = len(segments)
    turns = []
    for place in (np.arange(count) + 0.5) / count - 0.5:
        end, share = (chest, -place) if place < 0 else (head, place)
        turns.append(blend(neck, end, share) if share else neck)
    steps = [rotate(turn, segment) for turn, segment in zip(turns, segments, strict=True)]
    last = _towards(below, np.sum(steps, axis=0), way)
    angle = angle_of(last)
    # Squeezed below the bound, so that nothing stops short.
    room, beyond = _NECK_MOST - _NECK_FREE, np.maximum(angle - _NECK_FREE, 0.0)
    squeezed = np.minimum(angle, _NECK_FREE) - room * np.expm1(-beyond / room)
    last = part_of(last, squeezed / np.maximum(angle, 1e-9))
    return [multiply(last, turn) for turn in turns]


def _shared(back: Back, below: np.ndarray, ways: Ways) -> np.ndarray:
    """(T, 3) where a back should point whose one bone begins in its middle, as its lower half is the pelvis.

    Made right as a whole, its upper half would make up for the lower one, and be wrong by as much again. So
    squares of both errors are made least together.
    """
    size = float(norm(back.end - back.start))
    upper = size - float(norm(back.points[0] - back.start))
    say = 1.0 - smoothstep(back.heights[0], 0.15, 0.5) * size**2 / (size**2 + upper**2)
    alone = unit(below + upper * ways.upper)
    return unit(alone + say * (ways.whole - alone))


def _steps(
    lower: np.ndarray, upper: np.ndarray, weights: np.ndarray, segments: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Rotations (4, T) of the bones of a chain, and the ways (T, 3) along them."""
    turns = [upper if weight == 1.0 else blend(lower, upper, weight) for weight in weights]
    return turns, [rotate(turn, segment) for turn, segment in zip(turns, segments, strict=True)]


def _towards(fixed: np.ndarray, turning: np.ndarray, way: np.ndarray) -> np.ndarray:
    """(4, T) smallest rotations of ``turning`` with which ``fixed`` + ``turning`` points along unit ``way``.

    All (T, 3). The end lies where the ray meets a sphere about the end of ``fixed``; where it misses, at the
    nearest point.
    """
    along = dot(way, fixed)
    reach = along + np.sqrt(np.maximum(along**2 - dot(fixed, fixed) + dot(turning, turning), 0.0))
    return between(unit(turning), unit(reach[:, None] * way - fixed))
