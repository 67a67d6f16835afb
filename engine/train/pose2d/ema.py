"""The moving average of a network's weights, which is what is measured and shipped."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """Exponential moving average of everything in a network that is a number, batch-norm statistics too.

    Polyak and Juditsky, 1992; decay: of each step, lower at the beginning, when the average would else drag
    the first random weights along.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """step: how many were done."""
        decay = min(self._decay, (1 + step) / (10 + step))
        ours, theirs = self.network.state_dict(), network.state_dict()
        floating = [key for key, value in ours.items() if value.is_floating_point()]
        torch._foreach_lerp_([ours[k] for k in floating], [theirs[k] for k in floating], 1 - decay)
