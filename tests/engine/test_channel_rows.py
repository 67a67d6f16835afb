"""The written-out gradients agree with finite differences, and the norms with torch's own."""

from __future__ import annotations

import torch
from torch import nn

from engine.lift.channel_rows import GraphMix, norm_relu


def double(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_graph_mix() -> None:
    projections, weights = double(2, 3, 4, 5), double(3, 5, 5, seed=1)
    own, other = projections
    expected = torch.einsum("cnk,cjk->cnj", other, weights)
    diagonal = weights.diagonal(dim1=1, dim2=2)[:, None]
    torch.testing.assert_close(GraphMix.apply(projections, weights), expected + (own - other) * diagonal)
    torch.autograd.gradcheck(GraphMix.apply, (projections.requires_grad_(), weights.requires_grad_()))


def test_norm_relu_is_batch_norm_and_relu() -> None:
    ours, theirs = ([nn.BatchNorm1d(n) for n in (2, 3)] for _ in range(2))
    for k, pair in enumerate(zip(ours, theirs, strict=True)):
        weight = 1 + 0.3 * double(pair[0].num_features, seed=k).float()
        for norm in pair:
            norm.weight.data.copy_(weight)
            norm.bias.data.copy_(weight - 0.7)
    x, gradient = double(5, 40).float() * 3 + 1, double(5, 40, seed=5).float()
    results = []
    for norms, run in ((ours, norm_relu), (theirs, plain)):
        given = x.clone().requires_grad_()
        out = run(given, norms)
        out.backward(gradient)
        results.append([out, given.grad, *(n.weight.grad for n in norms), *(n.bias.grad for n in norms)])
        results[-1] += [n.running_mean for n in norms] + [n.running_var for n in norms]
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    assert not any(n.running_mean.requires_grad or n.running_var.requires_grad for n in ours)
    for norm in (*ours, *theirs):
        norm.eval()
    torch.testing.assert_close(norm_relu(x, ours), plain(x, theirs))


def plain(x: torch.Tensor, norms: list[nn.BatchNorm1d]) -> torch.Tensor:
    parts = x.split([n.num_features for n in norms])
    return torch.cat([n(p[None].mT[0])[None].mT[0] for n, p in zip(norms, parts, strict=True)]).relu()
