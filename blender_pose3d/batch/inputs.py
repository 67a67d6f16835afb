"""Videos and tracks files out of files, folders and patterns."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import NoClips

TRACKS = ".npz"
_VIDEO = "mp4 mov m4v mkv webm avi wmv flv mpg mpeg mts m2ts ts 3gp 3g2 ogv mxf gif"
VIDEOS = frozenset(f".{suffix}" for suffix in _VIDEO.split())
JOB = ".toml"


@dataclass(frozen=True)
class Found:
    """A file to convert. folder: where it lies below the folder or pattern that was named; its results lie
    in a folder of the same name, so that takes of several days stay apart."""

    path: Path
    folder: Path


def find(named: Iterable[str | Path], suffixes: frozenset[str] = VIDEOS | {TRACKS}) -> list[Found]:
    """Files, everything below folders, and what patterns such as ``takes/**/*.mp4`` match; each file once.

    A file that is named itself is taken whatever it is called. Raises NoClips, naming what was not found.
    """
    found: dict[Path, Found] = {}
    for name in named:
        for one in _one(Path(name).expanduser(), suffixes):
            found.setdefault(one.path.resolve(), one)
    return list(found.values())


def _one(path: Path, suffixes: frozenset[str]) -> list[Found]:
    if path.is_dir():
        below = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in suffixes and _visible(p, path)]
        if not below:
            raise NoClips(f"There is no video and no tracks file in {path}.")
        return [Found(p, p.parent.relative_to(path)) for p in below]
    if path.exists():
        return [Found(path, Path())]
    if not glob.has_magic(str(path)):
        raise NoClips(f"No such file: {path}")
    fixed = _fixed_part(path)
    matched = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 absolute patterns
    matched = [p for p in matched if p.is_file() and p.suffix.lower() in suffixes]
    if not matched:
        raise NoClips(f"No video and no tracks file matches {path}.")
    return [Found(p, p.parent.relative_to(fixed)) for p in matched]


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
