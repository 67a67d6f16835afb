"""What a user may set between tracks and motion, with its bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

STATURE = 1.70  # metres, of the poses the lifter gives

@dataclass(frozen=True)
class MotionSettings:
    """Settings of clean, world and motion. Raises ValueError with one line for a value out of bounds.

    fps: frames a second of the motion, None for the video's own. filter: a name of ``filters.FILTERS``.
    strength: 0 (as captured) to 1 (very smooth). max_gap: seconds; a longer gap is held, not interpolated.
    height: of the person, metres, None for the assumed 1.70 m. camera_tilt: degrees the camera looks down
    (negative: up), or "auto" to find it from the motion. plant_feet: 0 (never) to 1: how firmly the root
    follows a foot that stands.
    """

    fps: float | None = None
    filter: str = "whittaker"
    strength: float = 0.5
    fix_swaps: bool = True
    remove_outliers: bool = True
    constant_bones: bool = True
    max_gap: float = 0.3
    height: float | None = None
    camera_tilt: float | str = "auto"
    plant_feet: float = 1.0

    def __post_init__(self) -> None:
        from .filters import FILTERS

        if self.filter not in FILTERS:
            raise ValueError(f"There is no filter {self.filter!r}; known are {', '.join(FILTERS)}.")
        _within("strength", self.strength, 0.0, 1.0, "")
        _within("plant_feet", self.plant_feet, 0.0, 1.0, "")
        _within("max_gap", self.max_gap, 0.0, 60.0, " s")
        if self.fps is not None:
            _within("fps", self.fps, 0.1, 1000.0, "")
        if self.height is not None:
            _within("height", self.height, 0.3, 3.0, " m")
        if isinstance(self.camera_tilt, str):
            if self.camera_tilt != "auto":
                raise ValueError(f'camera_tilt is "auto" or degrees, not {self.camera_tilt!r}.')
        else:
            _within("camera_tilt", self.camera_tilt, -85.0, 85.0, "°")

    @property
    def size(self) -> float:
        """Of the person, 1 for somebody as tall as the lifter's poses."""
        return (self.height or STATURE) / STATURE


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} is from {low:g} to {high:g}{unit}, not {value:g}.")
