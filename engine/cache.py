"""Tracks of videos seen before, so that a second run need not look at the video again.

A file is named by a hash of everything its content depends on: the video's bytes, the networks' bytes, the
settings, and the engine's own source, so that a changed engine never hands out what an older one made.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

from blender_pose3d.tracks import Tracks, TracksError, read_tracks, write_tracks

from .weights import cache_dir

log = logging.getLogger(__name__)

_KEEP = 200  # files; a minute of one person is about half a megabyte
_ROOT = Path(__file__).parent
_NOT_PERCEPTION = ("train", "evaluate", "commands")


def key(depends_on: dict[str, Any], *, code: bool = True) -> str:
    """Name of the cache entry for a JSON-able description of everything the tracks depend on.

    code: the engine's own source is part of it.
    """
    text = json.dumps({**depends_on, **({"code": code_fingerprint()} if code else {})}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def code_fingerprint() -> str:
    """SHA-256 over the source files that decide what comes out of a video."""
    digest = hashlib.sha256()
    files = [p for p in _ROOT.rglob("*.py") if p.relative_to(_ROOT).parts[0] not in _NOT_PERCEPTION]
    for path in sorted([*files, *(_ROOT.parent / "blender_pose3d").glob("skeleton.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def load(name: str) -> Tracks | None:
    """Tracks stored under this key, or None. A broken file is dropped, with a line in the log."""
    path = _path(name)
    if not path.is_file():
        return None
    try:
        tracks = read_tracks(path)
    except TracksError as error:
        log.info("Cached tracks are left aside: %s", error)
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    with contextlib.suppress(OSError):
        path.touch()  # the last ones used are the last ones dropped
    return tracks


def store(name: str, tracks: Tracks) -> None:
    """Keep tracks under this key. A cache that cannot be written costs time, not the result: it is logged."""
    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tracks(path, tracks)
        for old in sorted(path.parent.glob("*.npz"), key=lambda p: -p.stat().st_mtime)[_KEEP:]:
            old.unlink()
    except OSError as error:
        log.warning("The tracks could not be kept in the cache: %s", error)


def _path(name: str) -> Path:
    return cache_dir() / "tracks" / f"{name}.npz"
