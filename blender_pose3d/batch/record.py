"""What is done already: beside a clip's results, what they were made from and how large they are."""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..formats.frame_files import frame_files
from .notes import NOTE, results_of
from .plan import Clip

_ROOT = Path(__file__).resolve().parents[2]
# These say how a batch is run, not what comes out of it.
_HOW = {"inputs", "out", "command", "jobs", "part", "dry_run", "again", "report", "worker"}


def fingerprint(clip: Clip, program: str) -> str:
    """SHA-256 over everything that a clip's results depend on: its input, its character, settings, programs.

    program: name and version of the Blender that makes them. Raises OSError for an input that cannot be read.
    """
    settings = {key: value for key, value in vars(clip.args).items() if key not in _HOW}
    files = {kind: file_hash(Path(settings[kind])) for kind in ("character", "map") if settings.get(kind)}
    facts = {
        "input": [file_hash(path) for path in frame_files(clip.path)],
        "name": clip.name,
        "settings": {**settings, **files},
        "program": program,
        "code": _code(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises OSError."""
    stat = path.stat()
    return _file_hash(path.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_hash(path: Path, _size: int, _changed: int) -> str:
    # the same footage may stand in many clips of a job
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _code() -> str:
    """Our own source, and which weights: a newer version makes old results out of date."""
    digest = hashlib.sha256()
    for package in ("blender_pose3d", "engine"):
        files = [*(_ROOT / package).rglob("*.py"), *(_ROOT / package).rglob("*.json")]
        for path in (*sorted(files), *_ROOT.glob("weights/manifest.toml")):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def record_path(clip: Clip) -> Path:
    """Where the note of a clip lies."""
    return clip.folder / f"{clip.name}{NOTE}"


def is_done(clip: Clip, mark: str) -> bool:
    """Whether all results are there, as long as they were, made from the same things. mark: a fingerprint."""
    try:
        noted = json.loads(record_path(clip).read_text(encoding="utf-8"))
        return noted["made_from"] == mark and all(
            (clip.folder / name).stat().st_size == size for name, size in noted["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def write_record(clip: Clip, mark: str, files: Iterable[Path], facts: dict[str, Any]) -> None:
    """Note that a clip is done, or with an empty mark that its results are on their way.

    files: results, in the clip's folder or still beside it. Those of earlier runs that are still there stay
    known as results. Raises OSError; nothing half-written stays.
    """
    sizes = {path.name: path.stat().st_size for path in files}
    kept = sorted(n for n in results_of(read_facts(clip)) if n not in sizes and (clip.folder / n).is_file())
    content = {"input": clip.path.name, "made_from": mark, "files": sizes, "earlier": kept, **facts}
    path = record_path(clip)
    half = path.with_name(f".{clip.name}.{uuid.uuid4().hex[:8]}")
    try:
        half.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise


def read_facts(clip: Clip) -> dict[str, Any]:
    """What was noted of a clip that is done; empty where nothing can be read."""
    try:
        noted = json.loads(record_path(clip).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
