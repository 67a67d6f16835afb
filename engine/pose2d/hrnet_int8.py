"""HRNet in 8-bit integers for OpenVINO, without a picture to measure on: twice as fast as float32.

How large values get is told by the normalisations that training left: each gives every channel's mean and
deviation (Nagel et al., ICCV 2019, section 4.2.1). They are followed through the network, ReLU by ReLU and
sum by sum, taken as Gaussian and independent; a layer's input then reaches from 0 to its mean and some
deviations more. So the result hangs on the weights file alone. Weights have a step a channel and seven bits:
two products of eight bits overflow the sums of processors without VNNI. What their rounding adds to a layer's
mean is taken from its bias again (section 4.2). The first and the last layer stay in float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from .hrnet_graph import Builder
from .openvino_model import library

_DEVIATIONS = 10.0  # heatmaps least off on the network that ships, of 5, 6, 8, 10 and 12
_LEVELS = 256
_WEIGHT_MOST = 63
_SHRINK = np.linspace(0.6, 1, 9)  # steps tried for weights, over the one that holds the largest


def build_int8(weights: Mapping[str, np.ndarray], size: tuple[int, int]) -> Any:
    """As hrnet_graph.build; weights also hold what hrnet_fold.expectations() says of them."""
    return _Int8Builder(weights).model(library(), size)


class Spread(NamedTuple):
    """What a node gives: mean and variance (C,), and the largest value that is to be kept."""

    mean: np.ndarray
    variance: np.ndarray
    most: float = 0.0


def rectified(before: Spread) -> Spread:
    """Of a ReLU of Gaussians: E[y] = m P(z) + s p(z), E[y^2] = (m^2 + s^2) P(z) + m s p(z) with z = m / s."""
    mean, deviation = before.mean, np.sqrt(before.variance) + 1e-12
    z = mean / deviation
    area, density = ndtr(z), np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    first = mean * area + deviation * density
    second = (mean**2 + before.variance) * area + mean * deviation * density
    most = float((mean + _DEVIATIONS * deviation).max())
    return Spread(first, np.maximum(second - first**2, 0), max(most, 1e-6))


def whole_numbers(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (C, ...) as int8 from -63 to 63 and the step of each channel, (C, 1, 1, 1) float32: the one, of
    nine, that is least off in the sum of squares."""
    axes = tuple(range(1, weight.ndim))
    largest = np.abs(weight).max(axis=axes, keepdims=True) + 1e-12
    steps = largest[None] * _SHRINK.reshape(-1, *[1] * weight.ndim) / _WEIGHT_MOST
    whole = np.clip(np.round(weight / steps), -_WEIGHT_MOST, _WEIGHT_MOST)
    off = ((whole * steps - weight) ** 2).sum(axis=tuple(axis + 1 for axis in axes), keepdims=True)
    best = off.argmin(axis=0)[None]
    chosen = np.take_along_axis(steps, best, axis=0)[0]
    kept = np.take_along_axis(whole, np.broadcast_to(best, (1, *weight.shape)), axis=0)[0]
    return kept.astype(np.int8), chosen.astype(np.float32)


class _Int8Builder(Builder):
    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        super().__init__(weights)
        self._means: dict[str, np.ndarray] = {}  # of the inputs of layers in integers, by their name
        # nodes are kept beside what they give: an id is a node's only while the node lives
        self._given: dict[int, tuple[Any, Spread]] = {}

    def _conv(self, x: Any, name: str, stride: int = 1, *, relu: bool = True) -> Any:
        known = self._given.get(id(x))
        if known is not None and f"{name}.mean" in self.weights:
            x = self._rounded(x, known[1].most)
            self._means[name] = known[1].mean
        y = super()._conv(x, name, stride, relu=relu)
        if f"{name}.mean" not in self.weights:
            return y
        given = Spread(self.weights[f"{name}.mean"], self.weights[f"{name}.deviation"] ** 2)
        return self._keep(y, rectified(given) if relu else given)

    def _layer(self, name: str) -> tuple[Any, np.ndarray]:
        if name not in self._means:
            return super()._layer(name)
        ops, weight = self.ops, self.weights[f"{name}.weight"]
        whole, step = whole_numbers(weight)
        added = (whole * step - weight).sum(axis=(2, 3)) @ self._means[name]
        node = ops.multiply(ops.convert(ops.constant(whole), "f32"), ops.constant(step))
        return node, (self.weights[f"{name}.bias"] - added).astype(np.float32)

    def _sum(self, parts: list[Any]) -> Any:
        spreads = [self._given[id(part)][1] for part in parts]
        mean, variance = (np.sum([getattr(s, key) for s in spreads], axis=0) for key in ("mean", "variance"))
        return self._keep(super()._sum(parts), rectified(Spread(mean, variance)))

    def _enlarged(self, x: Any, like: Any) -> Any:
        return self._keep(super()._enlarged(x, like), self._given[id(x)][1])

    def _rounded(self, x: Any, most: float) -> Any:
        """To 256 levels from 0 to `most`; what is larger becomes `most`."""
        low, high = (self.ops.constant(np.array(v, np.float32)) for v in (0, most))
        return self.ops.fake_quantize(x, low, high, low, high, _LEVELS)

    def _keep(self, node: Any, given: Spread) -> Any:
        self._given[id(node)] = (node, given)
        return node
