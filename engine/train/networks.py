"""The network that a configuration describes."""

from __future__ import annotations

from blender_pose3d.skeleton import H36M_19

from ..errors import BadInput
from ..lift.gastnet import GastNet
from ..lift.linear import LinearNet
from .config import NetworkConfig

_FEATURES = 3  # x, y, score
Network = GastNet | LinearNet


def build_network(config: NetworkConfig) -> Network:
    """Fresh weights, drawn from torch's generator. Raises BadInput for a kind or widths nobody knows."""
    if config.kind == "linear":
        return LinearNet(H36M_19, _FEATURES, config.channels, dropout=config.dropout)
    if config.kind != "gastnet":
        raise BadInput(f"network.kind is {config.kind!r}; known are 'gastnet' and 'linear'.")
    try:
        return GastNet(
            H36M_19,
            _FEATURES,
            config.channels,
            filter_widths=config.filter_widths,
            causal=config.causal,
            dropout=config.dropout,
        )
    except ValueError as error:
        raise BadInput(f"network.filter_widths: {error}.") from error
