"""Crops of people cut out on the device that the pictures lie on: all people of all pictures in one call.

The same crops as crop.py's by OpenCV, but not rounded to whole grey levels, and with places in the picture to
1e-3 px where OpenCV takes the nearest 32nd of one.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from .crop import FINEST
from .hrnet_graph import DEVIATION, MEAN


def finenesses(affines: Tensor, smooth: bool) -> Tensor:
    """(N,) int64: samples along a pixel's side for affines (N, 2, 3), as crop.resample takes them; 1 where
    pixels are picked out."""
    if not smooth:
        return torch.ones(len(affines), dtype=torch.int64)
    area = (affines[:, 0, 0] * affines[:, 1, 1] - affines[:, 0, 1] * affines[:, 1, 0]).abs()
    return area.sqrt().clamp(1, FINEST).to(torch.int64)


def cut(frames: Tensor, affines: Tensor, size: tuple[int, int], fine: int = 1) -> Tensor:
    """Crops (F, P, 3, h, w) float32, 0 to 255, of F pictures with P people each; black outside a picture.

    frames: (F, 3, H, W) float32. affines: (F, P, 2, 3) float32 from px of a crop to px of its picture, both
    counted from the first pixel's middle. size: (w, h). fine: samples along a pixel's side, averaged.
    """
    width, height = size
    count, people = affines.shape[:2]
    linear = affines[..., :2] / fine
    offset = affines[..., 2] - linear.sum(-1) * (fine - 1) / 2
    y, x = torch.meshgrid(
        torch.arange(height * fine, device=frames.device, dtype=torch.float32),
        torch.arange(width * fine, device=frames.device, dtype=torch.float32),
        indexing="ij",
    )
    pixels = torch.stack([x, y], dim=-1).view(-1, 2)
    places = pixels @ linear.transpose(-1, -2) + offset[..., None, :]
    half = torch.tensor([frames.shape[3] - 1, frames.shape[2] - 1], device=frames.device) / 2
    grid = (places / half.clamp_min(0.5) - 1).view(count, people * height * fine, width * fine, 2)
    # people of a picture lie below each other in one grid, so that a picture is not copied for each of them
    tall = F.grid_sample(frames, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    if fine > 1:
        tall = F.avg_pool2d(tall, fine)
    return tall.view(count, 3, people, height, width).transpose(1, 2)


def normalised(crops: Tensor) -> Tensor:
    """(..., 3, h, w) for the network from crops of 0 to 255."""
    mean = torch.tensor(MEAN, device=crops.device).view(3, 1, 1) * 255
    deviation = torch.tensor(DEVIATION, device=crops.device).view(3, 1, 1) * 255
    return (crops - mean) / deviation
