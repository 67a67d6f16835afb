"""The hinge axis of elbows and knees over time, with a memory through straight limbs.

Positions of three joints tell how a limb bends, and nothing of its roll once it is straight. The roll is
therefore estimated for all frames at once: unknown is the angle φ of the hinge about the upper limb, counted
from an anatomical reference. It minimises ::

    Σ w² (φ - measured)²  +  λ Σ (φ' - φ + α)²  +  μ Σ φ²

with w the sine of the bend (a bent limb shows its plane, a straight one hides it), α the turn of the
reference against parallel transport, so that the second term carries the hinge over straight stretches both
ways in time, and μ a faint pull towards the anatomy. The matrix is tridiagonal: one banded solve a clip.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded

from .rotations import angle_about, any_normal, carry, cross, norm, reject, smoothstep, unit

# Joint noise of about 2° against a roll that wanders 2° a frame at 30 frames a second.
_MEMORY = 1.0
# Squared sine of 3°: a limb bent by less shows noise, not its plane.
_STRAIGHT = 0.003
# Takes over after about three seconds of a straight limb: the square root of memory over this, in frames.
_ANATOMY = 1e-4
_CLEAR_BEND = 0.3
# A foot has as much to say about the roll of its leg as a knee bent by 10°.
_FOOT = 0.03


def reference(primary: np.ndarray, neutral: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    """(T, 3) hinge expected for an upper limb along unit ``primary`` (T, 3).

    neutral, hinge: (T, 3) unit directions of the limb and its hinge in an easy pose of the same body. The
    hinge is carried along the shortest arc, so the one direction without an answer is ``-neutral``.
    """
    return unit(reject(carry(hinge, neutral, primary), primary))


def elbow(upper: np.ndarray, lower: np.ndarray, expected: np.ndarray, fps: float) -> np.ndarray:
    """(T, 3) unit hinge axes at right angles to the upper arm; the arm bends about them the positive way.

    upper, lower: (T, 3) unit directions of the two limbs. expected: (T, 3) from ``reference``.
    """
    measured, bend = _bend(upper, lower, expected)
    # A slightly bent arm that bends backwards is a straight arm with noise.
    clear = smoothstep(bend, 0.2, 0.5)
    trust = np.maximum(bend**2 - _STRAIGHT, 0.0) * (clear + (1 - clear) * (1 + np.cos(measured)) / 2)
    measured = _unwrapped(measured, bend > _CLEAR_BEND)
    return _solve(upper, expected, measured, trust, fps)


def knee(
    upper: np.ndarray, lower: np.ndarray, toe: np.ndarray, expected: np.ndarray, fps: float
) -> np.ndarray:
    """The same of a knee, which cannot bend but one way: a bend the other way is taken for noise.

    toe: (T, 3) unit direction of the foot, which tells the roll of a leg whose knee is straight.
    """
    measured, bend = _bend(upper, lower, expected)
    measured = (measured + np.pi / 2) % np.pi - np.pi / 2
    trust = np.maximum(bend**2 - _STRAIGHT, 0.0) * np.cos(measured) ** 2
    across = reject(cross(toe, lower), upper)
    straight = norm(across)
    by_foot = np.where(straight > 1e-3, angle_about(upper, expected, across), 0.0)
    say = _FOOT * straight**2 * (1 + np.cos(by_foot)) / 2
    both = trust + say
    measured = np.where(both > 0, (trust * measured + say * by_foot) / np.maximum(both, 1e-12), measured)
    return _solve(upper, expected, measured, both, fps)


def _bend(upper: np.ndarray, lower: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T,) angle of the measured hinge about the upper limb from the expected one, (T,) sine of the bend."""
    across = cross(upper, lower)
    bend = norm(across)
    normal = np.where(bend[:, None] > 1e-6, reject(unit(across), upper), expected)
    return angle_about(upper, expected, normal), bend


def _solve(
    upper: np.ndarray, expected: np.ndarray, measured: np.ndarray, trust: np.ndarray, fps: float
) -> np.ndarray:
    memory = _MEMORY * (fps / 30.0) ** 2
    angle = _smoothest(measured, trust, _drift(upper, expected), memory)[:, None]
    return np.cos(angle) * expected + np.sin(angle) * cross(upper, expected)


def _unwrapped(angle: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Angles without jumps of a whole turn: clear frames follow each other, the others follow them."""
    if not clear.any():
        return angle
    frames = np.flatnonzero(clear)
    path = np.unwrap(angle[frames])
    path -= 2 * np.pi * np.round(np.median(path) / (2 * np.pi))
    near = np.interp(np.arange(len(angle)), frames, path)
    return angle + 2 * np.pi * np.round((near - angle) / (2 * np.pi))


def _drift(upper: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(T-1,) angle from the reference carried over from the frame before to the reference itself."""
    carried = carry(expected[:-1], upper[:-1], upper[1:])
    return angle_about(upper[1:], carried, expected[1:])


def _smoothest(measured: np.ndarray, trust: np.ndarray, drift: np.ndarray, memory: float) -> np.ndarray:
    frames = len(measured)
    # Whole turns gathered on the way must not be unwound by the pull towards the anatomy.
    rest = 2 * np.pi * np.round(measured / (2 * np.pi))
    diagonal = trust + _ANATOMY
    right = trust * measured + _ANATOMY * rest
    if frames == 1:
        return right / diagonal
    band = np.zeros((2, frames))
    band[0, 1:] = -memory
    band[1] = diagonal
    band[1, :-1] += memory
    band[1, 1:] += memory
    right[:-1] += memory * drift
    right[1:] -= memory * drift
    return solveh_banded(band, right)


def lower_hinge(hinge: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """(T, 3) the same hinge as the lower limb sees it: carried by the bend, at right angles to ``lower``."""
    carried = unit(reject(carry(hinge, upper, lower), lower))
    lost = norm(carried) <= 0.5
    return np.where(lost[:, None], any_normal(lower), carried) if lost.any() else carried
