"""Named points in space over time, as marker files hold them: what all of their readers make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..tracks import TracksError

LARGEST = 400_000_000
"""Bytes of a file that are read; an hour of sixty markers as text is a quarter of it."""

_METRES = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "mm": 1e-3, "millimeter": 1e-3, "millimeters": 1e-3, "millimetre": 1e-3, "millimetres": 1e-3,
    "cm": 1e-2, "centimeter": 1e-2, "centimeters": 1e-2, "centimetre": 1e-2, "centimetres": 1e-2,
    "dm": 0.1, "in": 0.0254, "inch": 0.0254, "inches": 0.0254, "ft": 0.3048, "feet": 0.3048,
}  # fmt: skip


class FormatError(TracksError):
    """A file of another program that cannot be read, with one line for people."""


@dataclass(frozen=True)
class Points:
    """names: N, as the file has them. positions: (T, N, 3) metres in the file's axes, NaN where a point is
    not
    known. fps: frames a second. first: number of the first frame. up: "x", "-x", "y", "-y", "z" or "-z", the
    axis that points up. sure: the file says so; else it is what such files usually have, and the body
    decides.
    """

    names: tuple[str, ...]
    positions: np.ndarray
    fps: float
    first: int = 1
    up: str = "y"
    sure: bool = False


def metres(unit: str, name: str) -> float:
    """Metres in a unit as files call it. Raises FormatError for one that nobody knows. name: of the file."""
    known = _METRES.get(unit.strip().lower())
    if known is None:
        raise FormatError(
            f"{name} counts in {unit.strip()[:20]!r}, which is no known unit: mm, cm, m, in or ft."
        )
    return known


def checked_rate(rate: float, name: str) -> float:
    """The frame rate of a file, if it can be one. Raises FormatError."""
    if not (np.isfinite(rate) and 0.1 <= rate <= 10_000):
        raise FormatError(f"{name} says it has {rate:g} frames a second, which cannot be.")
    return float(rate)
