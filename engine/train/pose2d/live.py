"""People rendered while the network learns, on its own device: part of each batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch

from ...errors import BadArguments
from .config import Config
from .data import Batch

if TYPE_CHECKING:
    from ..people.render import Batch as Rendered
    from ..people.view import Framing

_BODIES = 400
_STRIDE = 1_000_003  # between the seeds of runs
_MULTIPLE = 8  # px that the renderer wants a side to be a multiple of


class Renders(Protocol):
    """What people.render.Renderer offers."""

    def render(self, seed: int, count: int, framing: Framing | None = None) -> Rendered: ...


@dataclass(frozen=True)
class Sources:
    """mocap: folder of BVH files. backgrounds, garments: folders or archives of photographs, or None. cache:
    folder that keeps what takes minutes to prepare."""

    mocap: Path
    backgrounds: Path | None = None
    garments: Path | None = None
    cache: Path | None = None


def open_renderer(sources: Sources, device: str) -> Renders:
    """Bodies, poses of the subjects to learn from, photographs: all that a renderer needs.

    Raises BadInput for sources that are missing, broken or empty.
    """
    from ...weights import cache_dir
    from ..people.assets import cached_bank
    from ..people.photos import load_backgrounds, load_garments
    from ..people.poses import load_poses
    from ..people.render import Renderer

    kept = sources.cache or cache_dir() / "people"
    bank = cached_bank(kept / "bodies-train.npz", _BODIES, seed=1)
    poses = load_poses(sources.mocap, "train", kept / "poses-train.npz")
    behind = sources.backgrounds and load_backgrounds(sources.backgrounds, cache=kept / "crowded.json")
    cloth = sources.garments and load_garments(sources.garments)
    return Renderer(bank, poses, behind, cloth, device=device)


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
