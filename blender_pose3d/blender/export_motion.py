"""The motion of one armature as one file: over the frames it lasts, in the format that a reader wants."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from .asset import write_action
from .errors import BadInput, ExportError
from .export_presets import PRESETS, ExportSettings

ACTION = "action"
"""One preset more than ``PRESETS`` has: the active Action alone, as a .blend."""
# Preset → ending of its file.
ENDINGS = {**{name: f".{preset.format}" for name, preset in PRESETS.items()}, ACTION: ".blend"}


def motion_range(armature: bpy.types.Object) -> tuple[int, int] | None:
    """First and last frame of an armature's animation, the active action or NLA strips; None without any.

    Loads nothing: panels ask this while they draw.
    """
    data = armature.animation_data
    if data is None:
        return None
    spans: list[tuple[float, float]] = []
    if data.action:
        spans.append((data.action.frame_range[0], data.action.frame_range[1]))
    if data.use_nla:
        strips = (strip for track in data.nla_tracks if not track.mute for strip in track.strips)
        spans += [(strip.frame_start, strip.frame_end) for strip in strips if not strip.mute]
    if not spans:
        return None
    return math.floor(min(first for first, _ in spans)), math.ceil(max(last for _, last in spans))


def cannot_be_exported(armature: bpy.types.Object, preset: str, view_layer: bpy.types.ViewLayer) -> str:
    """Why an armature's motion cannot be written, and what to do; empty if it can. Loads nothing."""
    if view_layer.objects.get(armature.name) != armature:
        return f"{armature.name} is not in this view layer: switch its collection on, or pick another"
    if motion_range(armature) is None:
        return f"{armature.name} has no animation yet: animate it first"
    if preset in (ACTION, "blend") and not armature.animation_data.action:
        return f"{armature.name} has no active action, only NLA strips: choose another preset"
    return ""


def export_motion(
    armature: bpy.types.Object,
    preset: str,
    folder: str | Path,
    name: str,
    *,
    settings: ExportSettings | None = None,
    whole_scene: bool = False,
) -> Path:
    """Write ``FOLDER/NAME`` with the ending of the preset, whole or not at all; returns its path.

    preset: one of ``ENDINGS``. The motion's own frames, or with whole_scene those that the scene plays. The
    folder is made if need be. Raises BadInput for nothing to write, ExportError where it cannot be written.
    """
    from . import export

    reason = cannot_be_exported(armature, preset, bpy.context.view_layer)
    if reason:
        raise BadInput(f"{reason}.")
    export.check_folder(Path(folder))
    path = Path(folder) / f"{name}{ENDINGS[preset]}"
    if path.is_dir():
        raise ExportError(f"Cannot write {path}: there is a folder of that name.")
    action = armature.animation_data.action
    if preset == ACTION and action:
        return write_action(action, path)
    with _playing(None if whole_scene else motion_range(armature)):
        written = {
            "fbx": lambda: export.export_fbx(armature, path, preset=preset, settings=settings),
            "glb": lambda: export.export_glb(armature, path, settings=settings),
            "bvh": lambda: export.export_bvh(armature, path, settings=settings),
            "blend": lambda: export.save_blend(path, assets=[action] if action else []),
        }
        return written[PRESETS[preset].format]()


@contextmanager
def _playing(span: tuple[int, int] | None) -> Iterator[None]:
    """The scene plays these frames meanwhile; None: those it plays anyway."""
    scene = bpy.context.scene
    before = scene.frame_start, scene.frame_end
    first, last = span or before
    try:
        # Blender moves a start that lies behind the end: the end goes first where it can
        scene.frame_end = max(last, scene.frame_start)
        scene.frame_start, scene.frame_end = first, last
        yield
    finally:
        scene.frame_end = max(before[1], scene.frame_start)
        scene.frame_start, scene.frame_end = before
