"""What checkpoints are chosen by: windows that stay the same for a whole run, and a mark to know them by."""

from __future__ import annotations

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from .networks import Network
from .windows import Windows

_SEED = 20_201
_HIP = H36M_19.index("Hip")
_AT_ONCE = 128


def error(prediction: Tensor, target: Tensor) -> Tensor:
    """(..., J) metres between poses (..., J, 3), hip on hip."""
    return (prediction - prediction[..., _HIP : _HIP + 1, :] - target).norm(dim=-1)


class Validation:
    """Windows of one output. identity: the same for the same windows, on any machine; figures of windows with
    different ones cannot be compared."""

    def __init__(self, windows: Windows, count: int) -> None:
        features, target = windows.draw(count, torch.Generator().manual_seed(_SEED))
        self._features, self._target = features, target
        # Sums that a change of the data reaches, but not the last bits, which differ between machines.
        sums = (features[..., :2], features[..., 2], target)
        marks = (f"{float(values.double().abs().sum()):.5g}" for values in sums)
        self.identity = "/".join((str(count), str(features.shape[1]), *marks))

    @torch.inference_mode()
    def measure(self, network: Network) -> float:
        """Mean error in metres of a network in eval mode, on the device that it is on."""
        device = next(network.parameters()).device
        errors = [
            error(network(f.to(device), strided=True), t.to(device)).mean(dim=(1, 2))
            for f, t in zip(self._features.split(_AT_ONCE), self._target.split(_AT_ONCE), strict=True)
        ]
        return float(torch.cat(errors).mean())
