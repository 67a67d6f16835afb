"""The yardstick: a pose from a single frame by fully connected layers, without time and without a graph.

Source: Martinez et al., "A simple yet effective baseline for 3D human pose estimation", ICCV 2017: two
residual blocks of two layers of 1,024, each with batch normalisation, ReLU and dropout. The bound on the norm
of the weights that its authors put is left out; weight decay does its work.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from blender_pose3d.skeleton import Skeleton


def _layer(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU(), nn.Dropout(dropout)
    )


class LinearNet(nn.Module):
    """The network, with GastNet's interface. Input (B, T, J, in_features), output (B, T, J, 3)."""

    receptive_field, frames_before, spacing, causal = 1, 0, 1, False

    def __init__(
        self,
        skeleton: Skeleton,
        in_features: int = 2,
        channels: int = 1024,
        *,
        blocks: int = 2,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.skeleton, self.in_features, self.channels = skeleton, in_features, channels
        self.expand = _layer(len(skeleton) * in_features, channels, dropout)
        self.blocks = nn.ModuleList(
            nn.Sequential(_layer(channels, channels, dropout), _layer(channels, channels, dropout))
            for _ in range(blocks)
        )
        self.shrink = nn.Linear(channels, 3 * len(skeleton))
        # Fresh weights then give centimetres and not metres, where training starts from.
        nn.init.normal_(self.shrink.weight, std=0.1 / math.sqrt(channels))

    def forward(self, x: Tensor, strided: bool = False) -> Tensor:
        """strided: as GastNet takes it; here every frame is an output either way."""
        B, T, J, F = x.shape
        y = self.expand(x.reshape(B * T, J * F))
        for block in self.blocks:
            y = y + block(y)
        return self.shrink(y).view(B, T, J, 3)
