"""Colours of skin, cloth, shoes and hair, pixel by pixel, from numbers drawn per person and material."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .assets import Bank
from .draws import Draws
from .dress import MATERIALS

_KINDS = len(MATERIALS)
SKIN, EYES, SHIRT, TROUSERS, SHOES, HAIR = range(_KINDS)
PLAIN, STRIPES, CHECKS, BLOTS, PHOTO = range(5)
_PATTERNS = [0.33, 0.12, 0.08, 0.1, 0.37]
_TONES = torch.tensor(
    [[0.78, 0.55, 0.44], [0.70, 0.46, 0.34], [0.53, 0.33, 0.22], [0.35, 0.20, 0.13], [0.18, 0.10, 0.065]]
)
_HAIRS = torch.tensor(
    [[0.015, 0.012, 0.01], [0.05, 0.028, 0.016], [0.13, 0.07, 0.03], [0.42, 0.28, 0.13], [0.4, 0.4, 0.4]]
)
_WAVES = 4  # of which blots, folds and mottle are summed


@dataclass(frozen=True)
class Looks:
    """Of N people, linear RGB. tone: (N, 3) skin. one, other: (N, materials, 3) colours of patterns.
    pattern: (N, materials). wave: (N, materials, 3) pattern's direction times its frequency, per metre.
    blots: (N, WAVES, 3) waves, per metre; phase: (N, WAVES). photo: (N, materials) garment; place:
    (N, materials, 4) its scale and offset across and up. gloss, folds: (N, materials)."""

    tone: Tensor
    one: Tensor
    other: Tensor
    pattern: Tensor
    wave: Tensor
    blots: Tensor
    phase: Tensor
    photo: Tensor
    place: Tensor
    gloss: Tensor
    folds: Tensor


def draw_looks(count: int, garments: int, draws: Draws) -> Looks:
    """garments: how many photographs there are; without any, cloth is made up."""
    shape = (count, _KINDS)
    one, other = _cloth_colours(shape, draws), _cloth_colours(shape, draws)
    hair = _mixed(_HAIRS, count, draws)
    one[:, HAIR], other[:, HAIR] = 0.6 * hair, 1.5 * hair
    other = torch.where(
        draws.chance(0.3, count, 1, 1), one * draws.uniform(*shape, 1, low=0.3, high=1.8), other
    )
    pattern = draws.which(_PATTERNS if garments else [*_PATTERNS[:4], 1e-6], *shape)
    pattern[:, HAIR] = BLOTS
    if not garments:
        pattern = pattern.clamp(max=BLOTS)
    direction = torch.nn.functional.normalize(
        torch.where(draws.chance(0.7, *shape, 1), _upright(shape, draws), draws.normal(*shape, 3)), dim=-1
    )
    frequency = torch.exp(draws.uniform(*shape, 1, low=math.log(60.0), high=math.log(400.0)))
    size = draws.uniform(*shape, 1, low=0.25, high=0.6)
    place = torch.cat((1 / size, 1 / (size * draws.uniform(*shape, 1, low=0.8, high=1.6)),
                       draws.uniform(*shape, 2, low=-0.15, high=0.15)), dim=-1)  # fmt: skip
    gloss = draws.uniform(*shape, low=0.0, high=0.12)
    gloss[:, SKIN], gloss[:, EYES], gloss[:, HAIR] = gloss[:, SKIN] * 2, 0.5, 0.15
    folds = draws.uniform(*shape, low=0.1, high=0.7)
    folds[:, SKIN], folds[:, EYES], folds[:, HAIR], folds[:, SHOES] = 0.08, 0.0, 0.5, 0.15
    return Looks(
        _mixed(_TONES, count, draws), one, other, pattern, direction * frequency,
        draws.normal(count, _WAVES, 3, spread=32.0), draws.uniform(count, _WAVES, high=2 * math.pi),
        draws.whole(max(garments, 1), *shape), place, gloss, folds,
    )  # fmt: skip


def _upright(shape: tuple[int, ...], draws: Draws) -> Tensor:
    return torch.eye(3)[[0, 2]].to(draws.device)[draws.whole(2, *shape)]


def _mixed(palette: Tensor, count: int, draws: Draws) -> Tensor:
    """(count, 3) between two colours of a palette that are neighbours, lighter or darker."""
    palette = palette.to(draws.device)
    at, share = draws.whole(len(palette) - 1, count), draws.uniform(count, 1)
    mixed = palette[at] * (1 - share) + palette[at + 1] * share
    return mixed * draws.uniform(count, 1, low=0.75, high=1.3)


def _cloth_colours(shape: tuple[int, ...], draws: Draws) -> Tensor:
    """(..., 3) linear: white, black and grey, muted ones and gaudy ones."""
    hue = draws.uniform(*shape, 1) + torch.tensor([0.0, 1 / 3, 2 / 3], device=draws.device)
    ramp = ((hue % 1.0 * 6 - 3).abs() - 1).clamp(0, 1)
    saturation = torch.where(
        draws.chance(0.4, *shape, 1), draws.uniform(*shape, 1, high=0.15), draws.uniform(*shape, 1, low=0.2)
    )
    value = torch.exp(draws.uniform(*shape, 1, low=math.log(0.015), high=math.log(0.9)))
    return value * (1 - saturation * (1 - ramp))


@dataclass(frozen=True)
class Spots:
    """Fragments on people. person, material: (S,). rest: (S, 3) where they are on the body at rest. colour:
    (S, 3) of their vertices."""

    person: Tensor
    material: Tensor
    rest: Tensor
    colour: Tensor


def albedo(looks: Looks, spots: Spots, tone: Tensor, garments: Tensor | None) -> tuple[Tensor, Tensor]:
    """Linear RGB (S, 3) of fragments and the slopes (S, 3) of their folds, in rest axes.

    tone: (N, 3) of the skin that vertices' colours were made for. garments: (G, H, W, 3) uint8 or None.
    """
    person, material, rest, colour = spots.person, spots.material, spots.rest, spots.colour
    row = person * _KINDS + material

    def of(table: Tensor) -> Tensor:
        return table.flatten(0, 1)[row]

    height, slope = _waves(looks, person, rest)
    pattern = of(looks.pattern)
    amount = _amount(pattern, of(looks.wave), rest, height)
    cloth = torch.lerp(of(looks.one), of(looks.other), amount[:, None])
    if garments is not None:
        cloth = _with_photos(cloth, pattern, looks, row, rest=rest, garments=garments)
    cloth = cloth * (1 + 0.08 * height[:, None])
    skin = colour * (looks.tone / tone)[person] * (1 + 0.05 * height[:, None])
    bare = torch.where((material == SKIN)[:, None], skin, colour)
    return torch.where((material <= EYES)[:, None], bare, cloth).clamp(0, 1), slope * of(looks.folds)[:, None]


def _waves(looks: Looks, person: Tensor, rest: Tensor) -> tuple[Tensor, Tensor]:
    """(S,) heights of the person's waves, about -2 to 2, and (S, 3) their slopes."""
    height, slope = torch.zeros_like(rest[:, 0]), torch.zeros_like(rest)
    for number in range(_WAVES):
        wave = looks.blots[:, number][person]
        angle = wave[:, 0] * rest[:, 0] + wave[:, 1] * rest[:, 1] + wave[:, 2] * rest[:, 2]
        angle = angle + looks.phase[:, number][person]
        height, slope = height + angle.sin(), slope + angle.cos()[:, None] * wave
    return height / math.sqrt(_WAVES), slope / (32.0 * math.sqrt(_WAVES))


