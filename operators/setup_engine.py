"""The engine's environment: set up, repair, check, remove, cancel. The work is done by another process."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

_EVERY = 0.1  # seconds between two looks at the set-up
_LOOKS_WITHIN = 2.0  # seconds that NVIDIA's tool is waited for before the dialog opens
_items: list[tuple[str, str, str]] = []  # Blender does not keep them itself


class Desk:
    """The job that runs, or the last one that did, and what this machine is."""

    def __init__(self) -> None:
        self.job: Any = None
        self.look: Any = None

    @property
    def busy(self) -> bool:
        return self.job is not None and self.job.running

    def machine(self) -> Any:
        """The look at this machine; the first call starts it, none waits."""
        if self.look is None:
            from ..blender_pose3d.blender.engine_setup import MachineLook

            self.look = MachineLook()
        return self.look.begin()


DESK = Desk()


def begin(context: bpy.types.Context, what: str, **more: Any) -> None:
    """Start a job, watched by a timer that outlives loading another file."""
    from ..blender_pose3d.blender import preferences
    from ..blender_pose3d.blender.engine_setup import SetupJob

    options = preferences.engine_options(context)
    job = {"do": what, "root": str(preferences.user_folder()), "environment": options["environment"], **more}
    DESK.job = SetupJob(what).start(job)
    if not bpy.app.timers.is_registered(_watch):
        bpy.app.timers.register(_watch, first_interval=_EVERY, persistent=True)
    redraw()


def _watch() -> float | None:
    """The timer: take in what the job said. Ends with the job."""
    job = DESK.job
    if job is None:
        return None
    if job.poll():
        redraw()
    return _EVERY if job.running else None


def redraw() -> None:
    """Have the sidebar and the preferences drawn again."""
    for manager in bpy.data.window_managers:
        for window in manager.windows:
            for area in window.screen.areas:
                if area.type in {"VIEW_3D", "PREFERENCES"}:
                    area.tag_redraw()


def why_offline() -> str:
    """Why nothing can be fetched now; empty if it can."""
    if bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return "Blender was started with --offline-mode: start it without to fetch the engine."
    return (
        "Allow Online Access is off in Blender's preferences, under System: turn it on to fetch the engine."
    )


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
    _items[:] = [("AUTO", f"Automatic ({chosen})", look.choice.reason if look.choice else look.problem)]
    _items.extend((build.name, build.label, f"torch's build for {build.label}") for build in fits)
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
        problem = problem or why_offline() or ("" if self.repair else too_little_room(build))
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
            self.report({"WARNING"}, "There is no log yet: nothing was set up.")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(path))
        self.report({"INFO"}, f"Log: {path}")
        return {"FINISHED"}


def chosen_build(name: str) -> tuple[Any, str]:
    """The build that a choice stands for, and why there is none."""
    from ..blender_pose3d.engine_setup.builds import BUILDS

    look = DESK.machine()
    if not look.wait(10.0):
        return None, "This machine's graphics driver does not answer: choose what the engine computes on."
    if name not in ("", "AUTO"):
        return BUILDS[name], ""
    return (look.choice.build, "") if look.choice else (None, look.problem)


def too_little_room(build: Any) -> str:
    """Why the disk is too small; empty if it is not, or if an earlier try, which knows better, goes on."""
    from ..blender_pose3d.blender.preferences import user_folder
    from ..blender_pose3d.engine_setup.errors import SetupError
    from ..blender_pose3d.engine_setup.packages import needed_mb
    from ..blender_pose3d.engine_setup.place import Place, check_room

    place = Place(user_folder())
    if place.environment.exists() or place.wheels.exists():
        return ""
    try:
        check_room(place.root, needed_mb(build))
    except SetupError as error:
        return str(error)
    return ""


def draw_offer(layout: bpy.types.UILayout, context: bpy.types.Context, operator: Any) -> None:
    """What is fetched, how large it is, where it goes, how much room there is."""
    from ..blender_pose3d.blender.preferences import user_folder
    from ..blender_pose3d.engine_setup.packages import described, needed_mb, total
    from ..blender_pose3d.engine_setup.place import free_mb, in_words

    look = DESK.machine()
    layout.use_property_split = True
    layout.prop(operator, "build")
    layout.prop(operator, "base")
    build, problem = chosen_build(operator.build) if look.done else (None, "Looking at this machine ...")
    if build is None:
        _text(layout, problem, "ERROR")
        return
    if operator.build == "AUTO":
        _text(layout, look.choice.reason, "INFO")
    box, whole = layout.box().column(align=True), total(build)
    for name, size in described(build)[:6]:
        row = box.row()
        row.label(text=name, translate=False)
        row.label(text=in_words(size) if size >= 1 else "under 1 MB", translate=False)
    rest = described(build)[6:]
    box.label(text=f"and {len(rest)} small ones", translate=False)
    fetched, used = in_words(whole.fetched), in_words(whole.installed)
    needed, free = needed_mb(build), free_mb(user_folder())
    _text(layout, f"To fetch: about {fetched}. On the disk afterwards: about {used}.", "IMPORT")
    room = f"Room: {in_words(needed)} while it is made, {in_words(free)} free on the disk of {user_folder()}"
    _text(layout, room, "ERROR" if free < needed else "DISK_DRIVE")
    where = "From the Python package index. No administrator rights; Blender's own Python stays as it is."
    _text(layout, where, "INFO")
    draw_online(layout, context)


def draw_online(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What keeps Blender from going online, with the switch; nothing if it may."""
    reason = why_offline()
    if not reason:
        return
    _text(layout, reason, "ERROR")
    if not bpy.app.online_access_override:
        layout.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def _text(layout: bpy.types.UILayout, text: str, icon: str, letters: int = 66) -> None:
    column = layout.column(align=True)
    column.alert = icon == "ERROR"
    column.scale_y = 0.8
    for number, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon="BLANK1" if number else icon, translate=False)


CLASSES = (
    POSE3D_OT_setup_engine,
    POSE3D_OT_repair_engine,
    POSE3D_OT_check_engine,
    POSE3D_OT_remove_engine,
    POSE3D_OT_cancel_setup,
    POSE3D_OT_show_setup_log,
)


def unregister() -> None:
    """A set-up that runs is stopped: what it fetched is kept."""
    if bpy.app.timers.is_registered(_watch):
        bpy.app.timers.unregister(_watch)
    if DESK.job is not None:
        DESK.job.close()
    DESK.job = DESK.look = None
