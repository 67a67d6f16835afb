"""The trained GAST-Net with everything constant worked out once: same poses, less work.

Batch norms go into the products beside them, the graphs' softmax is taken once, the concatenation before a
product becomes one product a part, and the taps of a temporal convolution are views of the clip. In float32
the outputs agree with :class:`GastNet` to 1e-4 of their size; in bfloat16 (``half=True``), with the first and
the last layer in float32, to about a millimetre.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from .gastnet import GastNet, GraphAttentionBlock
from .graph import GlobalGraph, JointNorm, LocalGraph, SemanticGraphConv


def _scale_shift(norm: JointNorm) -> tuple[Tensor, Tensor]:
    """Batch norm of a trained network: x * scale + shift, in double precision."""
    statistics = dict(norm.named_buffers())
    scale = norm.weight.double() * (statistics["running_var"].double() + norm.eps).rsqrt()
    return scale, norm.bias.double() - statistics["running_mean"].double() * scale


class _Affine(nn.Module):
    """x @ weight + bias, then ReLU, for (N, C) split into parts of C: weight (parts, C, out)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, norm: JointNorm, parts: int) -> None:
        super().__init__()
        scale, bias = _scale_shift(norm)
        folded = weight.double() * scale[:, None]
        self.register_buffer("weight", folded.T.reshape(parts, -1, len(weight)).float())
        self.register_buffer("bias", bias.float())

    def forward(self, *parts: Tensor) -> Tensor:
        if parts[0].dtype != torch.float32:
            # Sums of several products would be rounded to half precision after each.
            return torch.addmm(self.bias, torch.cat(parts, dim=1), self.weight.flatten(0, 1)).relu_()
        out = torch.addmm(self.bias, parts[0], self.weight[0])
        for part, weight in zip(parts[1:], self.weight[1:], strict=True):
            out.addmm_(part, weight)
        return out.relu_()


class _Local(nn.Module):
    """:class:`LocalGraph` on (N, C) rows of J joints each."""

    kernels: Tensor
    own: Tensor
    others: Tensor
    shift: Tensor

    def __init__(self, local: LocalGraph, joints: int) -> None:
        super().__init__()
        sym, con = local.gcn_sym, local.gcn_con
        kernels = torch.cat((sym.W[0], con.W[0], sym.W[1], con.W[1]), dim=1)
        graphs = [self._graph(g, n) for g, n in ((sym, local.bn_1), (con, local.bn_2))]
        weights, shift = (torch.cat(part) for part in zip(*graphs, strict=True))
        own = weights.diagonal(dim1=1, dim2=2)
        self.joints = joints
        self.register_buffer("kernels", kernels.T.contiguous().float())
        self.register_buffer("own", own[:, None].contiguous().float())
        self.register_buffer("others", (weights - own.diag_embed()).mT.contiguous().float())
        self.register_buffer("shift", shift[:, None, None].float())
        self.joined = _Affine(local.cat_conv.weight.flatten(1), local.cat_bn, 1)

    @staticmethod
    def _graph(graph: SemanticGraphConv, norm: JointNorm) -> tuple[Tensor, Tensor]:
        scale, shift = _scale_shift(norm)
        return graph.edge_weights().double() * scale[:, None, None], shift

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        # Channels first, where each channel's graph is a plain matrix; the product in `joined` turns it back.
        own, others = (self.kernels @ x.T).view(2, 2 * channels, -1, self.joints)
        mixed = torch.addcmul(self.shift, own, self.own).baddbmm_(others, self.others).relu_()
        out: Tensor = self.joined(mixed.view(2 * channels, -1).T)
        return out


