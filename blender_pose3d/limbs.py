"""Limbs of two bones: where the knee goes when the foot is moved. Inverse kinematics on whole arrays."""

from __future__ import annotations

import numpy as np

from .rotations import carry, reject, smoothstep, unit

_BENT, _CLEAR = (
    0.06,
    0.2,
)  # parts of the limb's length the joint must be off the line for its plane to be seen
_STIRS = 0.02  # part of its length by which a limb's end moves when memory takes over
_TINY = 1e-9
_SOFT, _LIMIT = 0.985, 0.996  # reach over length: here a limb begins to resist, there it ends
_SPARE = 0.003  # of its length, that a limb gives way beyond where it was straight before


def reach(length: np.ndarray | float, distance: np.ndarray, own: np.ndarray | float = 0.0) -> np.ndarray:
    """How far limbs of ``length`` metres go of a wanted ``distance`` (...,): all the way, but never straight.

    Above 0.985 of the length the way is squeezed, with a continuous slope, below 0.996 of it. own: metres
    that the limb reached before anything asked it to: as far as that it goes freely.
    """
    start = np.minimum(np.maximum(_SOFT * length, own), length)
    room = np.minimum(np.maximum(_LIMIT * length, start + _SPARE * length), length) - start
    beyond = np.maximum(distance - start, 0.0)
    return np.minimum(distance, start) + room * -np.expm1(-beyond / np.maximum(room, 1e-12))


def overreach(length: np.ndarray | float, distance: np.ndarray) -> np.ndarray:
    """Metres by which ``distance`` (...,) is more than a limb of ``length`` reaches with ease, 0 at least."""
    return np.maximum(distance - 0.5 * (_SOFT + _LIMIT) * length, 0.0)


def bend(
    root: np.ndarray, middle: np.ndarray, end: np.ndarray, new: np.ndarray, hinge: np.ndarray
) -> np.ndarray:
    """(T, 3) middle joints of limbs from ``root`` whose ends move from ``end`` to ``new``; all (T, 3).

    Both bones keep their lengths, and the limb its plane, which turns as little as its ends demand. hinge:
    (T, 3) axis of the middle joint, which remembers the plane of a limb that is straight.
    """
    upper, lower = np.linalg.norm(middle - root, axis=-1), np.linalg.norm(end - middle, axis=-1)
    before, _ = _line(root, end)
    line, distance = _line(root, new)
    moved = np.linalg.norm(new - end, axis=-1) / np.maximum(upper + lower, _TINY)
    side = unit(reject(carry(_side(root, middle, end, hinge, moved), before, line), line))
    distance = np.clip(distance, np.abs(upper - lower) + _TINY, upper + lower)
    cos = (upper**2 + distance**2 - lower**2) / np.maximum(2.0 * upper * distance, _TINY)
    cos = np.clip(cos, -1.0, 1.0)[:, None]
    return root + upper[:, None] * (cos * line + np.sqrt(1.0 - cos**2) * side)


def _side(
    root: np.ndarray, middle: np.ndarray, end: np.ndarray, hinge: np.ndarray, moved: np.ndarray
) -> np.ndarray:
    """(T, 3) unit directions in which middle joints are off the line from root to end.

    moved: (T,) how far the end goes, over the limb's length: where it stays, so does the middle.
    """
    line, length = _line(root, end)
    off = reject(middle - root, line)
    size = np.linalg.norm(off, axis=-1) / np.maximum(length, _TINY)
    remembered = unit(np.cross(line, hinge))
    # A limb that seems to bend the wrong way is nearly straight: its memory is right.
    seen = smoothstep(size, _BENT, _CLEAR) * smoothstep((unit(off) * remembered).sum(-1), -0.3, 0.3)
    seen = np.maximum(seen, smoothstep(moved, _STIRS, 0.0) * (size > _TINY))[:, None]
    return unit(reject(seen * unit(off) + (1.0 - seen) * remembered, line))


def _line(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions (T, 3), down where there is none, and distances (T,)."""
    way = end - start
    distance = np.linalg.norm(way, axis=-1)
    down = np.array([0.0, 0.0, -1.0])
    return np.where(distance[:, None] > 1e-9, way / np.maximum(distance, 1e-9)[:, None], down), distance
