"""What is seen of the preview: asked for by the scene, made of the newest answer, drawn by panels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    from ..blender_pose3d.refit import Answer, Refit


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


def first_frame(scene: bpy.types.Scene) -> int:
    """The scene's frame that shows the motion's first: where it would be baked."""
    asked = scene.pose3d
    begin = asked.start_frame if asked.start_at == "FRAME" else scene.frame_start
    return int(begin - (asked.first_frame - 1 if asked.use_range else 0))


def take(answer: Answer) -> None:
    """Keep what came in; after an error what was there before stays to be seen."""
    if answer.error:
        say(answer.error)
        return
    state.answer, state.message = answer, ""
    if answer.quality is None:
        state.seconds = answer.seconds
        state.notes = list(answer.motion.notes)
    else:
        state.rows, state.verdict = report_rows(answer.quality)
    redraw()


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


def say(message: str) -> None:
    if message != state.message:
        state.message = message
        redraw()


def redraw() -> None:
    from ..blender_pose3d.blender import overlay

    overlay.redraw()
