"""The captured motion as a skeleton in the 3D views, drawn over everything, before anything is baked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import bpy

from ..preview import CONTACT, Drawing, Shapes

_WIDTH = 4.0  # pixels of a bone, at an interface scale of 1


@dataclass(frozen=True)
class _Shown:
    """scene: the name of the one it belongs to. start: its frame that shows the first of the drawing.
    fps: of the scene."""

    drawing: Drawing
    scene: str
    start: float
    fps: float


class _Views:
    """What the 3D views show, and Blender's handle of the function that draws it."""

    shown: _Shown | None = None
    handler: Any = None


_views = _Views()
seconds: list[float] = []
"""What the last draws cost, for measuring: at most 200."""


def show(scene: bpy.types.Scene, drawing: Drawing, start: float, fps: float) -> None:
    """Draw this in the 3D views of a scene from now on, in place of what was drawn."""
    _views.shown = _Shown(drawing, scene.name, start, fps)
    if _views.handler is None and not bpy.app.background:
        _views.handler = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")
    redraw()


def hide() -> None:
    """Draw nothing any more."""
    _views.shown = None
    if _views.handler is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_views.handler, "WINDOW")
        _views.handler = None
    redraw()


def is_shown() -> bool:
    return _views.shown is not None


def shapes_at(scene: bpy.types.Scene) -> Shapes | None:
    """What a view of this scene shows in its current frame."""
    shown = _views.shown
    if shown is None or shown.scene != scene.name:
        return None
    return shown.drawing.at((scene.frame_current - shown.start) / shown.fps)


def redraw() -> None:
    """Have all 3D views drawn again, sidebars included."""
    for window in bpy.context.window_manager.windows if bpy.context.window_manager else ():
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _draw() -> None:
    """Called by Blender for each 3D view."""
    context = bpy.context
    if not context.space_data.overlay.show_overlays:
        return
    begun = time.perf_counter()
    shapes = shapes_at(context.scene)
    if shapes is None:
        return
    _draw_shapes(shapes, (context.region.width, context.region.height), context.preferences.system.ui_scale)
    seconds.append(time.perf_counter() - begun)
    del seconds[:-200]


def _draw_shapes(shapes: Shapes, region: tuple[int, int], scale: float) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("NONE")
    try:
        if len(shapes.triangles):
            flat = gpu.shader.from_builtin("UNIFORM_COLOR")
            flat.uniform_float("color", CONTACT)
            discs: dict[str, Any] = {"pos": shapes.triangles}
            batch_for_shader(flat, "TRIS", discs).draw(flat)
        lines = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
        lines.uniform_float("viewportSize", region)
        lines.uniform_float("lineWidth", _WIDTH * scale)
        bones: dict[str, Any] = {"pos": shapes.lines, "color": shapes.colours}
        batch_for_shader(lines, "LINES", bones).draw(lines)
    finally:
        gpu.state.blend_set("NONE")
