"""HRNet on the processor by torch, where there is no OpenVINO: float32, channels last."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from .hrnet import HRNet
from .hrnet_fold import folded
from .hrnet_graph import DEVIATION, MEAN
from .hrnet_weights import shape_of


def network_of(weights: Mapping[str, np.ndarray]) -> HRNet:
    """A folded HRNet in eval mode with the weights of an export."""
    with torch.device("meta"):
        network = folded(HRNet(**shape_of(weights)))
    state = {key: torch.from_numpy(weights[key]) for key in network.state_dict()}
    network.load_state_dict(state, assign=True)
    return network.eval()


def normalised(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) for the network from (N, H, W, 3) uint8 RGB, on the same device, in torch's channels-last
    layout: a channel axis that is moved and not copied."""
    mean = torch.tensor(MEAN, device=pictures.device).view(3, 1, 1)
    deviation = torch.tensor(DEVIATION, device=pictures.device).view(3, 1, 1)
    return (pictures.permute(0, 3, 1, 2).float() / 255 - mean) / deviation


class TorchHeatmaps:
    """(N, H, W, 3) uint8 RGB crops to (N, K, H / 4, W / 4) float32 heatmaps."""

    def __init__(self, network: nn.Module) -> None:
        self.name = f"torch {torch.__version__}, float32, {torch.get_num_threads()} threads"
        self._network = network.to(memory_format=torch.channels_last)

    @classmethod
    def of(cls, weights: Mapping[str, np.ndarray]) -> TorchHeatmaps:
        """With the weights of an export."""
        return cls(network_of(weights))

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self._network(normalised(torch.from_numpy(crops))).numpy()
