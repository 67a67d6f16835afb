"""Uniform frames from the time stamps of the footage."""

from __future__ import annotations

import numpy as np

_RATES = np.array([24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60, 120000 / 1001, 120, 240])


def frame_rate(time: np.ndarray, frame: np.ndarray, stated: float | None) -> float:
    """Frames a second, from time stamps (T,) s of source frames (T,); exact where it is a usual rate.

    stated: what the file says; believed where the time stamps agree within 1 %, or there is but one frame.
    """
    rate = stated if stated and np.isfinite(stated) and stated > 0 else None
    if len(time) > 1:
        measured = float(frame[-1] - frame[0]) / float(time[-1] - time[0])
        if rate is None or abs(rate - measured) > 0.01 * measured:
            rate = measured
    rate = float(rate) if rate else 30.0
    nearest = float(_RATES[np.argmin(np.abs(_RATES - rate))])
    return nearest if abs(nearest - rate) < 3e-4 * rate else rate


def uniform_time(time: np.ndarray, fps: float) -> np.ndarray:
    """(N,) seconds: from the first time stamp to the last in steps of 1 / fps."""
    # A little beyond the half, so that stamps rounded to milliseconds lose no frame.
    steps = int(np.floor((time[-1] - time[0]) * fps + 0.25)) + 1
    return time[0] + np.arange(steps) / fps


def resample(values: np.ndarray, time: np.ndarray, wanted: np.ndarray, longest: float) -> np.ndarray:
    """Values (T, ...) at ``time`` (T,), linearly interpolated at ``wanted`` (N,): (N, ...).

    NaN where a neighbour is not finite, or where the neighbours are more than ``longest`` seconds apart.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    if len(time) == 1:
        return np.repeat(values, len(wanted), axis=0)
    left = np.clip(np.searchsorted(time, wanted, side="right") - 1, 0, len(time) - 2)
    apart = time[left + 1] - time[left]
    part = np.clip((wanted - time[left]) / apart, 0.0, 1.0)
    # A stamp a hair off the grid is that frame itself, not a mixture that drags a missing neighbour in.
    part = np.where(part < 0.05, 0.0, np.where(part > 0.95, 1.0, part))
    shape = (-1,) + (1,) * (values.ndim - 1)
    share = part.reshape(shape)
    mixed = np.where(share == 0, values[left], np.where(share == 1, values[left + 1], np.nan))
    inner = (1 - share) * values[left] + share * values[left + 1]
    inner = np.where((apart > longest).reshape(shape), np.nan, inner)
    return np.where((share == 0) | (share == 1), mixed, inner)


def nearest_rotations(matrices: np.ndarray) -> np.ndarray:
    """(N, 3, 3) rotations nearest to matrices (N, 3, 3), as means of rotations are; no turn where NaN."""
    whole = np.isfinite(matrices).all(axis=(1, 2))[:, None, None]
    u, _, vt = np.linalg.svd(np.where(whole, matrices, np.eye(3)))
    flip = np.linalg.det(u @ vt)
    u[..., -1] *= np.where(flip < 0, -1.0, 1.0)[:, None]
    return u @ vt
