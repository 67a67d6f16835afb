"""FBX: centimetres, y up, z forward, every node at scale 1.

Blender's exporter writes the character at rest, and the clip is put into its file: it would ask for each bone
in each frame by itself, which takes most of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..fbx_clip import with_clip
from ..fbx_nodes import FbxError
from ..joint_clip import JointClip
from .export_clip import clip_of
from .export_files import animated, exporter, write_whole
from .export_presets import PRESETS, ExportSettings, Preset
from .export_shapes import settle_shapes
from .export_skeleton import Skeleton, skeleton_of
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
    meshes = settings.content != "animation"
    job = _Job(armature, Path(path), skeleton, chosen, meshes)
    if settings.content == "character":
        return job.write()
    make = partial(clip_of, armature, skeleton.motion, _AXES, job.path.stem, meshes=meshes)
    return animated(job.path, make, job.write, FbxError)


@dataclass
class _Job:
    armature: bpy.types.Object
    path: Path
    skeleton: Skeleton
    preset: Preset
    meshes: bool

    def write(self, clip: JointClip | None = None, *, by_exporter: bool = False) -> Path:
        """The character with a clip, with the animation that Blender's exporter makes of it, or at rest."""
        options = _OPTIONS | self.preset.fbx | {"bake_anim": by_exporter}

        def write(part: Path) -> None:
            if clip:
                settle_shapes(copy.children, clip.shapes)
            blender_writes(part, options)
            if clip and part.is_file():
                part.write_bytes(with_clip(part.read_bytes(), clip))

        with (
            exporter("io_scene_fbx"),
            stage(
                self.armature,
                self.skeleton,
                _AXES,
                clip=self.path.stem,
                called=self.preset.armature,
                meshes=self.meshes,
                animation=by_exporter,
            ) as copy,
        ):
            return write_whole(self.path, write)


def blender_writes(path: Path, options: dict[str, Any]) -> None:
    """What Blender's own exporter does; by itself so that its time can be taken."""
    bpy.ops.export_scene.fbx(filepath=str(path), **options)
