"""The add-on's preferences: the engine, what it computes on, its cache, its weights and their licences."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, StringProperty

from ..operators.engine_cache import SIZE, POSE3D_OT_clear_cache, POSE3D_OT_count_cache
from ..operators.loading import LOADED
from ..operators.setup_desk import DESK
from ..operators.setup_engine import (
    POSE3D_OT_check_engine,
    POSE3D_OT_remove_engine,
    POSE3D_OT_repair_engine,
    POSE3D_OT_setup_engine,
    POSE3D_OT_show_setup_log,
)
from ..operators.shared import translated
from .engine import draw_engine
from .parts import wrapped

_LETTERS = 90


def _changed(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    SIZE.forget()


def _networks() -> list[tuple[str, str, str]]:
    from ..blender_pose3d.engine_setup.kept import networks_2d

    items = [("AUTO", "As the quality says", "Fast, balanced and best stand for a network each")]
    return items + [(row.name, row.name, f"{row.purpose} {row.licence}") for row in networks_2d()]


class POSE3D_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = __package__.rpartition(".")[0]

    device: EnumProperty(
        name="Computes On",
        description="What the networks run on",
        items=(
            ("auto", "Automatic", "The graphics card if the engine can use it, else the processor"),
            ("cpu", "Processor", "The processor, even if there is a graphics card"),
            (
                "cuda",
                "Graphics Card",
                "The graphics card (NVIDIA or ROCm). Without one the processor computes, and you are told",
            ),
        ),
        default="auto",
    )
    network: EnumProperty(
        name="2D Network",
        description="What finds joints in the picture. One named here is used whatever quality is asked for",
        items=_networks(),
    )
    cache_folder: StringProperty(
        name="Cache",
        description="Folder for tracks of videos seen before, weights and logs. Empty: the system's",
        subtype="DIR_PATH",
        update=_changed,
    )
    engine_python: StringProperty(
        name="Python of Your Own",
        description=(
            "A Python, or the folder of an environment, that has the engine's packages. Empty: what"
            " Set Up Engine makes"
        ),
        subtype="FILE_PATH",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if not LOADED.done():
            layout.label(text="Loading ...", icon="TIME")
            return
        layout.use_property_split = True
        self._engine(layout, context)
        column = layout.column()
        column.prop(self, "device")
        column.prop(self, "network")
        self._cache(layout, context)
        draw_weights(layout, context)

    def _engine(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        from ..blender_pose3d.blender.preferences import engine_state

        box = layout.box()
        state = engine_state(context)
        if state.python is not None:
            wrapped(box, state.text, "CHECKMARK", _LETTERS)
        elif self.engine_python:
            wrapped(box, state.problem, "ERROR", _LETTERS)
        draw_engine(box, context, _LETTERS)
        if not DESK.busy:
            row = box.row(align=True)
            if state.python is not None:
                row.operator(POSE3D_OT_setup_engine.bl_idname, text="Set Up ...")
            for operator in (POSE3D_OT_check_engine, POSE3D_OT_repair_engine, POSE3D_OT_remove_engine):
                row.operator(operator.bl_idname, text=operator.bl_label.removesuffix(" Engine"))
            row.operator(POSE3D_OT_show_setup_log.bl_idname)
        box.prop(self, "engine_python")

    def _cache(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        from ..blender_pose3d.blender.preferences import cache_folder
        from ..blender_pose3d.engine_setup.place import in_words

        folder = cache_folder(context)
        layout.prop(self, "cache_folder", placeholder=str(folder))
        size = SIZE.of(folder)
        row = layout.row()
        row.label(
            text="" if size is None else translated("{size} in {folder}", size=in_words(size), folder=folder),
            translate=False,
        )
        row.operator(POSE3D_OT_count_cache.bl_idname, text="", icon="FILE_REFRESH")
        row.operator(POSE3D_OT_clear_cache.bl_idname, icon="TRASH")


def draw_weights(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The weights that the engine knows: which are here, and their licences."""
    from ..blender_pose3d.blender.preferences import cache_folder
    from ..blender_pose3d.engine_setup.kept import known_weights

    header, body = layout.panel("pose3d_weights", default_closed=True)
    header.label(text="Weights and Licences")
    if body is None:
        return
    folder = cache_folder(context)
    for weights in known_weights():
        here = weights.place(folder).is_file()
        row = body.split(factor=0.35)
        row.active = here
        row.label(text=weights.name, icon=_source(weights.kind, here), translate=False)
        row.label(text=weights.licence, translate=False)
    for icon, text in _LEGEND.items():
        wrapped(body, text, icon, _LETTERS)
    wrapped(body, "Pose3D itself: GPL-3.0-or-later", "INFO", _LETTERS)


_LEGEND = {
    "CHECKMARK": "Here",
    "IMPORT": "Fetched when first used",
    "FILE_FOLDER": "Downloaded by hand and imported: there is no direct link",
}


def _source(kind: str, here: bool) -> str:
    if here:
        return "CHECKMARK"
    return "FILE_FOLDER" if kind == "import" else "IMPORT"


CLASSES = (POSE3D_AP_preferences,)
