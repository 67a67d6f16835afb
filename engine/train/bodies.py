"""Bodies with a surface in the motion of a clip.

A body is a table of constant offsets, one for each point and segment: turned by the segments' rotations and
summed they are the point (body_bank.py says why). Joint centres are what the lifter shall find; points of
the surface are what a detector sees, brought to the lifter's joints by the bridge itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19, HALPE_26

from ..bridge import rename_joints
from ..pose2d.halpe_from_blazepose import DIRECT, LANDMARKS, PAIRS, halpe_joints
from .body_bank import SEEN
from .segments import MIRROR, SEGMENTS, matrix_rows, segment

BANK = Path(__file__).parent / "bodies.npz"

HIP, THORAX, SPINE = (H36M_19.index(n) for n in ("Hip", "Thorax", "Spine"))
RHIP, LHIP, RSHOULDER, LSHOULDER = (H36M_19.index(n) for n in ("RHip", "LHip", "RShoulder", "LShoulder"))

# Where detectors, clothes and hair make a point differ from the surface's: standard deviation in metres, of
# one person in one window.
_SPREAD = {
    "Hip": 0.014, "Knee": 0.010, "Ankle": 0.009, "Toe": 0.016, "Neck": 0.012, "Head": 0.018,
    "Shoulder": 0.012, "Elbow": 0.009, "Wrist": 0.009,
}  # fmt: skip
# The segment on which a point sits, for that.
_SEAT = {
    "Hip": "pelvis", "Knee": "thigh", "Ankle": "shin", "Toe": "toes", "Spine": "upper_back",
    "Thorax": "chest", "Neck": "head", "Head": "head", "Shoulder": "clavicle", "Elbow": "upper_arm",
    "Wrist": "forearm",
}  # fmt: skip
_STANDING = [H36M_19.index(n) for n in ("Head", "LAnkle", "RAnkle")]


def _seats() -> Tensor:
    """(J, segments, 3): the spread of each joint's point on the segment it sits on, else 0."""
    result = torch.zeros(len(H36M_19), len(SEGMENTS), 3)
    for joint, name in enumerate(H36M_19.joints):
        side = {"L": "left_", "R": "right_"}.get(name[0], "")
        part = _SEAT[name[1:] if side else name]
        spread = 0.0 if name == "Hip" else _SPREAD.get(name[1:] if side else name, 0.0)
        result[joint, segment(part if part == "pelvis" else side + part)] = spread
    return result


_SEATS = _seats()


@dataclass(frozen=True)
class Bank:
    """joints: (N, J, segments, 3) offsets of joint centres, metres. seen: (N, detectors, J, segments, 3) of
    what the bridge makes of points of the surface, for detectors with a point at the top of the head, for
    those without one, and for BlazePose, whose top of the head is made of the face."""

    joints: Tensor
    seen: Tensor


@cache
def load_bank(path: Path = BANK) -> Bank:
    with np.load(path, allow_pickle=False) as file:
        joints, seen = file["joints"].astype(np.float32), file["seen"].astype(np.float32)
    count, _, segments, _ = seen.shape
    surface = seen.reshape(count, len(SEEN), segments * 3)
    halpe = surface[:, : len(HALPE_26)]
    headless = halpe.copy()
    headless[:, HALPE_26.index("head")] = np.nan
    landmarks = np.zeros((count, LANDMARKS, segments * 3), np.float32)
    landmarks[:, list(DIRECT.values())] = halpe[:, list(DIRECT)]
    landmarks[:, PAIRS["mouth"]] = surface[:, [SEEN.index("left_mouth"), SEEN.index("right_mouth")]]
    score = np.ones(halpe.shape[:2], np.float32)
    # The bridge adds and scales points, so it may as well do so with the offsets they are made of.
    detected = [
        rename_joints(kind, score, HALPE_26)[0].reshape(joints.shape)
        for kind in (halpe, headless, halpe_joints(landmarks))
    ]
    return Bank(torch.from_numpy(joints), torch.from_numpy(np.stack(detected, axis=1)).float())


def draw_bodies(count: int, proportions: float, surface: float, generator: torch.Generator) -> Tensor:
    """(count, 2 J, 3 segments) tables of random people: joint centres, then what a detector sees.

    proportions: spread of the sizes of segments beside the bank's own, as a fraction. surface: how far what
    is seen lies from the centres, 1 as measured on the bodies. Everybody is STATURE tall.
    """
    bank = load_bank()
    body = torch.randint(len(bank.joints), (count,), generator=generator)
    detector = torch.randint(bank.seen.shape[1], (count,), generator=generator)
    joints, seen = bank.joints[body], bank.seen[body, detector]
    own = torch.randn(count, len(H36M_19), 1, 3, generator=generator) * _SEATS
    table = torch.cat((joints, joints + surface * (seen - joints + own)), dim=1)

    size = torch.randn(count, len(SEGMENTS), generator=generator).mul(proportions).exp()
    size = (size + size[:, MIRROR]) / 2
    table = table * size[:, None, :, None]
    # In the T pose the rotations are ones, so the offsets' sum is the place.
    before, after = (t[:, _STANDING, :, 1].sum(-1) for t in (joints, table))
    tall, now = (2 * y[:, 0] - y[:, 1] - y[:, 2] for y in (before, after))
    return (table * (tall / now)[:, None, None, None]).flatten(2)


def pose_bodies(rotations: Tensor, root: Tensor, bodies: Tensor) -> Tensor:
    """(B, L, K, 3) points of bodies (B, K, 3 segments) with rotations (B, L, segments, 4) and the hip's path
    (B, L, 3)."""
    frames = rotations.shape[1]
    rows = matrix_rows(rotations).flatten(1, 2)
    points = (rows @ bodies.mT).unflatten(1, (frames, 3)).mT
    return points + root[:, :, None]
