"""HRNet with its batch normalisations folded into its convolutions: the same function with half the layers.

A batch normalisation in eval mode is a factor and an offset a channel (Ioffe and Szegedy, ICML 2015, section
3.1), so the convolution before it can take both: with g its factor over its deviation, w' = w g and
b' = offset + (b - mean) g.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from .hrnet import HRNet


def folded(network: HRNet) -> HRNet:
    """The same network, changed in place: every normalisation gone, every convolution with a bias.

    Raises ValueError where a normalisation follows no convolution.
    """
    for parent, name, after in _pairs(network):
        setattr(parent, name, _joined(getattr(parent, name), getattr(parent, after)))
        setattr(parent, after, nn.Identity())
    if any(isinstance(part, nn.BatchNorm2d) for part in network.modules()):
        raise ValueError("a normalisation follows no convolution")
    return network


def expectations(network: HRNet) -> dict[str, Tensor]:
    """What each normalised convolution gives by the network's training: `NAME.mean` and `NAME.deviation`,
    (C,) each.

    A normalisation's offset and factor are the mean and deviation of what leaves it (Nagel et al., "Data-free
    quantization through weight equalization and bias correction", ICCV 2019, section 4.2.1).
    """
    known = {module: path for path, module in network.named_modules()}
    found = {}
    for parent, name, after in _pairs(network):
        norm = getattr(parent, after)
        layer = known[getattr(parent, name)]
        found[f"{layer}.mean"] = norm.bias.detach().clone()
        found[f"{layer}.deviation"] = norm.weight.detach().abs()
    return found


def _pairs(network: HRNet) -> list[tuple[nn.Module, str, str]]:
    """Every convolution with the normalisation after it: their parent and their names in it."""
    return [
        (parent, name, after)
        for parent in network.modules()
        for (name, layer), (after, norm) in pairwise(parent.named_children())
        if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    ]


def _joined(layer: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    sizes = layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding
    made = nn.Conv2d(*sizes, device="meta")
    weight, bias = _weights(layer, norm)
    made.weight, made.bias = nn.Parameter(weight, False), nn.Parameter(bias, False)
    return made


def _weights(layer: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """In double precision, since small variances make large factors."""
    factor = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = 0 if layer.bias is None else layer.bias.double()
    weight = layer.weight.double() * factor[:, None, None, None]
    bias = norm.bias.double() + (bias - norm.running_mean.double()) * factor
    return weight.float().detach(), bias.float().detach()
