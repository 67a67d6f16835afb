"""What an animator may say about the motion, once for the operator and the sidebar."""

from __future__ import annotations

import math
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty

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
CONTACTS = ("left_foot", "right_foot", "ground_jumps", "hold_hands")
"""Names of the properties, by what they are about."""


def _part(name: str) -> Any:
    return FloatProperty(
        name=name.capitalize(),
        description=f"Smoothing of {_PARTS[name]}, times the smoothing above. 0: none; 2: twice as strong",
        default=1.0,
        min=0.0,
        max=2.0,
        step=10,
        precision=2,
    )


def _foot(name: str) -> Any:
    return EnumProperty(
        name=name,
        description="When this foot is held where it stands",
        items=(
            ("auto", "Auto", "While it stands, as the motion tells: it neither slides nor sinks nor hovers"),
            ("always", "Always", "All the time, in one place: for somebody who does not take a step"),
            ("never", "Never", "It moves as it was captured: for a foot on a pedal, a ski or a swing"),
        ),
        default="auto",
    )


class MotionProperties:
    """The properties, for a class that Blender registers."""

    person: IntProperty(
        name="Person",
        description="Whom to take when the tracks hold several people, the most prominent first",
        default=1,
        min=1,
    )
    height: FloatProperty(
        name="Height",
        description="How tall the person is. Sizes a new armature; one that is there keeps its own size",
        default=1.7,
        min=0.3,
        max=3.0,
        step=1,
        precision=2,
        unit="LENGTH",
    )
    smoothing: FloatProperty(
        name="Smoothing",
        description="0: as captured, with every shake. 1: very smooth, but quick moves turn soft",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    smoothing_filter: EnumProperty(
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
    smooth_torso: _part("torso")
    smooth_head: _part("head")
    smooth_arms: _part("arms")
    smooth_hands: _part("hands")
    smooth_legs: _part("legs")
    smooth_feet: _part("feet")
    find_camera: BoolProperty(
        name="Find Tilt",
        description="Find from the motion how the camera was tilted: people stand upright, on one floor",
        default=True,
    )
    camera_tilt: FloatProperty(
        name="Tilt",
        description="How far the camera looked down; negative: up. Set it if the figure leans",
        default=0.0,
        min=math.radians(-85),
        max=math.radians(85),
        subtype="ANGLE",
    )
    camera_roll: FloatProperty(
        name="Roll",
        description="How far the right side of the picture hangs below its left",
        default=0.0,
        min=math.radians(-45),
        max=math.radians(45),
        subtype="ANGLE",
    )
    know_lens: BoolProperty(
        name="Set Lens",
        description="Give the lens by hand. Off: as the video says, or a usual one",
        default=False,
    )
    lens: FloatProperty(
        name="Field of View",
        description="What the camera saw along the longer side of the picture: phones about 65°. Set it if "
        "somebody who walks towards the camera goes too far, or not far enough",
        default=math.radians(47),
        min=math.radians(5),
        max=math.radians(150),
        subtype="ANGLE",
    )
    fit_picture: BoolProperty(
        name="Fit to Picture",
        description="Move joints to where the picture shows them, as far as the bones' lengths allow",
        default=True,
    )
    fix_swaps: BoolProperty(
        name="Fix Swapped Sides",
        description="Put legs and arms back that changed sides for some frames",
        default=True,
    )
    left_foot: _foot("Left Foot")
    right_foot: _foot("Right Foot")
    ground_jumps: BoolProperty(
        name="Ground Jumps",
        description="Bring the lower foot to the floor in every frame: for motion without jumps, or to take "
        "the height out of them. Off: jumps stay as high as they were",
        default=False,
    )
    hold_hands: BoolProperty(
        name="Hold Resting Hands",
        description="Hold hands that rest, on a table or a wall, in one place, as feet are held on the floor",
        default=False,
    )


def motion_values(owner: bpy.types.bpy_struct) -> dict[str, Any]:
    """The arguments of MotionSettings, but for the rate, that the properties of an operator or a scene stand
    for."""
    tilt, roll = (round(math.degrees(angle), 4) for angle in (owner.camera_tilt, owner.camera_roll))
    return {
        "height": owner.height,
        "strength": owner.smoothing,
        "filter": owner.smoothing_filter,
        "parts": {part.removeprefix("smooth_"): getattr(owner, part) for part in PARTS},
        "camera_tilt": "auto" if owner.find_camera else tilt,
        "camera_roll": "auto" if owner.find_camera else roll,
        "lens": math.degrees(owner.lens) if owner.know_lens else None,
        **{name: getattr(owner, name) for name in (*CLEANING, *CONTACTS)},
    }
