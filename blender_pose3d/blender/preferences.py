"""What the add-on's preferences say, for who starts the engine; their defaults where there are none."""

from __future__ import annotations

import os
import sys
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

    ``environment``: variables for ``EngineProcess(python, environment)``: POSE3D_CACHE where a folder is chosen,
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
