"""C3D files, the biomechanist's binary markers, by ezc3d: looked over before, since it trusts what a file
claims.

Format: "The C3D File Format: A Technical User Guide", Motion Lab Systems. Blocks of 512 bytes: a header,
parameters, then frames of points (x, y, z, residual; -1 for a point not seen) and analog samples.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from blender_pose3d.formats.points import LARGEST, FormatError, Points, checked_rate, metres

from .errors import EngineError

_BLOCK = 512
_INTEL, _DEC, _MIPS = 84, 85, 86
_MOST_POINTS = 2000


def read_c3d(path: Path) -> Points:
    """Points of a C3D file. Which axis points up is told by POINT:Y_SCREEN where the file has it, else z.

    Raises FormatError with one line for an empty, cut, broken or foreign file.
    """
    _look_over(path)
    ezc3d = _library()
    try:
        held: Any = ezc3d.c3d(str(path))
        group = held["parameters"]["POINT"]
        values = np.array(held["data"]["points"], dtype=np.float64)[:3].transpose(2, 1, 0)
        residual = np.array(held["data"]["meta_points"]["residuals"])[0].T
    except (OSError, RuntimeError, ValueError, KeyError, IndexError, MemoryError, TypeError) as error:
        reason = " ".join(str(error).split())[:80]
        raise FormatError(f"{path.name} is a broken C3D file ({reason}).") from error
    names = tuple(str(label).strip() for label in _all(group, "LABELS"))
    if not values.shape[0] or not values.shape[1]:
        raise FormatError(f"{path.name} holds no points, or no frames of them.")
    if len(names) < values.shape[1]:
        names = (*names, *(f"*{i}" for i in range(len(names), values.shape[1])))
    unit = str(next(iter(_all(group, "UNITS")), "mm")).strip() or "mm"
    rate = checked_rate(float(np.asarray(group["RATE"]["value"]).reshape(-1)[0]), path.name)
    seen = np.isfinite(values).all(-1) & (residual >= 0)
    # many programs leave a point that was lost at exactly the origin, without a residual to say so
    seen &= (values != 0).any(-1)
    positions = np.where(seen[..., None], values, np.nan) * metres(unit, path.name)
    up, sure = _up(group)
    first = int(held["header"]["points"]["first_frame"]) + 1
    return Points(names[: values.shape[1]], positions, rate, first=max(first, 1), up=up, sure=sure)


def write_c3d(path: Path, points: Points) -> None:
    """Write points, z up, in mm, as most readers expect; a point that is missing has the residual -1.

    path: of a file that the caller moves to its place. Raises OSError or RuntimeError as ezc3d does.
    """
    ezc3d = _library()
    frames, count = points.positions.shape[:2]
    seen = np.isfinite(points.positions).all(-1).T
    values = np.ones((4, count, frames))
    values[:3] = 1000.0 * np.nan_to_num(points.positions.transpose(2, 1, 0))
    made: Any = ezc3d.c3d()
    group = made["parameters"]["POINT"]
    group["RATE"]["value"], group["UNITS"]["value"] = [points.fps], ("mm",)
    group["LABELS"]["value"] = points.names
    made.add_parameter("POINT", "X_SCREEN", ["+X"])
    made.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    made["data"]["points"] = values
    made["data"]["meta_points"]["residuals"] = np.where(seen, 0.0, -1.0)[None]
    made.write(str(path))


def _library() -> Any:
    """ezc3d. Raises EngineError where an older environment lacks it."""
    try:
        import ezc3d
    except ImportError as error:
        raise EngineError(
            "C3D needs the package ezc3d, which the engine's environment lacks.", "Set the engine up again."
        ) from error
    return ezc3d


def _all(group: Any, name: str) -> list[Any]:
    """A parameter of more than 255 values goes on in NAME2, NAME3, ..."""
    values: list[Any] = []
    for further in ("", *map(str, range(2, 10))):
        if name + further in group:
            values += list(group[name + further]["value"])
    return values


def _up(group: Any) -> tuple[str, bool]:
    if "Y_SCREEN" in group and len(group["Y_SCREEN"]["value"]):
        word = str(group["Y_SCREEN"]["value"][0]).strip().lower()
        if word.lstrip("+-") in ("x", "y", "z"):
            return ("-" if word.startswith("-") else "") + word.lstrip("+-"), True
    return "z", False


def _look_over(path: Path) -> None:
    """Raises FormatError unless a file is as long as its header says, and its parameters lie within it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_BLOCK)
            start = _BLOCK * (head[0] - 1) if head else 0
            file.seek(max(start, 0))
            parameters = file.read(255 * _BLOCK)
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not size:
        raise FormatError(f"{path.name} is empty.")
    if size > LARGEST:
        raise FormatError(
            f"{path.name} has {size / 1e9:.1f} GB, too much for one clip: cut it into shorter ones."
        )
    if len(head) < _BLOCK or head[1] != 0x50 or not 2 <= head[0] < 128 or len(parameters) < 4:
        raise FormatError(f"{path.name} is not a C3D file, or it is cut short.")
    maker = parameters[3]
    if maker not in (_INTEL, _DEC, _MIPS):
        raise FormatError(f"{path.name} is a broken C3D file: it names no known kind of processor.")
    order = ">" if maker == _MIPS else "<"
    points, analog, first, last = struct.unpack_from(f"{order}4H", head, 2)
    data, _per_frame = struct.unpack_from(f"{order}2H", head, 16)
    scale = head[12:16]
    floats = bool((scale[1] if maker == _DEC else scale[0] if maker == _MIPS else scale[3]) & 0x80)
    if not points or last < first:
        raise FormatError(f"{path.name} holds no points, or no frames of them.")
    if points > _MOST_POINTS:
        raise FormatError(f"{path.name} claims {points} points, more than any body carries: it is damaged.")
    needed = (last - first + 1) * (4 * points + analog) * (4 if floats else 2)
    # a file's last block may be left unfilled
    if data < 2 or _BLOCK * (data - 1) + needed > size:
        raise FormatError(f"{path.name} is cut short: it has {size} bytes, its header promises more.")
    _walk(parameters[: parameters[2] * _BLOCK], order, path.name)


def _walk(section: bytes, order: str, name: str) -> None:
    """Raises FormatError unless each parameter ends where the next begins, within the section."""
    at = 4
    while at + 2 <= len(section) and section[at] != 0:
        length = abs(struct.unpack_from("b", section, at)[0])
        pointer = at + 2 + length
        if pointer + 2 > len(section):
            break
        (step,) = struct.unpack_from(f"{order}h", section, pointer)
        if step == 0:
            return
        if step < 2:
            break
        if struct.unpack_from("b", section, at + 1)[0] > 0 and not _fits(section, pointer, step):
            break
        at = pointer + step
    else:
        return
    raise FormatError(f"{name} is a broken C3D file: its parameters are damaged.")


def _fits(section: bytes, pointer: int, step: int) -> bool:
    """Whether a parameter's values, as many as its dimensions say, lie before the next one."""
    if pointer + 4 > len(section):
        return False
    width, dimensions = abs(struct.unpack_from("b", section, pointer + 2)[0]), section[pointer + 3]
    sizes = section[pointer + 4 : pointer + 4 + dimensions]
    if dimensions > 7 or len(sizes) < dimensions:
        return False
    count = int(np.prod(np.frombuffer(sizes, dtype=np.uint8), dtype=np.int64)) if dimensions else 1
    return 4 + dimensions + width * count <= step
