"""Fewer keys, with a bound on what is lost: measured in every frame, on the curve that will be played.

Keys are put where the curve through the keys so far strays most, in all spans at once, until it strays
nowhere by more than the bound (as Douglas and Peucker do for lines, Cartographica 1973, but with the curve
and the distance that count here). All channels of a property share their keys, as animators expect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Keys are float32, and Blender evaluates with them.
_MARGIN = 0.98

Error = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Values on the curves (T, C) and true values (T, C) to how far they are apart (T,)."""


@dataclass(frozen=True)
class Keys:
    """Keys of one property. frames: (K,) indices. values: (K, C). slopes: (K, C) a frame; None for lines."""

    frames: np.ndarray
    values: np.ndarray
    slopes: np.ndarray | None


def every_frame(channels: np.ndarray) -> Keys:
    """A key in each frame of (T, C) channels; only the first and the last where nothing ever changes."""
    count = len(channels)
    frames = np.arange(count) if np.ptp(channels, axis=0).any() else np.unique([0, count - 1])
    return Keys(frames, channels[frames], None)


def reduce_keys(channels: np.ndarray, bound: float, error: Error, *, bezier: bool = True) -> Keys:
    """The keys of a property (T, C) that keep ``error`` within ``bound`` in every frame.

    bezier: between keys runs a cubic with the slopes that the motion has at its keys; else a straight line.
    """
    frames = len(channels)
    if frames < 3 or not np.ptp(channels, axis=0).any():
        return every_frame(channels)
    slopes = np.gradient(channels, axis=0) if bezier else None
    keyed = np.zeros(frames, dtype=bool)
    keyed[[0, -1]] = True
    looked_at = np.arange(1, frames - 1)
    while len(looked_at):
        strays = error(evaluate(channels, slopes, keyed, looked_at), channels[looked_at])
        spans = np.cumsum(keyed)[looked_at]
        too_far, worst = _too_far(strays, spans, bound * _MARGIN)
        keyed[looked_at[worst]] = True
        # a new key changes the curve of its own span alone
        looked_at = looked_at[too_far & ~keyed[looked_at]]
    at = np.flatnonzero(keyed)
    return Keys(at, channels[at], None if slopes is None else slopes[at])


def evaluate(
    channels: np.ndarray, slopes: np.ndarray | None, keyed: np.ndarray, frames: np.ndarray | None = None
) -> np.ndarray:
    """(n, C) what curves through the keyed frames (T,) of channels (T, C) are in frames (n,), or in all.

    The first and the last frame are keyed. slopes: (T, C) a frame, for cubics (Hermite); None for lines.
    """
    keys = np.flatnonzero(keyed)
    frames = np.arange(len(channels)) if frames is None else frames
    span = np.clip(np.searchsorted(keys, frames, side="right") - 1, 0, len(keys) - 2)
    before, after = keys[span], keys[span + 1]
    length = (after - before)[:, None]
    share = (frames - before)[:, None] / length
    start, end = channels[before], channels[after]
    if slopes is None:
        return start + share * (end - start)
    smooth = start + share * share * (3 - 2 * share) * (end - start)
    return smooth + length * share * (1 - share) * ((1 - share) * slopes[before] - share * slopes[after])


def rotation_error(curve: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(T,) degrees between quaternions wxyz (T, 4) of any length, which Blender brings to one."""
    length = np.linalg.norm(curve, axis=-1) * np.linalg.norm(true, axis=-1)
    dot = np.abs((curve * true).sum(-1)) / np.maximum(length, 1e-12)
    return np.degrees(2 * np.arccos(np.minimum(dot, 1.0)))


def distance_error(curve: np.ndarray, true: np.ndarray) -> np.ndarray:
    """(T,) distance between places (T, 3), in their own unit."""
    return np.linalg.norm(curve - true, axis=-1)


def _too_far(strays: np.ndarray, spans: np.ndarray, bound: float) -> tuple[np.ndarray, np.ndarray]:
    """(n,) bool: frames whose span strays beyond the bound; and the farthest frame of each such span.

    strays: (n,) of frames in order. spans: (n,) int, which span between keys each is in.
    """
    starts = np.flatnonzero(np.r_[True, np.diff(spans) != 0])
    sizes = np.diff(np.r_[starts, len(spans)])
    farthest = np.repeat(np.maximum.reduceat(strays, starts), sizes)
    hits = np.flatnonzero((strays == farthest) & (farthest > bound))
    _, first = np.unique(spans[hits], return_index=True)
    return farthest > bound, hits[first]
