"""BlazePose's landmark network from a crop to what it says of it, by OpenVINO or by LiteRT.

OpenVINO is faster, mostly since it leaves out the outline of the person that the file also gives and nobody
asks for; LiteRT has wheels where OpenVINO has none. They agree within hundredths of a pixel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from ..errors import MissingWeights
from .execution import Unusable, choose, half_the_processors, threads_told
from .litert import LiteModel

log = logging.getLogger(__name__)

INPUT = 256
HEATMAP = 64
POINTS = 39
OUTPUTS = (1, POINTS * 5), (1, 1), (1, POINTS * 3), (1, HEATMAP, HEATMAP, POINTS)
"""The shapes of Raw's parts in the file: all differ."""

_Read = TypeVar("_Read")


class Raw(NamedTuple):
    """What the network says of one crop, float32.

    points: (39, 5) x, y, z in px of the crop, then the logits of being seen and of being inside. presence:
    (1,), the chance that anybody is there. world: (39, 3) metres. heat: (64, 64, 39) logits, rows first.
    """

    points: np.ndarray
    presence: np.ndarray
    world: np.ndarray
    heat: np.ndarray


class LandmarkNetwork(Protocol):
    """name: who computes, for people and the log. batch: crops at once that pay off."""

    name: str
    batch: int

    def run(self, crops: Sequence[np.ndarray], read: Callable[[Raw], _Read]) -> list[_Read]:
        """What `read` makes of each crop's result, in their order.

        crops: (256, 256, 3) uint8 RGB each. A result is the network's own memory, which the next crop
        overwrites: `read` copies what it keeps.
        """
        ...


class LiteLandmarks:
    """The landmark network by LiteRT, one crop after another."""

    batch = 1

    def __init__(self, path: Path | str, threads: int) -> None:
        """Raises MissingWeights when the file is no such model."""
        self._model = LiteModel(path, threads)
        if not set(OUTPUTS) <= self._model.output_shapes:
            raise MissingWeights(f"{path} is no BlazePose landmark model.")
        self.name = f"LiteRT, float32, {threads_told(threads)}"

    def run(self, crops: Sequence[np.ndarray], read: Callable[[Raw], _Read]) -> list[_Read]:
        """As LandmarkNetwork says."""
        return [read(raw(self._model.run(crop[None] / np.float32(255), *OUTPUTS))) for crop in crops]


def raw(outputs: Sequence[np.ndarray]) -> Raw:
    """From arrays of OUTPUTS' shapes, in that order."""
    points, presence, world, heat = outputs
    return Raw(points.reshape(POINTS, 5), presence[0], world.reshape(POINTS, 3), heat[0])


def landmark_network(
    path: Path | str, sha256: str, threads: int | None = None, execution: str = "auto"
) -> LandmarkNetwork:
    """The network of pose_landmark_full.tflite or pose_landmark_heavy.tflite.

    sha256: of the file. threads: None for half_the_processors(). execution: see execution.py; where OpenVINO
    does not work LiteRT computes, with a line in the log. Raises MissingWeights when the file is no such
    model, BadArguments as choose() does.
    """
    threads = threads or half_the_processors()
    if choose(execution) == "openvino":
        from .blazepose_openvino import OpenVinoLandmarks

        try:
            return OpenVinoLandmarks(path, sha256, threads)
        except Unusable as error:
            log.warning("OpenVINO cannot be used here (%s); LiteRT computes instead.", error)
    return LiteLandmarks(path, threads)
