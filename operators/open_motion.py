"""Files of motion for the sidebar: ours, TRC, BVH, C3D, SMPL and 2D keypoints, read beside Blender."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import FloatProperty, IntProperty, StringProperty

from .setup_desk import redraw
from .shared import RELATIVE, missing_package, translated

if TYPE_CHECKING:
    from ..blender_pose3d.blender.background import Background
    from ..blender_pose3d.blender.opened import Held

SUFFIXES = (".npz", ".trc", ".bvh", ".c3d", ".json")
FILTER = ";".join(f"*{kind}" for kind in SUFFIXES)
_TURN = 0.1  # seconds between two looks
_words: list[str] = []  # what is said of the file that is being opened
_running: dict[str, tuple[str, Background[Held]]] = {}  # by the scene's name: the file, and who reads it


def reading(scene: bpy.types.Scene) -> str:
    """The name of the file that is being read for a scene; empty for none."""
    held = _running.get(scene.name)
    return Path(held[0]).name if held else ""


def look_at_tracks(settings: Any, context: bpy.types.Context | None = None) -> None:
    """Read the chosen file once, for the line below its name: whom it holds, or why it is of no use."""
    settings.people, settings.tracks_info, settings.tracks_problem = 0, "", ""
    scene = settings.id_data
    _running.pop(scene.name, None)
    if not settings.tracks:
        return
    path = bpy.path.abspath(settings.tracks)
    try:
        from ..blender_pose3d.blender import opened

        held = opened.known(Path(path))
        if held is not None:  # reading a long capture takes a while
            _tell(settings, held)
            return
        work = opened.opening(Path(path), _engine(), _words)
    except ImportError as error:
        settings.tracks_problem = missing_package(error)
        return
    _running[scene.name] = path, work
    if bpy.app.background:
        work.wait()
        _look()
    elif not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=_TURN)


def _engine() -> Any:
    from ..blender_pose3d.blender import preferences
    from ..blender_pose3d.blender.engine_session import Engine
    from ..blender_pose3d.blender.errors import MissingEngine

    try:
        python = preferences.engine_python(bpy.context)
    except MissingEngine:
        return None
    return Engine(python, preferences.engine_options(bpy.context)["environment"])


def _tell(settings: Any, held: Held) -> None:
    settings.people, settings.tracks_info = held.people, held.text


def _look() -> float | None:
    """The timer: what was read since. Ends with the last file."""
    for name, (path, work) in list(_running.items()):
        if not work.done:
            continue
        del _running[name]
        scene = bpy.data.scenes.get(name)
        if scene is not None and bpy.path.abspath(scene.pose3d.tracks) == path:
            _end(scene.pose3d, work)
        redraw()
    return _TURN if _running else None


def _end(settings: Any, work: Background[Held]) -> None:
    from ..blender_pose3d.blender.errors import Pose3DError
    from ..blender_pose3d.tracks import TracksError

    try:
        _tell(settings, work.result())
    except ImportError as error:
        settings.tracks_problem = missing_package(error)
    except (Pose3DError, TracksError) as error:
        settings.tracks_problem = str(error)


class POSE3D_OT_open_motion(bpy.types.Operator):
    bl_idname = "pose3d.open_motion"
    bl_label = "Open Motion"
    bl_description = (
        "Open motion that was captured already: tracks of Pose3D, TRC, BVH, C3D, SMPL, or 2D keypoints of"
        " OpenPose, COCO, AlphaPose and MediaPipe. It can also be dropped on this tab"
    )
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="Motion", subtype="FILE_PATH", options={"SKIP_SAVE", *RELATIVE})
    filter_glob: StringProperty(default=FILTER, options={"HIDDEN"})
    width: IntProperty(
        name="Picture Width",
        description="Pixels of the video that 2D keypoints are of. 0: as the file says",
        min=0,
        options={"SKIP_SAVE"},
    )
    height: IntProperty(
        name="Picture Height",
        description="Pixels of the video that 2D keypoints are of. 0: as the file says",
        min=0,
        options={"SKIP_SAVE"},
    )
    rate: FloatProperty(
        name="Frame Rate",
        description="Frames a second of the video that 2D keypoints are of. 0: as the file says",
        min=0.0,
        max=1000.0,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Any:
        if self.filepath:  # dropped
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column(heading="2D Keypoints")
        for name in ("width", "height", "rate"):
            column.prop(self, name)

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            self.report({"ERROR"}, translated("No file chosen."))
            return {"CANCELLED"}
        settings = context.scene.pose3d
        settings.person = 1
        try:
            if self.filepath.lower().endswith(".json"):
                _words.extend(self._words())
            settings.tracks = self.filepath  # which has it looked at
        finally:
            _words.clear()
        if settings.tracks_problem:
            self.report({"ERROR"}, settings.tracks_problem)
            return {"CANCELLED"}
        return {"FINISHED"}

    def _words(self) -> list[str]:
        """For ``python -m engine lift``."""
        words = [f"--size={self.width}x{self.height}"] if self.width and self.height else []
        return words + ([f"--fps={self.rate:g}"] if self.rate else [])


class POSE3D_FH_motion(bpy.types.FileHandler):
    bl_idname = "POSE3D_FH_motion"
    bl_label = "Motion for Pose3D"
    bl_import_operator = POSE3D_OT_open_motion.bl_idname
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"


CLASSES = (POSE3D_OT_open_motion, POSE3D_FH_motion)


def unregister() -> None:
    _running.clear()
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)
