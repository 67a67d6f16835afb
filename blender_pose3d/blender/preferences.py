"""What the add-on's preferences say, for who starts the engine; their defaults where there are none."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .engine_process import find_engine_python
from .errors import MissingEngine

PACKAGE = __package__.removesuffix(".blender_pose3d.blender")
"""The add-on's name in Blender: ``bl_ext.REPOSITORY.pose3d``, or a checkout's."""


def addon_preferences(context: bpy.types.Context) -> Any | None:
    """The add-on's AddonPreferences, or None where it is not turned on (tests, the command line)."""
    addon = context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


def engine_options(context: bpy.types.Context) -> dict[str, Any]:
    """What the preferences ask of the engine.

    ``environment``: variables for ``EngineProcess``: POSE3D_CACHE where a folder is chosen,
    POSE3D_OFFLINE where Blender may not go online. ``fields``: of the ``track`` command: ``device``, and
    ``pose2d`` where a network is chosen over the preset's.
    """
    chosen = addon_preferences(context)
    fields = {"device": getattr(chosen, "device", "auto")}
    network = getattr(chosen, "network", "AUTO")
    if network not in ("", "AUTO"):
        fields["pose2d"] = network
    folder = getattr(chosen, "cache_folder", "")
    environment = {"POSE3D_CACHE": str(Path(bpy.path.abspath(folder)))} if folder else {}
    if not bpy.app.online_access:
        environment["POSE3D_OFFLINE"] = "1"
    return {"environment": environment, "fields": fields}


def engine_python(context: bpy.types.Context) -> Path:
    """The engine's Python: the one named in the preferences, else the one found. Raises MissingEngine."""
    named = getattr(addon_preferences(context), "engine_python", "")
    if named:
        return python_in(Path(bpy.path.abspath(named)))
    return find_engine_python(user_folder())


def python_in(place: Path) -> Path:
    """The Python that a path names: itself, or that of an environment's folder. Raises MissingEngine."""
    if place.is_file():
        return place
    for inner in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        if (place / inner).is_file():
            return place / inner
    raise MissingEngine(
        f"{place} is neither a Python nor an environment's folder: choose another in the preferences."
    )


def blenders_python() -> Path:
    """The Python that comes with this Blender, or runs it as a module."""
    for candidate in (sys.executable, getattr(sys, "_base_executable", "")):
        if candidate and "python" in Path(candidate).name.lower():
            return Path(candidate)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return next(
        (path for path in Path(sys.prefix, "bin").glob(f"{name}*") if path.is_file()), Path(sys.executable)
    )


def engine_state(context: bpy.types.Context) -> EngineState:
    """What there is of an engine: for panels, a few looks at the disk and no more."""
    from ..engine_setup.place import Place

    place = Place(user_folder())
    mark = place.mark()
    try:
        python = engine_python(context)
    except MissingEngine as error:
        begun = mark is not None or place.mark(place.wheels) is not None
        return EngineState(
            None, "A set-up was begun: Set Up goes on from there." if begun else "", str(error)
        )
    if python == place.python and mark is not None:
        builds = mark.build.replace("_WINDOWS", "").replace("_", " ")
        return EngineState(python, f"torch {mark.torch} ({builds}), Python {mark.python}, made {mark.made}")
    return EngineState(python, f"Uses {python}")


@dataclass(frozen=True)
class EngineState:
    """python: None where there is no engine; problem says why. text: which one, for people."""

    python: Path | None
    text: str = ""
    problem: str = ""


def user_folder() -> Path:
    """The folder that is ours to write in: the extension's own; of a checkout, one among Blender's data."""
    if PACKAGE.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(PACKAGE))
    return Path(bpy.utils.user_resource("DATAFILES", path="pose3d"))


def cache_folder(context: bpy.types.Context) -> Path:
    """Where the engine keeps tracks, weights and logs: the preferences' folder, $POSE3D_CACHE, the system's.

    The last is the folder that the engine's own ``cache_dir`` takes.
    """
    chosen = engine_options(context)["environment"].get("POSE3D_CACHE") or os.environ.get("POSE3D_CACHE")
    return Path(chosen).expanduser() if chosen else system_cache()


def system_cache() -> Path:
    """The system's folder for what may be made again, as platformdirs names it for ``pose3d``."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "pose3d" / "Cache"
    if sys.platform == "darwin":
        return home / "Library/Caches/pose3d"
    chosen = os.environ.get("XDG_CACHE_HOME", "").strip()
    return Path(chosen or home / ".cache") / "pose3d"
