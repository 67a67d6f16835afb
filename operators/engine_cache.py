"""The cache folder of the engine: how large it is, and emptied when asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import bpy

from .setup_desk import redraw
from .shared import translated

_SOON = 0.2  # seconds until the panel is drawn with the size


class CacheSize:
    """MB of a folder, counted in a thread: a cache may lie on a slow disk."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._thread: threading.Thread | None = None
        self.megabytes: float | None = None

    def of(self, folder: Path) -> float | None:
        """The size if it is known; the first call for a folder starts counting. Never waits."""
        if folder != self._folder:
            self._folder, self.megabytes = folder, None
            self._thread = threading.Thread(target=self._count, args=(folder,), daemon=True)
            self._thread.start()
            if not bpy.app.timers.is_registered(_when_counted):
                bpy.app.timers.register(_when_counted, first_interval=_SOON)
        return self.megabytes

    def forget(self) -> None:
        """Count again when asked."""
        self._folder = None

    @property
    def counting(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _count(self, folder: Path) -> None:
        from ..blender_pose3d.engine_setup.kept import size_mb

        found = size_mb(folder)
        if folder == self._folder:
            self.megabytes = found


SIZE = CacheSize()


def _when_counted() -> float | None:
    redraw()
    return _SOON if SIZE.counting else None


class POSE3D_OT_clear_cache(bpy.types.Operator):
    bl_idname = "pose3d.clear_cache"
    bl_label = "Clear Cache"
    bl_description = (
        "Delete the tracks, logs and fetched weights that the engine keeps: it makes and fetches them again."
        " Captures in your files and imported weights stay"
    )
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return set(context.window_manager.invoke_confirm(self, event))

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender.preferences import cache_folder
        from ..blender_pose3d.engine_setup.kept import clear
        from ..blender_pose3d.engine_setup.place import in_words

        freed, stayed = clear(cache_folder(context))
        SIZE.forget()
        if stayed:
            self.report(
                {"WARNING"},
                translated(
                    "{stayed} files stayed, {first} first: they are in use or protected.",
                    stayed=len(stayed),
                    first=stayed[0],
                ),
            )
        else:
            self.report({"INFO"}, translated("{freed} are free again.", freed=in_words(freed)))
        return {"FINISHED"}


class POSE3D_OT_count_cache(bpy.types.Operator):
    bl_idname = "pose3d.count_cache"
    bl_label = "Count Again"
    bl_description = "Count again how large the cache is"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        SIZE.forget()
        redraw()
        return {"FINISHED"}


CLASSES = (POSE3D_OT_clear_cache, POSE3D_OT_count_cache)


def unregister() -> None:
    if bpy.app.timers.is_registered(_when_counted):
        bpy.app.timers.unregister(_when_counted)
