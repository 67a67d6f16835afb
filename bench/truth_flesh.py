"""The flesh on a captured skeleton: lengths and surface of the bodies that training poses."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from blender_pose3d.skeleton import H36M_19, HALPE_26
from engine.lift.lifter import STATURE
from engine.train.bodies import BANK, pose_bodies
from engine.train.mocap import Clip

from . import feet

_NEAREST = {
    **dict.fromkeys(("nose", "left_eye", "right_eye", "left_ear", "right_ear"), "Neck"),
    "head": "Head", "neck": "Thorax", "hip": "Hip",
    **{f"{side}_{point}": s + joint for s, side in (("L", "left"), ("R", "right")) for point, joint in (
        ("hip", "Hip"), ("knee", "Knee"), ("ankle", "Ankle"), ("heel", "Ankle"), ("big_toe", "Toe"),
        ("small_toe", "Toe"), ("shoulder", "Shoulder"), ("elbow", "Elbow"), ("wrist", "Wrist"),
    )},
}  # fmt: skip
BELOW = np.array([H36M_19.index(_NEAREST[name]) for name in HALPE_26.joints])
"""(26,) the joint of H36M_19 under each of Halpe's points."""

_STEP = 37  # through the bank, so that neighbours in the table are no neighbours in shape


@cache
def _body(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Tables (19, segments, 3) of joints and (26, segments, 3) of surface points of one body, metres."""
    with np.load(BANK, allow_pickle=False) as bank:
        which = number * _STEP % len(bank["joints"])
        joints, seen = bank["joints"][which], bank["seen"][which]
    return joints.astype(np.float32), seen[: len(HALPE_26)].astype(np.float32)


def body_lengths(number: int) -> np.ndarray:
    """(19,) metres of the bones that end in each joint of a body as tall as the lifter's; 0 for the root.

    Feet have the length that bench/feet.py goes by.
    """
    places = _body(number)[0].sum(axis=1)
    parents = np.array(H36M_19.parents)
    lengths = np.linalg.norm(places - places[parents], axis=-1)
    lengths[parents < 0] = 0.0
    lengths[[H36M_19.index("LToe"), H36M_19.index("RToe")]] = feet.LENGTH * STATURE
    return lengths


def surface_offsets(clip: Clip, number: int) -> np.ndarray:
    """(T, 26, 3) from each Halpe point's nearest joint to the point on the skin, in the poses of a clip."""
    joints, seen = _body(number)
    table = torch.from_numpy(np.concatenate((joints, seen))).flatten(1)
    rotations = torch.from_numpy(clip.rotations)[None]
    placed = pose_bodies(rotations, torch.zeros(1, len(clip.rotations), 3), table[None])[0].double().numpy()
    return placed[:, len(H36M_19) :] - placed[:, BELOW]
