"""People put into photographs: what stands behind them, before them, and where the photograph ends.

Synthetic occlusion after Sárándi et al., "How Robust is 3D Human Pose Estimation to Occlusion?", 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from .draws import Draws
from .view import View

_THINGS = 2  # at most, before a person
_THING, _BEFORE, _BEHIND = 0.22, 0.12, 0.3  # shares: of each thing, of other people before and behind


@dataclass(frozen=True)
class Scene:
    """picture: (N, 3, H, W) 0 to 1. hidden: (N, H, W) 0 to 1, how much stands before the person."""

    picture: Tensor
    hidden: Tensor


def backdrops(
    photos: Tensor | None, count: int, size: tuple[int, int], draws: Draws, rows: Tensor | None = None
) -> Tensor:
    """(count, 3, H, W) 0 to 1: photographs (G, S, S, 3) uint8 turned, cut, mirrored; made-up places where
    there are none. rows: the ones that are wanted, of count."""
    if photos is None:
        places = _made_up(count, size, draws)
        return places if rows is None else places[rows]
    angle = torch.deg2rad(draws.normal(count, spread=8.0))
    zoom = draws.uniform(count, low=0.45, high=0.95)
    flip = torch.where(draws.chance(0.5, count), -1.0, 1.0)
    aspect = size[1] / size[0]
    across, along = (zoom, zoom / aspect) if aspect > 1 else (zoom * aspect, zoom)
    middle = draws.uniform(count, 2, low=-1.0, high=1.0) * (1 - zoom)[:, None]
    theta = torch.stack(
        (torch.stack((flip * across * angle.cos(), -along * angle.sin(), middle[:, 0]), 1),
         torch.stack((flip * across * angle.sin(), along * angle.cos(), middle[:, 1]), 1)), dim=1,
    )  # fmt: skip
    which = draws.whole(len(photos), count)
    if rows is not None:
        which, theta = which[rows], theta[rows]
    chosen = photos[which].permute(0, 3, 1, 2).float() / 255
    return _warped(chosen, theta, size, "reflection")


def _made_up(count: int, size: tuple[int, int], draws: Draws) -> Tensor:
    """Smooth blots of colour at several sizes."""
    total = draws.uniform(count, 3, 1, 1, low=0.2, high=0.8).expand(-1, -1, *size)
    for cells in (3, 7, 19):
        rough = draws.normal(count, 3, cells, cells, spread=0.12)
        total = total + torch.nn.functional.interpolate(rough, size, mode="bilinear")
    return total.clamp(0, 1)


def _warped(images: Tensor, theta: Tensor, size: tuple[int, int], padding: str = "zeros") -> Tensor:
    if not len(images):
        return images.new_zeros(0, images.shape[1], *size)
    grid = affine_grid(theta, [len(images), images.shape[1], *size], align_corners=False)
    return grid_sample(images, grid, mode="bilinear", padding_mode=padding, align_corners=False)


def compose(people: Tensor, view: View, behind: Tensor, photos: Tensor | None, draws: Draws) -> Scene:
    """people: (N, 4, H, W) premultiplied; behind: (N, 3, H, W). Others that stand about are this batch's."""
    picture = behind * (1 - _ground_shadow(view, behind.shape[2:], draws)[:, None])
    count = len(people)
    crowd = draws.chance(_BEHIND, count)
    picture = _over(picture, _others(people, view, crowd, draws, near=False))
    picture = _over(picture, people)
    hidden = torch.zeros_like(picture[:, 0])
    if count > 1:
        other = _others(people, view, draws.chance(_BEFORE, count), draws, near=True)
        picture, hidden = _over(picture, other), torch.maximum(hidden, other[:, 3])
    for _ in range(_THINGS):
        thing = _thing(view, photos, behind, draws)
        picture, hidden = _over(picture, thing), torch.maximum(hidden, thing[:, 3])
    return Scene(picture, hidden)


def _over(below: Tensor, above: Tensor) -> Tensor:
    return below * (1 - above[:, 3:]) + above[:, :3]


