"""Smoothing filters by name. None of them lags: each looks as far ahead as it looks back.

A filter takes values (T, J, 3), weights (T, J) in 0 to 1, the frame rate and the frequency in Hz at which it
halves a motion, and returns (T, J, 3). All take finite values only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.linalg import solve_banded
from scipy.ndimage import gaussian_filter1d

from .banded import stiffness_for, whittaker
from .skeleton import Skeleton

Filter = Callable[[np.ndarray, np.ndarray, float, float], np.ndarray]

_SOFTEST, _STRONGEST = 20.0, 1.5  # Hz at strength 0 and 1; human movement lies below 6 Hz (Winter 2009)
_LEAST_WEIGHT = 0.03
# One-Euro: how much the cutoff rises with speed, as a part of itself per m/s; Hz at which speed is measured.
_EURO_RISE, _EURO_SPEED = 1.0, 1.5

PARTS = {
    "torso": ("Hip", "Spine", "Thorax"),
    "head": ("Neck", "Head"),
    "arms": ("Shoulder", "Elbow"),
    "hands": ("Wrist",),
    "legs": ("Knee",),
    "feet": ("Ankle", "Toe"),
}
"""Parts of the body whose smoothing may differ, and the joints that belong to each, without their side."""


def part_of(joint: str) -> str:
    """The part of the body that a joint of the 3D skeletons belongs to."""
    name = joint[1:] if joint[0] in "LR" else joint
    return next(part for part, names in PARTS.items() if name in names)


def smooth(values: np.ndarray, weight: np.ndarray, fps: float, name: str, strength: float) -> np.ndarray:
    """Filter joints (T, J, 3) with weights (T, J) by the filter ``name`` at a strength from 0 to 1.

    A strength of 0, or a frame rate too low to hold the cutoff, leaves the values as they are.
    """
    frequency = cutoff(strength)
    if strength <= 0 or len(values) < 3 or frequency >= 0.45 * fps:
        return values.copy()
    return FILTERS[name](values, weight, fps, frequency)


def smooth_parts(
    values: np.ndarray,
    weight: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    *,
    name: str,
    strength: float,
    factors: Mapping[str, float],
) -> np.ndarray:
    """``smooth`` with the strength of each part of the body (``PARTS``) times its factor, else 1."""
    wanted = np.array([min(strength * factors.get(part_of(joint), 1.0), 1.0) for joint in skeleton.joints])
    result = np.empty_like(values)
    for each in np.unique(wanted):
        chosen = wanted == each
        result[:, chosen] = smooth(values[:, chosen], weight[:, chosen], fps, name, float(each))
    return result


def cutoff(strength: float) -> float:
    """Hz at which a filter of this strength halves a motion: 20 at 0, 3.8 at 0.5, 1.5 at 1.

    Where jitter comes down to that of captured motion, joints are also nearest to the truth: about 4 Hz on
    lifted motions with a detector's measured errors (bench.motion).
    """
    return _STRONGEST + (_SOFTEST - _STRONGEST) * (1.0 - strength) ** 3


def _whittaker(values: np.ndarray, weight: np.ndarray, fps: float, frequency: float) -> np.ndarray:
    trust = np.clip(weight, _LEAST_WEIGHT, 1.0)
    # Stiffness speaks of unit weights; scores are relative, so their median becomes one.
    trust = trust / np.median(trust, axis=0, keepdims=True)
    stiffness = stiffness_for(frequency, fps)
    joints = [whittaker(values[:, j], trust[:, j], stiffness) for j in range(values.shape[1])]
    return np.stack(joints, axis=1)


def _butterworth(values: np.ndarray, weight: np.ndarray, fps: float, frequency: float) -> np.ndarray:
    from scipy.signal import butter, sosfiltfilt  # 30 MB, which the default filter does not need

    # Forwards and backwards the gain is squared: at its own cutoff a Butterworth filter then halves.
    sections = butter(2, frequency, fs=fps, output="sos")
    return sosfiltfilt(sections, values, axis=0, padlen=min(len(values) - 1, int(fps / frequency) + 6))


def _one_euro(values: np.ndarray, weight: np.ndarray, fps: float, frequency: float) -> np.ndarray:
    """Casiez, Roussel and Vogel, "1 Euro Filter", CHI 2012, forwards and then backwards, so without its lag.

    A joint that moves fast is smoothed less. A first-order filter falls off slowly: to calm about as much
    as the others do, its cutoff at rest is a little below theirs.
    """
    speed = np.linalg.norm(np.gradient(values, axis=0), axis=-1) * fps
    speed = gaussian_filter1d(speed, fps / (2 * np.pi * _EURO_SPEED), axis=0, mode="nearest")
    at = 0.9 * frequency * (1.0 + _EURO_RISE * speed)
    keep = 1.0 / (1.0 + 2.0 * np.pi * at / fps)
    forwards = _recursive(values, keep)
    return _recursive(forwards[::-1], keep[::-1])[::-1]


def _recursive(values: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """y[t] = (1 - keep[t]) x[t] + keep[t] y[t - 1], a bidiagonal system; values (T, J, 3), keep (T, J)."""
    result = np.empty_like(values)
    for joint in range(values.shape[1]):
        new = (1.0 - keep[:, joint, None]) * values[:, joint]
        new[0] = values[0, joint]
        bands = np.ones((2, len(values)))
        bands[1, :-1] = -keep[1:, joint]
        result[:, joint] = solve_banded((1, 0), bands, new)
    return result


def _gaussian(values: np.ndarray, weight: np.ndarray, fps: float, frequency: float) -> np.ndarray:
    sigma = fps * np.sqrt(2.0 * np.log(2.0)) / (2.0 * np.pi * frequency)
    return gaussian_filter1d(values, sigma, axis=0, mode="nearest")


def _savgol(values: np.ndarray, weight: np.ndarray, fps: float, frequency: float) -> np.ndarray:
    from scipy.signal import savgol_filter

    half = min(_savgol_half(fps / frequency), (len(values) - 1) // 2)
    return savgol_filter(values, 2 * half + 1, 3, axis=0) if half > 1 else values.copy()


def _savgol_half(period: float) -> int:
    """The shortest half window with which a cubic at least halves a motion of this period in frames."""
    from scipy.signal import savgol_coeffs

    # Well past the rule of Schafer, IEEE Signal Processing Magazine, 2011, which holds for long windows only.
    for half in range(2, int(period) + 4):
        wave = np.cos(2 * np.pi * np.arange(-half, half + 1) / period)
        if savgol_coeffs(2 * half + 1, 3) @ wave <= 0.5:
            break
    return half


def _none(values: np.ndarray, weight: np.ndarray, fps: float, frequency: float) -> np.ndarray:
    return values.copy()


FILTERS: dict[str, Filter] = {
    "whittaker": _whittaker,
    "butterworth": _butterworth,
    "one-euro": _one_euro,
    "gaussian": _gaussian,
    "savgol": _savgol,
    "none": _none,
}
