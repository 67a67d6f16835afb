"""BVH files of others: their joints told by name or shape as the bones of a character are.

Format: Meredith and Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001. A BVH
file names
no unit: it is the one of mm, cm, inch and metre in which its skeleton is nearest to a grown-up's height.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..retarget import RestPose
from ..rig_maps import RigError, detect
from ..rotations import frame, norm
from ..skeleton import Skeleton
from ..tracks import Tracks
from .points import FormatError, checked_rate
from .text import read_text
from .world_tracks import body_up, tracks_from_world, turn_up

_TOKEN = re.compile(r"(ROOT|JOINT|End Site|OFFSET|CHANNELS|\})[ \t]*([^\n{]*)")
_UNITS = (1.0, 0.0254, 0.01, 0.001)
_TALL = 1.70
_MOST_JOINTS = 2000


@dataclass(frozen=True)
class Clip:
    """names, parents: J joints, parents first, ends of chains among them. offsets: (J, 3) in the file's unit.
    places: (T, J, 3) world, the file's axes and unit. fps: frames a second."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    places: np.ndarray
    fps: float


def read_bvh(path: str | Path) -> Tracks:
    """Tracks of the humanoid in a BVH file. Raises FormatError for a broken file, and for what is no
    humanoid."""
    path = Path(path)
    clip = read_clip(path)
    rest = _rest_places(clip)
    up = _rest_up(clip, rest)
    scale = _unit(rest @ turn_up(up).T)
    rest, places = scale * rest @ turn_up(up).T, scale * clip.places @ turn_up(up).T
    try:
        roles = detect(_rest_pose(clip, rest), "its skeleton").mapping
    except RigError as error:
        raise FormatError(f"{path.name}: {error}.") from error
    joints, skeleton = _joints(clip, places, roles, path.name)
    if body_up(joints, skeleton) not in (None, "z"):
        joints = joints @ turn_up(str(body_up(joints, skeleton))).T
    return tracks_from_world(joints[None], skeleton, 1 + np.arange(len(joints)), clip.fps, path.name)


def read_clip(path: Path) -> Clip:
    """Hierarchy and world places of a file. Raises FormatError."""
    head, _, tail = read_text(path).partition("MOTION")
    if not head.lstrip().startswith("HIERARCHY"):
        raise FormatError(f"{path.name} is not a BVH file: it does not begin with HIERARCHY.")
    try:
        names, parents, offsets, channels = _hierarchy(head)
        rows, seconds = _motion(tail, sum(map(len, channels)))
    except (ValueError, IndexError, KeyError) as error:
        raise FormatError(f"{path.name} is a broken BVH file: {error}.") from error
    fps = checked_rate(1.0 / seconds if seconds > 0 else float("nan"), path.name)
    return Clip(tuple(names), tuple(parents), offsets, _places(parents, offsets, channels, rows), fps)


