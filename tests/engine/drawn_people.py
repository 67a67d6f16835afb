"""Drawn coloured figures that walk through a picture, and a network that reads the truth from beside it.

The network behaves as real ones do where it matters: it shows the nearest body it can see in its region, with
noise, it is drawn to whoever hides the one it was sent for, and it finds nobody in an empty region.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from blender_pose3d.skeleton import COCO_17
from engine.frame import ImageFrame
from engine.pose2d.base import Region

WIDTH, HEIGHT = 640, 360

# a standing figure, a unit tall, the feet's middle at the origin; y down
_UNIT = {
    "nose": (0.02, -0.93), "left_eye": (0.03, -0.95), "right_eye": (0.0, -0.95),
    "left_ear": (0.02, -0.94), "right_ear": (-0.02, -0.94),
    "left_shoulder": (0.10, -0.82), "right_shoulder": (-0.10, -0.82),
    "left_elbow": (0.13, -0.65), "right_elbow": (-0.13, -0.65),
    "left_wrist": (0.14, -0.50), "right_wrist": (-0.14, -0.50),
    "left_hip": (0.07, -0.53), "right_hip": (-0.07, -0.53),
    "left_knee": (0.08, -0.28), "right_knee": (-0.08, -0.28),
    "left_ankle": (0.08, -0.04), "right_ankle": (-0.08, -0.04),
}  # fmt: skip
UNIT = np.array([_UNIT[name] for name in COCO_17.joints])


@dataclass
class Figure:
    """Somebody: path (T, 2) of the feet in px, height (T,) px, shirt and trousers RGB; NaN: not there."""

    path: np.ndarray
    height: np.ndarray
    shirt: tuple[int, int, int]
    trousers: tuple[int, int, int]

    def joints(self, frame: int) -> np.ndarray:
        swing = 0.06 * np.sin(0.5 * frame) * np.where(UNIT[:, 1] > -0.3, np.sign(UNIT[:, 0]), 0)
        return self.path[frame] + self.height[frame] * (UNIT + np.stack([swing, 0 * swing], axis=1))


@dataclass
class Scene:
    """Figures, nearest (tallest) drawn last. The fake network and detector look things up in it."""

    figures: list[Figure]
    fps: float = 30.0
    frames: int = 0

    def __post_init__(self) -> None:
        self.frames = self.frames or (len(self.figures[0].path) if self.figures else 0)

    def there(self, frame: int) -> list[int]:
        """Indices of figures of which some can be seen in this frame, nearest first."""
        return sorted(
            (i for i, f in enumerate(self.figures) if np.isfinite(f.path[frame]).all()),
            key=lambda i: -self.figures[i].height[frame],
        )

    def __iter__(self):
        for frame in range(self.frames):
            yield ImageFrame(frame, frame / self.fps, self.draw(frame))

    def draw(self, frame: int) -> np.ndarray:
        image = np.full((HEIGHT, WIDTH, 3), (120, 130, 125), dtype=np.uint8)
        image[0, 0] = (frame >> 8, frame & 255, 0)  # for the networks, which may be shown an older frame
        for i in reversed(self.there(frame)):
            figure = self.figures[i]
            at = dict(zip(COCO_17.joints, figure.joints(frame).round().astype(int), strict=True))
            thick = max(1, int(figure.height[frame] * 0.09))
            for side in ("left", "right"):
                for a, b in (("hip", "knee"), ("knee", "ankle")):
                    cv2.line(
                        image, at[f"{side}_{a}"].tolist(), at[f"{side}_{b}"].tolist(), figure.trousers, thick
                    )
            torso = [at[k] for k in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
            cv2.fillPoly(image, [np.array(torso)], figure.shirt)
            cv2.circle(image, at["nose"].tolist(), thick, (210, 170, 140), -1)
        return image

    def visible(self, i: int, frame: int) -> np.ndarray:
        """(17,) bool: joints of a figure inside the picture and not behind a nearer figure's box."""
        joints = self.figures[i].joints(frame)
        seen = ((joints >= 0) & (joints < (WIDTH, HEIGHT))).all(axis=1)
        for j in self.there(frame):
            if j == i:
                break
            other = self.figures[j].joints(frame)
            low, high = other.min(axis=0), other.max(axis=0)
            seen &= ~((joints > low) & (joints < high)).all(axis=1)
        return seen


def number_of(image: np.ndarray) -> int:
    """Which frame of its scene a picture is."""
    return int(image[0, 0, 0]) * 256 + int(image[0, 0, 1])


class FakeNetwork:
    name, sha256, skeleton = "fake", "0" * 64, COCO_17

    def __init__(self, scene: Scene, noise: float = 0.01, seed: int = 0) -> None:
        self.scene = scene
        self.noise = noise
        self.random = np.random.default_rng(seed)
        self.presence = np.zeros(0, dtype=np.float32)
        self.asked = 0

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        low, high = joints.min(axis=0), joints.max(axis=0)
        return Region((low + high) / 2, np.full(2, 1.3 * (high - low).max()))

    def region_from_box(self, box: np.ndarray) -> Region:
        return Region((box[:2] + box[2:]) / 2, np.full(2, 1.25 * (box[2:] - box[:2]).max()))

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        joints = np.zeros((len(regions), 17, 2), dtype=np.float32)
        score = np.zeros((len(regions), 17), dtype=np.float32)
        self.presence = np.zeros(len(regions), dtype=np.float32)
        self.asked += len(regions)
        now = number_of(image)
        for n, region in enumerate(regions):
            who = self._attracts(region, now)
            if who is None:
                joints[n] = region.centre + self.random.normal(0, 5, (17, 2))
                continue
            figure = self.scene.figures[who]
            visible = self.scene.visible(who, now)
            wobble = self.noise * figure.height[now] * self.random.normal(size=(17, 2))
            joints[n] = figure.joints(now) + wobble
            score[n] = np.where(visible, 0.9, 0.1)
            self.presence[n] = 0.95
        return joints, score

    def _attracts(self, region: Region, now: int) -> int | None:
        """Who is shown: of those with enough in the region, the one most to be seen near its middle."""
        best, who = 3.0, None
        for i in self.scene.there(now):
            joints = self.scene.figures[i].joints(now)
            inside = (np.abs(joints - region.centre) < region.size / 2).all(axis=1)
            away = np.linalg.norm(joints.mean(axis=0) - region.centre) / region.size[0]
            pull = float((inside & self.scene.visible(i, now)).sum()) * np.exp(-3 * away)
            if pull > best:
                best, who = pull, i
        return who


class FakeDetector:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.asked = 0

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked += 1
        now = number_of(image)
        boxes = []
        for i in self.scene.there(now):
            visible = self.scene.visible(i, now)
            if visible.sum() >= 6:
                joints = self.scene.figures[i].joints(now)
                boxes.append(np.concatenate([joints.min(axis=0), joints.max(axis=0)]))
        return np.array(boxes).reshape(-1, 4), np.full(len(boxes), 0.9)


RED, BLUE = ((200, 40, 40), (40, 40, 60)), ((40, 70, 200), (190, 180, 150))


def walker(x: np.ndarray, colours: tuple, height: float = 200.0, floor: float = 300.0) -> Figure:
    """Somebody on a level path; x: (T,) px, NaN while away."""
    path = np.stack([x, np.full(len(x), floor)], axis=1)
    return Figure(path, np.full(len(x), height), *colours)
