"""HRNet as a 2D keypoint network of the engine: pictures and regions in, keypoints out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch

from blender_pose3d.skeleton import COCO_17, HALPE_26, Skeleton

from .. import weights
from ..device import resolve
from ..errors import BadArguments, BadInput, MissingWeights
from ..manifest import entries
from . import crop, heatmaps
from .base import Region
from .hrnet import STRIDE
from .hrnet_weights import OUR_FORMAT, load_hrnet

_SKELETONS = {len(skeleton): skeleton for skeleton in (COCO_17, HALPE_26)}
_DEFAULT_INPUT = (192, 256)
# Of ImageNet's RGB pictures between 0 and 1, as HRNet's authors trained with.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CONFIDENT = 0.3
# Mean of the better half of the scores that hardly anything but a person exceeds, and that nine people in ten
# exceed (measured of the network that ships).
_NOBODY, _SOMEBODY = 0.15, 0.4
_BODY_BEYOND_JOINTS = 1.1  # a person's box reaches past the joints: head, hands, feet, flesh
_DECODERS = {"dark": heatmaps.decode_dark, "quarter": heatmaps.decode_quarter}


class HRNetPose:
    """A PoseNetwork (see base.py) that runs HRNet.

    After each `predict`: `presence` (N,) float32, whether a region shows a person at all (below 0.5: look for
    them anew). HRNet itself does not say; it follows from the scores, which fall together where nobody is.

    path: a weights file. input_size: (width, height) px; None takes what the file or its name says, else
    192x256. decoding: "dark" or "quarter". flip: average with the mirrored picture, at twice the time.
    batch: people at once. Raises BadInput for a file that is no HRNet of 17 or 26 keypoints, BadArguments
    for a decoding or device that does not exist.
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
        batch: int = 8,
    ) -> None:
        path = Path(path)
        if decoding not in _DECODERS:
            raise BadArguments(f"No decoding is named {decoding}.", f"Known: {', '.join(_DECODERS)}.")
        network, metadata = load_hrnet(path)
        if network.keypoints not in _SKELETONS:
            raise BadInput(f"{path} has {network.keypoints} keypoints; 17 (COCO) or 26 (Halpe) are known.")
        self.skeleton = _SKELETONS[network.keypoints]
        self.sha256 = weights.sha256(path)
        self.name = name or path.stem
        self.input_size = input_size or _input_size(path, metadata.get("input", ""), self.sha256)
        self._decode, self._flip, self._batch = _DECODERS[decoding], flip, batch
        self._ours = metadata.get("format", "").startswith(OUR_FORMAT)
        self.presence = np.zeros(0, np.float32)
        self._device = torch.device(resolve(device))
        self._network = network.to(self._device, memory_format=torch.channels_last)
        self._mean = torch.tensor(_MEAN, device=self._device).view(3, 1, 1)
        self._deviation = torch.tensor(_DEVIATION, device=self._device).view(3, 1, 1)

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

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (N, K, 2) float32 px in the (H, W, 3) uint8 RGB image and scores (N, K) float32.

        A region of another aspect than the input's is widened or heightened to it.
        """
        keypoints = len(self.skeleton)
        if not regions:
            self.presence = np.zeros(0, np.float32)
            return np.zeros((0, keypoints, 2), np.float32), np.zeros((0, keypoints), np.float32)
        regions = [crop.with_aspect(region, self._aspect) for region in regions]
        crops = np.stack([self._crop(image, region) for region in regions])
        maps = np.concatenate(
            [self.heatmaps(crops[i : i + self._batch]) for i in range(0, len(crops), self._batch)]
        )
        cells, score = self._decode(maps)
        self.presence = presence(score)
        affines = np.stack([crop.crop_to_image(region, self.input_size) for region in regions])
        return crop.transform(affines, cells.astype(np.float64) * STRIDE).astype(np.float32), score

    def _crop(self, image: np.ndarray, region: Region) -> np.ndarray:
        # As each network learnt to see: ours from smooth pictures, the authors' from every so manyth pixel.
        if self._ours:
            return crop.resample(image, crop.crop_to_image(region, self.input_size), self.input_size)
        return crop.cut(image, region, self.input_size)

    def heatmaps(self, crops: np.ndarray) -> np.ndarray:
        """Heatmaps (N, K, H / 4, W / 4) float32 of crops (N, H, W, 3) uint8 RGB, with the flip test if on."""
        # A channel axis that is moved and not copied is torch's channels-last layout already.
        pictures = torch.from_numpy(crops).to(self._device).permute(0, 3, 1, 2)
        x = (pictures.float() / 255 - self._mean) / self._deviation
        with torch.inference_mode():
            maps = self._network(x).cpu().numpy()
            if self._flip:
                mirrored = self._network(x.flip(-1)).cpu().numpy()
                maps = (maps + heatmaps.flip_back(mirrored, self.skeleton.mirror)) / 2
        return maps


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
