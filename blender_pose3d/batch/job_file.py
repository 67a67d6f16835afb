"""Job files: a night's footage in TOML. Settings of the whole, of folders, of clips; the nearest one counts.

::

    out = "clips"
    character = "hero.blend"
    fbx = true

    [[folder]]
    path = "takes/monday"
    camera-tilt = 5

    [[clip]]
    input = "takes/monday/walk.mp4"
    name = "hero_walk"
    person = 2

Settings are the options of ``pose3d convert`` by their long names. A folder stands for every video and tracks
file below it, and has the settings of a folder around it; a clip that lies in one has its settings, and takes
the place of the file there. The same input may stand in several clips, for a character each.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BatchError, NoClips
from .inputs import find
from .options import Layer, Options

_OWN = {"folder": ("path",), "clip": ("input",)}


@dataclass(frozen=True)
class _Area:
    """A folder of a job with all the settings that count in it."""

    root: Path
    layer: Layer
    where: str


@dataclass(frozen=True)
class Asked:
    """A clip of a job. folder: below its named folder. where: how to call it in messages."""

    path: Path
    folder: Path
    layer: Layer
    where: str


def read_job(path: Path, options: Options) -> list[Asked]:
    """The clips of a job file, in its order, the folders' remaining files after the clips.

    Raises NoClips for a file or folder that is not there, BatchError for anything that is no setting.
    """
    content = _read(path)
    beside = path.parent
    folders, clips = (_tables(content, kind, path) for kind in ("folder", "clip"))
    own = {key: value for key, value in content.items() if key not in _OWN}
    whole = options.layer(own, path.name, beside, whole=True, beside=tuple(_OWN))
    areas = _areas(folders, whole, path, options)
    asked = []
    for number, table in enumerate(clips, start=1):
        where = f"{path.name}, clip {number}"
        own = options.layer(_rest(table, "clip"), where, beside, beside=_OWN["clip"])
        inputs = find([beside / _text(table, "input", where)])
        for one in inputs:
            area = _area(one.path, areas)
            around = whole if area is None else area.layer
            below = one.folder if area is None else _below(one.path, area)
            asked.append(Asked(one.path, below, options.merge(around, own), where))
    taken = {one.path.resolve() for one in asked}
    for area in areas:
        # what lies in a folder of its own settings is that folder's
        rest = [one.path for one in find([area.root]) if _area(one.path, areas) is area]
        rest = [one for one in rest if one.resolve() not in taken]
        asked += [Asked(one, _below(one, area), area.layer, area.where) for one in rest]
    if not asked:
        raise NoClips(f"{path} names no [[clip]] and no [[folder]].")
    return asked


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoClips(f"Cannot read the job file {path}: {error.strerror or error}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BatchError(f"{path} is no job file: {error}.") from error


def _tables(content: dict[str, Any], kind: str, path: Path) -> list[dict[str, Any]]:
    tables = content.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BatchError(f"{path.name}: write [[{kind}]] with double brackets, once for each.")
    return tables


def _rest(table: dict[str, Any], kind: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in _OWN[kind]}


def _text(table: dict[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise BatchError(f"{where}: {key} is missing.")
    return value


def _areas(tables: list[dict[str, Any]], whole: Layer, path: Path, options: Options) -> list[_Area]:
    """The folders of a job, in its order."""
    read = []
    for number, table in enumerate(tables, start=1):
        where = f"{path.name}, folder {number}"
        layer = options.layer(_rest(table, "folder"), where, path.parent, beside=_OWN["folder"])
        root = path.parent / _text(table, "path", where)
        if not root.is_dir():
            raise NoClips(f"{where}: there is no folder {root}.")
        read.append(_Area(root, layer, where))
    made: dict[Path, _Area] = {}
    # outer folders first: inner ones begin with their settings
    for area in sorted(read, key=lambda one: len(one.root.resolve().parts)):
        if (root := area.root.resolve()) in made:
            raise BatchError(f"{area.where}: {area.root} stands in {path.name} twice.")
        around = _area(area.root, list(made.values()))
        layer = options.merge(whole if around is None else around.layer, area.layer)
        made[root] = _Area(area.root, layer, area.where)
    return [made[area.root.resolve()] for area in read]


def _area(path: Path, areas: list[_Area]) -> _Area | None:
    """The innermost folder of the job that a file or folder lies in."""
    around = [area for area in areas if path.resolve().is_relative_to(area.root.resolve())]
    return max(around, key=lambda area: len(area.root.resolve().parts), default=None)


def _below(path: Path, area: _Area) -> Path:
    """The folder of a file, as it lies in a folder of the job."""
    return path.resolve().parent.relative_to(area.root.resolve())
