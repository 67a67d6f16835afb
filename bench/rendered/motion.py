"""Captured motion as transforms of a body's bones, turned as the bodies that lifters are trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.skeleton import H36M_19
from engine.train.body_bank import AXES, SEGMENT_OF, canonical_rotations
from engine.train.mocap import FPS, Clip, read_clip
from engine.train.people.anatomy import Body
from engine.train.segments import segment

RATE = 30.0
_LEG = [H36M_19.index(name) for name in ("LHip", "LKnee", "LAnkle")]
_LEG_BONES = ("LeftUpLeg", "LeftLeg", "LeftFoot")


def bone_transforms(path: Path, body: Body, start: float, frames: int) -> np.ndarray:
    """(frames, B, 4, 4) rest to world of the body's bones, z up, at 30 fps from start (0 to 1 of the clip).

    A clip that is too short is held at its end. Raises BadInput for a skeleton nobody knows.
    """
    clip = read_clip(path)
    step = FPS / RATE
    spare = max(len(clip.points) - 1 - step * frames, 0)
    rows = np.minimum(spare * start + step * np.arange(frames), len(clip.points) - 1).round().astype(int)
    turns = Rotation.from_quat(clip.rotations[rows][..., [1, 2, 3, 0]].reshape(-1, 4)).as_matrix()
    turns = turns.reshape(frames, -1, 3, 3)
    heads = dict(zip(body.bones, body.heads @ AXES.T, strict=True))
    rest = canonical_rotations(heads)
    rotations = np.stack(
        [AXES.T @ turns[:, segment(SEGMENT_OF[bone])] @ rest[SEGMENT_OF[bone]] @ AXES for bone in body.bones],
        axis=1,
    )
    return _chain(body, rotations, _hip_path(clip, body, rows))


def _hip_path(clip: Clip, body: Body, rows: np.ndarray) -> np.ndarray:
    """(T, 3) of the middle of the hips, z up, as far as legs of the body's length would go."""
    theirs = np.linalg.norm(np.diff(clip.points[:, _LEG], axis=1), axis=-1).sum(axis=1).mean()
    ours = body.heads[[body.bone(name) for name in _LEG_BONES]]
    return np.linalg.norm(np.diff(ours, axis=0), axis=1).sum() / theirs * clip.points[rows, 0] @ AXES


def _chain(body: Body, rotations: np.ndarray, hip: np.ndarray) -> np.ndarray:
    transforms = np.tile(np.eye(4), (*rotations.shape[:2], 1, 1))
    transforms[..., :3, :3] = rotations
    for number, parent in enumerate(body.parents):
        head = body.heads[number]
        at = transforms[:, max(parent, 0), :3, :3] @ head + transforms[:, max(parent, 0), :3, 3]
        transforms[:, number, :3, 3] = at * (parent >= 0) - rotations[:, number] @ head
    middle = np.mean([_head(body, transforms, side + "UpLeg") for side in ("Left", "Right")], axis=0)
    transforms[..., :3, 3] += (hip - middle)[:, None]
    return transforms


def _head(body: Body, transforms: np.ndarray, bone: str) -> np.ndarray:
    number = body.bone(bone)
    return transforms[:, number, :3, :3] @ body.heads[number] + transforms[:, number, :3, 3]
