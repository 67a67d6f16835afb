"""Cameras round a person, and the crop of their picture that a network is given."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .draws import Draws
from .posing import Posed

_CUT = (0.5, 0.18, 0.18, 0.14)  # share of people cut at the bottom, the left, the right, the top
_MARGIN = 1.25  # a network's crop beside the box


@dataclass(frozen=True)
class Framing:
    """size: height, width px. scale: of the crop beside the box with its margin, least and most; large ones
    show people small. shift: of the box's size, how far off centre. roll: degrees, the most. cut: share of
    people whom the photograph's edge cuts."""

    size: tuple[int, int] = (256, 192)
    scale: tuple[float, float] = (0.6, 1.6)
    shift: float = 0.1
    roll: float = 45.0
    cut: float = 0.2


@dataclass(frozen=True)
class View:
    """What the camera shows. points (N, V, 3) and keypoints (N, 26, 3): px and depth in metres. normals:
    (N, V, 3) in camera axes, x right, y down, z forward. up: (N, 3) the world's. box: (N, 4) x0 y0 x1 y1, of
    what is inside the frame. frame: (N, 4), the photograph's edges; metre: (N,) px of one at the person's
    distance."""

    points: Tensor
    keypoints: Tensor
    normals: Tensor
    up: Tensor
    box: Tensor
    frame: Tensor
    metre: Tensor


def look(posed: Posed, stature: Tensor, framing: Framing, draws: Draws) -> View:
    """A camera for each person: level and near the horizon for the most, some from above or below, with
    lenses from wide to long."""
    count = len(stature)
    axes = _axes(count, framing, draws)
    distance = stature * torch.exp(draws.uniform(count, low=math.log(1.3), high=math.log(7.0)))
    middle = (posed.vertices.amin(1) + posed.vertices.amax(1)) / 2
    reach = (posed.vertices - middle[:, None]).norm(dim=-1).amax(1)
    distance = torch.maximum(distance, reach + 0.5)

    def seen(points: Tensor) -> Tensor:
        turned = (points - middle[:, None]) @ axes.mT
        depth = turned[..., 2:] + distance[:, None, None]
        return torch.cat((turned[..., :2] / depth, depth), dim=-1)

    points, keypoints = seen(posed.vertices), seen(posed.keypoints)
    box = torch.cat((points[..., :2].amin(1), points[..., :2].amax(1)), dim=1)
    box, frame = _cut(box, framing, draws)
    scale, shift = _crop(box, framing, draws)

    box, frame = (edges * scale + shift.repeat(1, 2) for edges in (box, frame))
    for each in (points, keypoints):
        each[..., :2] = each[..., :2] * scale[:, None] + shift[:, None]
    up = axes[:, :, 2]
    return View(points, keypoints, posed.normals @ axes.mT, up, box, frame, scale[:, 0] / distance)


def _axes(count: int, framing: Framing, draws: Draws) -> Tensor:
    """(N, 3, 3), rows right, down, forward in the world, z up."""
    turn = draws.uniform(count, low=-math.pi, high=math.pi)
    level = draws.normal(count, spread=9.0, mean=4.0)
    anywhere = draws.uniform(count, low=-30.0, high=60.0)
    height = torch.deg2rad(torch.where(draws.chance(0.65, count), level, anywhere))
    forward = torch.stack((height.cos() * turn.sin(), height.cos() * turn.cos(), -height.sin()), dim=1)
    right = torch.stack((turn.cos(), -turn.sin(), torch.zeros_like(turn)), dim=1)
    down = torch.linalg.cross(forward, right)
    slight = draws.normal(count, spread=framing.roll / 9)
    steep = draws.uniform(count, low=-framing.roll, high=framing.roll)
    roll = torch.deg2rad(torch.where(draws.chance(0.5, count), slight, steep))[:, None]
    return torch.stack(
        (right * roll.cos() + down * roll.sin(), down * roll.cos() - right * roll.sin(), forward), dim=1
    )


def _cut(box: Tensor, framing: Framing, draws: Draws) -> tuple[Tensor, Tensor]:
    """The box inside the photograph's edges, and these; far away where nothing is cut."""
    count = len(box)
    side = draws.which(list(_CUT), count)
    kept = draws.uniform(count, low=0.35, high=0.9)
    cut = draws.chance(framing.cut, count)
    far = (box[:, 2:] - box[:, :2]).amax(1, keepdim=True) * 100
    frame = torch.cat((box[:, :2] - far, box[:, 2:] + far), dim=1)
    wide, high = (box[:, 2:] - box[:, :2]).unbind(1)
    # which of x0 y0 x1 y1 an edge takes, and how much of the box is kept on its side
    places = torch.stack(
        (box[:, 1] + kept * high, box[:, 2] - kept * wide, box[:, 0] + kept * wide,
         box[:, 3] - (0.7 + 0.3 * kept) * high), dim=1,
    )  # fmt: skip
    for number, edge in enumerate((3, 0, 2, 1)):
        here = cut & (side == number)
        frame[:, edge] = torch.where(here, places[:, number], frame[:, edge])
    inside = torch.cat(
        (torch.maximum(box[:, :2], frame[:, :2]), torch.minimum(box[:, 2:], frame[:, 2:])), dim=1
    )
    return inside, frame


def _crop(box: Tensor, framing: Framing, draws: Draws) -> tuple[Tensor, Tensor]:
    """px per unit (N, 1) and offset (N, 2) that bring the box into the crop."""
    count = len(box)
    size = box.new_tensor([framing.size[1], framing.size[0]])
    wide = box[:, 2:] - box[:, :2]
    low, high = (math.log(value) for value in framing.scale)
    zoom = torch.exp(draws.uniform(count, low=low, high=high))
    scale = (size / wide).amin(1) / (_MARGIN * zoom)
    middle = (box[:, :2] + box[:, 2:]) / 2 + framing.shift * wide * draws.normal(count, 2).clamp(-2, 2) / 2
    return scale[:, None], (size - 1) / 2 - middle * scale[:, None]
