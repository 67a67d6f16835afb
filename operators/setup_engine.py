"""The engine's environment: set up, repair, check, remove, cancel. The work is done by another process."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from . import setup_desk
from .setup_desk import DESK, begin, chosen_build, redraw
from .setup_offer import draw_offer
from .shared import translated

_LOOKS_WITHIN = 2.0  # seconds that NVIDIA's tool is waited for before the dialog opens
_items: list[tuple[str, str, str]] = []  # Blender does not keep them itself


class _Job:
    """What the operators have in common."""

    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not DESK.busy:
            return True
        cls.poll_message_set("Wait for the set-up that runs, or cancel it")
        return False


def _builds(self: Any, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    from ..blender_pose3d.engine_setup.builds import BUILDS

    look = DESK.machine()
    fits = [b for b in BUILDS.values() if look.machine is None or b.runs_on(look.machine)]
    chosen = look.choice.build.label if look.choice else "looking"
    _items[:] = [
        (
            "AUTO",
            translated("Automatic ({chosen})", chosen=chosen),
            look.choice.reason if look.choice else look.problem,
        )
    ]
    _items.extend(
        (build.name, build.label, translated("torch's build for {label}", label=build.label))
        for build in fits
    )
    return _items


class _Making(_Job):
    """Set-up and repair: what is fetched is shown first."""

    build: EnumProperty(name="Computes On", description="Which build of torch is fetched", items=_builds)
    base: StringProperty(
        name="Made With",
        description="Python 3.11 or newer that makes the environment. Empty: Blender's own",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    repair = False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        DESK.machine().wait(_LOOKS_WITHIN)
        self.build = "AUTO"
        return set(context.window_manager.invoke_props_dialog(self, width=460, confirm_text=self.bl_label))

    def draw(self, context: bpy.types.Context) -> None:
        draw_offer(self.layout, context, self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        build, problem = chosen_build(self.build)
        room = "" if problem or self.repair else setup_desk.too_little_room(build)
        problem = problem or setup_desk.why_offline() or room
        if problem:
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        begin(context, "repair" if self.repair else "make", python=self.python(), build=build.name)
        return {"FINISHED"}

    def python(self) -> str:
        """The Python that makes the environment."""
        from ..blender_pose3d.blender.preferences import blenders_python

        return bpy.path.abspath(self.base) if self.base else str(blenders_python())


class POSE3D_OT_setup_engine(_Making, bpy.types.Operator):
    bl_idname = "pose3d.setup_engine"
    bl_label = "Set Up Engine"
    bl_description = (
        "Make the environment that reads videos, in your folder of extensions' data. Shows first what"
        " is fetched and how large it is. Goes on where an earlier try stopped"
    )


class POSE3D_OT_repair_engine(_Making, bpy.types.Operator):
    bl_idname = "pose3d.repair_engine"
    bl_label = "Repair Engine"
    bl_description = "Look at every file of the engine's environment; fetch and install what is damaged"
    repair = True


class POSE3D_OT_check_engine(_Job, bpy.types.Operator):
    bl_idname = "pose3d.check_engine"
    bl_label = "Check Engine"
    bl_description = "Try out whether the engine works with the Python that is used"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender.errors import MissingEngine
        from ..blender_pose3d.blender.preferences import engine_python

        try:
            python = engine_python(context)
        except MissingEngine as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        begin(context, "check", python=str(python))
        return {"FINISHED"}


class POSE3D_OT_remove_engine(_Job, bpy.types.Operator):
    bl_idname = "pose3d.remove_engine"
    bl_label = "Remove Engine"
    bl_description = (
        "Remove the environment that Set Up made, and files fetched for it. Nothing else is touched"
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return set(context.window_manager.invoke_confirm(self, event))

    def execute(self, context: bpy.types.Context) -> set[str]:
        begin(context, "remove")
        return {"FINISHED"}


class POSE3D_OT_cancel_setup(bpy.types.Operator):
    bl_idname = "pose3d.cancel_setup"
    bl_label = "Cancel"
    bl_description = "Stop. What was fetched is kept: Set Up goes on from there"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return DESK.busy

    def execute(self, context: bpy.types.Context) -> set[str]:
        DESK.job.cancel()
        redraw()
        return {"FINISHED"}


class POSE3D_OT_show_setup_log(bpy.types.Operator):
    bl_idname = "pose3d.show_setup_log"
    bl_label = "Show Log"
    bl_description = "Open what the last set-up said in the program for text files"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..blender_pose3d.blender.preferences import user_folder

        path = user_folder() / "setup.log"
        if not path.is_file():
            self.report({"WARNING"}, translated("There is no log yet: nothing was set up."))
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(path))
        self.report({"INFO"}, translated("Log: {path}", path=path))
        return {"FINISHED"}


CLASSES = (
    POSE3D_OT_setup_engine,
    POSE3D_OT_repair_engine,
    POSE3D_OT_check_engine,
    POSE3D_OT_remove_engine,
    POSE3D_OT_cancel_setup,
    POSE3D_OT_show_setup_log,
)


unregister = setup_desk.stop
