"""What a detector of Halpe's 26 points makes of a body in a picture."""

from __future__ import annotations

import numpy as np
import torch

from blender_pose3d.skeleton import H36M_19, HALPE_26
from engine.lift.lifter import STATURE
from engine.train.bodies import surface_points
from engine.train.noise import detect

from . import feet
from .truth_camera import SIZE, project, to_camera

_SAME = {
    "Head": "head", "Thorax": "neck", "Hip": "hip",
    **{f"{s}{ours}": f"{side}_{theirs}" for s, side in (("L", "left"), ("R", "right")) for ours, theirs in (
        ("Hip", "hip"), ("Knee", "knee"), ("Ankle", "ankle"), ("Toe", "big_toe"),
        ("Shoulder", "shoulder"), ("Elbow", "elbow"), ("Wrist", "wrist"),
    )},
}  # fmt: skip
# Whose errors a point shares that the body's 19 joints do not have.
_FOLLOWS = {
    **dict.fromkeys(("nose", "left_eye", "right_eye", "left_ear", "right_ear"), "Neck"),
    "left_heel": "LAnkle", "right_heel": "RAnkle", "left_small_toe": "LToe", "right_small_toe": "RToe",
}  # fmt: skip
_OWN = 0.003  # of the person's height in the picture, their own error
_LOBE_BELOW_EAR = 0.015 / 0.130  # engine/bridge.py reads the neck off the ears by this
_TRIES = 50


def see(
    joints: np.ndarray,
    camera: tuple[np.ndarray, np.ndarray],
    intrinsics: tuple[float, float, float, float],
    *,
    stature: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, 19, 3) of the world as detected: (T, 26, 2) px and scores (T, 26), float32.

    The errors are those that training draws (engine/train/noise.py), once over the whole clip. Draws that
    take a joint away for good, as the picture's edge does, are drawn again: those are other tests.
    """
    size = torch.tensor([SIZE], dtype=torch.float32)
    body = torch.from_numpy(to_camera(joints, *camera)[None]).float()
    height = intrinsics[0] * stature / body[:, :, 0, 2]
    for attempt in range(_TRIES):
        generator = torch.Generator().manual_seed(1000 * seed + attempt)
        surface = surface_points(body, stature / STATURE, generator)[0].double().numpy()
        exact = project(surface, intrinsics)
        places, scores = detect(torch.from_numpy(exact[None]).float(), height, size, generator)
        if (scores[0] > 0).float().mean(dim=0).min() > 0.5:
            break
    found, score = places[0].double().numpy(), scores[0].double().numpy()
    rng = np.random.default_rng(seed)
    extra = to_camera(_extra(joints, stature), *camera)
    points = np.empty((len(joints), len(HALPE_26), 2))
    certain = np.empty(points.shape[:2])
    for ours, theirs in _SAME.items():
        at, to = H36M_19.index(ours), HALPE_26.index(theirs)
        points[:, to], certain[:, to] = found[:, at], score[:, at]
    for (theirs, ours), place in zip(
        _FOLLOWS.items(), project(extra, intrinsics).swapaxes(0, 1), strict=True
    ):
        at, to = H36M_19.index(ours), HALPE_26.index(theirs)
        own = rng.normal(0.0, _OWN, place.shape) * height[0, :, None].numpy()
        points[:, to], certain[:, to] = place + found[:, at] - exact[:, at] + own, score[:, at]
    return points.astype(np.float32), certain.astype(np.float32)


def _extra(joints: np.ndarray, stature: float) -> np.ndarray:
    """(T, 9, 3): the points of ``_FOLLOWS`` in the world, in its order."""
    at = {name: joints[:, i] for i, name in enumerate(H36M_19.joints)}
    up = _unit(at["Head"] - at["Neck"])
    left = at["LShoulder"] - at["RShoulder"]
    left = _unit(left - (left * up).sum(-1, keepdims=True) * up)
    front = np.cross(left, up)
    size = stature / STATURE
    ear = at["Thorax"] + (at["Neck"] - at["Thorax"]) / (1.0 - _LOBE_BELOW_EAR)

    def face(outward: float, ahead: float, above: float) -> np.ndarray:
        return ear + size * (outward * left + ahead * front + above * up)

    heels = feet.soles(joints, stature)
    toes = {}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        ahead, down = feet.foot_axes(joints, side)
        outward = sign * np.cross(ahead, down)
        toes[side] = at[side + "Toe"] + size * (0.07 * outward - 0.03 * ahead)
    return np.stack(
        (
            face(0.0, 0.10, -0.01), face(0.03, 0.085, 0.03), face(-0.03, 0.085, 0.03),
            face(0.075, 0.0, 0.0), face(-0.075, 0.0, 0.0),
            heels[:, 0], heels[:, 2], toes["L"], toes["R"],
        ),
        axis=1,
    )  # fmt: skip


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)