class _Global(nn.Module):
    """:class:`GlobalGraph` on (N, C) rows of J joints each."""

    weight: Tensor
    bias: Tensor
    graph: Tensor

    def __init__(self, layer: GlobalGraph, joints: int) -> None:
        super().__init__()
        weight, bias = layer.projection()
        self.joints, self.heads = joints, len(layer.attentions)
        self.register_buffer("weight", weight.T.contiguous())
        self.register_buffer("bias", bias.clone())
        self.register_buffer("graph", layer.learned_graph())
        self.joined = _Affine(layer.cat_conv.weight.flatten(1), layer.cat_bn, 1)

    def forward(self, x: Tensor) -> Tensor:
        channels, J, H = x.shape[1], self.joints, self.heads
        projected = torch.addmm(self.bias, x, self.weight)
        pairs = projected[:, channels:].view(-1, J, H, 2).permute(3, 0, 2, 1)
        score = F.leaky_relu_(pairs[0, ..., :, None] + pairs[1, ..., None, :], 0.2)
        attention = score.softmax(dim=-1).add_(self.graph)
        values = projected[:, :channels].view(-1, J, H, channels // H)
        mixed = values.new_empty(values.shape)
        for head in range(H):
            torch.bmm(attention[:, head], values[:, :, head], out=mixed[:, :, head])
        out: Tensor = self.joined(mixed.view(-1, channels))
        return out


class _Block(nn.Module):
    def __init__(self, block: GraphAttentionBlock, joints: int) -> None:
        super().__init__()
        self.local = _Local(block.local_graph_layer, joints)
        self.globe = _Global(block.global_graph_layer, joints)
        self.joined = _Affine(block.cat_conv.weight.flatten(1), block.cat_bn, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.joined(x, self.local(x), self.globe(x))
        return out


class FastGastNet(nn.Module):
    """The dilated form of a trained GastNet: (B, T, J, F) to (B, T - receptive_field + 1, J, 3).

    half: bfloat16 inside, for processors with bfloat16 products and for GPUs; elsewhere it is slower.
    """

    def __init__(self, network: GastNet, *, half: bool = False) -> None:
        super().__init__()
        self.skeleton, self.in_features, self.channels = (
            network.skeleton,
            network.in_features,
            network.channels,
        )
        self.filter_widths, self.causal = network.filter_widths, network.causal
        self.receptive_field, self.frames_before = network.receptive_field, network.frames_before
        joints = len(network.skeleton)
        self.expand = self._expand(network)
        self.temporal = nn.ModuleList(
            _Affine(conv.weight[..., 0].transpose(1, 2).flatten(1), norm, conv.weight.shape[2])
            for conv, norm in zip(network.layers_conv[::2], network.layers_bn[::2], strict=True)
        )
        self.pointwise = nn.ModuleList(
            _Affine(conv.weight.flatten(1), norm, 1)
            for conv, norm in zip(network.layers_conv[1::2], network.layers_bn[1::2], strict=True)
        )
        self.blocks = nn.ModuleList(_Block(block, joints) for block in network.layers_graph_conv)
        self.shrink: Tensor
        self.register_buffer("shrink", network.shrink.weight.flatten(1).T.contiguous())
        self._half = torch.bfloat16 if half else torch.float32
        for part in (self.temporal, self.pointwise, self.blocks):
            part.to(self._half)

    @staticmethod
    def _expand(network: GastNet) -> _Affine:
        """The input's norm, the first convolution and its norm: one product of 3 frames' features."""
        scale, shift = _scale_shift(network.init_bn)
        weight = network.expand_conv.weight[..., 0].double()
        folded = _Affine((weight * scale[:, None]).transpose(1, 2).flatten(1), network.expand_bn, 1)
        outer, _ = _scale_shift(network.expand_bn)
        folded.bias += (outer * torch.einsum("ofw,f->o", weight, shift)).float()
        return folded

    @torch.inference_mode()
    def forward(self, x: Tensor) -> Tensor:
        B, T, J, _ = x.shape
        widths = self.filter_widths
        if self.receptive_field > T:
            raise ValueError(f"{T} frames make no outputs of {self.receptive_field} frames each")
        T -= widths[0] - 1
        taps = torch.cat([x[:, i : i + T] for i in range(widths[0])], dim=-1)
        x = self.blocks[0](self.expand(taps.view(B * T * J, -1)).to(self._half))
        dilation = widths[0]
        for i, width in enumerate(widths[1:]):
            clip = x.view(B, T, J, -1)
            T -= (width - 1) * dilation
            taps = [clip[:, k * dilation : k * dilation + T].reshape(B * T * J, -1) for k in range(width)]
            own = taps[width - 1 if self.causal else width // 2]
            x = self.blocks[i + 1](self.pointwise[i](self.temporal[i](*taps)).add_(own))
            dilation *= width
        return (x.float() @ self.shrink).view(B, T, J, 3)


def fold(network: GastNet, *, half: bool = False) -> FastGastNet:
    """A trained network in its fast form, on the network's device. half: bfloat16 inside."""
    device = network.shrink.weight.device
    with torch.no_grad():
        return FastGastNet(network.eval(), half=half).to(device).eval()
