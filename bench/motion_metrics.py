"""Errors of a motion against the truth of the same clip: whole arrays, metres in, plain numbers out."""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import H36M_19

from . import feet
from .truth import Truth

_WALKED = 2.0  # metres; on a shorter way an error in percent of it says nothing


def onto_floor(joints: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, J, 3) turned about z and moved over the floor to lie best on truth, and that turn (3, 3).

    Least squares over all joints and frames (Kabsch 1976 in the plane); heights and size stay as they are.
    """
    a, b = joints[..., :2].reshape(-1, 2), truth[..., :2].reshape(-1, 2)
    middle_a, middle_b = a.mean(axis=0), b.mean(axis=0)
    cross = (a - middle_a).T @ (b - middle_b)
    angle = np.arctan2(cross[0, 1] - cross[1, 0], cross[0, 0] + cross[1, 1])
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    moved = joints @ turn.T
    moved[..., :2] += middle_b - moved[..., :2].reshape(-1, 2).mean(axis=0)
    return moved, turn


def mpjpe(joints: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of joints (T, J, 3) from truth, metres."""
    return float(np.linalg.norm(joints - truth, axis=-1).mean())


def aligned_mpjpe(joints: np.ndarray, truth: np.ndarray) -> float:
    """P-MPJPE: each frame turned, moved and scaled to fit best (Procrustes), metres."""
    a, b = joints - joints.mean(axis=1, keepdims=True), truth - truth.mean(axis=1, keepdims=True)
    u, s, vt = np.linalg.svd(np.swapaxes(a, 1, 2) @ b)
    flip = np.sign(np.linalg.det(u @ vt))
    s[:, -1] *= flip
    u[:, :, -1] *= flip[:, None]
    scale = s.sum(axis=1) / np.maximum((a**2).sum(axis=(1, 2)), 1e-12)
    return mpjpe(scale[:, None, None] * (a @ (u @ vt)), b)


def walked(path: np.ndarray) -> float:
    """Metres of a way (T, 3) over the floor, without the sway of single frames."""
    frames = max(len(path) // 200, 1)
    return float(np.linalg.norm(np.diff(path[::frames, :2], axis=0), axis=-1).sum())


def jitter(joints: np.ndarray, fps: float) -> float:
    """Mean norm of the third difference of joints (T, J, 3), m/s^3."""
    return float(np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean() * fps**3)


def size(joints: np.ndarray) -> float:
    """Sum of the bones' median lengths, metres."""
    parent, child = H36M_19.bones.T
    return float(np.median(np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1), axis=0).sum())


def ground(soles: np.ndarray, truth: Truth) -> dict[str, float]:
    """What soles (T, 4, 3) do while those of the truth stand still.

    skate: how far a point strays at most from where it was set down, mean over contacts (cm); slip: its speed
    over the floor (m/s). penetration and hover: mean depth below and height above the floor (cm). NaN where
    nothing ever stands still.
    """
    spans = feet.still(truth.soles, truth.contacts, truth.fps)
    if not spans:
        return dict.fromkeys(("skate", "slip", "penetration", "hover"), float("nan"))
    ways = [soles[first:last, point] for point, first, last in spans]
    strays = [np.linalg.norm(way[:, :2] - way[0, :2], axis=-1).max() for way in ways]
    steps = np.concatenate([np.linalg.norm(np.diff(way[:, :2], axis=0), axis=-1) for way in ways])
    height = np.concatenate(ways)[:, 2]
    return {
        "skate": 100 * float(np.mean(strays)),
        "slip": float(steps.mean() * truth.fps),
        "penetration": 100 * float(np.maximum(-height, 0).mean()),
        "hover": 100 * float(np.maximum(height, 0).mean()),
    }


def f1(found: np.ndarray, true: np.ndarray) -> float:
    """F1 of contacts (T, 4) bool, frame by frame; 1 where there is none and none was found."""
    both = int((found & true).sum())
    either = int(found.sum() + true.sum())
    return 2 * both / either if either else 1.0


def path_errors(hip: np.ndarray, truth: np.ndarray) -> tuple[float, float | None]:
    """Mean distance over the floor of a way (T, 3) from the true one: metres, and percent of the way."""
    error = float(np.linalg.norm(hip[:, :2] - truth[:, :2], axis=-1).mean())
    way = walked(truth)
    return error, 100 * error / way if way >= _WALKED else None


def angle(one: np.ndarray, other: np.ndarray) -> float:
    """Degrees between directions (..., 3), mean."""
    cos = (one * other).sum(-1) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1))
    return float(np.degrees(np.arccos(np.clip(cos, -1, 1))).mean())
