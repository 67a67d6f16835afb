"""What the local graph does in training to matrices with a row for each channel, forward and backward.

torch's own batch normalisation is slow with channels first on a processor, and its autograd gathers the
gradients of views with a copy. Written out, both cost a third.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class GraphMix(torch.autograd.Function):
    """Sum over a joint's edges, each channel with weights of its own.

    projections: (2, C, N, J), of a joint itself and as a neighbour. weights: (C, J, J), from neighbour to
    joint along the rows. Returns (C, N, J).
    """

    @staticmethod
    def forward(ctx: Any, projections: Tensor, weights: Tensor) -> Tensor:
        own = weights.diagonal(dim1=1, dim2=2)[:, None].contiguous()
        others = weights - own[:, 0].diag_embed()
        ctx.save_for_backward(projections, own, others)
        return torch.baddbmm(projections[0] * own, projections[1], others.mT)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        projections, own, others = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        down = torch.empty_like(projections)
        torch.mul(gradient, own, out=down[0])
        torch.bmm(gradient, others, out=down[1])
        weights = torch.bmm(gradient.mT, projections[1])
        weights.diagonal(dim1=1, dim2=2).copy_((gradient * projections[0]).sum(dim=1))
        return down, weights


class _NormRelu(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean = x.mean(dim=1, keepdim=True)
        centred = x - mean
        variance = torch.linalg.vector_norm(centred, dim=1, keepdim=True).square() / x.shape[1]
        inverse = (variance + epsilon).rsqrt()
        out = torch.addcmul(bias[:, None], centred, weight[:, None] * inverse).relu_()
        ctx.save_for_backward(centred, inverse, weight, out)
        mean, variance = mean[:, 0], variance[:, 0]
        # Else the running statistics would hold on to the graph of every step there ever was.
        ctx.mark_non_differentiable(mean, variance)
        return out, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        centred, inverse, weight, out = ctx.saved_tensors
        gradient = torch.ops.aten.threshold_backward(gradients[0], out, 0)
        total, along = gradient.sum(dim=1), (gradient * centred).sum(dim=1, keepdim=True)
        scale = weight[:, None] * inverse
        count = centred.shape[1]
        constant = -scale * total[:, None] / count
        down = torch.addcmul(constant, gradient, scale)
        down.addcmul_(centred, along * scale * inverse.square() / -count)
        return down, (along * inverse)[:, 0], total, None


def norm_relu(x: Tensor, norms: Sequence[nn.BatchNorm1d]) -> Tensor:
    """Batch norm and ReLU of (C, N), each norm its part of the channels in order; float32."""
    x = x.float()
    weight, bias = (torch.cat([getattr(n, name) for n in norms]) for name in ("weight", "bias"))
    sizes, epsilon = [n.num_features for n in norms], norms[0].eps
    if not norms[0].training:
        mean = torch.cat([n.running_mean for n in norms])
        scale = weight * (torch.cat([n.running_var for n in norms]) + epsilon).rsqrt()
        return torch.addcmul((bias - mean * scale)[:, None], x, scale[:, None]).relu_()
    out, mean, variance = _NormRelu.apply(x, weight, bias, epsilon)
    unbiased = variance * (x.shape[1] / max(x.shape[1] - 1, 1))
    for norm, m, v in zip(norms, mean.split(sizes), unbiased.split(sizes), strict=True):
        norm.running_mean.lerp_(m, norm.momentum)
        norm.running_var.lerp_(v, norm.momentum)
        norm.num_batches_tracked += 1
    return out
