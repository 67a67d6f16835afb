"""GLB (glTF 2.0): metres, y up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..glb_clock import stretched
from .export_files import exporter, write_whole
from .export_presets import ExportSettings
from .export_skeleton import skeleton_of
from .export_stage import stage
from .scene import frame_rate

_OPTIONS: dict[str, Any] = {
    "export_format": "GLB",
    "use_selection": True,
    "use_active_scene": True,
    "export_animation_mode": "ACTIVE_ACTIONS",
    "export_force_sampling": True,
    "export_frame_range": True,
    "export_optimize_animation_size": False,
}


def export_glb(
    armature: bpy.types.Object, path: str | Path, *, settings: ExportSettings | None = None
) -> Path:
    """The deforming bones and meshes of an armature over the scene's frame range; the clip is called as the
    file. Raises ExportError, BadInput."""
    settings, clip = settings or ExportSettings(), Path(path).stem
    skeleton = skeleton_of(armature, settings, None)
    animation = settings.content != "character"
    rate = frame_rate(bpy.context.scene)
    meshes = settings.content != "animation"
    with (
        exporter("io_scene_gltf2"),
        stage(armature, skeleton, np.eye(4), clip=clip, meshes=meshes, animation=animation),
    ):
        # the exporter multiplies by fps_base where it should divide: whole rates come out as they are
        render = bpy.context.scene.render
        render.fps, render.fps_base = max(round(rate), 1), 1.0
        options = _OPTIONS | {
            "export_animations": animation,
            "export_nla_strips_merged_animation_name": clip,
        }

        def write(part: Path) -> None:
            bpy.ops.export_scene.gltf(filepath=str(part), **options)
            if part.is_file() and animation and render.fps != rate:
                part.write_bytes(stretched(part.read_bytes(), render.fps / rate))

        return write_whole(path, write)
