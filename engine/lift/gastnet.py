"""GAST-Net: 2D joints over time in, the 3D pose of one frame out.

Source: Liu et al., "A Graph Attention Spatio-temporal Convolutional Network for 3D Human Pose Estimation in
Video", ICRA 2021 (arXiv 2003.14179); the temporal skeleton of the network is VideoPose3D's (Pavllo et al.,
CVPR 2019). State-dict names are those of the authors, so that their files load.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from blender_pose3d.skeleton import Skeleton

from .graph import GlobalGraph, JointNorm, LocalGraph, Pointwise


class TemporalConv(nn.Module):
    """Convolution over time, each joint by itself; weight (out, in, width, 1), no bias, no padding."""

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, width, 1))
        nn.init.kaiming_normal_(self.weight)

    def forward(self, x: Tensor, dilation: int, strided: bool) -> Tensor:
        """(B, T, J, C) to (B, T', J, C'). Strided: windows side by side; else taps ``dilation`` apart."""
        B, T, J, C = x.shape
        width = self.weight.shape[2]
        if strided:
            taps = x.view(B, T // width, width, J, C).transpose(2, 3).reshape(B, T // width, J, width * C)
        else:
            length = T - (width - 1) * dilation
            taps = torch.cat([x[:, i * dilation : i * dilation + length] for i in range(width)], dim=-1)
        return F.linear(taps, self.weight[..., 0].transpose(1, 2).flatten(1))


class GraphAttentionBlock(nn.Module):
    """Local and global spatial layers beside the input, joined to twice the channels (figure 2)."""

    def __init__(self, skeleton: Skeleton, channels: int, dropout: float) -> None:
        super().__init__()
        self.local_graph_layer = LocalGraph(skeleton, channels, dropout)
        self.global_graph_layer = GlobalGraph(skeleton, channels, dropout)
        self.cat_conv = Pointwise(3 * channels, 2 * channels)
        self.cat_bn = JointNorm(2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat((x, self.local_graph_layer(x), self.global_graph_layer(x)), dim=-1)
        return self.cat_bn.relu(self.cat_conv(joined))


class GastNet(nn.Module):
    """The network. Input (B, T, J, in_features), output (B, T', J, 3).

    Dilated (the default): every output frame of a sequence, T' = T - receptive_field + 1. Output k belongs to
    input frame k + frames_before. Strided (``strided=True``): every ``spacing``-th of them, with the same
    weights and numbers, from T = receptive_field + spacing * (T' - 1) frames. Windows so far apart share
    their first layers whole, which a single window (T' = 1) computes for itself: of 27 frames, 8 outputs
    cost less than 3 windows.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        in_features: int = 2,
        channels: int = 128,
        *,
        filter_widths: Sequence[int] = (3, 3, 3),
        causal: bool = False,
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        if not filter_widths or any(width % 2 == 0 for width in filter_widths):
            raise ValueError(f"filter widths must be odd, not {tuple(filter_widths)}")
        self.skeleton, self.in_features, self.channels = skeleton, in_features, channels
        self.filter_widths, self.causal = tuple(filter_widths), causal
        self.init_bn = JointNorm(in_features)
        self.expand_conv = TemporalConv(in_features, channels, filter_widths[0])
        self.expand_bn = JointNorm(channels)
        self.layers_conv, self.layers_bn = nn.ModuleList(), nn.ModuleList()
        self.layers_graph_conv = nn.ModuleList([GraphAttentionBlock(skeleton, channels, dropout)])
        for width in filter_widths[1:]:
            channels *= 2
            self.layers_conv.extend((TemporalConv(channels, channels, width), Pointwise(channels, channels)))
            self.layers_bn.extend((JointNorm(channels), JointNorm(channels)))
            self.layers_graph_conv.append(GraphAttentionBlock(skeleton, channels, dropout))
        self.shrink = Pointwise(2 * channels, 3)
        # Fresh weights then give centimetres and not metres, where training starts from.
        nn.init.normal_(self.shrink.weight, std=0.1 / math.sqrt(2 * channels))
        self.drop = nn.Dropout(dropout)

    @property
    def receptive_field(self) -> int:
        """Frames that one output sees."""
        return math.prod(self.filter_widths)

    @property
    def spacing(self) -> int:
        """Frames between two outputs of the strided form."""
        return math.prod(self.filter_widths[:-1])

    @property
    def frames_before(self) -> int:
        """How many of these frames lie before the output's own frame."""
        return self.receptive_field - 1 if self.causal else self.receptive_field // 2

    def forward(self, x: Tensor, strided: bool = False) -> Tensor:
        """Raises ValueError where a strided form does not come out even or there are too few frames."""
        frames, last = x.shape[1], len(self.filter_widths) - 1
        if frames < self.receptive_field or (strided and (frames - self.receptive_field) % self.spacing):
            raise ValueError(
                f"{frames} frames make no outputs of {self.receptive_field} frames each"
                + (f", {self.spacing} apart" if strided else "")
            )
        x = self.expand_conv(self.init_bn(x), 1, strided and last > 0)
        x = self.layers_graph_conv[0](self.expand_bn.relu(x))
        dilation = self.filter_widths[0]
        for i, width in enumerate(self.filter_widths[1:]):
            own = width - 1 if self.causal else width // 2
            # The last layer slides over what the strided ones left, a position an output.
            apart = strided and i + 1 < last
            step = 1 if strided else dilation
            if apart:
                residual = x[:, own::width]
            else:
                length = x.shape[1] - (width - 1) * step
                residual = x[:, own * step : own * step + length]
            x = self.layers_bn[2 * i].relu(self.layers_conv[2 * i](x, step, apart))
            x = self.layers_bn[2 * i + 1].relu(self.layers_conv[2 * i + 1](x))
            x = self.layers_graph_conv[i + 1](residual + self.drop(x))
            dilation *= width
        return self.shrink(x)
