"""GLB (glTF 2.0): metres, y up. Blender's exporter writes the character; the clip is put into its file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..glb_clip import with_clip
from ..glb_clock import stretched
from ..glb_file import GlbError
from ..joint_clip import JointClip
from .export_clip import clip_of
from .export_files import animated, exporter, write_whole
from .export_presets import ExportSettings
from .export_shapes import settle_shapes
from .export_skeleton import Skeleton, skeleton_of
from .export_stage import stage
from .scene import frame_rate

# From Blender's world to the file's space, which the exporter turns all into.
_AXES = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1]])
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
    settings = settings or ExportSettings()
    meshes = settings.content != "animation"
    job = _Job(armature, Path(path), skeleton_of(armature, settings, None), meshes)
    if settings.content == "character":
        return job.write()
    make = partial(clip_of, armature, job.skeleton.motion, _AXES, job.path.stem, meshes=meshes)
    return animated(job.path, make, job.write, GlbError)


@dataclass
class _Job:
    armature: bpy.types.Object
    path: Path
    skeleton: Skeleton
    meshes: bool

    def write(self, clip: JointClip | None = None, *, by_exporter: bool = False) -> Path:
        """The character with a clip, with the animation that Blender's exporter makes of it, or at rest."""
        rate = frame_rate(bpy.context.scene)
        name = self.path.stem
        options = _OPTIONS | {
            "export_animations": by_exporter,
            "export_nla_strips_merged_animation_name": name,
        }

        def write(part: Path) -> None:
            if clip:
                settle_shapes(copy.children, clip.shapes)
            blender_writes(part, options)
            if clip and part.is_file():
                part.write_bytes(with_clip(part.read_bytes(), clip))
            elif by_exporter and part.is_file() and render.fps != rate:
                part.write_bytes(stretched(part.read_bytes(), render.fps / rate))

        with (
            exporter("io_scene_gltf2"),
            stage(
                self.armature,
                self.skeleton,
                np.eye(4),
                clip=name,
                meshes=self.meshes,
                animation=by_exporter,
            ) as copy,
        ):
            # the exporter multiplies by fps_base where it should divide: whole rates come out as they are
            render = bpy.context.scene.render
            render.fps, render.fps_base = max(round(rate), 1), 1.0
            return write_whole(self.path, write)


def blender_writes(path: Path, options: dict[str, Any]) -> None:
    """What Blender's own exporter does; by itself so that its time can be taken."""
    bpy.ops.export_scene.gltf(filepath=str(path), **options)
