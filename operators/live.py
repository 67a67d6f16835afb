"""The preview follows what is set: a timer looks at the settings, a thread fits, the views are drawn again.

Nothing heavy is loaded until something is to be seen. A file that is opened, undone or changed by a script
needs nothing of its own: what counts is what the settings are at the next look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from . import motion_properties
from .settings import CONTACTS, missing_package

if TYPE_CHECKING:
    from ..blender_pose3d.refit import Answer, Ask, Refit

_OFTEN, _NOW_AND_THEN = 0.02, 0.05  # seconds between two looks: while it works, and else


@dataclass
class State:
    """What panels draw. message: why nothing, or not the newest, is seen. rows: of the report, see
    ``report_rows``. seconds: the last fit took. answer: the last good one; refit: who makes them; placed:
    what of the answer and the scene is seen now."""

    message: str = ""
    busy: bool = False
    seconds: float = 0.0
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    verdict: str = ""
    notes: list[str] = field(default_factory=list)
    answer: Answer | None = None
    refit: Refit | None = None
    placed: tuple[Any, ...] = ()


state = State()


def wanted(scene: bpy.types.Scene) -> bool:
    """Whether anything of the preview is to be seen in this scene."""
    look = scene.pose3d_look
    return bool(look.skeleton or look.report or has_footage(scene) or has_markers(scene))


def has_footage(scene: bpy.types.Scene) -> bool:
    if not any(data.get("pose3d_footage") for data in bpy.data.cameras):
        return False  # a scene may have thousands of objects, and this is asked while panels draw
    return any(item.type == "CAMERA" and item.get("pose3d_footage") for item in scene.objects)


def has_markers(scene: bpy.types.Scene) -> bool:
    names = str(scene.get("pose3d_markers", "")).split("\n")
    return any(marker.name in names for marker in scene.timeline_markers if marker.name)


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
        _hide()
        return None
    return _wait(scene, _ask(scene))


def _wait(scene: bpy.types.Scene, ask: Ask | None) -> Answer | None:
    if ask is None:
        return None
    for answer in _worker().now(ask):
        _take(answer)
    _place(scene)
    return state.answer if not state.message else None


def newest(scene: bpy.types.Scene) -> Answer | None:
    """The preview as the settings are now, measured; what is there already is not made again."""
    ask = _ask(scene)
    there = state.answer
    if there is not None and there.ask == ask and there.quality is not None and not state.message:
        return there
    return _wait(scene, ask)


def first_frame(scene: bpy.types.Scene) -> int:
    """The scene's frame that shows the motion's first: where it would be baked."""
    asked = scene.pose3d
    begin = asked.start_frame if asked.start_at == "FRAME" else scene.frame_start
    return int(begin - (asked.first_frame - 1 if asked.use_range else 0))


def _tick() -> float | None:
    """One look; when to look again, None for never."""
    scene = bpy.context.scene
    if scene is None or bpy.app.is_job_running("RENDER"):  # what is being rendered must not change
        return _NOW_AND_THEN
    if not wanted(scene):
        _hide()
        return None
    ask = _ask(scene)
    if ask is None:
        return _NOW_AND_THEN
    refit = _worker()
    refit.follow(ask)
    for answer in refit.poll():
        _take(answer)
    if refit.busy != state.busy:
        state.busy = refit.busy
        _redraw()
    _place(scene)
    return _OFTEN if state.busy else _NOW_AND_THEN


def _worker() -> Refit:
    if state.refit is None:
        from ..blender_pose3d.refit import Refit

        state.refit = Refit()
    return state.refit


def _ask(scene: bpy.types.Scene) -> Ask | None:
    """What the settings ask for; None, with the reason in the panel, if that is nothing."""
    asked = scene.pose3d
    if not asked.tracks:
        _say("Choose a tracks file first.")
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
        _say(missing_package(error))
    except ValueError as error:
        _say(str(error))
    else:
        return Ask(bpy.path.abspath(asked.tracks), asked.person - 1, settings)
    return None


def _take(answer: Answer) -> None:
    """Keep what came in; after an error what was there before stays to be seen."""
    if answer.error:
        _say(answer.error)
        return
    state.answer, state.message = answer, ""
    if answer.quality is None:
        state.seconds = answer.seconds
        state.notes = list(answer.motion.notes)
    else:
        state.rows, state.verdict = report_rows(answer.quality)
    _redraw()


def _place(scene: bpy.types.Scene) -> None:
    """Skeleton, camera and markers where the answer and the scene say, if either has changed."""
    answer, look = state.answer, scene.pose3d_look
    if answer is None:
        return
    from ..blender_pose3d.blender import footage, markers, overlay
    from ..blender_pose3d.blender.scene import frame_rate

    begin, fps = first_frame(scene), frame_rate(scene)
    shown = has_footage(scene), has_markers(scene)
    place = (answer, scene.name, begin, fps, look.skeleton, footage.frame_aspect(scene), *shown)
    if place == state.placed and (overlay.is_shown() == look.skeleton):
        return
    state.placed = place
    if look.skeleton:
        overlay.show(scene, answer.drawing, begin, fps)
    else:
        overlay.hide()
    whole = not answer.draft and abs(answer.motion.fps / fps - 1) < 1e-6
    if shown[0] and whole:
        footage.place_camera(scene, answer.motion, answer.tracks, begin)
    if shown[1] and whole and answer.quality is not None:
        markers.mark(scene, worst(answer), begin)


def worst(answer: Answer) -> list[Any]:
    """The worst moments of an answer, of ``blender_pose3d.moments``."""
    from ..blender_pose3d.moments import worst_moments

    return worst_moments(answer.quality) if answer.quality is not None else []


def report_rows(quality: Any) -> tuple[list[tuple[str, str, str, str]], str]:
    """Title, as captured, now and grade of each number that has a grade, ready to be drawn; the verdict."""
    from ..blender_pose3d.quality_scale import BY_KEY
    from ..blender_pose3d.report import verdict

    rows = []
    for key, curve in quality.after.items():
        measure = BY_KEY[key]
        if measure.good is None or curve.total is None:
            continue
        before = quality.raw[key].total
        texts = ["–" if v is None else f"{v:.{measure.digits}f}" for v in (before, curve.total)]
        rows.append((measure.title, texts[0], f"{texts[1]} {measure.unit}", measure.grade(curve.total)))
    return rows, verdict(quality)


def _say(message: str) -> None:
    if message != state.message:
        state.message = message
        _redraw()


def _hide() -> None:
    state.placed = ()
    if state.refit is not None:
        from ..blender_pose3d.blender import overlay

        overlay.hide()


def _redraw() -> None:
    from ..blender_pose3d.blender import overlay

    overlay.redraw()


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
