"""Whether an armature can get keys now. Loads nothing but bpy: panels ask this while they draw."""

from __future__ import annotations

import bpy


def cannot_be_animated(
    armature: bpy.types.Object, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer
) -> str:
    """Why an armature cannot be animated, and what to do; empty if it can."""
    return _not_ours(armature, scene) or _not_ready(armature, view_layer)


def _not_ours(armature: bpy.types.Object, scene: bpy.types.Scene) -> str:
    name = armature.name
    if scene.objects.get(name) != armature:
        return f"{name} is no longer in this scene: pick another armature, or clear the field."
    if armature.library is not None:
        return f"{name} is linked from another file: make a library override or a local copy."
    override = armature.override_library
    if override is not None and override.is_system_override:
        return f"{name} is a library override that may not be edited: make it editable in the Outliner first."
    return ""


def _not_ready(armature: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> str:
    name = armature.name
    if armature.type == "ARMATURE" and armature.data.is_editmode:
        return f"{name} is in Edit Mode: go to Object Mode or Pose Mode first."
    if view_layer.objects.get(name) != armature:
        return f"{name} is not in this view layer: switch its collection on, or go to another view layer."
    if not armature.visible_get(view_layer=view_layer):
        return f"{name} is hidden: show it first."
    return ""
