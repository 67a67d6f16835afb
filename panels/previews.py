"""Pictures from files, for panels: Blender reads each in the background when it is first drawn."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import bpy.utils.previews


@cache
def _pictures() -> bpy.utils.previews.ImagePreviewCollection:
    return bpy.utils.previews.new()


def icon_of(path: Path) -> int:
    """The icon number of a picture; 0 if there is none. A file that was written anew is read anew."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return 0
    key = f"{path}|{changed}"
    pictures = _pictures()
    return (pictures.get(key) or pictures.load(key, str(path), "IMAGE")).icon_id


def forget() -> None:
    """Let go of all pictures."""
    if _pictures.cache_info().currsize:
        bpy.utils.previews.remove(_pictures())
        _pictures.cache_clear()
