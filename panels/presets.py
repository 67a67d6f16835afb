"""Preset popovers in the headers of Motion, Bake and Export, as Blender has them."""

from __future__ import annotations

import bpy
from bl_ui.utils import PresetPanel

from ..operators.presets import (
    POSE3D_OT_add_bake_preset,
    POSE3D_OT_add_export_preset,
    POSE3D_OT_add_motion_preset,
)


class _InSidebar(PresetPanel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "HEADER"
    preset_operator = "script.execute_preset"


class POSE3D_PT_motion_presets(_InSidebar, bpy.types.Panel):
    bl_idname = "POSE3D_PT_motion_presets"
    bl_label = "Motion Presets"
    preset_subdir = POSE3D_OT_add_motion_preset.preset_subdir
    preset_add_operator = POSE3D_OT_add_motion_preset.bl_idname


class POSE3D_PT_bake_presets(_InSidebar, bpy.types.Panel):
    bl_idname = "POSE3D_PT_bake_presets"
    bl_label = "Bake Presets"
    preset_subdir = POSE3D_OT_add_bake_preset.preset_subdir
    preset_add_operator = POSE3D_OT_add_bake_preset.bl_idname


class POSE3D_PT_export_presets(_InSidebar, bpy.types.Panel):
    bl_idname = "POSE3D_PT_export_presets"
    bl_label = "Export Presets"
    preset_subdir = POSE3D_OT_add_export_preset.preset_subdir
    preset_add_operator = POSE3D_OT_add_export_preset.bl_idname


CLASSES = (POSE3D_PT_motion_presets, POSE3D_PT_bake_presets, POSE3D_PT_export_presets)
