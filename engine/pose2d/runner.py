"""Who computes an HRNet: OpenVINO or torch on the processor, torch on a GPU.

A runner is given pictures and where to look in them, and answers with keypoints in the crops it made. On the
processor crops are cut by OpenCV and heatmaps read by NumPy; on a GPU both happen there (runner_gpu.py).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .. import trace
from ..errors import BadArguments
from ..partly import Image
from . import crop, heatmaps
from .execution import Unusable, choose
from .hrnet_export import Export

log = logging.getLogger(__name__)

PRECISIONS = ("auto", "float32", "int8")
DECODERS = {"dark": heatmaps.decode_dark, "quarter": heatmaps.decode_quarter}


@dataclass(frozen=True)
class Plan:
    """What a runner does around the network.

    size: (width, height) px of a crop. decoding: one of DECODERS. mirror: the skeleton's, (K,). flip: average
    with the mirrored picture, at twice the time. smooth: crops of large people are averaged and not picked
    out of the picture, as the network learnt it. precision: "float32", "int8", or "auto": half precision
    where the machine computes with it faster.
    """

    size: tuple[int, int]
    decoding: str
    mirror: np.ndarray
    flip: bool = False
    smooth: bool = False
    precision: str = "auto"


class Runner(Protocol):
    """name: for people and the log. batch: people at once that pay off."""

    name: str
    batch: int

    def look(self, images: Sequence[Image], affines: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints in all crops of all pictures, one after another.

        images: (H, W, 3) uint8 RGB each. affines: (n, 2, 3) each, from px of a crop to px of its picture.
        Returns px of the heatmaps (N, K, 2) float32 and scores (N, K) float32.
        """
        ...


class HostRunner:
    """A runner on the processor, around any function from crops to heatmaps.

    network: (N, H, W, 3) uint8 RGB crops to (N, K, H / 4, W / 4) float32 heatmaps. most: crops in one call of
    it, which bounds the memory.
    """

    def __init__(
        self,
        network: Callable[[np.ndarray], np.ndarray],
        plan: Plan,
        name: str,
        batch: int = 1,
        most: int = 8,
    ) -> None:
        self.name, self.batch = name, batch
        self._network, self._plan, self._most = network, plan, most

    def look(self, images: Sequence[Image], affines: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """As Runner says."""
        where = [(image, affine) for image, some in zip(images, affines, strict=True) for affine in some]
        parts = [self._some(where[i : i + self._most]) for i in range(0, len(where), self._most)]
        cells, score = (np.concatenate(each) for each in zip(*parts, strict=True))
        return cells, score

    def _some(self, where: list[tuple[Image, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        with trace.span("crop"):
            crops = np.stack([cut(image, affine, self._plan) for image, affine in where])
        with trace.span("network"):
            maps = self.heatmaps(crops)
        with trace.span("heatmaps"):
            return DECODERS[self._plan.decoding](maps)

    def heatmaps(self, crops: np.ndarray) -> np.ndarray:
        """Heatmaps of crops, with the flip test if on."""
        maps = self._network(crops)
        if self._plan.flip:
            mirrored = self._network(np.ascontiguousarray(crops[:, :, ::-1]))
            maps = (maps + heatmaps.flip_back(mirrored, self._plan.mirror)) / 2
        return maps


def cut(image: Image, affine: np.ndarray, plan: Plan) -> np.ndarray:
    """The crop (H, W, 3) uint8 a network is shown, as it learnt to see: ours smooth pictures, the authors'
    every so manyth pixel."""
    if plan.smooth:
        return crop.resample(image, affine, plan.size)
    return crop.pick(image, affine, plan.size)


def choose_precision(precision: str = "auto") -> str:
    """$POSE3D_PRECISION, where it is set, decides for "auto". Raises BadArguments for another word."""
    asked = os.environ.get("POSE3D_PRECISION", "auto") if precision == "auto" else precision
    if asked not in PRECISIONS:
        raise BadArguments(f"There is no precision {asked!r}.", f"Choose one of {', '.join(PRECISIONS)}.")
    return asked


def make(export: Export, plan: Plan, device: str, execution: str = "auto", batch: int = 0) -> Runner:
    """The runner of a network on a device ("cpu", "cuda" or "mps").

    batch: people at once, 0 for what suits the machine. A processor that OpenVINO cannot serve gets torch,
    with a line in the log. Raises BadArguments as choose() does.
    """
    if plan.decoding not in DECODERS:
        raise BadArguments(f"No decoding is named {plan.decoding}.", f"Known: {', '.join(DECODERS)}.")
    if device != "cpu":
        from .runner_gpu import GpuRunner
        from .runner_torch import network_of

        return GpuRunner(network_of(export.weights), plan, device, batch or None)
    if choose(execution) == "openvino":
        from .runner_openvino import OpenVinoHeatmaps

        try:
            network = OpenVinoHeatmaps(export, plan.size, plan.precision)
            return HostRunner(network, plan, network.name, network.streams, batch or 8)
        except Unusable as error:
            log.warning("OpenVINO cannot be used here (%s); torch computes instead.", error)
    from .runner_torch import TorchHeatmaps

    if plan.precision == "int8":
        log.warning("torch computes in float32: int8 needs OpenVINO.")
    slower = TorchHeatmaps.of(export.weights)
    return HostRunner(slower, plan, slower.name, 1, batch or 8)
