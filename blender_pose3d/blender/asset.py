"""Actions that the Asset Browser shows."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

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
