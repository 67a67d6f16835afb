"""BlazePose's landmark network (full or heavy) as a PoseNetwork with Halpe's 26 joints.

Grishchenko et al., "BlazePose GHUM Holistic: Real-time 3D Human Landmarks and Pose Tracking", 2022. Input:
a square of the picture, turned so that the person is upright, at 256 px. It predicts 33 landmarks and
six helping points, coarse by regression and finer by heatmaps, whether anybody is there at all, and the
landmarks in metres.

Scores: the network tells for each landmark the chance that it is inside the square (presence) and that it is
inside and not hidden (visibility); a joint's score is the lesser of both. So an occluded joint scores low at
a place that is well guessed, and one that the square cuts off scores low too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import HALPE_26, Skeleton

from .. import trace
from ..manifest import entries
from ..partly import Image, warped
from .base import Keypoints, Region
from .blazepose_networks import INPUT, LandmarkNetwork, Raw, landmark_network
from .blazepose_region import region_from_circle, region_from_joints
from .execution import choose
from .halpe_from_blazepose import LANDMARKS, halpe_joints, halpe_scores

log = logging.getLogger(__name__)

_KERNEL = 7  # px of the heatmap looked at round a landmark
_SURE = 0.5  # the least peak of a heatmap that counts
_ENLARGE = 1.25


class BlazePose:
    """A BatchedPoseNetwork with pose_landmark_full.tflite or pose_landmark_heavy.tflite.

    After each `predict` (and `predict_many`, one picture's regions after another's): `presence` (N,) float32,
    the network's chance that a region shows a person at all (below 0.5: look for them anew); `landmarks`
    (N, 33, 3) float32, px in the picture, z in the same scale towards the back from the hips; `world`
    (N, 33, 3) float32, the network's own 3D landmarks in metres from the middle of the hips: x right, y down,
    z away from the camera, in the upright picture.
    """

    skeleton: Skeleton = HALPE_26

    def __init__(
        self,
        path: Path | str,
        name: str,
        sha256: str,
        threads: int | None = None,
        execution: str = "auto",
    ) -> None:
        """Raises MissingWeights when the file is no such model, BadArguments as execution.choose() does.

        A file that the manifest knows loads in a thread of its own, while others read the video: what goes
        wrong with it is raised where it is first needed.
        """
        choose(execution)
        self.name = name
        self.sha256 = sha256
        loader = ThreadPoolExecutor(1, thread_name_prefix="load BlazePose")
        self._loading = loader.submit(landmark_network, path, sha256, threads, execution)
        loader.shutdown(wait=False)
        if all(known.sha256 != sha256 for known in entries().values()):
            self._loading.result()
        self.presence = np.zeros(0, dtype=np.float32)
        self.landmarks = np.zeros((0, LANDMARKS, 3), dtype=np.float32)
        self.world = np.zeros((0, LANDMARKS, 3), dtype=np.float32)

    @cached_property
    def runner(self) -> LandmarkNetwork:
        """Who computes."""
        network = self._loading.result()
        log.info("%s is computed by %s.", self.name, network.name)
        return network

    @property
    def batch(self) -> int:
        """How many people at once pay off."""
        return self.runner.batch

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        """The turned square round the last pose: (26, 2) px, (26,) scores."""
        return region_from_joints(joints, score)

    def region_from_box(self, box: np.ndarray) -> Region:
        """An upright square round a box (4,) x0 y0 x1 y1 px, a quarter larger."""
        box = np.asarray(box, dtype=np.float64)
        side = max(float((box[2:] - box[:2]).max()), 1.0) * _ENLARGE
        return Region((box[:2] + box[2:]) / 2, np.array([side, side]), 0.0)

    def region_from_circle(self, hips: np.ndarray, top: np.ndarray) -> Region:
        """The turned square for a body whose hips and circle the detector knows: (2,) px each."""
        return region_from_circle(hips, top)

    def predict(self, image: Image, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        """Joints (N, 26, 2) float32 px and scores (N, 26) float32 of an (H, W, 3) uint8 RGB picture."""
        (seen,) = self.predict_many([image], [regions])
        return seen.joints, seen.score

    def predict_many(self, images: Sequence[Image], regions: Sequence[Sequence[Region]]) -> list[Keypoints]:
        """The same of several pictures at once."""
        if not images:
            return []
        where = [(image, region) for image, some in zip(images, regions, strict=True) for region in some]
        with trace.span("crop"):
            crops = [crop(image, region) for image, region in where]
        with trace.span("network"):
            found = self.runner.run(crops, _read)
        points, presence, world = map(np.array, zip(*found, strict=True)) if found else _NOTHING
        squares = [region for _, region in where]
        self.presence = presence.astype(np.float32)
        self.landmarks = _placed(points[..., :2], points[..., 2:3], squares).astype(np.float32)
        self.world = _turned(world, squares).astype(np.float32)
        joints = halpe_joints(self.landmarks[..., :2])
        score = halpe_scores(_sigmoid(points[..., 3:].min(axis=-1)).astype(np.float32))
        cuts = np.cumsum([len(some) for some in regions])[:-1]
        each = (np.split(values, cuts) for values in (joints, score, self.presence))
        return [Keypoints(*one) for one in zip(*each, strict=True)]


_NOTHING = np.zeros((0, LANDMARKS, 5)), np.zeros(0), np.zeros((0, LANDMARKS, 3))


def _read(raw: Raw) -> tuple[np.ndarray, float, np.ndarray]:
    """Landmarks (33, 5) x, y, z in 0 to 1 of the crop, then two logits; presence; and (33, 3) metres."""
    points = raw.points[:LANDMARKS].astype(np.float64)
    points[:, :3] /= INPUT
    points[:, :2] = refine(points[None, :, :2], raw.heat[None])[0]
    return points, float(raw.presence[0]), raw.world[:LANDMARKS].astype(np.float64)


def to_picture(region: Region) -> np.ndarray:
    """(2, 3) affine map from the square's 0 to 1, x right and y down, to px of the picture.

    The square's side is the longer side of the region.
    """
    turn = _rotation(region.angle) * float(np.max(region.size))
    return np.concatenate([turn, (np.asarray(region.centre) - turn @ [0.5, 0.5])[:, None]], axis=1)


def crop(image: Image, region: Region) -> np.ndarray:
    """(256, 256, 3) uint8: the region of the picture, edges continued outside of it."""
    import cv2

    # px are counted from the picture's corner here and from the first pixel's middle in OpenCV
    matrix = to_picture(region)
    matrix[:, :2] /= INPUT
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    return warped(image, matrix, (INPUT, INPUT), cv2.BORDER_REPLICATE)


def refine(place: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Points (N, K, 2) in 0 to 1, moved to the centre of mass of their heatmaps with a clear peak.

    heat: (N, H, H, K) logits. The centre is taken in a window of seven px round the coarse point; a point
    whose window has no peak above 0.5 or that lies outside keeps its place.
    """
    count, points = place.shape[:2]
    side = heat.shape[1]
    reach = np.arange(_KERNEL) - _KERNEL // 2
    cell = np.floor(place * side).astype(np.int64)
    x, y = cell[..., :1] + reach, cell[..., 1:] + reach
    inside = ((y >= 0) & (y < side))[..., :, None] & ((x >= 0) & (x < side))[..., None, :]
    row, column = np.clip(y, 0, side - 1)[..., :, None], np.clip(x, 0, side - 1)[..., None, :]
    who = np.arange(count)[:, None, None, None]
    which = np.arange(points)[None, :, None, None]
    weight = inside * _sigmoid(heat[who, row, column, which].astype(np.float64))
    total = weight.sum(axis=(-1, -2))
    # the network was trained with the cell's corner as its place
    mass = np.stack([(weight.sum(axis=-2) * x).sum(axis=-1), (weight.sum(axis=-1) * y).sum(axis=-1)], axis=-1)
    middle = mass / np.maximum(total, 1e-9)[..., None] / side
    within = ((cell >= 0) & (cell < side)).all(axis=-1)
    clear = within & (weight.max(axis=(-1, -2), initial=0) >= _SURE)
    return np.where(clear[..., None], middle, place)


def _placed(place: np.ndarray, depth: np.ndarray, regions: list[Region]) -> np.ndarray:
    if not regions:
        return np.zeros((0, LANDMARKS, 3))
    matrix = np.stack([to_picture(r) for r in regions])
    flat = place @ matrix[:, :, :2].transpose(0, 2, 1) + matrix[:, None, :, 2]
    side = np.array([float(np.max(r.size)) for r in regions])[:, None, None]
    return np.concatenate([flat, depth * side], axis=-1)


def _turned(world: np.ndarray, regions: list[Region]) -> np.ndarray:
    turn = np.stack([_rotation(r.angle) for r in regions]) if regions else np.zeros((0, 2, 2))
    return np.concatenate([world[..., :2] @ turn.transpose(0, 2, 1), world[..., 2:]], axis=-1)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -50, 50)))


def _rotation(angle: float) -> np.ndarray:
    """Clockwise as seen in a picture, whose y points down."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])
