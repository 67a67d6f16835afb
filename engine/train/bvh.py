"""Read BVH motion capture into joint positions.

Small and our own: the readers on PyPI build an object for each joint and frame and need a minute for what
whole-array arithmetic does in a tenth of a second; training reads hundreds of clips.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import BadInput

_TOKEN = re.compile(r"(ROOT|JOINT|End Site|OFFSET|CHANNELS|\})[ \t]*([^\n{]*)")
_AXES = "XYZ"


@dataclass
class Bvh:
    """A clip: T frames of J joints; the end of a chain is a joint named PARENT_end.

    offsets: (J, 3) in the file's unit, rest pose. rotations: (T, J, 3, 3) local. root: (T, 3) position.
    """

    names: list[str]
    parents: list[int]
    offsets: np.ndarray
    rotations: np.ndarray
    root: np.ndarray
    frame_time: float


def read_bvh(path: Path | str) -> Bvh:
    """Parse a file. Raises BadInput, with the file's name, for one that is no BVH or a broken one."""
    path = Path(path)
    try:
        head, _, tail = path.read_text(encoding="utf-8", errors="replace").partition("MOTION")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    try:
        names, parents, offsets, channels = _hierarchy(head)
        return _motion(tail, names, parents, offsets, channels)
    except (ValueError, IndexError) as error:
        raise BadInput(f"{path} is not a BVH file, or a broken one: {error}.") from error


def _hierarchy(text: str) -> tuple[list[str], list[int], np.ndarray, list[list[str]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    open_joints: list[int] = []
    for word, rest in _TOKEN.findall(text):
        if word == "}":
            open_joints.pop()
        elif word == "OFFSET":
            offsets.append([float(x) for x in rest.split()])
        elif word == "CHANNELS":
            channels[open_joints[-1]] = rest.split()[1:]
        else:
            parents.append(open_joints[-1] if open_joints else -1)
            open_joints.append(len(names))
            names.append(f"{names[parents[-1]]}_end" if word == "End Site" else rest.strip())
            channels.append([])
    if not names or open_joints or len(offsets) != len(names):
        raise ValueError("its joint hierarchy is incomplete")
    return names, parents, np.array(offsets, dtype=float).reshape(-1, 3), channels


def _motion(
    text: str, names: list[str], parents: list[int], offsets: np.ndarray, channels: list[list[str]]
) -> Bvh:
    header = re.match(r"\s*Frames:\s*(\d+)\s*Frame Time:\s*(\S+)", text)
    if header is None:
        raise ValueError("it has no motion")
    frames, width = int(header[1]), sum(len(c) for c in channels)
    rows = np.fromstring(text[header.end() :], sep=" ")
    if frames == 0 or rows.size != frames * width:
        raise ValueError(f"{rows.size} numbers stand where {frames} frames of {width} should")
    rows = rows.reshape(frames, width)
    if not np.isfinite(rows).all():
        raise ValueError("it holds numbers that are not finite")
    rotations = np.tile(np.eye(3), (frames, len(names), 1, 1))
    root = np.tile(offsets[0], (frames, 1))
    column = 0
    for joint, kinds in enumerate(channels):
        for kind in kinds:
            axis, values = _AXES.index(kind[0].upper()), rows[:, column]
            column += 1
            if kind.lower().endswith("rotation"):
                rotations[:, joint] = rotations[:, joint] @ _about(axis, np.radians(values))
            elif joint == 0:
                root[:, axis] = values
    return Bvh(names, parents, offsets, rotations, root, float(header[2]))


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    """(T, 3, 3) rotations about a coordinate axis by (T,) radians."""
    result = np.tile(np.eye(3), (len(angle), 1, 1))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle), np.sin(angle)
    result[:, i, i], result[:, j, j], result[:, i, j], result[:, j, i] = cos, cos, -sin, sin
    return result


def forward_kinematics(bvh: Bvh, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World positions (T, J, 3) and rotations (T, J, 3, 3) of a clip posed on given offsets (J, 3)."""
    positions = np.empty((len(bvh.root), len(bvh.names), 3))
    rotations = np.empty_like(bvh.rotations)
    for joint, parent in enumerate(bvh.parents):
        if parent < 0:
            positions[:, joint], rotations[:, joint] = bvh.root, bvh.rotations[:, joint]
            continue
        rotations[:, joint] = rotations[:, parent] @ bvh.rotations[:, joint]
        positions[:, joint] = positions[:, parent] + rotations[:, parent] @ offsets[joint]
    return positions, rotations
