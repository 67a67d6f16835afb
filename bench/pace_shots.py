"""Shots of captured motion as a network sees them that wobbles as real ones do, without any picture.

The motion is that of bench/tuning_clips.py and bench/truth_clips.py: walks, runs, kicks, dances, cartwheels.
Errors are those measured of BlazePose (engine/train/noise.py); a trembling network's joints leap besides.
Following runs on them as on a video, a hundred times faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from blender_pose3d.skeleton import H36M_19, HALPE_26
from engine.frame import ImageFrame
from engine.pose2d.base import Region
from engine.train.mocap import FPS

from .truth_bodies import perform
from .truth_camera import SIZE, lens, place, project, to_camera
from .truth_clips import Shot
from .truth_picture import see

_SMALL = (320, 180)  # px of the pictures, which show nothing but their number
_STEADY, _LEAPS, _LEAP = 0.008, 0.1, 0.1  # of the height; share of joints that leap in a frame, and how far


@dataclass(frozen=True)
class SeenShot:
    """T frames. time: (T,) seconds. truth: (T, 26, 2) px, inside: (T, 26) bool. height: px of the person.

    joints, score: (T, 26, 2) px and (T, 26), what the network sees.
    """

    time: np.ndarray
    truth: np.ndarray
    inside: np.ndarray
    height: float
    joints: np.ndarray
    score: np.ndarray

    def after(self, start: int) -> SeenShot:
        """The same from a later frame on."""
        columns = ("time", "truth", "inside", "joints", "score")
        return replace(self, **{name: getattr(self, name)[start:] for name in columns})


def seen_shot(shot: Shot, mocap: Path, seed: int, *, trembling: bool) -> SeenShot:
    """A shot of the motion capture below a folder. Raises BadInput where it is missing."""
    captured, _, stature = perform(shot, mocap, seed)
    seconds = np.arange(len(captured)) / FPS
    time = np.arange(int(seconds[-1] * shot.fps + 1e-6) + 1) / shot.fps
    joints, surface = np.split(CubicSpline(seconds, captured)(time), [len(H36M_19)], axis=1)
    camera, true = place(shot, joints), lens(shot)
    points, score = see(joints, surface, camera, true, stature=stature, fps=shot.fps, seed=seed + 1)
    truth = project(to_camera(surface, *camera), true)
    height = float(np.median(true[0] * stature / to_camera(joints, *camera)[:, 0, 2]))
    inside = ((truth >= 0) & (truth < SIZE)).all(axis=-1)
    if trembling:
        random = np.random.default_rng(seed)
        leaps = random.random(score.shape) < _LEAPS
        wobble = np.where(leaps, _LEAP, _STEADY)[..., None] * random.normal(size=points.shape)
        points = (points + height * wobble).astype(np.float32)
    scale = _SMALL[0] / SIZE[0]
    score = np.where(inside, score, 0.03).astype(np.float32)
    return SeenShot(time, scale * truth, inside, scale * height, (scale * points).astype(np.float32), score)


class Shown:
    """Frames, pose network and detector of a shot, for engine.people.follow."""

    name, sha256, skeleton = "shown", "0" * 64, HALPE_26

    def __init__(self, shot: SeenShot) -> None:
        self._shot = shot

    def __iter__(self) -> Iterator[ImageFrame]:
        for number, time in enumerate(self._shot.time):
            image = np.zeros((_SMALL[1], _SMALL[0], 3), dtype=np.uint8)
            image[0, 0] = number >> 8, number & 255, 0
            yield ImageFrame(number, float(time), image)

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        low, high = joints.min(axis=0), joints.max(axis=0)
        return Region((low + high) / 2, np.full(2, 1.25 * (high - low).max()))

    def region_from_box(self, box: np.ndarray) -> Region:
        return self.region(box.reshape(2, 2), np.ones(2))

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        row = _number(image)
        return (
            np.repeat(self._shot.joints[row][None], len(regions), axis=0),
            np.repeat(self._shot.score[row][None], len(regions), axis=0),
        )

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        joints = self._shot.joints[_number(image)]
        return np.concatenate([joints.min(axis=0), joints.max(axis=0)])[None], np.ones(1)


def _number(image: np.ndarray) -> int:
    return int(image[0, 0, 0]) * 256 + int(image[0, 0, 1])
