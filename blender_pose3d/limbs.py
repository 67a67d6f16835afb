"""Limbs of two bones: where the knee goes when the foot is moved. Inverse kinematics on whole arrays."""

from __future__ import annotations

import numpy as np

from .rotations import carry, reject, smoothstep, unit

_BENT, _CLEAR = (
    0.06,
    0.2,
)  # parts of the limb's length the joint must be off the line for its plane to be seen
_SOFT, _LIMIT = 0.985, 0.996  # reach over length: here a limb begins to resist, there it ends


def reach(length: np.ndarray | float, distance: np.ndarray) -> np.ndarray:
    """How far limbs of ``length`` metres go of a wanted ``distance``: all the way, but never straight.

    Above 0.985 of the length the way is squeezed, with a continuous slope, below 0.996 of it.
    """
    start, room = _SOFT * length, (_LIMIT - _SOFT) * length
    beyond = np.maximum(distance - start, 0.0)
    return np.minimum(distance, start) + room * -np.expm1(-beyond / np.maximum(room, 1e-12))


def overreach(length: np.ndarray | float, distance: np.ndarray) -> np.ndarray:
    """Metres by which ``distance`` is more than a limb of ``length`` reaches with ease."""
    return np.maximum(distance - 0.5 * (_SOFT + _LIMIT) * length, 0.0)


def pole(root: np.ndarray, middle: np.ndarray, end: np.ndarray, hinge: np.ndarray) -> np.ndarray:
    """(T, 3) unit directions at right angles to the line from root to end, in which the middle is off it.

    hinge: (T, 3) axis of the middle joint, which remembers the plane of a limb that is straight.
    """
    line, length = _line(root, end)
    off = reject(middle - root, line)
    size = np.linalg.norm(off, axis=-1, keepdims=True) / np.maximum(length[:, None], 1e-9)
    seen = smoothstep(size, _BENT, _CLEAR)
    remembered = unit(np.cross(line, hinge))
    # A limb that seems to bend the wrong way is nearly straight: its memory is right.
    seen = seen * ((off * remembered).sum(-1, keepdims=True) > 0)
    return unit(reject(seen * unit(off) + (1.0 - seen) * remembered, line))


def bend(
    root: np.ndarray,
    old: np.ndarray,
    new: np.ndarray,
    lengths: tuple[np.ndarray, np.ndarray],
    pole: np.ndarray,
) -> np.ndarray:
    """(T, 3) middle joints of limbs whose end moves from ``old`` to ``new`` (T, 3) as seen from ``root``.

    lengths: (T,) of the two bones. pole: (T, 3) of the old limb; it is turned as little as the line demands.
    """
    upper, lower = lengths
    before, _ = _line(root, old)
    line, distance = _line(root, new)
    distance = np.clip(distance, np.abs(upper - lower) + 1e-6, upper + lower - 1e-9)
    side = unit(reject(carry(pole, before, line), line))
    cos = np.clip((upper**2 + distance**2 - lower**2) / (2.0 * upper * distance), -1.0, 1.0)
    return root + upper[:, None] * (cos[:, None] * line + np.sqrt(1.0 - cos**2)[:, None] * side)


def _line(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions (T, 3), down where there is none, and distances (T,)."""
    way = end - start
    distance = np.linalg.norm(way, axis=-1)
    down = np.array([0.0, 0.0, -1.0])
    return np.where(distance[:, None] > 1e-9, way / np.maximum(distance, 1e-9)[:, None], down), distance
