"""What the sidebar asks for, kept with the scene: an animator moves one slider and fits again."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty, PointerProperty, StringProperty

from .bake_properties import BakeProperties
from .motion_properties import MotionProperties
from .open_motion import look_at_tracks
from .shared import RELATIVE, missing_package, translated


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


class POSE3D_PG_settings(MotionProperties, BakeProperties, bpy.types.PropertyGroup):
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
    people: IntProperty(options={"HIDDEN"})
    tracks_info: StringProperty(options={"HIDDEN"})
    tracks_problem: StringProperty(options={"HIDDEN"})
    rig_info: StringProperty(options={"HIDDEN"})
    rig_problem: StringProperty(options={"HIDDEN"})
    notes: StringProperty(options={"HIDDEN"})
