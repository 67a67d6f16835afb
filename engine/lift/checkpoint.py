"""Read and write lifters' weight files; the architecture follows from the tensors' names and shapes."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_17, H36M_19, Skeleton

from ..errors import BadInput
from ..state_dict import read_state_dict, write_half
from . import camera
from .gastnet import GastNet
from .linear import LinearNet

_BY_JOINTS: dict[int, Skeleton] = {17: H36M_17, 19: H36M_19}
_COUNTER = "num_batches_tracked"


def load_network(path: Path | str, causal: bool | None = None) -> tuple[GastNet | LinearNet, dict[str, str]]:
    """The network of a weight file, in eval mode on the CPU, and the file's metadata.

    Reads GAST-Net's authors' files ({"model_pos": state_dict}) and our safetensors. Shapes do not tell
    whether a GAST-Net is causal: unless given, our metadata does, else the word in the file's name.
    Raises BadInput for a file that is broken or of another network.
    """
    state, metadata = read_state_dict(path)
    state = {key: value for key, value in state.items() if not key.endswith(_COUNTER)}
    if causal is None:
        causal = metadata.get("causal", str("causal" in Path(path).name.lower())).lower() == "true"
    known = metadata.get("normalisation")
    if known is not None and known != str(camera.VERSION):
        raise BadInput(f"{path} was trained for another version of Pose3D (normalisation {known}).")
    return _build(state, causal, path), metadata


def _build(state: dict[str, Tensor], causal: bool, path: Path | str) -> GastNet | LinearNet:
    network: GastNet | LinearNet
    try:
        network = _linear(state) if "expand.0.weight" in state else _gastnet(state, causal)
        result = network.load_state_dict(state, strict=False)
        wrong = [k for k in result.missing_keys if not k.endswith(_COUNTER)] + result.unexpected_keys
    except (KeyError, ValueError, RuntimeError) as error:
        raise BadInput(
            f"{path} does not hold the weights of a GAST-Net or linear network for 17 or 19 joints."
        ) from error
    if wrong:
        raise BadInput(
            f"{path} does not hold the weights of a GAST-Net or linear network: {wrong[0]} does not fit."
        )
    if not all(torch.isfinite(value).all() for value in state.values()):
        raise BadInput(f"{path} holds numbers that are not finite; the file is damaged.")
    return network.eval()


def _gastnet(state: dict[str, Tensor], causal: bool) -> GastNet:
    channels, features, width, _ = state["expand_conv.weight"].shape
    temporal = sorted(int(m[1]) for key in state if (m := re.fullmatch(r"layers_conv\.(\d+)\.weight", key)))
    widths = (width, *(state[f"layers_conv.{i}.weight"].shape[2] for i in temporal[::2]))
    joints = len(state["layers_graph_conv.0.global_graph_layer.attentions.0.C_k"])
    return GastNet(_BY_JOINTS[joints], features, channels, filter_widths=widths, causal=causal)


def _linear(state: dict[str, Tensor]) -> LinearNet:
    channels, inputs = state["expand.0.weight"].shape
    joints = len(state["shrink.weight"]) // 3
    blocks = len({key.split(".")[1] for key in state if key.startswith("blocks.")})
    return LinearNet(_BY_JOINTS[joints], inputs // joints, channels, blocks=blocks)


def save_network(
    path: Path | str, network: GastNet | LinearNet, metadata: dict[str, str] | None = None
) -> None:
    """Write safetensors in half precision, with what is needed to use them, through a temporary name.

    Batch-norm variances stay float32: half precision has too small a range for them.
    """
    path = Path(path)
    described = {
        "format": "pose3d-gastnet/1" if isinstance(network, GastNet) else "pose3d-linear/1",
        "skeleton": network.skeleton.name,
        "features": ("x y", "x y score")[network.in_features > 2],
        "frames": str(network.receptive_field),
        "channels": str(network.channels),
        "causal": str(network.causal).lower(),
        "normalisation": str(camera.VERSION),
        **(metadata or {}),
    }
    write_half(path, network.state_dict(), described)
