"""Captured motion as transforms of a body's bones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import BadInput
from engine.train.bvh import forward_kinematics, read_bvh

from .anatomy import Body

FPS = 30.0
_TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

# anny's bone to the joint of each naming whose turning it takes
_TRUNK = ("Hips", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head")
_LIMB = ("Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase")


def _naming(trunk: tuple[str, ...], limb: tuple[str, ...], sides: tuple[str, str]) -> dict[str, str]:
    named = dict(zip(_TRUNK, trunk, strict=True))
    for ours, theirs in zip(("Left", "Right"), sides, strict=True):
        named |= {ours + bone: theirs + joint for bone, joint in zip(_LIMB, limb, strict=True)}
    return named


_NAMINGS = (
    _naming(_TRUNK, _LIMB, ("Left", "Right")),
    _naming(
        ("Hips", "lowerback", "Chest", "Chest2", "lowerneck", "Neck", "Head"),
        ("Collar", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Toe"),
        ("Left", "Right"),
    ),
    _naming(
        ("hip", "abdomen", "abdomen", "chest", "neck", "neck", "head"),
        ("Collar", "Shldr", "ForeArm", "Hand", "Thigh", "Shin", "Foot", "Foot"),
        ("l", "r"),
    ),
)
# Bones that are straight in captured rest poses lie askew in the body's: these are turned onto each other.
_ALIGNED = {"Arm": "ForeArm", "ForeArm": "Hand", "UpLeg": "Leg", "Leg": "Foot"}


def bone_transforms(path: Path, body: Body, start: float, frames: int) -> np.ndarray:
    """(frames, B, 4, 4) rest to world of the body's bones, z up, at 30 fps from start (0 to 1 of the clip).

    Raises BadInput for a skeleton nobody knows.
    """
    bvh = read_bvh(path)
    names = set(bvh.names)
    naming = next((n for n in _NAMINGS if set(n.values()) <= names), None)
    if naming is None:
        raise BadInput(f"{path} has a skeleton that is not known.")
    positions, turns = forward_kinematics(bvh, bvh.offsets)
    index = {name: number for number, name in enumerate(bvh.names)}
    step = 1 / (FPS * bvh.frame_time)
    spare = max(len(positions) - 2 - step * frames, 0)
    rows = np.minimum(1 + spare * start + step * np.arange(frames), len(positions) - 1).round().astype(int)
    turns = _TO_Z_UP @ turns[rows] @ _TO_Z_UP.T
    rotations = np.empty((frames, len(body.bones), 3, 3))
    for number, bone in enumerate(body.bones):
        if bone not in naming:
            rotations[:, number] = rotations[:, body.parents[number]]
            continue
        rotations[:, number] = turns[:, index[naming[bone]]] @ _onto(bone, body, naming, index, bvh.offsets)
    legs = np.linalg.norm(bvh.offsets[[index[naming[b]] for b in ("LeftLeg", "LeftFoot")]], axis=1).sum()
    heads = body.heads[[body.bone(b) for b in ("LeftUpLeg", "LeftLeg", "LeftFoot")]]
    scale = np.linalg.norm(np.diff(heads, axis=0), axis=1).sum() / legs
    root = scale * positions[rows, index[naming["Hips"]]] @ _TO_Z_UP.T
    return _chain(body, rotations, root)


def _onto(
    bone: str, body: Body, naming: dict[str, str], index: dict[str, int], offsets: np.ndarray
) -> np.ndarray:
    side = "Left" if bone.startswith("Left") else "Right"
    child = _ALIGNED.get(bone.removeprefix(side))
    if child is None or not bone.startswith(side):
        return np.eye(3)
    ours = body.heads[body.bone(side + child)] - body.heads[body.bone(bone)]
    return _shortest(ours, _TO_Z_UP @ offsets[index[naming[side + child]]])


def _shortest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The rotation of the least angle that turns direction a into direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    v = np.cross(a, b)
    cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + cross + cross @ cross / (1 + a @ b)


def _chain(body: Body, rotations: np.ndarray, root: np.ndarray) -> np.ndarray:
    transforms = np.tile(np.eye(4), (*rotations.shape[:2], 1, 1))
    transforms[..., :3, :3] = rotations
    for number, parent in enumerate(body.parents):
        head = body.heads[number]
        at = root if parent < 0 else transforms[:, parent, :3, :3] @ head + transforms[:, parent, :3, 3]
        transforms[:, number, :3, 3] = at - rotations[:, number] @ head
    return transforms
