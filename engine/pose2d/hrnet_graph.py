"""HRNet as an OpenVINO graph, straight from its folded weights: no tracing, no converter, no torch.

The structure (Sun et al., CVPR 2019, figure 1) is the one of hrnet.py and is read from the weights' names and
shapes. Pictures go in as they are cut out, (N, H, W, 3) uint8 RGB; they are normalised in the graph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .openvino_model import library

STRIDE = 4
"""Pixels of the input for one of the heatmap."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's RGB pictures between 0 and 1, as HRNet's authors trained with."""

_Node = Any  # openvino is typed by its own stubs only


def build(weights: Mapping[str, np.ndarray], size: tuple[int, int]) -> Any:
    """An openvino.Model from (1, H, W, 3) uint8 pictures of `size` (width, height) to (1, K, H / 4, W / 4).

    weights: by the names of hrnet_fold.folded(). Raises KeyError where one is missing.
    """
    return Builder(weights).model(library(), size)


class Builder:
    """Makes the graph part by part; hrnet_int8.py makes some parts otherwise."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        import openvino.opset15 as ops

        self.weights = weights
        self.ops: Any = ops

    def model(self, ov: Any, size: tuple[int, int]) -> Any:
        picture = self.ops.parameter([1, size[1], size[0], 3], np.uint8, name="pictures")
        x = self._normalised(picture)
        x = self._conv(self._conv(x, "conv1", stride=2), "conv2", stride=2)
        for block in self._numbers("layer1."):
            x = self._bottleneck(x, f"layer1.{block}")
        xs = [self._path(x, "transition1.0", [1]), self._path(x, "transition1.1", [2])]
        for stage in (2, 3, 4):
            if stage > 2:
                xs.append(self._path(xs[-1], f"transition{stage - 1}.{stage - 1}", [2]))
            for module in self._numbers(f"stage{stage}."):
                xs = self._exchange(xs, f"stage{stage}.{module}")
        return ov.Model([self._conv(xs[0], "final_layer", relu=False)], [picture], "hrnet")

    def _normalised(self, picture: _Node) -> _Node:
        ops = self.ops
        x = ops.transpose(ops.convert(picture, "f32"), ops.constant(np.array([0, 3, 1, 2])))
        mean, deviation = (np.array(v, np.float32).reshape(1, 3, 1, 1) * 255 for v in (MEAN, DEVIATION))
        return ops.divide(ops.subtract(x, ops.constant(mean)), ops.constant(deviation))

    def _conv(self, x: _Node, name: str, stride: int = 1, *, relu: bool = True) -> _Node:
        ops = self.ops
        (weight, bias), pad = self._layer(name), self.weights[f"{name}.weight"].shape[-1] // 2
        y = ops.convolution(x, weight, [stride, stride], [pad, pad], [pad, pad], [1, 1], name=name)
        y = ops.add(y, ops.constant(bias.reshape(1, -1, 1, 1)))
        return ops.relu(y) if relu else y

    def _layer(self, name: str) -> tuple[_Node, np.ndarray]:
        """A convolution's weight as a node, and its bias (C,)."""
        return self.ops.constant(self.weights[f"{name}.weight"]), self.weights[f"{name}.bias"]

    def _path(self, x: _Node, prefix: str, strides: Sequence[int], *, relu: bool = True) -> _Node:
        """Convolutions one after another: prefix.0, prefix.0.0 or prefix.0.0.0 and so on, as torch names
        them; the last one's ReLU as told."""
        names = sorted(
            key.removesuffix(".weight")
            for key in self.weights
            if key.startswith(f"{prefix}.") and key.endswith(".weight")
        )
        for number, (name, stride) in enumerate(zip(names, strides, strict=True)):
            x = self._conv(x, name, stride, relu=relu or number < len(names) - 1)
        return x

    def _bottleneck(self, x: _Node, prefix: str) -> _Node:
        y = self._conv(self._conv(x, f"{prefix}.conv1"), f"{prefix}.conv2")
        y = self._conv(y, f"{prefix}.conv3", relu=False)
        if f"{prefix}.downsample.0.weight" in self.weights:
            x = self._conv(x, f"{prefix}.downsample.0", relu=False)
        return self._sum([y, x])

    def _exchange(self, xs: list[_Node], prefix: str) -> list[_Node]:
        xs = [self._branch(x, f"{prefix}.branches.{number}") for number, x in enumerate(xs)]
        targets = self._numbers(f"{prefix}.fuse_layers.")
        return [self._fused(xs, f"{prefix}.fuse_layers.{target}", target) for target in targets]

    def _branch(self, x: _Node, prefix: str) -> _Node:
        for block in self._numbers(f"{prefix}."):
            y = self._conv(x, f"{prefix}.{block}.conv1")
            x = self._sum([self._conv(y, f"{prefix}.{block}.conv2", relu=False), x])
        return x

    def _fused(self, xs: list[_Node], prefix: str, target: int) -> _Node:
        parts = [xs[target]]
        for source, x in enumerate(xs):
            if source > target:
                small = self._path(x, f"{prefix}.{source}", [1], relu=False)
                parts.append(self._enlarged(small, parts[0]))
            elif source < target:
                parts.append(self._path(x, f"{prefix}.{source}", [2] * (target - source), relu=False))
        return self._sum(parts)

    def _sum(self, parts: list[_Node]) -> _Node:
        total = parts[0]
        for part in parts[1:]:
            total = self.ops.add(total, part)
        return self.ops.relu(total)

    def _enlarged(self, x: _Node, like: _Node) -> _Node:
        """By size and not by factor: an input whose sides are no multiple of 32 works too."""
        ops = self.ops
        return ops.interpolate(
            x,
            ops.constant(np.array(list(like.get_output_shape(0))[2:])),
            mode="nearest",
            shape_calculation_mode="sizes",
            axes=ops.constant(np.array([2, 3])),
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def _numbers(self, prefix: str) -> list[int]:
        """The numbers that follow a prefix in the weights' names, in order."""
        found = {re.match(r"\d+", key[len(prefix) :]) for key in self.weights if key.startswith(prefix)}
        return sorted({int(match[0]) for match in found if match})
