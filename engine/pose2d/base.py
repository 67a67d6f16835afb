"""What every 2D keypoint network offers, whatever runs inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from blender_pose3d.skeleton import Skeleton

if TYPE_CHECKING:
    from ..partly import Image


@dataclass(frozen=True)
class Region:
    """A rotated rectangle of the picture that is shown to a network.

    centre: (2,) px. size: (2,) width and height in px, before rotation. angle: radians, clockwise as seen
    in the picture (y down) by which the person is tilted; 0 for somebody upright.
    """

    centre: np.ndarray
    size: np.ndarray
    angle: float = 0.0


class Keypoints(NamedTuple):
    """What a network saw in N regions of one picture.

    joints: (N, K, 2) float32 px in the picture, also outside it. score: (N, K) float32, 0 to 1. presence:
    (N,) float32, 0 to 1, whether a region shows anybody at all.
    """

    joints: np.ndarray
    score: np.ndarray
    presence: np.ndarray


class Finds(NamedTuple):
    """N people whom a detector found in a picture, best first; lengths in px.

    box: (N, 4) x0 y0 x1 y1 of whole bodies, which may reach outside. score: (N,) 0 to 1, below 0.5 in doubt.
    hips: (N, 2) their middle; top: (N, 2) where the body ends beyond the head, so that from the hips there is
    up. NaN: not known.
    """

    box: np.ndarray
    score: np.ndarray
    hips: np.ndarray
    top: np.ndarray

    @classmethod
    def of_boxes(cls, box: np.ndarray, score: np.ndarray) -> Finds:
        """Finds of a detector that knows boxes alone."""
        box = np.asarray(box, dtype=np.float64).reshape(-1, 4)
        unknown = np.full((len(box), 2), np.nan)
        return cls(box, np.asarray(score, dtype=np.float64).reshape(-1), unknown, unknown)

    def chosen(self, which: np.ndarray) -> Finds:
        """Some of them, by an index or a mask (N,)."""
        return Finds(*(column[which] for column in self))


def first_region(network: PoseNetwork, finds: Finds, row: int) -> Region:
    """Where to look for somebody first: turned with the body where the network has ``region_from_circle``
    and the detector knows how the body lies, else round the box."""
    turned = getattr(network, "region_from_circle", None)
    if turned is None or not np.isfinite([finds.hips[row], finds.top[row]]).all():
        return network.region_from_box(finds.box[row])
    region: Region = turned(finds.hips[row], finds.top[row])
    return region


class PoseNetwork(Protocol):
    """A top-down 2D keypoint network. It is called from one thread at a time."""

    name: str
    sha256: str
    skeleton: Skeleton

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        """Where to look in the next frame, from the last pose: (K, 2) px and (K,) scores."""
        ...

    def region_from_box(self, box: np.ndarray) -> Region:
        """Where to look, from a person's bounding box (4,) x0 y0 x1 y1 in px."""
        ...

    def predict(self, image: Image, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints of N people in an (H, W, 3) uint8 RGB picture.

        Returns joints (N, K, 2) float32 px in the picture (they may lie outside it) and scores (N, K)
        float32 in 0 to 1. An occluded joint has a low score and the network's guess of its place.
        """
        ...


class BatchedPoseNetwork(PoseNetwork, Protocol):
    """A network that takes people of several pictures at once.

    batch: how many people at once pay off: 1 on a processor, more on a GPU.
    """

    batch: int

    def predict_many(self, images: Sequence[Image], regions: Sequence[Sequence[Region]]) -> list[Keypoints]:
        """Keypoints of each picture's people: the same as `predict` gives picture by picture."""
        ...


class PersonDetector(Protocol):
    """Finds whole people in a picture. Those that can be asked view by view are ViewDetectors."""

    def detect(self, image: Image) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (N, 4) x0 y0 x1 y1 px and scores (N,), best first, of an (H, W, 3) uint8 RGB picture."""
        ...
