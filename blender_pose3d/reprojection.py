"""How far joints lie from where they were seen in the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .resample import resample
from .skeleton import Skeleton

if TYPE_CHECKING:
    from .motion import Motion
    from .tracks import Tracks

_SEEN = 0.1  # score from which a joint counts as seen
_LONGEST = 0.1  # seconds between two frames of tracks that are interpolated
_NAMES = {"Hip": "hip", "Knee": "knee", "Ankle": "ankle", "Toe": "big_toe",
          "Shoulder": "shoulder", "Elbow": "elbow", "Wrist": "wrist"}  # fmt: skip


def off_the_picture(motion: Motion, joints: np.ndarray, tracks: Tracks, person: int) -> np.ndarray:
    """(T, J) distance in the picture of joints (T, J, 3), world, from where they were seen, of the person's
    height there. NaN for joints that were not seen, or that the 2D network does not know."""
    pairs = _pairs(motion.skeleton, tracks.skeleton2d)
    result = np.full(joints.shape[:2], np.nan)
    if not pairs:
        return result
    space, flat = np.array(pairs).T

    def taken(values: np.ndarray) -> np.ndarray:
        longest = max(_LONGEST, 1.5 / motion.fps)
        return resample(np.asarray(values, dtype=np.float64), tracks.time, motion.time, longest)

    present = tracks.present[person][:, None]
    seen = taken(np.where(present[..., None], tracks.joints2d[person][:, flat], np.nan))
    score = np.nan_to_num(taken(np.where(present, tracks.score2d[person][:, flat], 0.0)))
    shown = _project(motion, joints[:, space], tracks)
    height = _height(motion, tracks)
    off = np.linalg.norm(shown - seen, axis=-1) / height[:, None]
    result[:, space] = np.where(score >= _SEEN, off, np.nan)
    return result


def _pairs(skeleton: Skeleton, flat: Skeleton) -> list[tuple[int, int]]:
    sides = (("L", "left_"), ("R", "right_"))
    named = [(s + ours, side + theirs) for s, side in sides for ours, theirs in _NAMES.items()]
    return [
        (skeleton.index(ours), flat.index(theirs))
        for ours, theirs in named
        if ours in skeleton.joints and theirs in flat.joints
    ]


def camera_axes(motion: Motion) -> np.ndarray:
    """(T, 3, 3) the camera's axes (right, down, ahead) in the world as columns, as it stood in each frame."""
    turns = motion.turns
    first = motion.camera.rotation
    return np.broadcast_to(first, (motion.frames, 3, 3)) if turns is None else first @ turns


def _project(motion: Motion, points: np.ndarray, tracks: Tracks) -> np.ndarray:
    """World points (T, N, 3) to (T, N, 2) px of the camera as it stood in each frame."""
    camera = motion.camera
    local = np.einsum("tnx,txc->tnc", points - camera.origin, camera_axes(motion))
    own = replace(camera, rotation=np.eye(3), origin=np.zeros(3), cx=0.0, cy=0.0)
    return own.project(local) * _zoom(motion, tracks)[:, None, None] + (camera.cx, camera.cy)


def _zoom(motion: Motion, tracks: Tracks) -> np.ndarray:
    """(T,) focal length over that of the first frame."""
    if tracks.camera_zoom is None:
        return np.ones(motion.frames)
    return np.interp(motion.time, tracks.time, np.asarray(tracks.camera_zoom, dtype=np.float64))


def _height(motion: Motion, tracks: Tracks) -> np.ndarray:
    """(T,) px: how tall the person would stand at their distance."""
    at = motion.skeleton.index
    chain = [at(name) for name in ("Head", "Hip", "LHip", "LKnee", "LAnkle")]
    lengths = np.linalg.norm(np.diff(motion.joints[:, chain], axis=1), axis=-1)
    tall = float(np.median(lengths[:, [0, 2, 3]].sum(axis=1)))
    away = motion.joints[:, at("Hip")] - motion.camera.origin
    depth = np.maximum((away * camera_axes(motion)[..., 2]).sum(-1), 0.1)
    return motion.camera.fy * _zoom(motion, tracks) * max(tall, 1e-3) / depth
