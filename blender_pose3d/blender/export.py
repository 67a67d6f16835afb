"""An animated armature to FBX, BVH, GLB and .blend; each file appears whole or not at all."""

from __future__ import annotations

from .export_blend import save_blend
from .export_bvh import export_bvh
from .export_fbx import export_fbx
from .export_files import check_folder
from .export_glb import export_glb
from .export_meshes import meshes_of
from .export_presets import PRESETS, ExportSettings, Preset

__all__ = [
    "PRESETS",
    "ExportSettings",
    "Preset",
    "check_folder",
    "export_bvh",
    "export_fbx",
    "export_glb",
    "meshes_of",
    "save_blend",
]
