"""How far the bones of a leg are from where they should point, and what moving its ends does to that.

Vectors are (3, T) here: rows over time, as everything is added up frame by frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ik import Chain
from .rotations import cross, norm, reject, unit

# Of full stretch: beyond, a millimetre turns bones by any angle. A leg that was straighter may be again.
_STRAIGHT, _FULL = 0.992, 0.99995
_TINY = 1e-9


@dataclass(frozen=True)
class LegAngles:
    """Angles of legs in T frames.

    misfit: (4, T) radians of the thigh in the knee's plane and across it, and of the shin. slope: (4, 3, T)
    of these over metres that the ankle moves against the hip. line: (3, T) unit, from hip to ankle. beyond:
    (T,) metres by which that is longer than the leg should be stretched, below 0 for a bent one.
    """

    misfit: np.ndarray
    slope: np.ndarray
    line: np.ndarray
    beyond: np.ndarray


class LegShape:
    """Legs that should point as a given chain does, whatever becomes of their ends."""

    def __init__(self, chain: Chain) -> None:
        self.upper, self.lower = chain.lengths()
        self._thigh, self._shin = unit(chain.middle - chain.root).T, unit(chain.end - chain.middle).T
        way = chain.end - chain.root
        line, self._own = unit(way), norm(way)
        off = reject(chain.middle - chain.root, line)
        bent = np.einsum("ti,ti->t", off, off) > 1e-8 * self.upper**2
        self._line, self._side = line.T, unit(np.where(bent[:, None], off, cross(line, chain.hinge))).T

    def angles(self, way: np.ndarray) -> LegAngles:
        """With ``way`` (3, T) from hip to ankle.

        By the law of cosines, with the knee in its plane, which turns as little as it can: so does
        ``limbs.bend``.
        """
        distance = np.maximum(np.sqrt(_dot(way, way)), _TINY)
        line = way / distance
        # The smallest turn from one line to the other takes the knee's side along.
        side = self._side - _dot(self._side, line) / np.maximum(1.0 + _dot(self._line, line), 1e-3) * (
            self._line + line
        )
        across = rows_cross(side, line)
        length = self.upper + self.lower
        shortest = np.abs(self.upper - self.lower) + 0.01 * length
        far, true = (np.clip(distance, shortest, most * length) for most in (_STRAIGHT, _FULL))
        slope, misfit = np.empty((4, *way.shape)), np.empty((4, way.shape[1]))
        bones = ((self._thigh, self.upper, self.lower, 1.0), (self._shin, self.lower, self.upper, -1.0))
        for bone, (wanted, own, other, sign) in enumerate(bones):
            cos = (own**2 + true**2 - other**2) / (2.0 * own * true)
            sine = np.sqrt(np.maximum(1.0 - cos**2, 0.0))
            # Along the plane, at right angles to the bone; and across it.
            misfit[2 * bone] = -_dot(wanted, cos * side - sign * sine * line)
            misfit[2 * bone + 1] = -_dot(wanted, across)
            at_most = (own**2 + far**2 - other**2) / (2.0 * own * far)
            opened = 2.0 * own * far**2 * np.sqrt(np.maximum(1.0 - at_most**2, 1e-4))
            opening = -sign * (far**2 - own**2 + other**2) / opened
            slope[2 * bone] = side / distance + opening * line
            slope[2 * bone + 1] = cos / distance * across
        return LegAngles(misfit, slope, line, distance - np.maximum(_STRAIGHT * length, self._own))


def rows_cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(3, T) vector products."""
    a, b, c = first
    d, e, f = second
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d])


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(T,) scalar products of (3, T) vectors."""
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
