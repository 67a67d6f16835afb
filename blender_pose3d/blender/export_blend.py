"""A copy of the open file, its new actions marked as assets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy

from .asset import mark_actions
from .export_files import write_whole


def save_blend(path: str | Path, *, assets: Sequence[bpy.types.Action] = ()) -> Path:
    """A copy of the open file; the session keeps its own name. assets: actions that the copy offers in the
    asset browser; in the session they stay what they were. Raises ExportError."""
    marked = [one for one in assets if one.asset_data is None and one.library is None]
    try:
        mark_actions(marked, "Motion from a video")
        return write_whole(
            path,
            lambda part: bpy.ops.wm.save_as_mainfile(
                filepath=str(part), copy=True, check_existing=False, compress=True
            ),
        )
    finally:
        for one in marked:
            one.asset_clear()
