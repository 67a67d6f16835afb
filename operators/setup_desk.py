"""The set-up that runs, what this machine is, and what keeps a set-up from starting."""

from __future__ import annotations

from typing import Any

import bpy

_EVERY = 0.1  # seconds between two looks at the set-up


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


def stop() -> None:
    """A set-up that runs is stopped: what it fetched is kept."""
    if bpy.app.timers.is_registered(_watch):
        bpy.app.timers.unregister(_watch)
    if DESK.job is not None:
        DESK.job.close()
    DESK.job = DESK.look = None
