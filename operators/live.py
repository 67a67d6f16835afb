"""The preview follows what is set: a timer looks at the settings, a thread fits, the views are drawn again.

Nothing heavy is loaded until something is to be seen. A file that is opened, undone or changed by a script
needs nothing of its own: what counts is what the settings are at the next look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from . import motion_properties
from .live_place import hide, place
from .live_state import State, redraw, say, state, take, wanted
from .loading import PREVIEW_LOADED
from .settings import CONTACTS
from .shared import NO_MOTION, missing_package

if TYPE_CHECKING:
    from ..blender_pose3d.refit import Answer, Ask, Refit

_OFTEN, _NOW_AND_THEN = 0.02, 0.05  # seconds between two looks: while it works, and else


def start() -> None:
    """Follow the settings from now on; without a window, where nothing calls again, once and at once."""
    if bpy.app.background:
        refresh(bpy.context.scene)
    elif not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=0.0)


def stop() -> None:
    """Show nothing, follow nothing: the file is closed, or the add-on turned off."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if state.refit is not None:
        from ..blender_pose3d.blender import overlay

        overlay.hide()
        state.refit.close()
    vars(state).update(vars(State()))


def refresh(scene: bpy.types.Scene) -> Answer | None:
    """The preview as the settings are, waited for; the newest answer, None if there is no motion."""
    if not wanted(scene):
        hide()
        return None
    return _wait(scene, _ask(scene))


def _wait(scene: bpy.types.Scene, ask: Ask | None) -> Answer | None:
    if ask is None:
        return None
    for answer in _worker().now(ask):
        take(answer)
    place(scene)
    return state.answer if not state.message else None


def newest(scene: bpy.types.Scene) -> Answer | None:
    """The preview as the settings are now, measured; what is there already is not made again."""
    ask = _ask(scene)
    there = state.answer
    if there is not None and there.ask == ask and there.quality is not None and not state.message:
        return there
    return _wait(scene, ask)


def _tick() -> float | None:
    """One look; when to look again, None for never."""
    scene = bpy.context.scene
    if scene is None or bpy.app.is_job_running("RENDER"):  # what is being rendered must not change
        return _NOW_AND_THEN
    if not wanted(scene):
        hide()
        return None
    PREVIEW_LOADED.begin()
    if not PREVIEW_LOADED.done():
        return _OFTEN
    ask = _ask(scene)
    if ask is None:
        return _NOW_AND_THEN
    refit = _worker()
    refit.follow(ask)
    for answer in refit.poll():
        take(answer)
    if refit.busy != state.busy:
        state.busy = refit.busy
        redraw()
    place(scene)
    return _OFTEN if state.busy else _NOW_AND_THEN


def _worker() -> Refit:
    if state.refit is None:
        from ..blender_pose3d.blender.opened import tracks_of
        from ..blender_pose3d.refit import Refit

        state.refit = Refit(tracks_of)
    return state.refit


def _ask(scene: bpy.types.Scene) -> Ask | None:
    """What the settings ask for; None, with the reason in the panel, if that is nothing."""
    asked = scene.pose3d
    if not asked.tracks:
        say(NO_MOTION)
        return None
    try:
        from ..blender_pose3d.blender.scene import frame_rate
        from ..blender_pose3d.refit import Ask
        from ..blender_pose3d.settings import MotionSettings

        settings = MotionSettings(
            fps=frame_rate(scene),
            height=asked.height,
            strength=asked.smoothing,
            **motion_properties.motion_values(asked),
            **{name: getattr(asked, name) for name in CONTACTS},
        )
    except ImportError as error:
        say(missing_package(error))
    except ValueError as error:
        say(str(error))
    else:
        return Ask(bpy.path.abspath(asked.tracks), asked.person - 1, settings)
    return None


@persistent
def _file_closes(*_: Any) -> None:
    stop()


@persistent
def _file_opened(*_: Any) -> None:
    if not bpy.app.background and any(wanted(scene) for scene in bpy.data.scenes):
        start()


@persistent
def _undone(*_: Any) -> None:
    """What undo brought back may be wanted again, and may stand where an older motion was."""
    state.placed = ()
    if not bpy.app.background and wanted(bpy.context.scene):
        start()


_HANDLERS = (
    (bpy.app.handlers.load_pre, _file_closes),
    (bpy.app.handlers.load_post, _file_opened),
    (bpy.app.handlers.undo_post, _undone),
    (bpy.app.handlers.redo_post, _undone),
)


def register() -> None:
    for handlers, function in _HANDLERS:
        handlers.append(function)


def unregister() -> None:
    for handlers, function in _HANDLERS:
        if function in handlers:
            handlers.remove(function)
    stop()
