"""GAST-Net as the paper and its authors' files lay it out: the yardstick for speed and for exactness.

Nothing is arranged for speed here. Tensors are (batch, channel, time, joint), temporal convolutions are
dilated conv2d of shape (width, 1), every pair of joints has its features concatenated before the attention
scores them, and each forward pass takes the graphs' softmax anew. It loads the same state dict as
:class:`engine.lift.gastnet.GastNet`. Sources as there: arXiv 2003.14179, section III.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from blender_pose3d.skeleton import Skeleton
from engine.lift.skeleton_graphs import connection_graph, symmetry_graph

_HEADS = 4


class PlainGraphConv(nn.Module):
    """Semantic graph convolution with edge weights a channel, (B, T, J, C) to the same."""

    def __init__(self, graph: Tensor, channels: int) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.empty(2, channels, channels))
        self.e = nn.Parameter(torch.empty(channels, int(graph.sum())))
        self.register_buffer("graph", graph, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        graph = self.get_buffer("graph")
        own, others = x @ self.W[0], x @ self.W[1]
        weights = self.e.new_full((len(self.e), *graph.shape), -9e15)
        weights[:, graph] = self.e
        weights = weights.softmax(dim=-1)
        identity = torch.eye(len(graph), device=x.device)
        kept = torch.einsum("cjk,btkc->btjc", weights * identity, own)
        return kept + torch.einsum("cjk,btkc->btjc", weights * (1 - identity), others)


class PlainLocal(nn.Module):
    def __init__(self, skeleton: Skeleton, channels: int, dropout: float) -> None:
        super().__init__()
        self.gcn_sym = PlainGraphConv(torch.from_numpy(symmetry_graph(skeleton)), channels)
        self.bn_1 = nn.BatchNorm2d(channels)
        self.gcn_con = PlainGraphConv(torch.from_numpy(connection_graph(skeleton)), channels)
        self.bn_2 = nn.BatchNorm2d(channels)
        self.cat_conv = nn.Conv2d(2 * channels, channels, 1, bias=False)
        self.cat_bn = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)
        symmetric = self.bn_1(self.gcn_sym(last).permute(0, 3, 1, 2)).relu()
        connected = self.bn_2(self.gcn_con(last).permute(0, 3, 1, 2)).relu()
        joined = self.cat_conv(torch.cat((symmetric, connected), dim=1))
        out: Tensor = self.dropout(self.cat_bn(joined).relu())
        return out


class PlainHead(nn.Module):
    """One head of concatenation attention: (N, C, J) to (N, inner, J)."""

    def __init__(self, joints: int, channels: int, inner: int) -> None:
        super().__init__()
        self.C_k = nn.Parameter(torch.empty(joints, joints))
        self.g = nn.Conv1d(channels, inner, 1)
        self.theta = nn.Conv1d(channels, inner, 1)
        self.phi = nn.Conv1d(channels, inner, 1)
        self.concat_project = nn.Sequential(nn.Conv2d(2 * inner, 1, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        joints = x.shape[-1]
        theta = self.theta(x)[..., :, None].expand(-1, -1, -1, joints)
        phi = self.phi(x)[..., None, :].expand(-1, -1, joints, -1)
        pairs = self.concat_project(torch.cat((theta, phi), dim=1))[:, 0]
        attention = F.leaky_relu(pairs, 0.2).softmax(dim=-1) + self.C_k
        return (attention @ self.g(x).mT).mT


class PlainGlobal(nn.Module):
    def __init__(self, skeleton: Skeleton, channels: int, dropout: float) -> None:
        super().__init__()
        inner = channels // _HEADS
        heads = [PlainHead(len(skeleton), channels, inner) for _ in range(_HEADS)]
        self.attentions = nn.ModuleList(heads)
        self.cat_conv = nn.Conv2d(channels, channels, 1, bias=False)
        self.cat_bn = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        B, C, T, J = x.shape
        poses = x.permute(0, 2, 1, 3).reshape(B * T, C, J)
        heads = torch.cat([head(poses) for head in self.attentions], dim=1)
        heads = heads.view(B, T, C, J).permute(0, 2, 1, 3)
        out: Tensor = self.dropout(self.cat_bn(self.cat_conv(heads)).relu())
        return out


class PlainBlock(nn.Module):
    def __init__(self, skeleton: Skeleton, channels: int, dropout: float) -> None:
        super().__init__()
        self.local_graph_layer = PlainLocal(skeleton, channels, dropout)
        self.global_graph_layer = PlainGlobal(skeleton, channels, dropout)
        self.cat_conv = nn.Conv2d(3 * channels, 2 * channels, 1, bias=False)
        self.cat_bn = nn.BatchNorm2d(2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        joined = torch.cat((x, self.local_graph_layer(x), self.global_graph_layer(x)), dim=1)
        out: Tensor = self.cat_bn(self.cat_conv(joined)).relu()
        return out


class PlainGastNet(nn.Module):
    """(B, T, J, F) to (B, T - receptive field + 1, J, 3).

    strided: the convolutions' form for training on windows of exactly the receptive field, which the authors
    use too: strides in place of dilations, (B, 1, J, 3) out.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        in_features: int,
        channels: int,
        *,
        filter_widths: Sequence[int] = (3, 3, 3),
        causal: bool = False,
        dropout: float = 0.0,
        strided: bool = False,
    ) -> None:
        super().__init__()
        self.filter_widths, self.causal, self.strided = tuple(filter_widths), causal, strided
        self.init_bn = nn.BatchNorm2d(in_features)
        self.expand_conv = self._temporal(in_features, channels, filter_widths[0], 1)
        self.expand_bn = nn.BatchNorm2d(channels)
        self.layers_conv, self.layers_bn = nn.ModuleList(), nn.ModuleList()
        self.layers_graph_conv = nn.ModuleList([PlainBlock(skeleton, channels, dropout)])
        dilation = filter_widths[0]
        for width in filter_widths[1:]:
            channels *= 2
            self.layers_conv.append(self._temporal(channels, channels, width, dilation))
            self.layers_conv.append(nn.Conv2d(channels, channels, 1, bias=False))
            self.layers_bn.extend((nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)))
            self.layers_graph_conv.append(PlainBlock(skeleton, channels, dropout))
            dilation *= width
        self.shrink = nn.Conv2d(2 * channels, 3, 1, bias=False)
        self.drop = nn.Dropout(dropout)

    def _temporal(self, inputs: int, outputs: int, width: int, dilation: int) -> nn.Conv2d:
        if self.strided:
            return nn.Conv2d(inputs, outputs, (width, 1), stride=(width, 1), bias=False)
        return nn.Conv2d(inputs, outputs, (width, 1), dilation=(dilation, 1), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.expand_bn(self.expand_conv(self.init_bn(x.permute(0, 3, 1, 2)))).relu()
        x = self.layers_graph_conv[0](x)
        dilation = self.filter_widths[0]
        for i, width in enumerate(self.filter_widths[1:]):
            own = width - 1 if self.causal else width // 2
            if self.strided:
                residual = x[:, :, own::width]
            else:
                residual = x[:, :, own * dilation : x.shape[2] - (width - 1 - own) * dilation]
            x = self.layers_bn[2 * i](self.layers_conv[2 * i](x)).relu()
            x = self.drop(self.layers_bn[2 * i + 1](self.layers_conv[2 * i + 1](x)).relu())
            x = self.layers_graph_conv[i + 1](residual + x)
            dilation *= width
        return self.shrink(x).permute(0, 2, 3, 1)
