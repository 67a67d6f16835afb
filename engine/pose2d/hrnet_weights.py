"""Load HRNet's weight files: the authors', OpenMMLab's re-hosted ones, and our own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import BadInput
from ..state_dict import read_state_dict
from .hrnet import HRNet

# OpenMMLab names the body `backbone.` and the last layer after its head: `keypoint_head` in the 0.x series,
# `head` since 1.0; a head built as a sequence has a further `.0`.
_OPENMMLAB = (
    (re.compile(r"^backbone\."), ""),
    (re.compile(r"^(?:keypoint_)?head\.final_layer(?:\.0)?\."), "final_layer."),
)

_COUNTER = "num_batches_tracked"


def authors_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict under the authors' names, from theirs or OpenMMLab's."""
    renamed = {}
    for key, value in state.items():
        for pattern, replacement in _OPENMMLAB:
            key = pattern.sub(replacement, key)  # noqa: PLW2901
        renamed[key] = value
    return renamed


def is_hrnet(state: dict[str, Tensor]) -> bool:
    """Whether a state dict has the parts that make an HRNet for keypoints, under either naming."""
    names = authors_names(state)
    return {"stage4.0.branches.3.0.conv1.weight", "final_layer.weight"} <= names.keys()


def from_state_dict(state: dict[str, Tensor], source: str = "The file") -> HRNet:
    """An HRNet in eval mode with these weights; widths, keypoints and depth follow from the shapes.

    Every tensor must find its place and the other way round; only the counters of batches seen in training
    may lack. Raises BadInput for another network's weights or for broken ones.
    """
    state = authors_names(state)
    if not is_hrnet(state):
        raise BadInput(f"{source} does not hold the weights of an HRNet for keypoints.")
    try:
        with torch.device("meta"):  # no time for random weights that are replaced at once
            network = HRNet(**shape_of(state))
        counters = {key: torch.tensor(0) for key in network.state_dict() if key.endswith(_COUNTER)}
        missing, unexpected = network.load_state_dict({**counters, **state}, strict=False, assign=True)
    except (RuntimeError, ValueError, IndexError, KeyError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise BadInput(f"{source} is not quite an HRNet: {first}") from error
    if missing or unexpected:
        raise BadInput(
            f"{source} is not quite an HRNet: {len(missing)} weights are missing and {len(unexpected)} are"
            f" too many, the first {(missing + unexpected)[0]}."
        )
    if not all(bool(torch.isfinite(value).all()) for value in network.state_dict().values()):
        raise BadInput(f"{source} holds weights that are not numbers.")
    return network.eval()


def shape_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """HRNet's settings that make a network of these weights, arrays or tensors by the authors' names."""

    def count(pattern: str) -> int:
        found = [re.match(pattern, key) for key in state]
        return 1 + max(int(match[1]) for match in found if match)

    final = state["final_layer.weight"]
    return {
        "width": state["stage2.0.branches.0.0.conv1.weight"].shape[0],
        "keypoints": final.shape[0],
        "final_kernel": final.shape[-1],
        "modules": tuple(count(rf"stage{stage}\.(\d+)\.") for stage in (2, 3, 4)),
        "blocks": count(r"stage4\.0\.branches\.0\.(\d+)\."),
        "stem": state["conv1.weight"].shape[0],
        "planes": state["layer1.0.conv1.weight"].shape[0],
        "bottlenecks": count(r"layer1\.(\d+)\."),
    }


def load_hrnet(path: Path | str) -> tuple[HRNet, dict[str, str]]:
    """The network of a weights file, in eval mode on the CPU, and the file's own metadata.

    Raises BadInput for a file that is missing, truncated, another network's, or holds code.
    """
    state, metadata = read_state_dict(path)
    return from_state_dict(state, str(path)), metadata
