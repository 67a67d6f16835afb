"""Videos and files of motion out of files, folders and patterns."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..formats.frame_files import FRAME_FILE, frame_files
from .errors import NoClips
from .notes import NOTE, results_of

KEYPOINTS = ".json"
MOTIONS = frozenset({".npz", ".trc", ".c3d", ".bvh", KEYPOINTS})
"""What holds a motion already. BVH and JSON may be anything, so folders are not searched for them."""
_VIDEO = "mp4 mov m4v mkv webm avi wmv flv mpg mpeg mts m2ts ts 3gp 3g2 ogv mxf gif"
VIDEOS = frozenset(f".{suffix}" for suffix in _VIDEO.split())
JOB = ".toml"


@dataclass(frozen=True)
class Found:
    """A file to convert. folder: where it lies below the folder or pattern that was named; its results lie
    in a folder of the same name, so that takes of several days stay apart."""

    path: Path
    folder: Path


def find(named: Iterable[str | Path], suffixes: frozenset[str] = VIDEOS | MOTIONS) -> list[Found]:
    """Files, everything below folders, and what patterns such as ``takes/**/*.mp4`` match; each file once.

    A file that is named itself is taken whatever it is called; of a clip with a file for each frame, the
    first stands for all. Results of earlier runs are no inputs. Raises NoClips, naming what was not found.
    """
    found: dict[Path, Found] = {}
    for name in named:
        for one in _one(Path(name).expanduser(), suffixes):
            found.setdefault(one.path.resolve(), one)
    return list(found.values())


def _one(path: Path, suffixes: frozenset[str]) -> list[Found]:
    if path.is_dir():
        searched = suffixes - {".bvh", KEYPOINTS}
        below = [p for p in sorted(path.rglob("*")) if _wanted(p, searched) and _visible(p, path)]
        below = _without_results(_clips(below))
        if not below:
            raise NoClips(f"There is no video and no tracks file in {path}.")
        return [Found(p, p.parent.relative_to(path)) for p in below]
    if path.exists():
        return [Found(one, Path()) for one in _clips([path])]
    if not glob.has_magic(str(path)):
        raise NoClips(f"No such file: {path}")
    fixed = _fixed_part(path)
    matched = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 absolute patterns
    matched = _without_results(_clips(p for p in matched if p.is_file() and p.suffix.lower() in suffixes))
    if not matched:
        raise NoClips(f"No video and no tracks file matches {path}.")
    return [Found(p, p.parent.relative_to(fixed)) for p in matched]


def _wanted(path: Path, suffixes: frozenset[str]) -> bool:
    return path.suffix.lower() in suffixes or FRAME_FILE.match(path.name) is not None


def _clips(paths: Iterable[Path]) -> list[Path]:
    """The same files, of each clip with a file for each frame only the first."""
    first: dict[tuple[Path, str], Path] = {}
    clips: dict[Path, None] = {}
    for path in paths:
        named = FRAME_FILE.match(path.name)
        if named is None or not path.is_file():
            clips[path] = None
            continue
        clip = (path.parent, named["name"])
        if clip not in first:
            first[clip] = frame_files(path)[0]
        clips[first[clip]] = None
    return list(clips)


def _without_results(paths: list[Path]) -> list[Path]:
    """Without what earlier runs wrote: files that a note beside them lists."""
    listed: set[Path] = set()
    for folder in {path.parent for path in paths}:
        for note in folder.glob(f"*{NOTE}"):
            try:
                noted = json.loads(note.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # no note of ours
            if isinstance(noted, dict):
                listed |= {folder / name for name in results_of(noted)}
    return [path for path in paths if path not in listed and not path.name.endswith(NOTE)]


def _visible(path: Path, root: Path) -> bool:
    """Not half-written and not what a file manager keeps beside pictures: names that begin with a dot."""
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts)


def _fixed_part(pattern: Path) -> Path:
    """The folders of a pattern before its first wildcard."""
    parts: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)
