"""What the picture says of a person's joints: rays from the camera, and how far each is to be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .skeleton import Skeleton

_SHARED = {
    "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle", "RToe": "right_big_toe",
    "LHip": "left_hip", "LKnee": "left_knee", "LAnkle": "left_ankle", "LToe": "left_big_toe",
    "LShoulder": "left_shoulder", "LElbow": "left_elbow", "LWrist": "left_wrist",
    "RShoulder": "right_shoulder", "RElbow": "right_elbow", "RWrist": "right_wrist",
}  # fmt: skip
_LEAST_SCORE = 0.1
_WIDEST = 5.0  # tan of the angle off the axis; what a picture shows beyond is no sight of anything


@dataclass(frozen=True)
class Picture:
    """joints: (T, K, 2) px, NaN where there is none. score: (T, K). camera: fx ... cy, width, height, px, of
    the first frame. turns: (T, 3, 3) from each frame's camera axes to the first's, None for a camera that
    does not move. zoom: (T,) focal length over the first frame's, or None."""

    joints: np.ndarray
    score: np.ndarray
    skeleton: Skeleton
    camera: dict[str, float]
    turns: np.ndarray | None = None
    zoom: np.ndarray | None = None


@dataclass(frozen=True)
class Sight:
    """joints: (N,) indices into the 3D skeleton. rays: (T, N, 2) x / z and y / z in each frame's camera axes,
    0 where unseen. weight: (T, N) 0 (unseen) to 1. turns: (T, 3, 3) as in Picture, never None."""

    joints: np.ndarray
    rays: np.ndarray
    weight: np.ndarray
    turns: np.ndarray

    def part(self, frames: slice) -> Sight:
        """The same of some frames."""
        return Sight(self.joints, self.rays[frames], self.weight[frames], self.turns[frames])


def look(picture: Picture, score: np.ndarray, skeleton: Skeleton) -> Sight:
    """The rays of the joints that picture and skeleton share; score: (T, J) of the lifted joints."""
    pairs = [
        (skeleton.index(ours), picture.skeleton.index(theirs))
        for ours, theirs in _SHARED.items()
        if ours in skeleton.joints and theirs in picture.skeleton.joints
    ]
    space, flat = np.array(pairs).T
    camera = picture.camera
    focal = np.array([camera["fx"], camera["fy"]])
    zoom = np.ones(len(score)) if picture.zoom is None else picture.zoom
    with np.errstate(invalid="ignore", over="ignore"):
        rays = (picture.joints[:, flat] - (camera["cx"], camera["cy"])) / (focal * zoom[:, None, None])
        seen = np.isfinite(rays).all(-1) & (np.abs(rays) < _WIDEST).all(-1)
    certain = np.clip(np.nan_to_num(picture.score[:, flat]), 0.0, 1.0)
    # Scores order joints of one frame; squared, a guess counts for little beside a sight.
    weight = np.where(certain >= _LEAST_SCORE, certain**2 * np.maximum(score[:, space], 0.1), 0.0)
    turns = np.broadcast_to(np.eye(3), (len(score), 3, 3)) if picture.turns is None else picture.turns
    return Sight(space, np.where(seen[..., None], rays, 0.0), np.where(seen, weight, 0.0), turns)
