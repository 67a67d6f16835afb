"""What an animator may say about the keys, once for the operator and the sidebar."""

from __future__ import annotations

import math
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

_RANGE = ("use_range", "first_frame", "last_frame")
_START = ("start_at", "start_frame", "frame_rate")
_WAY = ("root_motion", "root_turns")
_KEYS = ("layer", "reduce_keys", "reduce_angle", "reduce_distance", "curve")
_RIG = ("mute_constraints", "limbs", "refine")
NAME = "action_name"
WHAT = (_RANGE, _START, _WAY)
"""What is baked and where to, as groups in the order of the work."""
HOW = (_KEYS, _RIG, ("mark_asset",))
"""How the keys come out, the same way."""
BAKE = (NAME, *(name for group in (*WHAT, *HOW) for name in group))
"""Names of the properties that both the operator and the scene's settings have."""


def action_name() -> Any:
    return StringProperty(
        name="Action",
        description="Name of the action, and of the clip when it is exported. Empty: the name of the tracks",
        options={"SKIP_SAVE"},
    )


def mark_asset() -> Any:
    return BoolProperty(
        name="Mark as Asset",
        description="Show the action in the Asset Browser, with where it is from and a preview if there is "
        "a camera",
        default=False,
    )


def frame_rate() -> Any:
    return EnumProperty(
        name="Frame Rate",
        description="The motion keeps its true speed either way",
        items=(
            ("SCENE", "Scene's", "The motion is resampled to the frames of the scene"),
            (
                "VIDEO",
                "Video's",
                "The scene is set to the frame rate of the video: all it holds plays at that",
            ),
        ),
        default="SCENE",
    )


def start_at() -> Any:
    return EnumProperty(
        name="Start",
        description="Where in the scene the motion begins",
        items=(
            ("SCENE", "Scene Start", "At the first frame of the scene"),
            ("CURRENT", "Current Frame", "Where the playhead stands"),
            ("FRAME", "Frame", "At a frame of one's own"),
        ),
        default="SCENE",
    )


def start_frame() -> Any:
    return IntProperty(name="Start Frame", description="Frame of the scene for the first key", default=1)


def use_range() -> Any:
    return BoolProperty(
        name="Part of the Motion",
        description="Bake only some frames of the motion, at the frame rate chosen here",
        default=False,
    )


def first_frame() -> Any:
    return IntProperty(name="From", description="First frame of the motion to bake", default=1, min=1)


def last_frame() -> Any:
    return IntProperty(name="To", description="Last frame of the motion to bake", default=250, min=1)


def root_motion() -> Any:
    return EnumProperty(
        name="Root Motion",
        description="What carries the way over the floor. Games want Root Bone, or In Place for loops",
        items=(
            ("HIPS", "Hips", "The hips move through the room, all above them stays where it is"),
            ("ROOT_BONE", "Root Bone", "The topmost bone moves over the floor, as game engines want it"),
            ("OBJECT", "Object", "The armature's object moves over the floor"),
            ("IN_PLACE", "In Place", "Nothing does: the character walks on the spot"),
        ),
        default="HIPS",
    )


def root_turns() -> Any:
    return BoolProperty(
        name="Root Turns",
        description="The root also takes the way that the person faces. In place: it is taken out",
        default=False,
    )


def layer() -> Any:
    return EnumProperty(
        name="Bake To",
        description="What becomes of the animation that the armature has",
        items=(
            ("NEW", "New Action", "A new action takes the place of the earlier one, which stays in the file"),
            (
                "REPLACE",
                "Layer over It",
                "A strip above the earlier animation, which shows before and after it",
            ),
            ("ADD", "Added Layer", "A strip above the earlier animation that is added to it"),
        ),
        default="NEW",
    )


def reduce_keys() -> Any:
    return BoolProperty(
        name="Reduce Keys",
        description="Leave out keys that the curves do without. Off: a key in each frame",
        default=False,
    )


def reduce_angle() -> Any:
    return FloatProperty(
        name="Within",
        description="How far a bone may be turned away from the motion, in any frame",
        default=math.radians(0.5),
        min=math.radians(0.01),
        max=math.radians(45.0),
        subtype="ANGLE",
    )


def reduce_distance() -> Any:
    return FloatProperty(
        name="Within",
        description="How far a bone that moves may be from its place in the motion, in any frame",
        default=0.001,
        min=0.00001,
        max=1.0,
        precision=4,
        unit="LENGTH",
    )


def curve() -> Any:
    return EnumProperty(
        name="Curves",
        description="How curves run between the keys that are left",
        items=(
            ("BEZIER", "Bezier", "Smooth curves with handles: fewest keys"),
            ("LINEAR", "Linear", "Straight lines"),
        ),
        default="BEZIER",
    )


def mute_constraints() -> Any:
    return BoolProperty(
        name="Mute Constraints",
        description="Mute constraints and drivers of the rig that pull baked bones elsewhere. Off: only tell",
        default=False,
    )


def limbs() -> Any:
    return EnumProperty(
        name="Limbs",
        description="Which controls of a control rig drive its arms and legs",
        items=(
            ("FK", "FK", "Forward kinematics: each bone is turned"),
            ("IK", "IK", "Inverse kinematics: hands and feet are placed; rigs without such controls take FK"),
        ),
        default="FK",
    )


def refine() -> Any:
    return BoolProperty(
        name="Refine Whole Body",
        description="Move hips, legs and feet together, so that a body of other proportions stands and"
        " reaches as the person does. Off: each limb by itself",
        default=True,
    )


def bake_values(owner: bpy.types.bpy_struct, scene: bpy.types.Scene) -> dict[str, Any]:
    """The arguments of BakeSettings that the properties of an operator or a scene stand for."""
    starts = {"SCENE": scene.frame_start, "CURRENT": scene.frame_current, "FRAME": owner.start_frame}
    return {
        "root_motion": owner.root_motion.lower(),
        "root_turns": owner.root_turns,
        "layer": owner.layer.lower(),
        "start": starts[owner.start_at],
        "frames": (owner.first_frame, owner.last_frame) if owner.use_range else None,
        "reduce": round(math.degrees(owner.reduce_angle), 6) if owner.reduce_keys else None,
        "reduce_location": 1000 * owner.reduce_distance,
        "curve": owner.curve.lower(),
        "mute_constraints": owner.mute_constraints,
        "limbs": owner.limbs.lower(),
        "refine": owner.refine,
    }


def draw_keys(
    layout: bpy.types.UILayout,
    owner: bpy.types.bpy_struct,
    groups: tuple[tuple[str, ...], ...] = ((NAME,), *WHAT, *HOW),
) -> None:
    """Draw properties of an operator or a scene, a column a group; what does not count now is left out."""
    shown = {
        "start_frame": owner.start_at == "FRAME",
        **dict.fromkeys(("first_frame", "last_frame"), owner.use_range),
        **dict.fromkeys(("reduce_angle", "reduce_distance", "curve"), owner.reduce_keys),
    }
    for group in groups:
        column = layout.column()
        for name in group:
            if shown.get(name, True):
                column.prop(owner, name)
