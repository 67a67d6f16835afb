"""Tracks of people whose joints others measured in space: exact path, no picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..skeleton import HALPE_26, Skeleton
from ..tracks import SCHEMA, Tracks
from .joint_names import joints_of
from .points import FormatError, Points

_CERTAIN = 0.7  # cosine of 45°: a body that stands nearer than this to an axis tells which one is up
_LEAST, _MOST = 0.3, 4.0  # metres from foot to head
# rows: our x, y, z (up) in the file's axes; right-handed, so nobody is mirrored
_TURNS = {
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)), "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)), "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)), "-x": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
}  # fmt: skip


def tracks_of_points(points: Points, name: str) -> Tracks:
    """Tracks of the person that named points are of. name: of the file. Raises FormatError."""
    joints, skeleton = joints_of(points.names, points.positions @ turn_up(points.up).T, name)
    if not points.sure:
        # as the file's kind usually has it, unless the body stands along another axis
        found = body_up(joints, skeleton)
        if found not in (None, "z"):
            turned = points.positions @ turn_up(points.up).T @ turn_up(str(found)).T
            joints, skeleton = joints_of(points.names, turned, name)
    frame = points.first + np.arange(len(joints))
    return tracks_from_world(joints[None], skeleton, frame, points.fps, name)


def tracks_from_world(
    joints: np.ndarray,
    skeleton: Skeleton,
    frame: np.ndarray,
    fps: float,
    name: str,
    *,
    known_size: bool = True,
) -> Tracks:
    """Tracks of joints (P, T, J, 3) metres, z up, NaN where missing. frame: (T,) numbers. name: of the file.

    known_size: refuse who is as tall as nobody, for then the file names the wrong unit. Raises FormatError
    for nobody at all.
    """
    joints = np.where(np.isfinite(joints).all(-1, keepdims=True), joints, np.nan)
    hip = joints[:, :, [skeleton.index("Hip")]]
    present = np.isfinite(hip).all((-1, -2))
    present &= np.isfinite(joints).all(-1).sum(-1) > len(skeleton) // 3
    if not present.any():
        raise FormatError(f"{name} shows in no frame enough of a body: its markers are missing all the time.")
    if known_size:
        _check_size(joints, skeleton, name)
    people, frames = present.shape
    # a notional camera at the origin, level, looking along +y: right = x, down = -z, ahead = y
    relative = np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], -1)
    relative = relative - relative[:, :, [skeleton.index("Hip")]]
    score = np.isfinite(relative).all(-1).astype(np.float32)
    return Tracks(
        meta=_meta(name, fps, people, frames, skeleton),
        frame=frame.astype(np.int32),
        time=(np.arange(frames) / fps).astype(np.float64),
        present=present,
        joints2d=np.full((people, frames, len(HALPE_26), 2), np.nan, np.float32),
        score2d=np.zeros((people, frames, len(HALPE_26)), np.float32),
        joints3d=relative.astype(np.float32),
        score3d=score,
        world3d=joints.astype(np.float32),
    )


def turn_up(up: str) -> np.ndarray:
    """(3, 3) from a file's axes to ours, z up; up: the file's axis that points up."""
    return np.array(_TURNS[up], dtype=np.float64)


def body_up(joints: np.ndarray, skeleton: Skeleton) -> str | None:
    """The axis along which a body (T, J, 3) stands mostly, feet to head; None where it lies or cannot be
    told."""
    at = skeleton.index
    feet = joints[:, [at("LAnkle"), at("RAnkle")]].mean(axis=1)
    up = joints[:, at("Thorax")] - feet
    length = np.linalg.norm(up, axis=-1, keepdims=True)
    known = np.isfinite(length[:, 0]) & (length[:, 0] > 0)
    if not known.any():
        return None
    mean = np.median(up[known] / length[known], axis=0)
    axis = int(np.abs(mean).argmax())
    if abs(mean[axis]) < _CERTAIN:
        return None
    return ("-" if mean[axis] < 0 else "") + "xyz"[axis]


def _check_size(joints: np.ndarray, skeleton: Skeleton, name: str) -> None:
    at = skeleton.index
    chain = (
        [at(joint) for joint in ("Head", "Neck", "Thorax", "Hip")],
        [at(j) for j in ("LHip", "LKnee", "LAnkle")],
    )
    lengths = [np.linalg.norm(np.diff(joints[:, :, part], axis=2), axis=-1).sum(-1) for part in chain]
    whole = np.add(*lengths)
    tall = float(np.median(whole[np.isfinite(whole)])) if np.isfinite(whole).any() else 1.0
    if not _LEAST <= tall <= _MOST:
        raise FormatError(f"{name} shows somebody {tall:.3g} m tall: the unit that it names cannot be right.")


def _meta(name: str, fps: float, people: int, frames: int, skeleton: Skeleton) -> dict[str, Any]:
    def named(one: Skeleton) -> dict[str, Any]:
        return {"name": one.name, "joints": list(one.joints)}

    return {
        "schema": SCHEMA,
        "video": {"name": name, "sha256": "", "width": 0, "height": 0, "fps": fps, "frames": frames},
        "models": {},
        "camera": {"fx": 1000.0, "fy": 1000.0, "cx": 0.0, "cy": 0.0, "source": "none"},
        "skeleton2d": named(HALPE_26),
        "skeleton3d": named(skeleton),
        "people": people,
    }
