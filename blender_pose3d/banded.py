"""Least squares over time with a smoothness penalty, as banded systems: linear in the number of frames."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy.linalg import solveh_banded


def difference_penalty(frames: int, order: int, weight: np.ndarray | float = 1.0) -> np.ndarray:
    """D^T V D of the ``order``-th difference D as lower bands (order + 1, frames), for ``solveh_banded``.

    weight: the diagonal of V, a number or (frames - order,). With too few frames to differ, zeros.
    """
    bands = np.zeros((order + 1, frames))
    rows = frames - order
    if rows <= 0:
        return bands
    coefficient = [(-1) ** (order - i) * comb(order, i) for i in range(order + 1)]
    for lag in range(order + 1):
        for i in range(order + 1 - lag):
            bands[lag, i : i + rows] += coefficient[i] * coefficient[i + lag] * weight
    return bands


def whittaker(values: np.ndarray, weight: np.ndarray, stiffness: float, order: int = 3) -> np.ndarray:
    """Minimise sum w (x - y)^2 + stiffness * sum (order-th difference of x)^2.

    values: (T, C); weight: (T,), all above 0. Returns (T, C). Whittaker 1923; Eilers, Anal. Chem. 75, 2003.
    """
    order = min(order, len(values) - 1)
    if order < 1 or stiffness <= 0:
        return values.copy()
    bands = stiffness * difference_penalty(len(values), order)
    bands[0] += weight
    return solveh_banded(bands, weight[:, None] * values, lower=True)


def newton_step(
    hessian: np.ndarray, gradient: np.ndarray, values: np.ndarray, stiffness: np.ndarray
) -> np.ndarray:
    """Step (n, T) from values (n, T) to the minimum of a cost of each frame plus stiffness * sum (second
    difference of a value)^2 / 2.

    hessian: (n, n, T), of which the lower triangle is read, gradient: (n, T) of the frames' costs. stiffness:
    (n,). All n courses at once, one banded system: linear in the number of frames.
    """
    count, frames = values.shape
    bands = np.zeros((2 * count + 1, frames, count))
    for lag in range(count):
        for column in range(count - lag):
            bands[lag, :, column] = hessian[column + lag, column]
    for lag, band in enumerate(difference_penalty(frames, 2)):
        bands[lag * count] += band[:, None] * stiffness
    right = -gradient
    if frames > 2:
        bend = stiffness[:, None] * np.diff(values, 2)
        right[:, :-2] -= bend
        right[:, 1:-1] += 2.0 * bend
        right[:, 2:] -= bend
    bands = bands.reshape(len(bands), -1)
    flat = solveh_banded(bands, right.T.ravel(), overwrite_ab=True, lower=True, check_finite=False)
    return flat.reshape(frames, count).T


def stiffness_for(cutoff: float, fps: float, order: int = 3) -> float:
    """Stiffness at which ``whittaker`` with unit weights halves a motion of ``cutoff`` Hz."""
    return (2.0 * np.sin(np.pi * cutoff / fps)) ** (-2.0 * order)
