"""What a user may set between tracks and motion, with its bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

STATURE = 1.70  # metres, of the poses the lifter gives
FEET = ("auto", "always", "never")
"""When a foot is held to the ground."""


@dataclass(frozen=True)
class MotionSettings:
    """Settings of clean, world and motion. Raises ValueError with one line for a value out of bounds.

    fps: frames a second of the motion, None for the video's own. filter: a name of ``filters.FILTERS``.
    strength: 0 (as captured) to 1 (very smooth). max_gap: seconds; a longer gap is held, not interpolated.
    height: of the person, metres, None for the assumed 1.70 m. camera_tilt: degrees the camera looks down
    (negative: up), or "auto" to find it from the motion. camera_roll: degrees by which the picture's right
    side hangs below its left, or "auto". lens: field of view in degrees along the picture's longer side, None
    for what the tracks say. parts: what the strength is multiplied by for parts of the body
    (``filters.PARTS``), 0 to 2, else 1. fit_picture: correct the lifted pose by 2D joints and bone lengths.
    plant_feet: 0 (never) to 1: how firmly feet are held where they stand. left_foot, right_foot: one of
    ``FEET``: held while it stands, as found; all the time, in one place; never. ground_jumps: the lower foot
    is on the floor in every frame. hold_hands: hands that rest are held as feet are.
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
    camera_roll: float | str = "auto"
    lens: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    fit_picture: bool = True
    plant_feet: float = 1.0
    left_foot: str = "auto"
    right_foot: str = "auto"
    ground_jumps: bool = False
    hold_hands: bool = False

    def __post_init__(self) -> None:
        from .filters import FILTERS, PARTS

        if self.filter not in FILTERS:
            raise ValueError(f"There is no filter {self.filter!r}; known are {', '.join(FILTERS)}.")
        _within("strength", self.strength, 0.0, 1.0, "")
        for name in ("left_foot", "right_foot"):
            if getattr(self, name) not in FEET:
                raise ValueError(f"{name} is one of {', '.join(FEET)}, not {getattr(self, name)!r}.")
        _within("plant_feet", self.plant_feet, 0.0, 1.0, "")
        _within("max_gap", self.max_gap, 0.0, 60.0, " s")
        if self.fps is not None:
            _within("fps", self.fps, 0.1, 1000.0, "")
        if self.height is not None:
            _within("height", self.height, 0.3, 3.5, " m")
        for name, limit in (("camera_tilt", 85.0), ("camera_roll", 45.0)):
            angle = getattr(self, name)
            if not isinstance(angle, str):
                _within(name, angle, -limit, limit, "°")
            elif angle != "auto":
                raise ValueError(f'{name} is "auto" or degrees, not {angle!r}.')
        if self.lens is not None:
            _within("lens", self.lens, 5.0, 150.0, "°")
        for part, factor in self.parts.items():
            if part not in PARTS:
                raise ValueError(f"There is no part {part!r} of the body; known are {', '.join(PARTS)}.")
            _within(f"smoothing of the {part}", factor, 0.0, 2.0, " times")

    @property
    def size(self) -> float:
        """Of the person, 1 for somebody as tall as the lifter's poses."""
        return (self.height or STATURE) / STATURE


def _within(name: str, value: float, low: float, high: float, unit: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} is from {low:g} to {high:g}{unit}, not {value:g}.")
