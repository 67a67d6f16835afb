"""A copy of the open file, its new actions marked as assets."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import bpy

from .asset import mark_actions
from .export_files import write_whole


def save_blend(
    path: str | Path, *, assets: Sequence[bpy.types.Action] = (), home: Path | None = None
) -> Path:
    """A copy of the open file; the session keeps its own name. assets: actions that the copy offers in the
    asset browser; in the session they stay what they were. home: the folder that it will lie in, if ``path``
    is but a stage on its way there. Raises ExportError."""
    marked = [one for one in assets if one.asset_data is None and one.library is None]
    try:
        mark_actions(marked, "Motion from a video")
        return write_whole(
            path,
            lambda part: _save(part, home or Path(path).parent),
        )
    finally:
        for one in marked:
            one.asset_clear()


def _save(part: Path, home: Path) -> None:
    """Blender writes where pictures and libraries lie as seen from the folder that it saves in."""
    there = home / f".{part.stem}.{uuid.uuid4().hex[:8]}.blend"
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(there), copy=True, check_existing=False, compress=True)
        there.replace(part)
    finally:
        there.unlink(missing_ok=True)
