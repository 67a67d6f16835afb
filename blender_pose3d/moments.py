"""The worst moments of a motion: what is wrong, where on the body, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .quality import Quality
from .quality_scale import BY_KEY, Measure

_APART = 0.3  # seconds; what lies nearer is one moment
_PARTS = {
    "Hip": "hip", "Knee": "knee", "Ankle": "ankle", "Toe": "toes", "Heel": "heel", "Spine": "spine",
    "Thorax": "chest", "Neck": "neck", "Head": "head", "Shoulder": "shoulder", "Elbow": "elbow",
    "Wrist": "wrist",
}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """One stretch of frames. first, last, peak: frames of the motion, from 0. place: a joint, or an end of a
    foot, in plain words. severity: the value over what is poor."""

    measure: Measure
    first: int
    last: int
    peak: int
    value: float
    place: str
    severity: float

    @property
    def grade(self) -> str:
        return self.measure.grade(self.value, moment=True)


def worst_moments(quality: Quality, count: int = 8) -> list[Moment]:
    """At most ``count`` moments that are not good, worst first."""
    found = [m for key in quality.after for m in _moments(quality, BY_KEY[key])]
    return sorted(found, key=lambda moment: -moment.severity)[:count]


def _moments(quality: Quality, measure: Measure) -> list[Moment]:
    curve = quality.after[measure.key]
    if measure.good_at is None or not measure.poor_at:
        return []
    value = np.nan_to_num(curve.values, nan=0.0)
    frames = np.flatnonzero(value > measure.good_at)
    if not len(frames):
        return []
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > _APART * quality.fps) + 1)
    peaks = [int(run[np.argmax(value[run])]) for run in runs]
    return [
        Moment(
            measure=measure,
            first=int(run[0]),
            last=int(run[-1]),
            peak=peak,
            value=float(value[peak]),
            place=plain(curve.places[curve.where[peak]]),
            severity=float(value[peak]) / measure.poor_at,
        )
        for run, peak in zip(runs, peaks, strict=True)
    ]


def plain(place: str) -> str:
    """A joint's name in plain words: "LAnkle" is "left ankle"."""
    side = {"L": "left ", "R": "right "}.get(place[:1], "") if place[1:] in _PARTS else ""
    return side + _PARTS.get(place[1:] if side else place, place)
