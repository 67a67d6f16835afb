"""Keypoints from heatmaps in torch, where the heatmaps are: heatmaps.py's arithmetic, in float32.

Nothing here waits for the device, and shapes do not depend on values, so that it can be part of a CUDA graph.
Heatmaps are (N, K, H, W); coordinates px of the heatmap, x then y.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from .heatmaps import FLAT, SIGMA_PER_WIDTH, TINY, smoothing


def maxima(heatmaps: Tensor) -> tuple[Tensor, Tensor]:
    """Cell (N, K, 2) int64 and value (N, K) of each heatmap's maximum."""
    value, best = heatmaps.flatten(2).max(dim=-1)
    width = heatmaps.shape[-1]
    return torch.stack([best % width, best // width], dim=-1), value


def decode_quarter(heatmaps: Tensor) -> Tensor:
    """(N, K, 3) x, y and score: the maximum and a quarter of a cell towards the higher neighbour."""
    cell, value = maxima(heatmaps)
    around = _neighbourhood(heatmaps, cell, 1)
    slope = torch.stack(
        [around[..., 1, 2] - around[..., 1, 0], around[..., 2, 1] - around[..., 0, 1]], dim=-1
    )
    return _result(cell + 0.25 * slope.sign() * _inside(heatmaps, cell, 1)[..., None], value)


def decode_dark(heatmaps: Tensor) -> Tensor:
    """(N, K, 3) x, y and score by DARK (Zhang et al., CVPR 2020, section 3.1)."""
    cell, value = maxima(heatmaps)
    blur = _smoothing(heatmaps.shape[-1], heatmaps.device)
    patch = blur @ _neighbourhood(heatmaps, cell, blur.shape[1] // 2) @ blur.T
    patch = patch.clamp_min(TINY).log()
    gx, gy = (patch[..., 2, 3] - patch[..., 2, 1]) / 2, (patch[..., 3, 2] - patch[..., 1, 2]) / 2
    centre = 2 * patch[..., 2, 2]
    xx = (patch[..., 2, 4] + patch[..., 2, 0] - centre) / 4
    yy = (patch[..., 4, 2] + patch[..., 0, 2] - centre) / 4
    xy = (patch[..., 3, 3] - patch[..., 1, 3] - patch[..., 3, 1] + patch[..., 1, 1]) / 4
    determinant = xx * yy - xy * xy
    peak = (xx < -FLAT) & (determinant > FLAT * FLAT) & _inside(heatmaps, cell, 2)
    safe = determinant.masked_fill(~peak, 1.0)
    step = torch.stack([(xy * gy - yy * gx) / safe, (xy * gx - xx * gy) / safe], dim=-1)
    step = step.clamp(-1.5, 1.5).masked_fill(~peak[..., None], 0.0)
    return _result(cell + step, value)


DECODERS: dict[str, Callable[[Tensor], Tensor]] = {"dark": decode_dark, "quarter": decode_quarter}


def flip_back(heatmaps: Tensor, mirror: Tensor) -> Tensor:
    """Heatmaps of a mirrored picture as those of the picture itself, moved a cell to the right as HRNet's
    authors do. mirror: (K,) int64."""
    flipped = heatmaps[:, mirror].flip(-1)
    return torch.cat([flipped[..., :1], flipped[..., :-1]], dim=-1)


def _neighbourhood(heatmaps: Tensor, cell: Tensor, radius: int) -> Tensor:
    """(N, K, 2 r + 1, 2 r + 1) values round each cell; 0 outside of the heatmap."""
    n, k = heatmaps.shape[:2]
    edge = F.pad(heatmaps, (radius, radius, radius, radius))
    offset = torch.arange(2 * radius + 1, device=heatmaps.device)
    rows = (cell[..., 1, None] + offset)[..., :, None]
    columns = (cell[..., 0, None] + offset)[..., None, :]
    flat = (rows * edge.shape[-1] + columns).view(n, k, -1)
    return edge.flatten(2).gather(2, flat).view(n, k, 2 * radius + 1, 2 * radius + 1)


def _inside(heatmaps: Tensor, cell: Tensor, margin: int) -> Tensor:
    height, width = heatmaps.shape[2:]
    x, y = cell.unbind(-1)
    return (x >= margin) & (x < width - margin) & (y >= margin) & (y < height - margin)


def _result(place: Tensor, value: Tensor) -> Tensor:
    return torch.cat([place.float(), value.float().clamp(0, 1)[..., None]], dim=-1)


@cache
def _smoothing(width: int, device: torch.device) -> Tensor:
    """Kept for good: a CUDA graph cannot copy from the processor's memory, and reads it where it was."""
    return torch.tensor(smoothing(width * SIGMA_PER_WIDTH), dtype=torch.float32, device=device)
