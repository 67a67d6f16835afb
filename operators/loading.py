"""What panels draw with, loaded by a thread: the first draw must not wait for the disk.

Turning the add-on on stays quick, for nothing of this is needed by then; what is drawn before it is there
says so. Neither numpy nor scipy is among it.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable

import bpy

from .setup_desk import redraw

_ROOT = __package__.rpartition(".")[0]
_SOON = 0.1  # seconds between two looks whether it is done
PANELS = (
    "blender.capture_desk",
    "blender.engine_setup",
    "blender.export_motion",
    "blender.preferences",
    "blender.target",
    "engine_setup.kept",
    "engine_setup.packages",
    "quality_scale",
)
"""Modules of blender_pose3d that panels ask while they draw."""
PREVIEW = ("blender.footage", "blender.markers", "blender.opened", "blender.overlay", "refit")
"""Those that the preview works with: numpy and scipy come along."""


class Loading:
    """Modules, in a thread; where there is no window, at once when they are asked for."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = [f"{_ROOT}.blender_pose3d.{name}" for name in names]
        self._thread: threading.Thread | None = None
        self._done = False

    def begin(self) -> None:
        """Start, once."""
        if self._thread is None and not self._done:
            self._thread = threading.Thread(target=self._load, name="pose3d-loading", daemon=True)
            self._thread.start()

    def done(self) -> bool:
        """Whether all is there; never waits in a window."""
        if not self._done and bpy.app.background:
            self._load()
        return self._done

    def _load(self) -> None:
        for name in self._names:
            try:
                importlib.import_module(name)
            except ImportError:
                continue  # who needs it finds out, and says which package is missing
        self._done = True


LOADED, PREVIEW_LOADED = Loading(PANELS), Loading(PREVIEW)


_next: list[Callable[[], None]] = []


def when_loaded(then: Callable[[], None]) -> None:
    """Load what panels draw with, draw them again and go on with ``then``."""
    _next.append(then)
    LOADED.begin()
    if not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=_SOON)


def forget_loading() -> None:
    """The add-on is turned off."""
    _next.clear()
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def _look() -> float | None:
    if not LOADED.done():
        return _SOON
    redraw()
    while _next:
        _next.pop(0)()
    return None
