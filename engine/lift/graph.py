"""The two spatial layers of GAST-Net: local graph convolution and global graph attention.

Source: Liu et al., "A Graph Attention Spatio-temporal Convolutional Network for 3D Human Pose Estimation in
Video", ICRA 2021 (arXiv 2003.14179), section III; the channel-wise semantic graph convolution follows Zhao et
al., "Semantic Graph Convolutional Networks for 3D Human Pose Regression", CVPR 2019. Attribute names are
those of the authors' state dicts. All tensors are (batch, time, joint, channel).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from blender_pose3d.skeleton import Skeleton

from .channel_rows import GraphMix, norm_relu
from .layout import HEADS
from .skeleton_graphs import connection_graph, symmetry_graph


class JointNorm(nn.BatchNorm1d):
    """Batch normalisation of (..., C) over everything but the channels."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.reshape(-1, x.shape[-1])).view(x.shape)

    def relu(self, x: Tensor) -> Tensor:
        """ReLU of the same, in place before there is a view of it: autograd would copy both for a view."""
        return super().forward(x.reshape(-1, x.shape[-1])).relu_().view(x.shape)


class Pointwise(nn.Module):
    """A 1x1 convolution without bias, stored as (out, in, 1, 1), applied to (..., in)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 1, 1))
        nn.init.kaiming_normal_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.flatten(1))


class SemanticGraphConv(nn.Module):
    """Graph convolution with a learned edge weight for each channel (SemGCN, equation 4, channel-wise).

    ``W`` (2, C, C): one matrix for the joint itself and one for its neighbours. ``e`` (C, E): the logit of
    each edge, in row-major order of the (J, J) graph; a softmax over each joint's edges makes the weights.
    """

    def __init__(self, graph: np.ndarray, channels: int) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.empty(2, channels, channels))
        nn.init.xavier_uniform_(self.W, gain=1.414)
        self.e = nn.Parameter(torch.ones(channels, int(graph.sum())))
        self.joints = len(graph)
        self.register_buffer("edges", torch.from_numpy(np.flatnonzero(graph)), persistent=False)

    def edge_weights(self) -> Tensor:
        """(C, J, J) weights, zero where there is no edge, each row summing to one."""
        joints = self.joints
        logits = self.e.new_full((self.e.shape[0], joints * joints), -torch.inf)
        return logits.index_copy(1, self.edges, self.e).view(-1, joints, joints).softmax(dim=-1)


class LocalGraph(nn.Module):
    """Symmetry and connection graph convolutions side by side (section III-B of the paper)."""

    def __init__(self, skeleton: Skeleton, channels: int, dropout: float) -> None:
        super().__init__()
        self.gcn_sym = SemanticGraphConv(symmetry_graph(skeleton), channels)
        self.bn_1 = JointNorm(channels)
        self.gcn_con = SemanticGraphConv(connection_graph(skeleton), channels)
        self.bn_2 = JointNorm(channels)
        self.cat_conv = Pointwise(2 * channels, channels)
        self.cat_bn = JointNorm(channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        # One product for the four projections reads x once. Its transposed form puts channels first, so
        # that the graph of each channel is a plain batched matrix product; the next product turns it back.
        B, T, J, C = x.shape
        sym, con = self.gcn_sym, self.gcn_con
        kernels = torch.cat((sym.W[0], con.W[0], sym.W[1], con.W[1]), dim=1)
        projections = (kernels.T @ x.reshape(-1, C).T).view(2, 2 * C, B * T, J)
        weights = torch.cat((sym.edge_weights(), con.edge_weights())).to(projections.dtype)
        mixed = GraphMix.apply(projections, weights).view(2 * C, -1)
        joined = norm_relu(mixed, (self.bn_1, self.bn_2))
        out = self.cat_bn.relu(joined.T @ self.cat_conv.weight.flatten(1).T)
        return self.dropout(out).view(B, T, J, C)


class AttentionHead(nn.Module):
    """Parameters of one head; :class:`GlobalGraph` computes all heads together."""

    def __init__(self, joints: int, channels: int, inner: int) -> None:
        super().__init__()
        self.C_k = nn.Parameter(torch.zeros(joints, joints))
        self.g = nn.Conv1d(channels, inner, 1)
        self.theta = nn.Conv1d(channels, inner, 1)
        self.phi = nn.Conv1d(channels, inner, 1)
        self.concat_project = nn.Sequential(nn.Conv2d(2 * inner, 1, 1, bias=False))
        for conv in (self.g, self.theta, self.phi):
            nn.init.kaiming_normal_(conv.weight)
            nn.init.zeros_(conv.bias)
        nn.init.kaiming_normal_(self.concat_project[0].weight)

    def score_projection(self) -> tuple[Tensor, Tensor]:
        """The score of a pair of joints is linear in both: weights (2, C) and biases (2,) of its two halves.

        A projection of concatenated features is the sum of a product with each half, so the (J, J, 2C)
        tensor of all pairs is never built.
        """
        half_theta, half_phi = self.concat_project[0].weight.flatten().chunk(2)
        theta, phi = self.theta.weight[..., 0], self.phi.weight[..., 0]
        weight = torch.stack((half_theta @ theta, half_phi @ phi))
        return weight, torch.stack((half_theta @ self.theta.bias, half_phi @ self.phi.bias))


class GlobalGraph(nn.Module):
    """Multi-head attention of every joint to every joint plus a learned graph (section III-C)."""

    def __init__(self, skeleton: Skeleton, channels: int, dropout: float) -> None:
        super().__init__()
        inner = channels // HEADS
        heads = [AttentionHead(len(skeleton), channels, inner) for _ in range(HEADS)]
        self.attentions = nn.ModuleList(heads)
        self.cat_conv = Pointwise(channels, channels)
        self.cat_bn = JointNorm(channels)
        self.dropout = nn.Dropout(dropout)

    def projection(self) -> tuple[Tensor, Tensor]:
        """Of all heads: weights (C + 2 heads, C) and biases of the values and of each head's two scores."""
        scores = [head.score_projection() for head in self.attentions]
        weight = torch.cat([head.g.weight[..., 0] for head in self.attentions] + [w for w, _ in scores])
        return weight, torch.cat([head.g.bias for head in self.attentions] + [b for _, b in scores])

    def learned_graph(self) -> Tensor:
        """(heads, J, J)"""
        return torch.stack([head.C_k for head in self.attentions])

    def forward(self, x: Tensor) -> Tensor:
        B, T, J, C = x.shape
        weight, bias = self.projection()
        values, pairs = F.linear(x, weight, bias).split((C, 2 * HEADS), dim=-1)
        pairs = pairs.reshape(B, T, J, HEADS, 2).permute(4, 0, 1, 3, 2)
        attention = F.leaky_relu(pairs[0, ..., :, None] + pairs[1, ..., None, :], 0.2).softmax(dim=-1)
        attention = attention + self.learned_graph()
        values = values.reshape(B, T, J, HEADS, C // HEADS).transpose(2, 3)
        out = (attention @ values).transpose(2, 3).reshape(B, T, J, C)
        return self.dropout(self.cat_bn.relu(self.cat_conv(out)))
