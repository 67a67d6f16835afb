"""What the 2D network shows in given regions of a picture, and which of it is somebody."""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import Skeleton

from . import appearance, body2d, trace
from .pace import Look
from .partly import Image
from .pose2d.base import Keypoints, PoseNetwork, Region
from .tracklet import Pose, Tracklet

KEEP_SCORE, BIRTH_SCORE = 0.22, 0.35  # mean score of the main joints to go on with somebody, to begin with
_LEAST_PRESENCE = 0.5


class Sight:
    """A pose network that gives Pose objects."""

    def __init__(self, network: PoseNetwork) -> None:
        self.network = network
        self.skeleton: Skeleton = network.skeleton

    def expected(self, tracklet: Tracklet, time: float) -> Region:
        """Where a followed person should be at that time."""
        return self.network.region(tracklet.predicted(time), tracklet.score[-1])

    def on_the_way(self, start: Look, end: Look, time: float) -> Region:
        """Where somebody should be at a time between two looks."""
        return self.network.region(start.towards(end, time), np.minimum(start.score, end.score))

    def poses(self, image: Image, regions: list[Region]) -> list[Pose]:
        """One pose a region, whether somebody is there or not. image: (H, W, 3) uint8 RGB."""
        if not regions:
            return []
        with trace.span("pose2d"):
            joints, score = self.network.predict(image, regions)
        presence = getattr(self.network, "presence", None)
        presence = np.ones(len(regions)) if presence is None else np.asarray(presence)
        return self._described(image, Keypoints(joints, score, presence))

    def poses_of_each(self, images: list[Image], regions: list[list[Region]]) -> list[list[Pose]]:
        """As `poses` of each picture, all at once where the network can."""
        together = getattr(self.network, "predict_many", None)
        if together is None:
            return [self.poses(*each) for each in zip(images, regions, strict=True)]
        with trace.span("pose2d"):
            found = together(images, regions)
        return [self._described(image, seen) for image, seen in zip(images, found, strict=True)]

    def _described(self, image: Image, seen: Keypoints) -> list[Pose]:
        size = body2d.stature(seen.joints, self.skeleton)
        with trace.span("appearance"):
            return [
                Pose(j, s, float(p), appearance.describe(image, j, s, self.skeleton), float(h))
                for j, s, p, h in zip(*seen, size, strict=True)
            ]

    def is_somebody(self, pose: Pose, image: Image, least_score: float) -> bool:
        """Whether the pose is a person of whom enough is in the picture."""
        core = body2d.indices(self.skeleton)
        inside = ~body2d.outside(pose.joints[core], (image.shape[1], image.shape[0]))
        seen = inside & (pose.score[core] >= body2d.SEEN)
        if not np.isfinite(pose.joints).all() or pose.presence < _LEAST_PRESENCE or seen.sum() < 4:
            return False
        return float(pose.score[core][inside].mean()) >= least_score