def _amount(pattern: Tensor, wave: Tensor, rest: Tensor, height: Tensor) -> Tensor:
    """(S,) how much of the other colour a pattern shows."""
    along = (wave * rest).sum(-1)
    stripes = (4 * along.sin()).clamp(-1, 1) / 2 + 0.5
    size = wave.norm(dim=-1)
    checks = ((rest[:, 0] * size).sin() * (rest[:, 2] * size).sin() * 6).clamp(-1, 1) / 2 + 0.5
    amount = torch.where(pattern == STRIPES, stripes, (2.5 * height).clamp(-1, 1) / 2 + 0.5)
    return torch.where(pattern == PLAIN, 0.0, torch.where(pattern == CHECKS, checks, amount))


def _with_photos(
    cloth: Tensor, pattern: Tensor, looks: Looks, row: Tensor, *, rest: Tensor, garments: Tensor
) -> Tensor:
    """Cloth whose pattern is a garment's photograph, laid on from the front and mirrored where it ends."""
    which = (pattern == PHOTO).nonzero()[:, 0]
    row = row[which]
    place, photo = looks.place.flatten(0, 1)[row], looks.photo.flatten()[row]
    flat = rest[which][:, [0, 2]] * place[:, :2] + place[:, 2:] * place[:, :2] + 0.5
    folded = 1 - (flat % 2.0 - 1).abs()
    side = garments.shape[1]
    at = folded * (side - 1.001)
    x, y = at[:, 0], (side - 1.001) - at[:, 1]
    x0, y0 = x.long(), y.long()
    table = garments.view(-1, 3)
    start = (photo * side + y0) * side + x0
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    corners = [table[start + step].float() for step in (0, 1, side, side + 1)]
    upper = torch.lerp(corners[0], corners[1], fx)
    colour = torch.lerp(upper, torch.lerp(corners[2], corners[3], fx), fy) / 255
    cloth = cloth.clone()
    cloth[which] = colour * colour  # to linear, nearly
    return cloth


def bank_tone(bank: Bank, who: Tensor) -> Tensor:
    """(N, 3) the skin's own colour, kept from nought."""
    return bank.tones[who].clamp(min=0.02)
