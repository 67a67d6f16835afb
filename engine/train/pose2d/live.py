"""People rendered while the network learns, on its own device: part of each batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from ...errors import BadArguments
from .config import Config
from .data import Batch

if TYPE_CHECKING:
    from ..people.render import Batch as Rendered
    from ..people.view import Framing

_STRIDE = 1_000_003  # between the seeds of runs
_MULTIPLE = 8  # px that the renderer wants a side to be a multiple of


class Renders(Protocol):
    """What people.render.Renderer offers."""

    def render(self, seed: int, count: int, framing: Framing | None = None) -> Rendered: ...


class Live:
    """Draws rendered people for a step of the run from the seed of both."""

    def __init__(self, renderer: Renders, config: Config) -> None:
        """Raises BadArguments where a stage's pictures do not suit the renderer."""
        if any(side % _MULTIPLE for stage in config.stages for side in stage.input):
            raise BadArguments(f"To render people, every stages.input must be a multiple of {_MULTIPLE} px.")
        self._renderer, self._config = renderer, config

    def count(self, batch: int) -> int:
        """How many of a batch are rendered."""
        return round(self._config.training.people * batch)

    def draw(self, step: int, batch: int, size: tuple[int, int]) -> Batch:
        """Those of a batch of `batch` people that are rendered. size: (width, height) px."""
        from ..people.view import Framing

        augment = self._config.augment
        framing = Framing(
            size=(size[1], size[0]),
            scale=(1 / augment.largest, 1 / augment.smallest),
            shift=augment.shift,
            roll=augment.rotation,
        )
        seed = self._config.training.seed * _STRIDE + step
        drawn = self._renderer.render(seed, self.count(batch), framing)
        return {
            "pictures": drawn.images,
            "joints": drawn.joints.float(),
            "weight": drawn.known.float(),
            "visible": drawn.visible,
        }


def joined(packed: Batch, rendered: Batch) -> Batch:
    """Both in one batch, on the device of the rendered."""
    return {
        key: torch.cat([packed[key].to(value.device, non_blocking=True), value])
        for key, value in rendered.items()
    }
