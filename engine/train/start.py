"""Weights that a run begins with instead of random ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput
from ..lift.checkpoint import load_network
from ..weights import sha256
from .networks import Network


@dataclass(frozen=True)
class Start:
    """A weight file of the same architecture; whether it is causal may differ, for both have one shape."""

    path: Path

    def into(self, network: Network) -> str:
        """Put the weights into a network; returns where they came from, for the metadata of what follows.

        Raises BadInput for a file that is broken or of another architecture.
        """
        weights = load_network(self.path)[0].state_dict()
        own = network.state_dict()
        odd = [key for key in own if key not in weights or weights[key].shape != own[key].shape]
        if odd or len(weights) != len(own):
            raise BadInput(
                f"{self.path} is of another architecture than the run: {(odd or ['depth'])[0]} does not fit.",
                "Start from weights with the same channels, filter widths and joints.",
            )
        network.load_state_dict(weights)
        return f"{self.path.name} {sha256(self.path)[:12]}"
