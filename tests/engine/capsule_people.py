"""A stand-in for anny's bodies: boxes along the bones of a stick figure, with skinning weights."""

from __future__ import annotations

import numpy as np
import torch

from blender_pose3d.skeleton import HALPE_26
from engine.train.people.assets import Bank
from engine.train.segments import SEGMENTS, segment

# bone: parent, start and end, metres, x left, y back, z up, in the T pose
BONES = {
    "pelvis": ("", (0, 0, 0.95), (0, 0, 1.05)),
    "chest": ("pelvis", (0, 0, 1.05), (0, 0, 1.45)),
    "head": ("chest", (0, 0, 1.45), (0, 0, 1.75)),
    "left_upper_arm": ("chest", (0.18, 0, 1.4), (0.45, 0, 1.4)),
    "left_forearm": ("left_upper_arm", (0.45, 0, 1.4), (0.7, 0, 1.4)),
    "right_upper_arm": ("chest", (-0.18, 0, 1.4), (-0.45, 0, 1.4)),
    "right_forearm": ("right_upper_arm", (-0.45, 0, 1.4), (-0.7, 0, 1.4)),
    "left_thigh": ("pelvis", (0.1, 0, 0.95), (0.1, 0, 0.5)),
    "left_shin": ("left_thigh", (0.1, 0, 0.5), (0.1, 0, 0.08)),
    "left_foot": ("left_shin", (0.1, 0.05, 0.05), (0.1, -0.2, 0.05)),
    "right_thigh": ("pelvis", (-0.1, 0, 0.95), (-0.1, 0, 0.5)),
    "right_shin": ("right_thigh", (-0.1, 0, 0.5), (-0.1, 0, 0.08)),
    "right_foot": ("right_shin", (-0.1, 0.05, 0.05), (-0.1, -0.2, 0.05)),
}
# where Halpe's points are: bone and place; anything not listed is the middle of the head
POINTS = {
    "nose": ("head", (0, -0.08, 1.6)),
    "head": ("head", (0, 0, 1.75)),
    "neck": ("chest", (0, 0, 1.42)),
    "hip": ("pelvis", (0, 0, 0.95)),
    "left_elbow": ("left_upper_arm", (0.45, 0, 1.4)),
    "left_wrist": ("left_forearm", (0.7, 0, 1.4)),
    "right_wrist": ("right_forearm", (-0.7, 0, 1.4)),
    "left_knee": ("left_thigh", (0.1, 0, 0.5)),
    "left_ankle": ("left_shin", (0.1, 0, 0.08)),
    "left_big_toe": ("left_foot", (0.1, -0.2, 0.05)),
}
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_SIDES = [
    (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
    (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
]  # fmt: skip


def capsule_bank(bodies: int = 2) -> Bank:
    """Bodies of boxes, the second a little larger than the first and so on."""
    names = list(BONES)
    starts = np.array([BONES[name][1] for name in names], float)
    vertices, faces, weights = [], [], []
    for number, name in enumerate(names):
        low, high = (np.array(end, float) for end in BONES[name][1:])
        half = np.abs(high - low) / 2 + 0.08
        faces.extend((np.array(_SIDES) + len(vertices)).tolist())
        vertices.extend((low + high) / 2 + half * _CORNERS)
        weights.extend([np.eye(len(names))[number]] * 8)
    moments, shares = _points(names)
    size = 1 + 0.05 * np.arange(bodies)[:, None, None]
    rest = np.stack(vertices)[None] * size

    def tensor(array: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.tensor(np.array(array), dtype=dtype)

    many = len(faces)
    whole = torch.int64
    return Bank(
        weights=tensor(np.stack(weights)),
        parents=tensor([names.index(BONES[n][0]) if BONES[n][0] else -1 for n in names], whole),
        segments=tensor([segment(name) for name in names], whole),
        rest=tensor(rest),
        normals=tensor(np.tile(_CORNERS / np.sqrt(3), (bodies, len(names), 1))),
        colours=tensor(np.full(rest.shape, 0.4)),
        tones=tensor(np.full((bodies, 3), 0.4)),
        base=tensor(np.tile(np.arange(rest.shape[1]), (bodies, 1)), whole),
        faces=tensor(np.tile(faces, (bodies, 1, 1)), whole),
        material=tensor(np.tile(np.arange(many) % 6, (bodies, 1)), whole),
        heads=tensor(starts[None] * size),
        turns=tensor(np.tile(np.eye(3), (bodies, len(names), 1, 1))),
        moments=tensor(moments[None] * size[..., None]),
        shares=tensor(shares),
        stature=tensor(1.75 * size[:, 0, 0]),
    )


def _points(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    places = np.zeros((len(HALPE_26), 3))
    shares = np.zeros((len(HALPE_26), len(names)))
    for row, joint in enumerate(HALPE_26.joints):
        bone, place = POINTS.get(joint, ("head", (0.0, 0.0, 1.6)))
        shares[row, names.index(bone)], places[row] = 1.0, place
    return shares[..., None] * places[:, None], shares


def t_pose(count: int) -> torch.Tensor:
    """(count, segments, 4) unit quaternions of nobody moving."""
    result = torch.zeros(count, len(SEGMENTS), 4)
    result[..., 0] = 1.0
    return result
