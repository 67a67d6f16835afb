"""The random weights that a network begins with."""

from __future__ import annotations

import torch
from torch import nn

from ...pose2d.hrnet import BasicBlock, Bottleneck, HRNet

_FINAL = 1e-3  # standard deviation, as HRNet's authors: heatmaps begin near nothing


@torch.no_grad()
def begun(network: HRNet) -> HRNet:
    """The same network with weights to train from.

    Convolutions as He et al., ICCV 2015; residual blocks begin as their shortcut alone, since the last batch
    norm's scale is 0 (Goyal et al., 2017, section 5.1).
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        elif isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
    nn.init.normal_(network.final_layer.weight, std=_FINAL)
    assert network.final_layer.bias is not None  # noqa: S101 -- for the type checker
    nn.init.zeros_(network.final_layer.bias)
    return network
