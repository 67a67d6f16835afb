"""An animated armature to FBX, BVH, GLB and .blend; each file appears whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..bvh import JointMotion, bvh_text
from .errors import ExportError
from .export_presets import FBX, PRESETS
from .scene import frame_rate, sample_pose

__all__ = [
    "PRESETS",
    "check_folder",
    "export_action",
    "export_bvh",
    "export_fbx",
    "export_glb",
    "joint_motion",
    "meshes_of",
    "save_blend",
]

_GLB: dict[str, Any] = {
    "export_format": "GLB",
    "use_selection": True,
    "export_animations": True,
    "export_animation_mode": "ACTIVE_ACTIONS",
    "export_force_sampling": True,
    "export_frame_range": True,
    "export_optimize_animation_size": False,
}


def export_fbx(armature: bpy.types.Object, path: str | Path, *, preset: str = "generic") -> Path:
    """The armature, its meshes and the scene's frame range; the clip has the file's name. ExportError."""
    options = FBX | PRESETS[preset]
    with _selected(armature), _addon("io_scene_fbx"), _clip_name(Path(path).stem):
        return _write(path, lambda part: bpy.ops.export_scene.fbx(filepath=str(part), **options))


def export_glb(armature: bpy.types.Object, path: str | Path) -> Path:
    """The armature, its meshes and its active Action over the scene's frame range. Raises ExportError."""
    with _selected(armature), _addon("io_scene_gltf2"):
        return _write(path, lambda part: bpy.ops.export_scene.gltf(filepath=str(part), **_GLB))


def export_bvh(armature: bpy.types.Object, path: str | Path) -> Path:
    """All bones over the scene's frame range, y up, metres, as Blender evaluates them. Raises ExportError."""
    scene = bpy.context.scene
    text = bvh_text(joint_motion(armature, range(scene.frame_start, scene.frame_end + 1)), frame_rate(scene))
    return _write(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


def export_action(action: bpy.types.Action, path: str | Path) -> Path:
    """An Action alone as a .blend file, to be appended or put into an asset library. Raises ExportError."""
    return _write(
        path,
        lambda part: bpy.data.libraries.write(str(part), {action}, fake_user=True, compress=True),
    )


def save_blend(path: str | Path) -> Path:
    """A copy of the open file; the session keeps its own name. Raises ExportError."""
    return _write(
        path,
        lambda part: bpy.ops.wm.save_as_mainfile(
            filepath=str(part), copy=True, check_existing=False, compress=True
        ),
    )


def joint_motion(armature: bpy.types.Object, frames: range) -> JointMotion:
    """World matrices of all bones at rest and in each frame."""
    worlds, poses = sample_pose(armature, frames)
    bones = [pose_bone.bone for pose_bone in armature.pose.bones]
    index = {bone.name: i for i, bone in enumerate(bones)}
    first = worlds[0]
    tails = np.array([bone.tail_local for bone in bones])
    return JointMotion(
        names=tuple(index),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in bones]),
        rest=first @ np.array([bone.matrix_local for bone in bones]),
        tails=tails @ first[:3, :3].T + first[:3, 3],
        world=worlds[:, None] @ poses,
    )


def check_folder(folder: Path) -> None:
    """Make a folder for results and try to write there. Raises ExportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ExportError(f"Cannot write to {folder}: {error.strerror or error}.") from error


def _write(path: str | Path, write: Callable[[Path], Any]) -> Path:
    path = Path(path)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.stem}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            write(part)
            if not part.is_file() or not part.stat().st_size:
                raise ExportError(f"Cannot write {path}: nothing came out. Is the disk full?")
            part.replace(path)
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror or error}.") from error
    except RuntimeError as error:
        # an operator hands on its whole traceback; the cause is its last line
        cause = [line for line in str(error).splitlines() if line.strip() and "Location:" not in line][-1]
        raise ExportError(f"Cannot write {path}: {cause.strip()}") from error
    return path


@contextmanager
def _selected(armature: bpy.types.Object) -> Iterator[None]:
    layer = bpy.context.view_layer
    selected, active = [o for o in layer.objects if o.select_get()], layer.objects.active
    wanted = [armature, *meshes_of(armature)]
    hidden = [o for o in wanted if o.name in layer.objects and o.hide_get()]
    try:
        for other in selected:
            other.select_set(False)
        for one in hidden:
            one.hide_set(False)
        for one in wanted:
            if one.name in layer.objects:
                one.select_set(True)
        layer.objects.active = armature
        yield
    finally:
        for one in hidden:
            one.hide_set(True)
        for other in layer.objects:
            other.select_set(other in selected)
        layer.objects.active = active


def meshes_of(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Meshes of the scene that an armature deforms or carries."""
    return [
        o
        for o in bpy.context.scene.objects
        if o.type == "MESH"
        and (o.parent == armature or any(getattr(m, "object", None) == armature for m in o.modifiers))
    ]


@contextmanager
def _addon(module: str) -> Iterator[None]:
    """An exporter that comes with Blender, enabled while it is needed."""
    import addon_utils

    if addon_utils.check(module)[1]:
        yield
        return
    if addon_utils.enable(module, default_set=False) is None:
        raise ExportError(f"This Blender has no exporter {module}.")
    try:
        yield
    finally:
        addon_utils.disable(module, default_set=False)


@contextmanager
def _clip_name(name: str) -> Iterator[None]:
    """The FBX exporter calls a clip after the scene."""
    scene = bpy.context.scene
    before, scene.name = scene.name, name
    try:
        yield
    finally:
        scene.name = before
