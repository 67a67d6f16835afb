"""Motion capture clips as rotations of a body's segments and points of the lifter's skeleton.

Three namings of CMU's skeletons are known. What they leave out or place elsewhere than `skeleton.py` says is
put right here; body proportions are not taken from the clips at all (see bodies.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import H36M_19

from ..errors import BadInput
from .bvh import Bvh, forward_kinematics, read_bvh
from .mocap_segments import segment_rotations

FPS = 60.0  # to which every clip is brought

_SIDES = {"Left": "L", "Right": "R"}
_LEG = ("Hip", "Knee", "Ankle", "Toe")
_ARM = ("Shoulder", "Elbow", "Wrist")


def _named(pattern: tuple[str, ...], joints: tuple[str, ...], sides: dict[str, str]) -> dict[str, str]:
    return {
        side + joint: source.format(side=word)
        for word, side in sides.items()
        for joint, source in zip(joints, pattern, strict=True)
    }


_CMU_MB = {
    **_named(("{side}UpLeg", "{side}Leg", "{side}Foot", "{side}ToeBase_end"), _LEG, _SIDES),
    **_named(("{side}Arm", "{side}ForeArm", "{side}Hand"), _ARM, _SIDES),
    "Spine": "Spine", "Neck": "Head", "Head": "Head_end",
}  # fmt: skip
_CMU_JOINTS = {
    **_named(("{side}Hip", "{side}Knee", "{side}Ankle", "{side}Toe_end"), _LEG, _SIDES),
    **_named(("{side}Shoulder", "{side}Elbow", "{side}Wrist"), _ARM, _SIDES),
    "Spine": "Chest", "Neck": "Head", "Head": "Head_end",
}  # fmt: skip
_DAZ_SIDES = {"l": "L", "r": "R"}
_DAZ = {
    **_named(("{side}Thigh", "{side}Shin", "{side}Foot", "{side}Foot_end"), _LEG, _DAZ_SIDES),
    **_named(("{side}Shldr", "{side}ForeArm", "{side}Hand"), _ARM, _DAZ_SIDES),
    "Spine": "chest", "Neck": "head", "Head": "head",
}  # fmt: skip

# The chest joint of the CMU skeletons and its children, whose offsets lack the length of the chest's bone:
# shoulders and neck would sit a hand's breadth too low.
_CHESTS = {
    "Spine1": ("Neck", "LeftShoulder", "RightShoulder"),
    "Chest2": ("lowerneck", "LeftCollar", "RightCollar"),
}
# Their forearm ends where the turning of the wrist is said to begin, at two thirds of its length.
_FOREARM = 1.5


@dataclass
class Clip:
    """A motion at 60 fps, y up, unit of the file. subject: e.g. "05" or "salsa".

    points: (T, 19, 3) float32, the actor's own joints in H36M_19; training takes the Hip's path alone.
    rotations: (T, segments, 4) float32 unit quaternions (segments.py).
    """

    name: str
    subject: str
    points: np.ndarray
    rotations: np.ndarray


def read_clip(path: Path | str) -> Clip:
    """A BVH file as a clip at 60 fps. Raises BadInput for a broken file or a skeleton nobody knows."""
    path = Path(path)
    bvh = read_bvh(path)
    names = set(bvh.names)
    mapping = next((m for m in (_CMU_MB, _CMU_JOINTS, _DAZ) if set(m.values()) <= names), None)
    if mapping is None:
        raise BadInput(
            f"{path} has a skeleton that is not known (joints {', '.join(bvh.names[:4])} ...).",
            "Known are the three namings of the CMU motion capture files.",
        )
    points, world = _points(bvh, mapping)
    first = 1 if len(points) > 1 else 0  # many clips start with the rest pose
    when = _moments(len(points) - first, FPS * bvh.frame_time)
    rotations = _at(segment_rotations(bvh, world)[first:], when)
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    return Clip(path.stem, path.stem.split("_")[0], _at(points[first:], when), rotations)


def _points(bvh: Bvh, mapping: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """(T, 19, 3) points and (T, J, 3, 3) rotations of the file's joints."""
    index = {name: i for i, name in enumerate(bvh.names)}
    offsets = bvh.offsets.copy()
    for chest, children in _CHESTS.items():
        if chest in index and all(name in index for name in children):
            length = np.linalg.norm(offsets[index[chest]])
            for name in children:
                offsets[index[name]] = (0.0, length, 0.0)
    positions, rotations = forward_kinematics(bvh, offsets)
    at = {joint: positions[:, index[name]] for joint, name in mapping.items()}
    if mapping is _DAZ:
        _place_daz_head(bvh, index, at, rotations)
        at["Spine"] = (positions[:, index["abdomen"]] + positions[:, index["chest"]]) / 2
    else:
        for side in "LR":
            at[side + "Wrist"] = at[side + "Elbow"] + _FOREARM * (at[side + "Wrist"] - at[side + "Elbow"])
    at["Hip"] = (at["LHip"] + at["RHip"]) / 2
    at["Thorax"] = (at["LShoulder"] + at["RShoulder"]) / 2
    return np.stack([at[name] for name in H36M_19.joints], axis=1).astype(np.float32), rotations


def _place_daz_head(bvh: Bvh, index: dict[str, int], at: dict[str, np.ndarray], turn: np.ndarray) -> None:
    """The head joint sits in the throat; ears' lobes and vertex are measured from the eyes."""
    eye = (bvh.offsets[index["leftEye"]] + bvh.offsets[index["rightEye"]]) / 2
    joint, turn = at["Head"], turn[:, index["head"]]
    # Eyes stand at 0.936 of stature, the lobes at 0.91; the ears lie behind the eyes by about their height.
    stature = eye[1] / 0.048
    at["Neck"] = joint + turn @ np.array([0.0, eye[1] - 0.012 * stature, 0.06 * eye[2]])
    at["Head"] = joint + turn @ np.array([0.0, eye[1] + 0.064 * stature, 0.06 * eye[2]])


def _moments(frames: int, rate: float) -> np.ndarray:
    """Moments at 60 fps of a clip, in its own frames. rate: 60 fps over its own."""
    step = 1.0 if abs(rate - 1.0) < 0.01 else 1.0 / rate
    return np.arange(0.0, frames - 1 + 1e-9, step)


def _at(values: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Values (T, ...) between frames, linearly."""
    low = np.minimum(when.astype(int), max(len(values) - 2, 0))
    share = (when - low).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    return values[low] * (1 - share) + values[np.minimum(low + 1, len(values) - 1)] * share


def read_folder(folder: Path | str) -> list[Clip]:
    """All clips below a folder, sorted by name. Raises BadInput where there is none or one is broken."""
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    files = sorted(folder.rglob("*.bvh"), key=lambda p: (p.stem, str(p)))
    if not files:
        raise BadInput(
            f"{folder} holds no BVH files.", "Unpack the motion capture archive and name its folder."
        )
    return [read_clip(path) for path in files]
