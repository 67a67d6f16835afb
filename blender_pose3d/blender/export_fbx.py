"""FBX: centimetres, y up, z forward, every node at scale 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .export_files import exporter, write_whole
from .export_presets import PRESETS, ExportSettings
from .export_skeleton import skeleton_of
from .export_stage import stage

# From Blender's world in metres to the file's space: what the exporter does to objects under the axes and
# scale below, so that what the stage puts there comes out as the identity.
_AXES = np.array([[100.0, 0, 0, 0], [0, 0, 100.0, 0], [0, -100.0, 0, 0], [0, 0, 0, 1]])
# Bones as they are (no leaf bones), one clip with a key in every frame.
_OPTIONS: dict[str, Any] = {
    "use_selection": True,
    "object_types": {"ARMATURE", "MESH"},
    "add_leaf_bones": False,
    "bake_anim": True,
    "bake_anim_use_all_bones": True,
    "bake_anim_use_nla_strips": False,
    "bake_anim_use_all_actions": False,
    "bake_anim_force_startend_keying": True,
    "bake_anim_step": 1.0,
    "bake_anim_simplify_factor": 0.0,
    "axis_forward": "-Z",
    "axis_up": "Y",
    "apply_scale_options": "FBX_SCALE_NONE",
    # the file may move to another computer, away from its pictures
    "path_mode": "COPY",
    "embed_textures": True,
}


def export_fbx(
    armature: bpy.types.Object,
    path: str | Path,
    *,
    preset: str = "generic",
    settings: ExportSettings | None = None,
) -> Path:
    """The deforming bones and meshes of an armature over the scene's frame range; the clip is called as the
    file. A preset of another format counts as generic. Raises ExportError, BadInput."""
    settings, chosen = settings or ExportSettings(), PRESETS[preset]
    if chosen.format != "fbx":
        chosen = PRESETS["generic"]
    skeleton = skeleton_of(armature, settings, chosen)
    animation = settings.content != "character"
    options = _OPTIONS | chosen.fbx | {"bake_anim": animation}
    with (
        exporter("io_scene_fbx"),
        stage(
            armature,
            skeleton,
            _AXES,
            clip=Path(path).stem,
            called=chosen.armature,
            meshes=settings.content != "animation",
            animation=animation,
        ),
    ):
        return write_whole(path, lambda part: bpy.ops.export_scene.fbx(filepath=str(part), **options))
