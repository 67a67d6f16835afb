"""Read and write lifters' weight files; the architecture follows from the tensors' names and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadInput
from ..state_dict import read_arrays, write_half
from . import camera
from .layout import COUNTER, Form, form_of, shapes_of

if TYPE_CHECKING:
    from .gastnet import GastNet
    from .linear import LinearNet


@dataclass(frozen=True)
class Weights:
    """What a file holds, checked. state: by the names of layout.shapes_of, float32. metadata: the file's."""

    form: Form
    state: dict[str, np.ndarray]
    metadata: dict[str, str]


def read_weights(path: Path | str, causal: bool | None = None) -> Weights:
    """The weights of a file, without torch where the file is not torch's own.

    Reads GAST-Net's authors' files ({"model_pos": state_dict}) and our safetensors. Shapes do not tell
    whether a GAST-Net is causal: unless given, our metadata does, else the word in the file's name.
    Raises BadInput for a file that is broken or of another network.
    """
    state, metadata = read_arrays(path)
    state = {key: value for key, value in state.items() if not key.endswith(COUNTER)}
    if causal is None:
        causal = metadata.get("causal", str("causal" in Path(path).name.lower())).lower() == "true"
    known = metadata.get("normalisation")
    if known is not None and known != str(camera.VERSION):
        raise BadInput(f"{path} was trained for another version of Pose3D (normalisation {known}).")
    return Weights(_form(state, causal, path), state, metadata)


def load_network(path: Path | str, causal: bool | None = None) -> tuple[GastNet | LinearNet, dict[str, str]]:
    """The network of a weight file by torch, in eval mode on the CPU, and the file's metadata.

    Raises BadInput as read_weights does.
    """
    weights = read_weights(path, causal)
    return network_of(weights), weights.metadata


def network_of(weights: Weights) -> GastNet | LinearNet:
    """The network by torch, in eval mode on the CPU."""
    import torch

    from .gastnet import GastNet
    from .linear import LinearNet

    form = weights.form
    network: GastNet | LinearNet
    if form.linear:
        network = LinearNet(form.skeleton, form.in_features, form.channels, blocks=form.blocks)
    else:
        sizes = form.skeleton, form.in_features, form.channels
        network = GastNet(*sizes, filter_widths=form.filter_widths, causal=form.causal)
    tensors = {key: torch.from_numpy(value) for key, value in weights.state.items()}
    network.load_state_dict(tensors, strict=False)  # but for the counters all is there: it was checked
    return network.eval()


def weights_of(network: GastNet | LinearNet) -> Weights:
    """What a network by torch holds; arrays share its memory where that is the processor's."""
    sizes = network.skeleton, network.in_features, network.channels
    if hasattr(network, "blocks"):
        form = Form(*sizes, blocks=len(network.blocks))
    else:
        form = Form(*sizes, network.filter_widths, network.causal)
    tensors = {k: v.detach() for k, v in network.state_dict().items() if not k.endswith(COUNTER)}
    return Weights(form, {key: value.cpu().numpy() for key, value in tensors.items()}, {})


def _form(state: dict[str, np.ndarray], causal: bool, path: Path | str) -> Form:
    """Raises BadInput where the tensors are not exactly a lifter's."""
    try:
        form = form_of(state, causal)
        expected = shapes_of(form)
    except (KeyError, ValueError, IndexError) as error:
        raise BadInput(
            f"{path} does not hold the weights of a GAST-Net or linear network for 17 or 19 joints."
        ) from error
    wrong = [key for key in expected if key not in state] + [key for key in state if key not in expected]
    wrong += [key for key, shape in expected.items() if key in state and state[key].shape != shape]
    if wrong:
        raise BadInput(
            f"{path} does not hold the weights of a GAST-Net or linear network: {wrong[0]} does not fit."
        )
    if not all(np.isfinite(value).all() for value in state.values()):
        raise BadInput(f"{path} holds numbers that are not finite; the file is damaged.")
    return form


def save_network(
    path: Path | str, network: GastNet | LinearNet, metadata: dict[str, str] | None = None
) -> None:
    """Write safetensors in half precision, with what is needed to use them, through a temporary name.

    Batch-norm variances stay float32: half precision has too small a range for them.
    """
    path = Path(path)
    state = network.state_dict()
    described = {
        "format": "pose3d-gastnet/1" if "expand_conv.weight" in state else "pose3d-linear/1",
        "skeleton": network.skeleton.name,
        "features": ("x y", "x y score")[network.in_features > 2],
        "frames": str(network.receptive_field),
        "channels": str(network.channels),
        "causal": str(network.causal).lower(),
        "normalisation": str(camera.VERSION),
        **(metadata or {}),
    }
    write_half(path, state, described)
