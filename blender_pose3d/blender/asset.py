"""Actions for the Asset Browser: marked as assets, and alone in a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import bpy

from .export_files import write_whole

TAG = "Pose3D"


def mark_actions(actions: Iterable[bpy.types.Action], description: str) -> None:
    """Make assets of actions, each with a description, a tag and, where it can be drawn, a preview.

    A preview shows what the scene's camera sees, so there is none without a camera or without a window.
    """
    for action in actions:
        action.asset_mark()
        action.asset_data.description = description
        action.asset_data.tags.new(TAG, skip_if_exists=True)
        if not bpy.app.background and bpy.context.scene.camera is not None:
            action.asset_generate_preview()


def write_action(action: bpy.types.Action, path: str | Path) -> Path:
    """An Action alone as a .blend file, to be appended or put into an asset library. Raises ExportError."""
    return write_whole(
        path,
        lambda part: bpy.data.libraries.write(str(part), {action}, fake_user=True, compress=True),
    )
