"""A folded lifter computed by NumPy, on the processor: nothing to import but NumPy, nothing to compile.

Nine tenths of the work are matrix products, which any BLAS does near the processor's limit; what lies between
them happens in place, in buffers that stay: fresh memory for each layer would cost a fifth more.
"""

from __future__ import annotations

import math

import numpy as np

from .folding import Affine, Block, Folded, FoldedGastNet, FoldedLinear, Global, Local
from .layout import HEADS

_SLOPE = 0.2  # of the leaky ReLU before the attention's softmax


class Room:
    """Float32 arrays by name that are given out again and again; what was in them is gone."""

    def __init__(self) -> None:
        self._flat: dict[str, np.ndarray] = {}

    def take(self, name: str, *shape: int) -> np.ndarray:
        """An array of that shape, with anything in it."""
        size = math.prod(shape)
        if name not in self._flat or self._flat[name].size < size:
            self._flat[name] = np.empty(size, dtype=np.float32)
        return self._flat[name][:size].reshape(shape)


class NumpyNetwork:
    """A folded network as a function: (T, J, F) float32 to (T - receptive_field + 1, J, 3).

    Every frame is one whose window is whole, as in GastNet. May be called by several threads at once, each
    with a room of its own.
    """

    def __init__(self, network: Folded) -> None:
        self._network = network

    def __call__(self, x: np.ndarray, room: Room) -> np.ndarray:
        if isinstance(self._network, FoldedLinear):
            return _linear(x, self._network)
        return _gastnet(x, self._network, room)


def _linear(x: np.ndarray, network: FoldedLinear) -> np.ndarray:
    first, *others = network.layers
    y = _affine_relu(x.reshape(len(x), -1), first)
    for one, two in zip(others[::2], others[1::2], strict=True):
        y = y + _affine_relu(_affine_relu(y, one), two)
    pose: np.ndarray = y @ network.shrink.weight + network.shrink.bias
    return pose.reshape(*x.shape[:2], 3)


def _gastnet(x: np.ndarray, network: FoldedGastNet, room: Room) -> np.ndarray:
    """Rows are frames' joints: (T * J, C)."""
    form, J = network.form, x.shape[1]
    widths = form.filter_widths
    taps = _taps(x, widths[0], 1, room)
    sides = room.take("sides", len(taps), 3 * form.channels)
    _affine_relu(taps, network.expand, sides[:, : form.channels])
    rows = _block(sides, network.blocks[0], J, room)
    dilation = widths[0]
    for number, width in enumerate(widths[1:]):
        C = rows.shape[1]
        taps = _taps(rows.reshape(-1, J, C), width, dilation, room)
        before = (width - 1 if form.causal else width // 2) * dilation * J
        own = rows[before : before + len(taps)]
        mixed = _affine_relu(taps, network.temporal[number], room.take("mixed", len(taps), C))
        sides = room.take("sides", len(taps), 3 * C)
        x = _affine_relu(mixed, network.pointwise[number], sides[:, :C])
        x += own
        rows = _block(sides, network.blocks[number + 1], J, room)
        dilation *= width
    return (rows @ network.shrink).reshape(-1, J, 3)


def _taps(x: np.ndarray, width: int, dilation: int, room: Room) -> np.ndarray:
    """(T, J, C) to (T' * J, width * C): what each frame's convolution over time sees, side by side."""
    T, J, C = x.shape
    length = T - (width - 1) * dilation
    taps = room.take("wide", length, J, width * C)
    for k in range(width):
        taps[..., k * C : (k + 1) * C] = x[k * dilation : k * dilation + length]
    return taps.reshape(length * J, width * C)


def _block(sides: np.ndarray, block: Block, joints: int, room: Room) -> np.ndarray:
    """sides: (N, 3C), the input in the first third; the local and the global layer fill the others."""
    C = sides.shape[1] // 3
    x = sides[:, :C]
    _local(x, block.local, joints, room, sides[:, C : 2 * C])
    _global(x, block.globe, joints, room, sides[:, 2 * C :])
    return _affine_relu(sides, block.joined, room.take("rows", len(sides), 2 * C))


def _local(x: np.ndarray, layer: Local, joints: int, room: Room, out: np.ndarray) -> None:
    N, C = x.shape
    # Channels first, where each channel's graph is a plain matrix; the last product turns it back.
    projected = np.matmul(layer.kernels, x.T, out=room.take("wide", 4 * C, N)).reshape(4 * C, -1, joints)
    mixed = room.take("mixed", 2 * C, N // joints, joints)
    np.matmul(projected[2 * C :], layer.others, out=mixed)
    own = projected[: 2 * C]
    own *= layer.own[:, None]
    mixed += own
    mixed += layer.shift[:, None, None]
    np.maximum(mixed, 0, out=mixed)
    _affine_relu(mixed.reshape(2 * C, N).T, layer.joined, out)


def _global(x: np.ndarray, layer: Global, joints: int, room: Room, out: np.ndarray) -> None:
    N, C = x.shape
    projected = np.matmul(x, layer.projection.weight, out=room.take("wide", N, C + 2 * HEADS))
    projected += layer.projection.bias
    pairs = projected[:, C:].reshape(-1, joints, HEADS, 2).transpose(3, 0, 2, 1)
    attention = _attention(np.ascontiguousarray(pairs[0]), np.ascontiguousarray(pairs[1]), room)
    attention += layer.graph
    values = projected[:, :C].reshape(-1, joints, HEADS, C // HEADS).transpose(0, 2, 1, 3)
    mixed = room.take("mixed", N // joints, joints, HEADS, C // HEADS)
    np.matmul(attention, values, out=mixed.transpose(0, 2, 1, 3))
    _affine_relu(mixed.reshape(N, C), layer.joined, out)


def _attention(one: np.ndarray, other: np.ndarray, room: Room) -> np.ndarray:
    """(T, H, J, J): softmax along the last axis of the leaky ReLU of one[..., :, None] + other[..., None, :].

    Both branches of the leaky ReLU are sums, whose exponentials are products, and the larger branch is the
    right one: so exponentials are taken of joints and not of pairs. All exponents are at most zero.
    """
    shape = (*one.shape, one.shape[-1])
    top = other.max(axis=-1, keepdims=True)
    high, low = one + top, other - top
    most = np.maximum(high, _SLOPE * high)  # of each row of pairs
    weights, leaking = room.take("weights", *shape), room.take("leaking", *shape)
    np.multiply(np.exp(high - most)[..., None], np.exp(low)[..., None, :], out=weights)
    high *= _SLOPE
    low *= _SLOPE
    np.multiply(np.exp(high - most)[..., None], np.exp(low)[..., None, :], out=leaking)
    np.maximum(weights, leaking, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def _affine_relu(x: np.ndarray, layer: Affine, out: np.ndarray | None = None) -> np.ndarray:
    made = np.matmul(x, layer.weight, out=out)
    made += layer.bias
    return np.maximum(made, 0, out=made)
