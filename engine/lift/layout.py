"""What lifters' weight files hold, without torch: which network it is, and its tensors' names and shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from blender_pose3d.skeleton import H36M_17, H36M_19, Skeleton

from .skeleton_graphs import connection_graph, symmetry_graph

HEADS = 4
"""Of the attention."""
COUNTER = "num_batches_tracked"
"""How the names of the counters end that only training needs."""

_BY_JOINTS: dict[int, Skeleton] = {17: H36M_17, 19: H36M_19}

Shapes = Iterator[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Form:
    """A lifter without its weights. filter_widths: of the layers over time, none of the linear baseline.
    blocks: of the linear baseline."""

    skeleton: Skeleton
    in_features: int
    channels: int
    filter_widths: tuple[int, ...] = ()
    causal: bool = False
    blocks: int = 0

    @property
    def linear(self) -> bool:
        """Whether it is the baseline, which sees one frame by itself."""
        return not self.filter_widths

    @property
    def receptive_field(self) -> int:
        """Frames that one output sees."""
        return math.prod(self.filter_widths)

    @property
    def frames_before(self) -> int:
        """How many of these frames lie before the output's own frame."""
        return self.receptive_field - 1 if self.causal else self.receptive_field // 2


def form_of(state: Mapping[str, np.ndarray], causal: bool) -> Form:
    """The network that a file's tensors make; their shapes do not tell whether it is causal.

    Raises KeyError, ValueError or IndexError for another network's.
    """
    if "expand.0.weight" in state:
        channels, inputs = state["expand.0.weight"].shape
        joints = len(state["shrink.weight"]) // 3
        blocks = len({key.split(".")[1] for key in state if key.startswith("blocks.")})
        return Form(_BY_JOINTS[joints], inputs // joints, channels, blocks=blocks)
    channels, features, width, _ = state["expand_conv.weight"].shape
    temporal = sorted(int(m[1]) for key in state if (m := re.fullmatch(r"layers_conv\.(\d+)\.weight", key)))
    widths = (width, *(state[f"layers_conv.{i}.weight"].shape[2] for i in temporal[::2]))
    joints = len(state["layers_graph_conv.0.global_graph_layer.attentions.0.C_k"])
    return Form(_BY_JOINTS[joints], features, channels, tuple(int(w) for w in widths), causal)


def shapes_of(form: Form) -> dict[str, tuple[int, ...]]:
    """Every tensor that a network of this form has, counters left out."""
    return dict(_linear(form) if form.linear else _gastnet(form))


def _linear(form: Form) -> Shapes:
    width, joints = form.channels, len(form.skeleton)

    def layer(name: str, inputs: int) -> Shapes:
        yield f"{name}.0.weight", (width, inputs)
        yield from _norm(f"{name}.1", width)

    yield from layer("expand", joints * form.in_features)
    for block in range(form.blocks):
        for half in range(2):
            yield from layer(f"blocks.{block}.{half}", width)
    yield from {"shrink.weight": (3 * joints, width), "shrink.bias": (3 * joints,)}.items()


def _gastnet(form: Form) -> Shapes:
    channels = form.channels
    yield from _norm("init_bn", form.in_features)
    yield "expand_conv.weight", (channels, form.in_features, form.filter_widths[0], 1)
    yield from _norm("expand_bn", channels)
    yield from _block("layers_graph_conv.0", channels, form.skeleton)
    for number, width in enumerate(form.filter_widths[1:]):
        channels *= 2
        for layer, taps in ((2 * number, width), (2 * number + 1, 1)):
            yield f"layers_conv.{layer}.weight", (channels, channels, taps, 1)
            yield from _norm(f"layers_bn.{layer}", channels)
        yield from _block(f"layers_graph_conv.{number + 1}", channels, form.skeleton)
    yield "shrink.weight", (3, 2 * channels, 1, 1)


def _block(name: str, channels: int, skeleton: Skeleton) -> Shapes:
    local, globe = f"{name}.local_graph_layer", f"{name}.global_graph_layer"
    graphs = {"gcn_sym": symmetry_graph(skeleton), "gcn_con": connection_graph(skeleton)}
    for (graph, edges), norm in zip(graphs.items(), ("bn_1", "bn_2"), strict=True):
        yield f"{local}.{graph}.W", (2, channels, channels)
        yield f"{local}.{graph}.e", (channels, int(edges.sum()))
        yield from _norm(f"{local}.{norm}", channels)
    inner, joints = channels // HEADS, len(skeleton)
    for head in range(HEADS):
        yield f"{globe}.attentions.{head}.C_k", (joints, joints)
        for part in ("g", "theta", "phi"):
            yield f"{globe}.attentions.{head}.{part}.weight", (inner, channels, 1)
            yield f"{globe}.attentions.{head}.{part}.bias", (inner,)
        yield f"{globe}.attentions.{head}.concat_project.0.weight", (1, 2 * inner, 1, 1)
    for prefix, inputs, outputs in (
        (local, 2 * channels, channels),
        (globe, channels, channels),
        (name, 3 * channels, 2 * channels),
    ):
        yield f"{prefix}.cat_conv.weight", (outputs, inputs, 1, 1)
        yield from _norm(f"{prefix}.cat_bn", outputs)


def _norm(name: str, channels: int) -> Shapes:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)
