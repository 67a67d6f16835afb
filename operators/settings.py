"""What the sidebar asks for, kept with the scene: an animator moves one slider and fits again."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from . import bake_properties as keys
from . import motion_properties as motion
from .open_motion import look_at_tracks
from .shared import RELATIVE, missing_package, translated


def person() -> Any:
    return IntProperty(
        name="Person",
        description="Whom to take when the tracks hold several people, the most prominent first",
        default=1,
        min=1,
    )


def height() -> Any:
    return FloatProperty(
        name="Height",
        description="How tall the person is. Sizes a new armature; one that is there keeps its own size",
        default=1.7,
        min=0.3,
        max=3.0,
        step=1,
        precision=2,
        unit="LENGTH",
    )


def smoothing() -> Any:
    return FloatProperty(
        name="Smoothing",
        description="0: as captured, with every shake. 1: very smooth, but quick moves turn soft",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )


def foot(name: str) -> Any:
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


def ground_jumps() -> Any:
    return BoolProperty(
        name="Ground Jumps",
        description="Bring the lower foot to the floor in every frame: for motion without jumps, or to take "
        "the height out of them. Off: jumps stay as high as they were",
        default=False,
    )


def hold_hands() -> Any:
    return BoolProperty(
        name="Hold Resting Hands",
        description="Hold hands that rest, on a table or a wall, in one place, as feet are held on the floor",
        default=False,
    )


CONTACTS = ("left_foot", "right_foot", "ground_jumps", "hold_hands")


def look_at_armature(settings: POSE3D_PG_settings, context: bpy.types.Context | None = None) -> None:
    """Which known rig the picked armature is, or why it is none."""
    from .bone_roles import show_roles

    settings.rig_info, settings.rig_problem = "", ""
    if settings.armature is None:
        return
    try:
        from ..blender_pose3d.blender.rig_map import KEY, told
        from ..blender_pose3d.rig_maps import title

        found = told(settings.armature)
    except ImportError as error:
        settings.rig_problem = missing_package(error)
        return
    except ValueError as error:  # no bones, or a RigError
        said = str(error)
        settings.rig_problem = f"{said[:1].upper()}{said[1:]}."
        show_roles(settings, None)
        return
    show_roles(settings, found)
    rig = "a map of its own" if settings.armature.get(KEY) else title(found.rig)
    settings.rig_info = translated("Rig: {rig}, {count} bones", rig=rig, count=len(found.mapping))
    if found.confidence < 0.6:
        settings.rig_info += ", uncertain: look the bone map over"


def _is_armature_here(settings: POSE3D_PG_settings, candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE" and settings.id_data.objects.get(candidate.name) == candidate


class POSE3D_PG_settings(bpy.types.PropertyGroup):
    """people, \\*_info, \\*_problem and notes are what was found out, so that a panel only has to draw."""

    tracks: StringProperty(
        name="Motion File",
        description="Captured motion: tracks of Pose3D (.npz), or a TRC, BVH, C3D, SMPL or 2D keypoints file",
        subtype="FILE_PATH",
        options=RELATIVE,
        update=look_at_tracks,
    )
    armature: PointerProperty(
        name="Armature",
        description="The character to animate. Empty: a new one is made, with the person's proportions",
        type=bpy.types.Object,
        poll=_is_armature_here,
        update=look_at_armature,
    )
    person: person()
    height: height()
    smoothing: smoothing()
    smoothing_filter: motion.smoothing_filter()
    smooth_torso: motion.part("torso")
    smooth_head: motion.part("head")
    smooth_arms: motion.part("arms")
    smooth_hands: motion.part("hands")
    smooth_legs: motion.part("legs")
    smooth_feet: motion.part("feet")
    find_camera: motion.find_camera()
    camera_tilt: motion.camera_tilt()
    camera_roll: motion.camera_roll()
    know_lens: motion.know_lens()
    lens: motion.lens()
    fit_picture: motion.fit_picture()
    fix_swaps: motion.fix_swaps()
    left_foot: foot("Left Foot")
    right_foot: foot("Right Foot")
    ground_jumps: ground_jumps()
    hold_hands: hold_hands()
    action_name: keys.action_name()
    frame_rate: keys.frame_rate()
    start_at: keys.start_at()
    start_frame: keys.start_frame()
    use_range: keys.use_range()
    first_frame: keys.first_frame()
    last_frame: keys.last_frame()
    root_motion: keys.root_motion()
    root_turns: keys.root_turns()
    layer: keys.layer()
    reduce_keys: keys.reduce_keys()
    reduce_angle: keys.reduce_angle()
    reduce_distance: keys.reduce_distance()
    curve: keys.curve()
    limbs: keys.limbs()
    mute_constraints: keys.mute_constraints()
    refine: keys.refine()
    mark_asset: keys.mark_asset()
    people: IntProperty(options={"HIDDEN"})
    tracks_info: StringProperty(options={"HIDDEN"})
    tracks_problem: StringProperty(options={"HIDDEN"})
    rig_info: StringProperty(options={"HIDDEN"})
    rig_problem: StringProperty(options={"HIDDEN"})
    notes: StringProperty(options={"HIDDEN"})
