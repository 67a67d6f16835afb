"""Swaps undone, outliers out, gaps filled, limbs smoothed, bones of one length: hip-relative joints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import median_filter

from .banded import stiffness_for, whittaker
from .bones import bone_lengths, person_lengths, with_lengths
from .filters import smooth_parts
from .settings import STATURE, MotionSettings
from .skeleton import Skeleton
from .swaps import find_swaps

_HAMPEL_REACH = 0.08  # seconds to either side
_HAMPEL_LIMIT = 4.0  # standard deviations; at 3 the turning point of a quick hand is taken for an outlier
_HAMPEL_LEAST = 0.12  # metres; nearer to the median nothing is an outlier
_LONGEST_BLEND = 1.0  # seconds
_GAP_DETAIL = 8.0  # Hz


@dataclass(frozen=True)
class Cleaned:
    """joints: (T, J, 3). score: (T, J), 0 where filled. filled: (T, J) bool, where nothing was captured.
    held: (T, J) bool, the part of it in gaps too long to interpolate. outliers: (T, J) bool. swapped: (T, J)
    bool, where left and right were exchanged back. lengths: (J,) metres of the person's bones."""

    joints: np.ndarray
    score: np.ndarray
    filled: np.ndarray
    held: np.ndarray
    outliers: np.ndarray
    swapped: np.ndarray
    lengths: np.ndarray


Correct = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Better joints (T, J, 3) from joints, scores (T, J) and the person's bone lengths (J,)."""


def clean(
    joints: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    settings: MotionSettings,
    *,
    correct: Correct | None = None,
) -> Cleaned:
    """Clean joints (T, J, 3) metres, NaN where missing, with scores (T, J): ``mend`` and then ``calm``.

    correct: what to do with joints that are whole again, before they are smoothed. Raises ValueError if a
    joint has no value in any frame.
    """
    return calm(mend(joints, score, skeleton, fps, settings, correct=correct), skeleton, fps, settings)


def mend(
    joints: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    settings: MotionSettings,
    *,
    correct: Correct | None = None,
    measured: bool = False,
) -> Cleaned:
    """Joints (T, J, 3) metres, NaN where missing, with scores (T, J), made whole, not yet smoothed.

    correct: what to do with joints that are whole again, before they are smoothed. measured: joints were
    measured in space, so that bones are as long as they are, nothing between them and an average body's.
    Raises ValueError if a joint has no value in any frame.
    """
    known = np.isfinite(joints).all(-1)
    empty = [name for name, lacks in zip(skeleton.joints, ~known.any(axis=0), strict=True) if lacks]
    if empty:
        raise ValueError(f"No frame holds a place for {', '.join(empty)}.")
    longest = round(settings.max_gap * fps)
    joints = fill_gaps(joints, known, longest, fps)[0]
    if settings.fix_swaps:
        swapped = find_swaps(joints, skeleton, fps)
        other = skeleton.mirror
        joints = np.where(swapped[..., None], joints[:, other], joints)
        known, score = np.where(swapped, known[:, other], known), np.where(swapped, score[:, other], score)
    else:
        swapped = np.zeros_like(known)
    outliers = find_outliers(joints, fps) & known if settings.remove_outliers else np.zeros_like(known)
    # An outlier that is all a joint has is no outlier.
    outliers &= (known & ~outliers).any(axis=0)
    joints, held = fill_gaps(joints, known & ~outliers, longest, fps)
    filled = ~known | outliers
    score = np.where(filled, 0.0, np.clip(np.nan_to_num(score), 0.0, 1.0))
    if measured:
        lengths = bone_lengths(joints, score, skeleton)
    else:
        lengths = person_lengths(joints, score, skeleton, settings.size * STATURE)
    if correct is not None:
        joints = correct(joints, score, lengths)
    return Cleaned(joints, score, filled, held, outliers, swapped, lengths)


def calm(mended: Cleaned, skeleton: Skeleton, fps: float, settings: MotionSettings) -> Cleaned:
    """What was mended, smoothed, with bones of one length."""
    joints = smooth_parts(
        mended.joints,
        mended.score,
        skeleton,
        fps,
        name=settings.filter,
        strength=settings.strength,
        factors=settings.parts,
    )
    if settings.constant_bones:
        joints = with_lengths(joints, mended.lengths, skeleton)
    return replace(mended, joints=joints)


def find_outliers(joints: np.ndarray, fps: float) -> np.ndarray:
    """(T, J) bool: joints (T, J, 3) far from the median of their neighbours in time (Hampel 1974).

    Below 20 frames a second neighbours say too little, and nothing is an outlier.
    """
    half = round(_HAMPEL_REACH * fps)
    if half < 2 or len(joints) < 2 * half + 1:
        return np.zeros(joints.shape[:-1], dtype=bool)
    window = 2 * half + 1
    away = np.linalg.norm(joints - median_filter(joints, size=(window, 1, 1), mode="nearest"), axis=-1)
    spread = 1.4826 * median_filter(away, size=(window, 1), mode="nearest")
    return away > np.maximum(_HAMPEL_LIMIT * spread, _HAMPEL_LEAST)


def fill_gaps(
    values: np.ndarray, known: np.ndarray, longest: int, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Values (T, J, D) with every frame of every joint filled, and where a value is only held (T, J).

    known: (T, J); each joint is known somewhere. A gap of at most ``longest`` frames is interpolated by a
    smoothing spline; in a longer one the last value is held, then blended to the next over at most a second;
    before the first and after the last value the nearest is held.
    """
    frames = np.arange(len(values))[:, None]
    before = np.maximum.accumulate(np.where(known, frames, -1), axis=0)
    after = np.minimum.accumulate(np.where(known, frames, len(values))[::-1], axis=0)[::-1]
    open_ended = (before < 0) | (after == len(values))
    gap = after - before - 1
    held = ~known & (open_ended | (gap > longest))
    first, last = np.where(before < 0, after, before), np.where(after == len(values), before, after)
    start = np.take_along_axis(values, first[..., None], axis=0)
    stop = np.take_along_axis(values, last[..., None], axis=0)
    span = np.minimum(gap + 1, _LONGEST_BLEND * fps)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.clip((frames - (before + after) / 2) / np.maximum(span, 1.0) + 0.5, 0.0, 1.0)
    ease = (part * part * (3 - 2 * part))[..., None]
    filled = np.where(known[..., None], values, start + ease * (stop - start))
    between = ~known & ~held
    # A spline of minimal third difference: it bends through the gap as a limb does, and noise beside the gap
    # does not send it astray, as it would a spline through the points.
    stiffness = stiffness_for(min(_GAP_DETAIL, 0.4 * fps), fps)
    for joint in np.flatnonzero(between.any(axis=0)):
        there = between[:, joint]
        trust = np.where(there, 1e-6, 1.0)
        filled[there, joint] = whittaker(filled[:, joint], trust, stiffness)[there]
    return filled, held
