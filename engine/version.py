"""The engine's version, read where it is written once: the extension's manifest."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

_MANIFEST = Path(__file__).parent.parent / "blender_manifest.toml"


@cache
def version() -> str:
    """Version of Pose3D, as in blender_manifest.toml; "unknown" where the engine was copied without it."""
    if not _MANIFEST.is_file():
        return "unknown"
    return str(tomllib.loads(_MANIFEST.read_text(encoding="utf-8"))["version"])


def library_version(name: str) -> str | None:
    """Version of an installed package, without the time it takes to import it; None if it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
