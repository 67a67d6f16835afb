"""What cameras and editing do to a picture's colours, done to whole batches on the device."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from .config import AugmentConfig

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's RGB pictures between 0 and 1, as HRNetPose normalises."""
_LUMA = (0.299, 0.587, 0.114)
_GREY = 0.08  # share of pictures without colour
_BLUR = 2.0  # px of standard deviation, at most
_NOISE = 0.08  # standard deviation, at most


def as_floats(pictures: Tensor) -> Tensor:
    """(N, H, W, 3) uint8 as (N, 3, H, W) float between 0 and 1, channels last in memory."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def normalised(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) between 0 and 1 as the network is shown them."""
    mean = torch.tensor(MEAN, device=pictures.device).view(3, 1, 1)
    deviation = torch.tensor(DEVIATION, device=pictures.device).view(3, 1, 1)
    return (pictures - mean) / deviation


def recoloured(pictures: Tensor, settings: AugmentConfig, generator: torch.Generator) -> Tensor:
    """(N, 3, H, W) pictures between 0 and 1: gamma, contrast, brightness, saturation, tint, blur, noise.

    generator: on the pictures' device.
    """
    count = len(pictures)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        size = (count, *(shape or (1,)), 1, 1)
        return low + (high - low) * torch.rand(size, generator=generator, device=pictures.device)

    def use(chance: float) -> Tensor:
        return draw(0, 1) < chance

    luma = torch.tensor(_LUMA, device=pictures.device).view(3, 1, 1)
    changed = pictures.clamp_min(1e-4) ** torch.exp2(draw(-0.6, 0.6))
    grey = (changed * luma).sum(dim=1, keepdim=True)
    saturation = torch.where(use(_GREY), 0.0, draw(0.5, 1.5))
    changed = grey + (changed - grey) * saturation
    middle = changed.mean(dim=(2, 3), keepdim=True)
    changed = middle + (changed - middle) * draw(0.6, 1.3)
    changed = changed * draw(0.85, 1.15, 3) + draw(-0.15, 0.15)
    pictures = torch.where(use(settings.colour), changed, pictures)
    if settings.blur:
        pictures = torch.where(use(settings.blur), _blurred(pictures, draw(0.4, _BLUR)), pictures)
    if settings.noise:
        grain = torch.randn(pictures.shape, generator=generator, device=pictures.device)
        pictures = pictures + grain * (draw(0, _NOISE) * use(settings.noise))
    return pictures.clamp(0, 1)


def _blurred(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Each picture by a Gaussian of its own width (N, 1, 1, 1), one axis after the other."""
    count, channels, height, width = pictures.shape
    reach = torch.arange(-4, 5, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-0.5 * (reach / sigma.view(-1, 1)) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)
    flat = pictures.reshape(1, count * channels, height, width)
    flat = F.conv2d(F.pad(flat, (4, 4, 0, 0), mode="replicate"), kernel[:, None, None, :], groups=len(kernel))
    flat = F.conv2d(F.pad(flat, (0, 0, 4, 4), mode="replicate"), kernel[:, None, :, None], groups=len(kernel))
    return flat.view(count, channels, height, width)
