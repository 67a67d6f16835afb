"""Heatmaps that the network is to make, and how far it is from them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...pose2d.hrnet_graph import STRIDE

WIDTH = 48  # px of the heatmap that sigma is stated for


def gaussians(joints: Tensor, height: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """(N, K, h, w) heatmaps of joints (N, K, 2) px of the input, with peaks of `height` (N, K).

    size: (width, height) of the input px; a heatmap's cell c lies at STRIDE * c. The centres are not rounded
    to cells (unbiased encoding; Zhang et al., CVPR 2020, section 3.2), and nothing is cut off: a joint
    outside the picture leaves what reaches into it. sigma: px of a heatmap WIDTH px wide.
    """
    columns, rows = size[0] // STRIDE, size[1] // STRIDE
    spread = sigma * columns / WIDTH
    x = torch.arange(columns, device=joints.device) - joints[..., 0:1] / STRIDE
    y = torch.arange(rows, device=joints.device) - joints[..., 1:2] / STRIDE
    along, down = torch.exp(-0.5 * (x / spread) ** 2), torch.exp(-0.5 * (y / spread) ** 2)
    return height[..., None, None] * down[..., :, None] * along[..., None, :]


@dataclass(frozen=True)
class Loss:
    """Squared error of heatmaps, in units of a Gaussian's own energy: 1 for a network that shows nothing.

    peak: share of a second term, the divergence between both heatmaps as distributions over the cells
    (softmax of `sharpness` times the heatmap), which has the same optimum and pulls towards the joint from
    afar while the network still shows nothing. sigma: as gaussians.
    """

    sigma: float
    peak: float = 0.0
    sharpness: float = 10.0

    def __call__(self, heatmaps: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Mean over joints with weight (N, K); heatmaps and target (N, K, h, w). 0 where nothing is known."""
        spread = self.sigma * target.shape[-1] / WIDTH
        energy = torch.pi * spread**2
        error = (heatmaps - target).square().sum(dim=(2, 3)) / energy
        if self.peak:
            error = (1 - self.peak) * error + self.peak * self._divergence(heatmaps, target)
        return (error * weight).sum() / weight.sum().clamp_min(1e-6)

    def _divergence(self, heatmaps: Tensor, target: Tensor) -> Tensor:
        wanted = torch.log_softmax(self.sharpness * target.flatten(2), dim=-1)
        given = torch.log_softmax(self.sharpness * heatmaps.flatten(2), dim=-1)
        return (wanted.exp() * (wanted - given)).sum(dim=-1)
