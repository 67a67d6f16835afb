"""A trained lifter with everything constant worked out once: same poses, less work.

Batch norms go into the products beside them and the graphs' softmax is taken once, in double precision. Who
computes with the result is not said here: numpy_network.py does on a processor, fast.py by torch elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .layout import HEADS, Form
from .skeleton_graphs import connection_graph, symmetry_graph

_EPSILON = 1e-5  # of the batch norms, torch's own
_State = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Affine:
    """x @ weight + bias for rows x: weight (inputs, outputs), bias (outputs,), float32."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Local:
    """The graphs of neighbours, symmetric and connected side by side, channel by channel.

    kernels: (4C, C), rows for a joint itself and then as a neighbour. own: (2C, J) and others: (2C, J, J),
    from neighbour to joint along the columns. shift: (2C,), added before the ReLU.
    """

    kernels: np.ndarray
    own: np.ndarray
    others: np.ndarray
    shift: np.ndarray
    joined: Affine


@dataclass(frozen=True)
class Global:
    """The attention. projection: C values, then theirs and the others' score of each head in turn (2 heads).
    graph: (heads, J, J), learned."""

    projection: Affine
    graph: np.ndarray
    joined: Affine


@dataclass(frozen=True)
class Block:
    """Input, local and global layer side by side, joined to twice the channels."""

    local: Local
    globe: Global
    joined: Affine


@dataclass(frozen=True)
class FoldedGastNet:
    """temporal: (width * C, C), taps in order. shrink: (C, 3)."""

    form: Form
    expand: Affine
    temporal: tuple[Affine, ...]
    pointwise: tuple[Affine, ...]
    blocks: tuple[Block, ...]
    shrink: np.ndarray


@dataclass(frozen=True)
class FoldedLinear:
    """layers: each with a ReLU, the first by itself, then two a residual block. shrink: (C, 3 J)."""

    form: Form
    layers: tuple[Affine, ...]
    shrink: Affine


Folded = FoldedGastNet | FoldedLinear


def folded(state: _State, form: Form) -> Folded:
    """Of tensors that have the form's names and shapes."""
    return folded_linear(state, form) if form.linear else folded_gastnet(state, form)


def folded_linear(state: _State, form: Form) -> FoldedLinear:
    """The baseline's."""
    names = ["expand", *(f"blocks.{b}.{half}" for b in range(form.blocks) for half in range(2))]
    layers = tuple(_affine(state[f"{n}.0.weight"], _scale_shift(state, f"{n}.1")) for n in names)
    return FoldedLinear(
        form, layers, Affine(_single(state["shrink.weight"].T), _single(state["shrink.bias"]))
    )


def folded_gastnet(state: _State, form: Form) -> FoldedGastNet:
    """A GAST-Net's."""
    later = range(len(form.filter_widths) - 1)
    return FoldedGastNet(
        form,
        _expand(state),
        tuple(_convolution(state, 2 * number) for number in later),
        tuple(_convolution(state, 2 * number + 1) for number in later),
        tuple(_block(state, f"layers_graph_conv.{n}", form) for n in range(len(form.filter_widths))),
        _single(state["shrink.weight"][:, :, 0, 0].T),
    )


def _scale_shift(state: _State, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Batch norm of a trained network: x * scale + shift, in double precision."""
    parts = ("weight", "bias", "running_mean", "running_var")
    weight, bias, mean, variance = (state[f"{norm}.{part}"].astype(np.float64) for part in parts)
    scale = weight / np.sqrt(variance + _EPSILON)
    return scale, bias - mean * scale


def _affine(weight: np.ndarray, norm: tuple[np.ndarray, np.ndarray]) -> Affine:
    """weight: (outputs, inputs)."""
    return Affine(_single((weight.astype(np.float64) * norm[0][:, None]).T), _single(norm[1]))


def _taps(weight: np.ndarray) -> np.ndarray:
    """(outputs, inputs, width, 1) to (outputs, width * inputs)."""
    return weight[..., 0].transpose(0, 2, 1).reshape(len(weight), -1)


def _convolution(state: _State, number: int) -> Affine:
    norm = _scale_shift(state, f"layers_bn.{number}")
    return _affine(_taps(state[f"layers_conv.{number}.weight"]), norm)


def _expand(state: _State) -> Affine:
    """The input's norm, the first convolution and its norm: one product of its frames' features."""
    scale, shift = _scale_shift(state, "init_bn")
    outer = _scale_shift(state, "expand_bn")
    weight = state["expand_conv.weight"].astype(np.float64)
    made = _affine(_taps(weight * scale[:, None, None]), outer)
    more = outer[0] * np.einsum("ofw,f->o", weight[..., 0], shift)
    return Affine(made.weight, _single(outer[1] + more))


def _block(state: _State, name: str, form: Form) -> Block:
    return Block(
        _local(state, f"{name}.local_graph_layer", form),
        _global(state, f"{name}.global_graph_layer"),
        _joined(state, name),
    )


def _joined(state: _State, name: str) -> Affine:
    return _affine(state[f"{name}.cat_conv.weight"][..., 0, 0], _scale_shift(state, f"{name}.cat_bn"))


def _local(state: _State, name: str, form: Form) -> Local:
    graphs = {"gcn_sym": symmetry_graph(form.skeleton), "gcn_con": connection_graph(form.skeleton)}
    norms = [_scale_shift(state, f"{name}.{norm}") for norm in ("bn_1", "bn_2")]
    weights = np.concatenate(
        [
            _edge_weights(state[f"{name}.{graph}.e"], edges) * norm[0][:, None, None]
            for (graph, edges), norm in zip(graphs.items(), norms, strict=True)
        ]
    )
    own = np.diagonal(weights, axis1=1, axis2=2)
    others = weights - own[..., None] * np.eye(own.shape[1])
    return Local(
        _single(np.concatenate([state[f"{name}.{graph}.W"][i].T for i in range(2) for graph in graphs])),
        _single(own),
        _single(others.transpose(0, 2, 1)),
        _single(np.concatenate([norm[1] for norm in norms])),
        _joined(state, name),
    )


def _edge_weights(logits: np.ndarray, graph: np.ndarray) -> np.ndarray:
    """(C, J, J) weights, zero where there is no edge, each row summing to one. logits: (C, E), as they lie in
    the graph row by row."""
    spread = np.full((len(logits), *graph.shape), -np.inf)
    spread[:, graph] = logits
    weights = np.exp(spread - spread.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def _global(state: _State, name: str) -> Global:
    """The score of a pair of joints is linear in both: what a projection of the two side by side gives is the
    sum of a product with each."""
    heads = [f"{name}.attentions.{head}" for head in range(HEADS)]
    weights = [state[f"{head}.g.weight"].astype(np.float64) for head in heads]
    biases = [state[f"{head}.g.bias"].astype(np.float64) for head in heads]
    for head in heads:
        halves = state[f"{head}.concat_project.0.weight"].astype(np.float64).ravel().reshape(2, -1)
        for half, part in zip(halves, ("theta", "phi"), strict=True):
            weights.append((half @ state[f"{head}.{part}.weight"][..., 0].astype(np.float64))[None, :, None])
            biases.append((half @ state[f"{head}.{part}.bias"].astype(np.float64))[None])
    projection = Affine(_single(np.concatenate(weights)[..., 0].T), _single(np.concatenate(biases)))
    return Global(projection, _single(np.stack([state[f"{h}.C_k"] for h in heads])), _joined(state, name))


def _single(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, dtype=np.float32)