def _pixels(size: torch.Size | tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """x (1, 1, W) and y (1, H, 1)."""
    x, y = torch.arange(size[1], device=device), torch.arange(size[0], device=device)
    return x[None, None].float(), y[None, :, None].float()


def _ground_shadow(view: View, size: torch.Size, draws: Draws) -> Tensor:
    """(N, H, W) a soft dark blot under the lowest part of the box; for people who stand in the picture's
    upright it is where feet meet the ground."""
    x, y = _pixels(size, view.box.device)
    wide, high = view.box[:, 2] - view.box[:, 0], view.box[:, 3] - view.box[:, 1]
    middle = (view.box[:, 0] + view.box[:, 2]) / 2 + 0.1 * wide * draws.normal(len(wide))
    across = (0.55 * wide)[:, None, None]
    along = (high * draws.uniform(len(wide), low=0.03, high=0.12))[:, None, None]
    r = ((x - middle[:, None, None]) / across) ** 2 + ((y - view.box[:, 3, None, None]) / along) ** 2
    return draws.uniform(len(wide), 1, 1, high=0.55) * torch.exp(-1.5 * r)


def _others(people: Tensor, view: View, present: Tensor, draws: Draws, *, near: bool) -> Tensor:
    """(N, 4, H, W) somebody else of the batch, beside the person of a picture and partly in line with
    them."""
    count, _, height, width = people.shape
    step = 1 + int(draws.whole(max(count - 1, 1), 1))
    scale = draws.uniform(count, low=0.8, high=1.4) if near else draws.uniform(count, low=0.5, high=1.1)
    flip = torch.where(draws.chance(0.5, count), -1.0, 1.0)
    box, theirs = view.box, view.box.roll(step, 0)
    side = torch.where(draws.chance(0.5, count), -1.0, 1.0)
    apart = draws.uniform(count, low=0.45, high=0.9) if near else draws.uniform(count, low=0.3, high=1.3)
    wide = (box[:, 2] - box[:, 0] + scale * (theirs[:, 2] - theirs[:, 0])) / 2
    at_x = (box[:, 0] + box[:, 2]) / 2 + side * apart * wide
    at_y = (box[:, 1] + box[:, 3]) / 2 + 0.12 * (box[:, 3] - box[:, 1]) * draws.normal(count)
    # grid_sample asks where each pixel comes from, in -1 to 1
    to = torch.stack((2 * at_x / width - 1, 2 * at_y / height - 1), 1)
    whence = torch.stack(
        ((theirs[:, 0] + theirs[:, 2]) / width - 1, (theirs[:, 1] + theirs[:, 3]) / height - 1), 1
    )
    a, b = flip / scale, 1 / scale
    theta = torch.stack(
        (torch.stack((a, torch.zeros_like(a), whence[:, 0] - a * to[:, 0]), 1),
         torch.stack((torch.zeros_like(a), b, whence[:, 1] - b * to[:, 1]), 1)), dim=1,
    )  # fmt: skip
    rows = present.nonzero()[:, 0]
    result = torch.zeros_like(people)
    if len(rows):
        result[rows] = _warped(people.roll(step, 0)[rows], theta[rows], (height, width))
    return result


def _thing(view: View, photos: Tensor | None, behind: Tensor, draws: Draws) -> Tensor:
    """(N, 4, H, W) a patch of a photograph or a plain thing, round or square, somewhere over the person."""
    count, _, height, width = behind.shape
    wide, high = view.box[:, 2] - view.box[:, 0], view.box[:, 3] - view.box[:, 1]
    size = torch.maximum(wide, high)
    at = view.box[:, :2] + draws.uniform(count, 2, low=-0.1, high=1.1) * torch.stack((wide, high), 1)
    half = size[:, None] * torch.exp(draws.uniform(count, 2, low=math.log(0.04), high=math.log(0.28)))
    pole = draws.chance(0.15, count)
    half[:, 1] = torch.where(pole, 2 * size, half[:, 1])
    turn = draws.normal(count, spread=0.5)
    power = torch.exp(draws.uniform(count, low=math.log(1.6), high=math.log(12.0)))
    strength = draws.uniform(count, 3, high=0.12)
    phase = draws.uniform(count, 3, high=2 * math.pi)
    present = draws.chance(_THING, count)
    rows = present.nonzero()[:, 0]
    paint = backdrops(photos, count, (height, width), draws, rows)
    plain = draws.uniform(count, 3, 1, 1)
    shade = draws.chance(0.35, count)
    result = torch.zeros_like(torch.cat((behind, behind[:, :1]), 1))
    if not len(rows):
        return result
    x, y = _pixels((height, width), behind.device)
    dx, dy = x - at[rows, 0, None, None], y - at[rows, 1, None, None]
    cos, sin = turn[rows].cos()[:, None, None], turn[rows].sin()[:, None, None]
    u = ((dx * cos + dy * sin) / half[rows, 0, None, None]).abs()
    v = ((dy * cos - dx * sin) / half[rows, 1, None, None]).abs()
    p = power[rows, None, None]
    radius = (u.clamp(1e-4, 20) ** p + v.clamp(1e-4, 20) ** p) ** (1 / p)
    angle = torch.atan2(dy, dx)
    for number in range(3):
        wave = ((number + 2) * angle + phase[rows, number, None, None]).sin()
        radius = radius * (1 + strength[rows, number, None, None] * wave)
    edge = half[rows].amin(1)[:, None, None]
    cover = ((1 - radius) * edge + 0.5).clamp(0, 1)
    colour = torch.where(shade[rows, None, None, None], plain[rows] * (0.5 + 0.5 * paint), paint)
    result[rows] = torch.cat((colour * cover[:, None], cover[:, None]), 1)
    return result
