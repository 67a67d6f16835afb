"""Labelled people without end: one call, one batch, everything on one device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .assets import Bank
from .draws import Draws
from .figure import Cast, draw_figures
from .finish import finish
from .labels import label
from .light import draw_lights
from .materials import draw_looks
from .poses import Poses
from .posing import pose
from .scene import backdrops, compose
from .view import Framing, View, look


@dataclass(frozen=True)
class Batch:
    """images: (N, H, W, 3) uint8 RGB. joints: (N, 26, 2) px in HALPE_26, (0, 0) the centre of the first
    pixel; true even where not known. known: (N, 26) bool, inside the photograph. visible: (N, 26) bool,
    hidden by nothing. box: (N, 4) x0 y0 x1 y1 of what the photograph shows of the person."""

    images: Tensor
    joints: Tensor
    known: Tensor
    visible: Tensor
    box: Tensor


class Renderer:
    """Renders people of a bank in poses over photographs.

    backgrounds: (G, S, S, 3) uint8, or None for made-up places. garments: the same for cloth, or None.
    device: "cpu" or "cuda". finer: samples along a pixel's side.
    """

    def __init__(
        self,
        bank: Bank,
        poses: Poses,
        backgrounds: Tensor | None = None,
        garments: Tensor | None = None,
        *,
        device: torch.device | str = "cpu",
        finer: int = 2,
    ) -> None:
        self.device = torch.device(device)
        self.bank, self.poses, self.finer = bank.to(self.device), poses, finer
        self.backgrounds = None if backgrounds is None else backgrounds.to(self.device)
        self.garments = None if garments is None else garments.to(self.device)

    @torch.inference_mode()
    def render(self, seed: int, count: int, framing: Framing | None = None) -> Batch:
        """count people that follow from the seed. Raises ValueError for a size that 8 does not divide."""
        framing = framing or Framing()
        if framing.size[0] % 8 or framing.size[1] % 8:
            raise ValueError("height and width must be multiples of 8")
        draws = Draws(seed, self.device)
        who = draws.whole(len(self.bank), count)
        posed = pose(self.bank, who, self.poses.draw(count, draws.generator).to(self.device))
        stature = self.bank.stature[who]
        view = look(posed, stature, framing, draws)
        behind = backdrops(self.backgrounds, count, framing.size, draws)
        lights = draw_lights(view.up, behind, draws)
        looks = draw_looks(count, 0 if self.garments is None else len(self.garments), draws)
        cast = Cast(self.bank, who, view, looks, lights, self.garments)
        figures = draw_figures(cast, framing.size, self.finer)
        scene = compose(figures.colour, view, behind, self.backgrounds, draws)
        rest = self.bank.moments[who].sum(2)
        labels = label(view, figures.seen_at, rest, scene.hidden, stature)
        picture = finish(_framed(scene.picture, view), draws)
        images = (picture * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        return Batch(images, labels.joints, labels.known, labels.visible, labels.box)


def _framed(picture: Tensor, view: View) -> Tensor:
    """Black beyond the photograph's edges, as a crop that reaches over them is."""
    x = torch.arange(picture.shape[3], device=picture.device)
    y = torch.arange(picture.shape[2], device=picture.device)
    frame = view.frame
    across = (x >= frame[:, :1]) & (x <= frame[:, 2:3])
    along = (y >= frame[:, 1:2]) & (y <= frame[:, 3:])
    return picture * (across[:, None, None] & along[:, None, :, None])
