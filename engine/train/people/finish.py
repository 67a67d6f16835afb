"""What a camera and a file do to a picture: exposure, focus, shake, noise, compression."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from .draws import Draws

_TAPS = 9
_BLOCK = 8
# JPEG's tables for luminance and chrominance at quality 50 (ITU-T T.81, annex K).
_LUMA = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
]  # fmt: skip
_CHROMA = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *[99] * 32,
]  # fmt: skip
_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def finish(pictures: Tensor, draws: Draws) -> Tensor:
    """(N, 3, H, W) 0 to 1, as a camera would have stored them. Height and width: multiples of 8."""
    pictures = _blurred(pictures, draws)
    pictures = _graded(pictures, draws)
    count = len(pictures)
    grain = torch.where(draws.chance(0.7, count, 1, 1, 1), draws.uniform(count, 1, 1, 1, high=0.02),
                        draws.uniform(count, 1, 1, 1, high=0.07))  # fmt: skip
    pictures = pictures + grain * draws.noise(*pictures.shape)
    return compressed(pictures.clamp(0, 1), draws)


def _graded(pictures: Tensor, draws: Draws) -> Tensor:
    """Exposure, contrast, white balance, saturation."""
    count = len(pictures)
    shape = (count, 1, 1, 1)
    gain = torch.exp(draws.normal(*shape, spread=0.15) + draws.normal(count, 3, 1, 1, spread=0.05))
    contrast = torch.exp(draws.normal(*shape, spread=0.12))
    grey = pictures.mean(1, keepdim=True)
    saturation = torch.where(draws.chance(0.06, *shape), 0.0, draws.uniform(*shape, low=0.6, high=1.25))
    pictures = torch.lerp(grey, pictures, saturation) * gain
    return ((pictures - 0.45) * contrast + 0.45).clamp(0, 1)


def _blurred(pictures: Tensor, draws: Draws) -> Tensor:
    """A Gaussian of its own for each picture, drawn out along a line for some (shake, motion)."""
    count, channels, height, width = pictures.shape
    small = torch.exp(draws.uniform(count, low=math.log(0.3), high=math.log(0.9)))
    large = draws.uniform(count, low=0.8, high=2.0)
    one = torch.where(draws.chance(0.75, count), small, large)
    two = torch.where(draws.chance(0.15, count), one * draws.uniform(count, low=1.5, high=3.5), one).clamp(
        max=3.0
    )
    angle = draws.uniform(count, high=math.pi)
    at = torch.arange(_TAPS, device=pictures.device) - _TAPS // 2
    x, y = at[None, None, :], at[None, :, None]
    along = x * angle.cos()[:, None, None] + y * angle.sin()[:, None, None]
    across = y * angle.cos()[:, None, None] - x * angle.sin()[:, None, None]
    kernel = torch.exp(-0.5 * ((along / two[:, None, None]) ** 2 + (across / one[:, None, None]) ** 2))
    kernel = kernel / kernel.sum((1, 2), keepdim=True)
    kernel = kernel[:, None].expand(-1, channels, -1, -1).reshape(-1, 1, _TAPS, _TAPS)
    wide = pad(pictures, [_TAPS // 2] * 4, mode="replicate").reshape(
        1, -1, height + _TAPS - 1, width + _TAPS - 1
    )
    return conv2d(wide, kernel, groups=len(kernel)).view(pictures.shape)


def compressed(pictures: Tensor, draws: Draws) -> Tensor:
    """Quantised as JPEG does, block by block, in luminance and chrominance, most at a high quality."""
    count = len(pictures)
    high = draws.uniform(count, low=60.0, high=98.0)
    quality = torch.where(draws.chance(0.3, count), draws.uniform(count, low=18.0, high=60.0), high)
    # libjpeg's law from quality to the tables' scale
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    tables = torch.tensor([_LUMA, _CHROMA, _CHROMA], device=pictures.device).view(3, 1, 1, _BLOCK, _BLOCK)
    steps = (tables * scale[:, None, None, None, None, None]).clamp(min=1.0) / 255
    matrix, cosines = _YCC.to(pictures), _cosines(pictures)
    colours = torch.einsum("ij,njhw->nihw", matrix, pictures - 0.5)
    # along x as one product with all rows of blocks, along y as one for each band of blocks
    shape = colours.shape
    across = (colours.reshape(-1, _BLOCK) @ cosines.T).view(*shape[:2], -1, _BLOCK, shape[3])
    spectrum = (cosines @ across).unflatten(4, (-1, _BLOCK))
    steps = steps.transpose(3, 4)  # (N, 3, 1, 8, 1, 8)
    kept = (torch.round(spectrum / steps) * steps).flatten(4)
    across = (cosines.T @ kept).reshape(-1, _BLOCK)
    colours = (across @ cosines).view(shape)
    return (torch.einsum("ij,njhw->nihw", torch.linalg.inv(matrix), colours) + 0.5).clamp(0, 1)


def _cosines(like: Tensor) -> Tensor:
    """(8, 8) orthonormal discrete cosine transform."""
    at = torch.arange(_BLOCK, device=like.device)
    table = torch.cos(math.pi / _BLOCK * (at + 0.5) * at[:, None]) * math.sqrt(2 / _BLOCK)
    table[0] /= math.sqrt(2)
    return table.to(like)
