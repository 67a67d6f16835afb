"""Who is who in keypoints that others detected frame by frame, without a picture to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from . import body2d
from .people import People2D

if TYPE_CHECKING:
    from blender_pose3d.formats.keypoints_json import Keypoints
    from blender_pose3d.skeleton import Skeleton

_ALIKE = 0.3  # keypoint similarity above which two poses may be one person's
_GIVE_UP = 0.8  # seconds
_MOST_PEOPLE = 20
_SHORTEST = 0.25  # seconds that somebody must be seen, unless nobody is seen longer


@dataclass
class _Somebody:
    """Rows of detections of one person, and when and where they were seen last."""

    rows: list[int] = field(default_factory=list)
    frame: int = -1
    pose: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))


def people_of(keypoints: Keypoints, joints: np.ndarray, fps: float) -> People2D:
    """People with their detections, most prominent first, one row a frame from the first to the last.

    joints: (D, K, 2) px. Detections that name their person are that person's; others go to whom they are most
    like, one to one in each frame.
    """
    if (keypoints.track >= 0).all() and len(set(keypoints.track.tolist())) * 4 <= len(keypoints.track) + 3:
        tracks = [np.flatnonzero(keypoints.track == number) for number in np.unique(keypoints.track)]
    else:
        tracks = _linked(keypoints, _guessed(joints), fps)
    first, last = int(keypoints.frame.min()), int(keypoints.frame.max())
    longest = max(len(rows) for rows in tracks)
    tracks = [rows for rows in tracks if len(rows) >= min(_SHORTEST * fps, longest)]
    seen = [float(np.nansum(keypoints.score[rows])) * _extent(joints[rows]) for rows in tracks]
    # a crowd's detections that belong to nobody for long must not fill the memory
    tracks = [tracks[i] for i in np.argsort(-np.array(seen), kind="stable")[:_MOST_PEOPLE]]
    shape = (len(tracks), last - first + 1, len(keypoints.skeleton))
    places, score = np.full((*shape, 2), np.nan, np.float32), np.full(shape, np.nan, np.float32)
    for person, rows in enumerate(tracks):
        at = keypoints.frame[rows] - first
        places[person, at], score[person, at] = joints[rows], keypoints.score[rows]
    frame = np.arange(first, last + 1)
    present = np.asarray(np.isfinite(score).any(-1))
    return People2D(frame.astype(np.int32), (frame - first) / fps, present, places, score)


def _linked(keypoints: Keypoints, poses: np.ndarray, fps: float) -> list[np.ndarray]:
    everybody: list[_Somebody] = []
    skeleton = keypoints.skeleton
    order = np.argsort(keypoints.frame, kind="stable")
    frames, starts = np.unique(keypoints.frame[order], return_index=True)
    for frame, rows in zip(frames.tolist(), np.split(order, starts[1:]), strict=True):
        near = [one for one in everybody if frame - one.frame <= _GIVE_UP * fps]
        taken = _matches(near, poses[rows], skeleton)
        for number, row in enumerate(rows.tolist()):
            somebody = near[taken[number]] if number in taken else _Somebody()
            if number not in taken:
                everybody.append(somebody)
            somebody.rows.append(row)
            somebody.frame, somebody.pose = frame, poses[row]
    return [np.array(one.rows) for one in everybody]


def _matches(near: list[_Somebody], poses: np.ndarray, skeleton: Skeleton) -> dict[int, int]:
    """Index of a pose → index of whom it is, one to one."""
    if not near:
        return {}
    alike = body2d.similarity(poses, np.stack([one.pose for one in near]), skeleton)
    pairs = zip(*linear_sum_assignment(-alike), strict=True)
    return {int(i): int(j) for i, j in pairs if alike[i, j] >= _ALIKE}


def _guessed(joints: np.ndarray) -> np.ndarray:
    """(D, K, 2) poses to compare, a missing joint in the middle of the others."""
    return np.where(np.isfinite(joints), joints, np.nanmean(joints, axis=1, keepdims=True))


def _extent(joints: np.ndarray) -> float:
    """px, of a person over time, for the order of prominence."""
    low, high = np.nanmin(joints, axis=1), np.nanmax(joints, axis=1)
    return float(np.median(np.linalg.norm(high - low, axis=-1)))