def _hierarchy(text: str) -> tuple[list[str], list[int], np.ndarray, list[list[str]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    above: list[int] = []
    for word, rest in _TOKEN.findall(text):
        if word == "}":
            above.pop()
        elif word == "OFFSET":
            offsets.append([float(value) for value in rest.split()])
        elif word == "CHANNELS":
            channels[above[-1]] = [_channel(kind) for kind in rest.split()[1:]]
        else:
            parents.append(above[-1] if above else -1)
            above.append(len(names))
            names.append(f"{names[parents[-1]]}_end" if word == "End Site" else rest.strip())
            channels.append([])
    if not names or above or len(offsets) != len(names) or len(names) > _MOST_JOINTS:
        raise ValueError("its hierarchy of joints is incomplete")
    if parents.count(-1) != 1:
        raise ValueError("it has several roots")
    places = np.array(offsets, dtype=np.float64)
    if places.shape != (len(names), 3) or not np.isfinite(places).all():
        raise ValueError("an offset is not three numbers")
    return names, parents, places, channels


def _channel(kind: str) -> str:
    """``Xposition`` → ``tx``, ``Zrotation`` → ``rz``."""
    axis, what = kind[:1].lower(), kind[1:].lower()
    if axis not in "xyz" or what not in ("position", "rotation"):
        raise ValueError(f"there is no channel {kind[:20]}")
    return ("t" if what == "position" else "r") + axis


def _motion(text: str, width: int) -> tuple[np.ndarray, float]:
    header = re.match(r"\s*Frames:\s*(\d{1,9})\s+Frame Time:\s*(\S+)", text)
    if header is None:
        raise ValueError("it has no motion")
    rows = np.array(text[header.end() :].split(), dtype=np.float64)
    if not int(header[1]) or rows.size != int(header[1]) * width:
        raise ValueError(f"{rows.size} numbers stand where {header[1]} frames of {width} should")
    if not np.isfinite(rows).all():
        raise ValueError("it holds numbers that are not finite")
    return rows.reshape(-1, width), float(header[2])


def _places(
    parents: list[int], offsets: np.ndarray, channels: list[list[str]], rows: np.ndarray
) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    frames = len(rows)
    places = np.empty((frames, len(parents), 3))
    turned = np.empty((frames, len(parents), 3, 3))
    column = 0
    for joint, kinds in enumerate(channels):
        values = rows[:, column : column + len(kinds)]
        column += len(kinds)
        local = np.tile(offsets[joint], (frames, 1))
        for number, kind in enumerate(kinds):
            if kind[0] == "t":
                # position channels stand in the place of the offset, as most readers and writers have it
                local[:, "xyz".index(kind[1])] = values[:, number]
        axes = [n for n, kind in enumerate(kinds) if kind[0] == "r"]
        turn = np.broadcast_to(np.eye(3), (frames, 3, 3))
        for number in axes:
            turn = turn @ Rotation.from_euler(kinds[number][1], values[:, number], degrees=True).as_matrix()
        parent = parents[joint]
        if parent < 0:
            places[:, joint], turned[:, joint] = local, turn
        else:
            places[:, joint] = places[:, parent] + (turned[:, parent] @ local[..., None])[..., 0]
            turned[:, joint] = turned[:, parent] @ turn
    return places


def _rest_places(clip: Clip) -> np.ndarray:
    """(J, 3) with no rotation, the root at 0. A joint whose offset is 0 and whose place is in its channels,
    as our
    own files have it, takes its usual distance from its parent."""
    rest = np.zeros_like(clip.offsets)
    for joint, parent in enumerate(clip.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + clip.offsets[joint]
    return rest


def _rest_up(clip: Clip, rest: np.ndarray) -> str:
    """y, as BVH has it, unless the skeleton at rest is much taller along z."""
    tall = np.ptp(rest, axis=0)
    return "z" if tall[2] > 1.3 * tall[1] and tall[2] > tall[0] * 0.7 else "y"


def _unit(rest: np.ndarray) -> float:
    tall = float(np.ptp(rest[:, 2]))
    if not tall > 0:
        return 1.0
    nearest = min(_UNITS, key=lambda unit: abs(np.log(unit * tall / _TALL)))
    fits = 0.5 < nearest * tall / _TALL < 1.8
    return nearest if fits else _TALL / tall


def _rest_pose(clip: Clip, rest: np.ndarray) -> RestPose:
    """The skeleton as bones: each inner joint from its place to the mean of its children's."""
    inner = [j for j in range(len(clip.names)) if j in clip.parents]
    where = {joint: i for i, joint in enumerate(inner)}
    matrices, lengths = np.tile(np.eye(4), (len(inner), 1, 1)), np.empty(len(inner))
    for i, joint in enumerate(inner):
        children = [c for c, parent in enumerate(clip.parents) if parent == joint]
        along = rest[children].mean(axis=0) - rest[joint]
        axes = frame(along, np.array([1.0, 0.0, 0.0])) if norm(along) > 1e-6 else np.eye(3)
        matrices[i, :3, :3] = np.stack([axes[:, 1], axes[:, 0], -axes[:, 2]], axis=-1)
        matrices[i, :3, 3], lengths[i] = rest[joint], max(float(norm(along)), 1e-3)
    flags = np.ones(len(inner), dtype=bool)
    parents = np.array([where.get(clip.parents[joint], -1) for joint in inner])
    names = tuple(clip.names[joint] for joint in inner)
    return RestPose(names, parents, matrices, lengths, np.eye(4), ~flags, flags, flags)


def _joints(clip: Clip, places: np.ndarray, roles: dict[str, str], name: str) -> tuple[np.ndarray, Skeleton]:
    """Our joints (T, J, 3) from where the bones of a humanoid begin and end."""

    def start(role: str) -> np.ndarray | None:
        return places[:, clip.names.index(roles[role])] if role in roles else None

    def end(role: str) -> np.ndarray | None:
        if role not in roles:
            return None
        joint = clip.names.index(roles[role])
        children = [c for c, parent in enumerate(clip.parents) if parent == joint]
        return places[:, children].mean(axis=1) if children else None

    from .joint_names import assemble

    found: dict[str, np.ndarray | None] = {}
    for side, letter in (("left", "L"), ("right", "R")):
        for joint, role in (
            ("hip", "thigh"), ("knee", "shin"), ("shoulder", "upper_arm"), ("elbow", "forearm"),
        ):  # fmt: skip
            found[f"{side}_{joint}"] = start(f"{role}.{letter}")
        for joint, role, before in (("ankle", "foot", "shin"), ("wrist", "hand", "forearm")):
            place = start(f"{role}.{letter}")
            found[f"{side}_{joint}"] = end(f"{before}.{letter}") if place is None else place
        toe = end(f"toe.{letter}")
        found[f"{side}_big_toe"] = end(f"foot.{letter}") if toe is None else toe
    found["head_base"], found["head"] = start("head"), end("head")
    return assemble({key: value for key, value in found.items() if value is not None}, name)
