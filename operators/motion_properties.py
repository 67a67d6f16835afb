"""What an animator may say about smoothing and about the camera, once for the operator and the sidebar."""

from __future__ import annotations

import math
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

_PARTS = {
    "torso": "hips, back and shoulders' middle",
    "head": "neck and head",
    "arms": "shoulders and elbows",
    "hands": "wrists",
    "legs": "knees",
    "feet": "ankles and toes",
}
PARTS = tuple(f"smooth_{part}" for part in _PARTS)
SMOOTHING = ("smoothing_filter", *PARTS)
CAMERA = ("find_camera", "camera_tilt", "camera_roll", "know_lens", "lens")
CLEANING = ("fit_picture", "fix_swaps")
MOTION = (*SMOOTHING, *CAMERA, *CLEANING)
"""Names of the properties that both the operator and the scene's settings have."""


def smoothing_filter() -> Any:
    return EnumProperty(
        name="Filter",
        description="How shaking is taken out. All are about equally strong, and none lags behind",
        items=(
            (
                "whittaker",
                "Weighted",
                "Trusts what was seen clearly and calms what was guessed. Usually best",
            ),
            ("butterworth", "Butterworth", "The usual filter of motion analysis, the same for every joint"),
            ("one-euro", "One Euro", "Calm while a joint rests, quick when it moves: for strikes and throws"),
            ("savgol", "Savitzky-Golay", "Keeps the height of quick peaks"),
            ("gaussian", "Gaussian", "The softest: rounds every corner"),
            ("none", "None", "As captured, with every shake"),
        ),
        default="whittaker",
    )


def part(name: str) -> Any:
    return FloatProperty(
        name=name.capitalize(),
        description=f"Smoothing of {_PARTS[name]}, times the smoothing above. 0: none; 2: twice as strong",
        default=1.0,
        min=0.0,
        max=2.0,
        step=10,
        precision=2,
    )


def find_camera() -> Any:
    return BoolProperty(
        name="Find Tilt",
        description="Find from the motion how the camera was tilted: people stand upright, on one floor",
        default=True,
    )


def camera_tilt() -> Any:
    return FloatProperty(
        name="Tilt",
        description="How far the camera looked down; negative: up. Set it if the figure leans",
        default=0.0,
        min=math.radians(-85),
        max=math.radians(85),
        subtype="ANGLE",
    )


def camera_roll() -> Any:
    return FloatProperty(
        name="Roll",
        description="How far the right side of the picture hangs below its left",
        default=0.0,
        min=math.radians(-45),
        max=math.radians(45),
        subtype="ANGLE",
    )


def know_lens() -> Any:
    return BoolProperty(
        name="Set Lens",
        description="Give the lens by hand. Off: as the video says, or a usual one",
        default=False,
    )


def lens() -> Any:
    return FloatProperty(
        name="Field of View",
        description="What the camera saw along the longer side of the picture: phones about 65°. Set it if "
        "somebody who walks towards the camera goes too far, or not far enough",
        default=math.radians(47),
        min=math.radians(5),
        max=math.radians(150),
        subtype="ANGLE",
    )


def fit_picture() -> Any:
    return BoolProperty(
        name="Fit to Picture",
        description="Move joints to where the picture shows them, as far as the bones' lengths allow",
        default=True,
    )


def fix_swaps() -> Any:
    return BoolProperty(
        name="Fix Swapped Sides",
        description="Put legs and arms back that changed sides for some frames",
        default=True,
    )


def motion_values(owner: bpy.types.bpy_struct) -> dict[str, Any]:
    """The arguments of MotionSettings that the properties of an operator or a scene stand for."""
    tilt, roll = (round(math.degrees(angle), 4) for angle in (owner.camera_tilt, owner.camera_roll))
    return {
        "filter": owner.smoothing_filter,
        "parts": {part.removeprefix("smooth_"): getattr(owner, part) for part in PARTS},
        "camera_tilt": "auto" if owner.find_camera else tilt,
        "camera_roll": "auto" if owner.find_camera else roll,
        "lens": math.degrees(owner.lens) if owner.know_lens else None,
        "fit_picture": owner.fit_picture,
        "fix_swaps": owner.fix_swaps,
    }
