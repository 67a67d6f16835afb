"""A folded GAST-Net computed by torch, for GPUs and where half precision is asked for.

The concatenation before a product becomes one product a part, and the taps of a temporal convolution are
views of the clip. In float32 the outputs agree with :class:`GastNet` to 1e-4 of their size; in bfloat16
(``half=True``), with the first and the last layer in float32, to about a millimetre.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from .checkpoint import weights_of
from .folding import Affine, Block, FoldedGastNet, Global, Local, folded_gastnet
from .gastnet import GastNet
from .layout import HEADS


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


class _Affine(nn.Module):
    """x @ weight + bias, then ReLU, for (N, C) split into parts of C: weight (parts, C, out)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: Affine, parts: int) -> None:
        super().__init__()
        self.register_buffer("weight", _tensor(layer.weight).view(parts, -1, layer.weight.shape[1]))
        self.register_buffer("bias", _tensor(layer.bias))

    def forward(self, *parts: Tensor) -> Tensor:
        if parts[0].dtype != torch.float32:
            # Sums of several products would be rounded to half precision after each.
            return torch.addmm(self.bias, torch.cat(parts, dim=1), self.weight.flatten(0, 1)).relu_()
        out = torch.addmm(self.bias, parts[0], self.weight[0])
        for part, weight in zip(parts[1:], self.weight[1:], strict=True):
            out.addmm_(part, weight)
        return out.relu_()


class _Local(nn.Module):
    """The local graphs on (N, C) rows of J joints each."""

    kernels: Tensor
    own: Tensor
    others: Tensor
    shift: Tensor

    def __init__(self, layer: Local) -> None:
        super().__init__()
        self.joints = layer.own.shape[1]
        self.register_buffer("kernels", _tensor(layer.kernels))
        self.register_buffer("own", _tensor(layer.own[:, None]))
        self.register_buffer("others", _tensor(layer.others))
        self.register_buffer("shift", _tensor(layer.shift[:, None, None]))
        self.joined = _Affine(layer.joined, 1)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        # Channels first, where each channel's graph is a plain matrix; the product in `joined` turns it back.
        own, others = (self.kernels @ x.T).view(2, 2 * channels, -1, self.joints)
        mixed = torch.addcmul(self.shift, own, self.own).baddbmm_(others, self.others).relu_()
        out: Tensor = self.joined(mixed.view(2 * channels, -1).T)
        return out


class _Global(nn.Module):
    """The attention on (N, C) rows of J joints each."""

    weight: Tensor
    bias: Tensor
    graph: Tensor

    def __init__(self, layer: Global) -> None:
        super().__init__()
        self.joints = layer.graph.shape[1]
        self.register_buffer("weight", _tensor(layer.projection.weight))
        self.register_buffer("bias", _tensor(layer.projection.bias))
        self.register_buffer("graph", _tensor(layer.graph))
        self.joined = _Affine(layer.joined, 1)

    def forward(self, x: Tensor) -> Tensor:
        channels, J, H = x.shape[1], self.joints, HEADS
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
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.local, self.globe = _Local(block.local), _Global(block.globe)
        self.joined = _Affine(block.joined, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.joined(x, self.local(x), self.globe(x))
        return out


class FastGastNet(nn.Module):
    """The dilated form of a trained GastNet: (B, T, J, F) to (B, T - receptive_field + 1, J, 3).

    half: bfloat16 inside, for processors with bfloat16 products and for GPUs; elsewhere it is slower.
    """

    def __init__(self, network: FoldedGastNet, *, half: bool = False) -> None:
        super().__init__()
        self.form = network.form
        self.expand = _Affine(network.expand, 1)
        widths = self.form.filter_widths[1:]
        self.temporal = nn.ModuleList(
            _Affine(layer, width) for layer, width in zip(network.temporal, widths, strict=True)
        )
        self.pointwise = nn.ModuleList(_Affine(layer, 1) for layer in network.pointwise)
        self.blocks = nn.ModuleList(_Block(block) for block in network.blocks)
        self.shrink: Tensor
        self.register_buffer("shrink", _tensor(network.shrink))
        self._half = torch.bfloat16 if half else torch.float32
        for part in (self.temporal, self.pointwise, self.blocks):
            part.to(self._half)

    @torch.inference_mode()
    def forward(self, x: Tensor) -> Tensor:
        B, T, J, _ = x.shape
        widths = self.form.filter_widths
        if self.form.receptive_field > T:
            raise ValueError(f"{T} frames make no outputs of {self.form.receptive_field} frames each")
        T -= widths[0] - 1
        taps = torch.cat([x[:, i : i + T] for i in range(widths[0])], dim=-1)
        x = self.blocks[0](self.expand(taps.view(B * T * J, -1)).to(self._half))
        dilation = widths[0]
        for i, width in enumerate(widths[1:]):
            clip = x.view(B, T, J, -1)
            T -= (width - 1) * dilation
            taps = [clip[:, k * dilation : k * dilation + T].reshape(B * T * J, -1) for k in range(width)]
            own = taps[width - 1 if self.form.causal else width // 2]
            x = self.blocks[i + 1](self.pointwise[i](self.temporal[i](*taps)).add_(own))
            dilation *= width
        return (x.float() @ self.shrink).view(B, T, J, 3)


def fold(network: GastNet, *, half: bool = False) -> FastGastNet:
    """A trained network in its fast form, on the network's device. half: bfloat16 inside."""
    weights = weights_of(network)
    made = FastGastNet(folded_gastnet(weights.state, weights.form), half=half)
    return made.to(network.shrink.weight.device).eval()
