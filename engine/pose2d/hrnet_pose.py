"""HRNet as a 2D keypoint network of the engine: pictures and regions in, keypoints out."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import COCO_17, HALPE_26, Skeleton

from .. import weights
from ..device import resolve
from ..errors import BadInput, MissingWeights
from ..manifest import entries
from ..partly import Image
from . import crop
from .base import Keypoints, Region
from .hrnet_export import OUR_FORMAT, exported
from .hrnet_graph import STRIDE
from .runner import Plan, choose_precision, make

log = logging.getLogger(__name__)

_SKELETONS = {len(skeleton): skeleton for skeleton in (COCO_17, HALPE_26)}
_DEFAULT_INPUT = (192, 256)
_CONFIDENT = 0.3
# Mean of the better half of the scores that hardly anything but a person exceeds, and that nine people in ten
# exceed (measured of the network that ships).
_NOBODY, _SOMEBODY = 0.15, 0.4
_BODY_BEYOND_JOINTS = 1.1  # a person's box reaches past the joints: head, hands, feet, flesh


class HRNetPose:
    """A BatchedPoseNetwork (see base.py) that runs HRNet.

    After each `predict`: `presence` (N,) float32, whether a region shows a person at all (below 0.5: look for
    them anew). HRNet itself does not say; it follows from the scores, which fall together where nobody is.

    path: a weights file. device: auto, cpu, cuda or mps. input_size: (width, height) px; None takes what the
    file or its name says, else 192x256. decoding: "dark" or "quarter". flip: average with the mirrored
    picture, at twice the time. batch: people at once, 0 for what suits the machine. execution, precision: see
    runner.py. Raises BadInput for a file that is no HRNet of 17 or 26 keypoints, BadArguments for a decoding,
    device, execution or precision that does not exist.
    """

    name: str
    sha256: str
    skeleton: Skeleton

    def __init__(
        self,
        path: Path | str,
        device: str = "cpu",
        *,
        name: str = "",
        input_size: tuple[int, int] | None = None,
        decoding: str = "dark",
        flip: bool = False,
        batch: int = 0,
        execution: str = "auto",
        precision: str = "auto",
    ) -> None:
        path = Path(path)
        export = exported(path)
        if export.keypoints not in _SKELETONS:
            raise BadInput(f"{path} has {export.keypoints} keypoints; 17 (COCO) or 26 (Halpe) are known.")
        self.skeleton = _SKELETONS[export.keypoints]
        self.sha256 = weights.sha256(path)
        self.name = name or path.stem
        self.input_size = input_size or _input_size(path, export.metadata.get("input", ""), self.sha256)
        self.presence = np.zeros(0, np.float32)
        ours = export.metadata.get("format", "").startswith(OUR_FORMAT)
        self.precision = choose_precision(precision)
        plan = Plan(self.input_size, decoding, self.skeleton.mirror, flip, ours, self.precision)
        self.runner = make(export, plan, resolve(device), execution, batch)
        log.info("%s is computed by %s.", self.name, self.runner.name)

    @property
    def batch(self) -> int:
        """How many people at once pay off."""
        return self.runner.batch

    @property
    def _aspect(self) -> float:
        return self.input_size[0] / self.input_size[1]

    def region_from_box(self, box: np.ndarray) -> Region:
        """The authors' crop of a person's box (4,) x0 y0 x1 y1 px: the input's aspect, padded by 1.25."""
        return crop.region_from_box(box, self._aspect)

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        """Where to look next: round the confident joints (K, 2) px of the last pose, or round all of them
        when fewer than half are confident, so that a face alone does not become the person."""
        confident = score >= _CONFIDENT
        shown = joints[confident] if 2 * confident.sum() >= len(joints) else joints
        low, high = shown.min(axis=0), shown.max(axis=0)
        margin = (high - low) * (_BODY_BEYOND_JOINTS - 1) / 2
        return self.region_from_box(np.concatenate([low - margin, high + margin]))

    def predict(self, image: Image, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (N, K, 2) float32 px in the (H, W, 3) uint8 RGB image and scores (N, K) float32.

        A region of another aspect than the input's is widened or heightened to it.
        """
        joints, score, self.presence = self.predict_many([image], [regions])[0]
        return joints, score

    def predict_many(self, images: Sequence[Image], regions: Sequence[Sequence[Region]]) -> list[Keypoints]:
        """The same of several pictures at once."""
        if not images:
            return []
        counts = [len(some) for some in regions]
        affines = [self._affines(some) for some in regions]
        cells, score = self._looked(images, affines) if any(counts) else self._nothing()
        joints = crop.transform(np.concatenate(affines), cells.astype(np.float64) * STRIDE).astype(np.float32)
        each = (np.split(values, np.cumsum(counts)[:-1]) for values in (joints, score, presence(score)))
        return [Keypoints(*one) for one in zip(*each, strict=True)]

    def _affines(self, regions: Sequence[Region]) -> np.ndarray:
        """(N, 2, 3) from px of the crops to px of the picture."""
        upright = [crop.with_aspect(region, self._aspect) for region in regions]
        return np.array([crop.crop_to_image(one, self.input_size) for one in upright]).reshape(-1, 2, 3)

    def _looked(
        self, images: Sequence[Image], affines: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        seen = [(image, some) for image, some in zip(images, affines, strict=True) if len(some)]
        return self.runner.look(*zip(*seen, strict=True))

    def _nothing(self) -> tuple[np.ndarray, np.ndarray]:
        keypoints = len(self.skeleton)
        return np.zeros((0, keypoints, 2), np.float32), np.zeros((0, keypoints), np.float32)


def presence(score: np.ndarray) -> np.ndarray:
    """(N,) float32, 0 to 1, whether somebody is there, from scores (N, K) of all joints.

    The better half of the joints decides, since the other may be hidden or outside the picture.
    """
    best = np.sort(score, axis=1)[:, score.shape[1] // 2 :].mean(axis=1)
    return np.clip((best - _NOBODY) / (_SOMEBODY - _NOBODY), 0, 1).astype(np.float32)


def load_hrnet_pose(name_or_path: str = "hrnet", device: str = "cpu", **settings: object) -> HRNetPose:
    """An HRNetPose by weights name, by file, or "hrnet": the best known weights on this machine.

    settings: as HRNetPose's. Raises MissingWeights where there are none, and what HRNetPose raises.
    """
    name = best_here() if name_or_path == "hrnet" else name_or_path
    if name in entries():
        return HRNetPose(weights.locate(name), device, name=name, **settings)  # type: ignore[arg-type]
    return HRNetPose(name, device, **settings)  # type: ignore[arg-type]


def best_here() -> str:
    """Name of the best HRNet weights on this machine: the first of the manifest's that is here.

    Raises MissingWeights when there are none.
    """
    for known in entries().values():
        if known.network == "hrnet" and weights.is_here(known.name):
            return known.name
    raise MissingWeights(
        "No HRNet weights are on this machine.",
        "See `python -m engine weights list` for what there is, and fetch or import one.",
    )


def _input_size(path: Path, stated: str, digest: str) -> tuple[int, int]:
    """(width, height): from the file's metadata, the manifest, or a name such as pose_hrnet_w32_384x288."""
    if not stated:
        known = [e for e in entries().values() if e.input and (e.sha256 == digest or e.file == path.name)]
        stated = known[0].input if known else ""
    if match := re.fullmatch(r"(\d+)x(\d+)", stated):
        return int(match[1]), int(match[2])
    if match := re.search(r"(\d{3})x(\d{3})", path.name):  # in file names the height comes first
        return int(match[2]), int(match[1])
    return _DEFAULT_INPUT
