"""Presets of motion, bake and export, by Blender's own system: kept in the user's presets folder."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from bl_operators.presets import AddPresetBase

from .bake_properties import BAKE
from .export_properties import EXPORT
from .motion_properties import CLEANING, SMOOTHING
from .settings import CONTACTS
from .shared import translated

SHIPPED = Path(__file__).resolve().parents[1]
"""The folder whose ``presets`` come with the add-on."""
# What belongs to one clip is none of a preset's business.
_OF_ONE_CLIP = {
    *("start_at", "start_frame", "use_range", "first_frame", "last_frame"),
    *("action_name", "file_name"),
}


class _Preset(AddPresetBase):
    """Presets that come with the add-on cannot be removed: they would be back with the next update."""

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.remove_name and (path := self._found()) and Path(path).is_relative_to(SHIPPED):
            self.report({"WARNING"}, translated("{name} comes with Pose3D and stays.", name=self.name))
            return {"CANCELLED"}
        return super().execute(context) or {"FINISHED"}

    def _found(self) -> str | None:
        by_name = bpy.utils.preset_find(self.name, self.preset_subdir)
        found = by_name or bpy.utils.preset_find(self.name, self.preset_subdir, display_name=True)
        return os.path.realpath(found) if found else None


class POSE3D_OT_add_motion_preset(_Preset, bpy.types.Operator):
    bl_idname = "pose3d.add_motion_preset"
    bl_label = "Add Motion Preset"
    bl_description = "Keep smoothing, cleaning and how feet are held under a name, or remove such a preset"

    preset_menu = "POSE3D_PT_motion_presets"
    preset_subdir = str(Path("pose3d") / "motion")
    preset_defines = ("settings = bpy.context.scene.pose3d",)
    preset_values = tuple(f"settings.{name}" for name in ("smoothing", *SMOOTHING, *CLEANING, *CONTACTS))


class POSE3D_OT_add_bake_preset(_Preset, bpy.types.Operator):
    bl_idname = "pose3d.add_bake_preset"
    bl_label = "Add Bake Preset"
    bl_description = "Keep how keys and root motion come out under a name, or remove such a preset"

    preset_menu = "POSE3D_PT_bake_presets"
    preset_subdir = str(Path("pose3d") / "bake")
    preset_defines = ("settings = bpy.context.scene.pose3d",)
    preset_values = tuple(f"settings.{name}" for name in BAKE if name not in _OF_ONE_CLIP)


class POSE3D_OT_add_export_preset(_Preset, bpy.types.Operator):
    bl_idname = "pose3d.add_export_preset"
    bl_label = "Add Export Preset"
    bl_description = "Keep what a file is for and its folder under a name, or remove such a preset"

    preset_menu = "POSE3D_PT_export_presets"
    preset_subdir = str(Path("pose3d") / "export")
    preset_defines = ("settings = bpy.context.scene.pose3d_export",)
    preset_values = tuple(f"settings.{name}" for name in EXPORT if name not in _OF_ONE_CLIP)


CLASSES = (POSE3D_OT_add_motion_preset, POSE3D_OT_add_bake_preset, POSE3D_OT_add_export_preset)


def register() -> None:
    bpy.utils.register_preset_path(str(SHIPPED))


def unregister() -> None:
    bpy.utils.unregister_preset_path(str(SHIPPED))
