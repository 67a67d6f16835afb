"""The fast form against the network it was made of, and both against the paper's plain form."""

from __future__ import annotations

import pytest
import torch

from bench.plain_gastnet import PlainGastNet
from blender_pose3d.skeleton import H36M_17, H36M_19
from engine.lift.fast import fold
from engine.lift.gastnet import GastNet

from .test_gastnet import drawn


def clip(frames: int, joints: int = 19, batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, frames, joints, 3, generator=torch.Generator().manual_seed(0))


def plain(network: GastNet, **form) -> PlainGastNet:
    yardstick = PlainGastNet(
        network.skeleton,
        network.in_features,
        network.channels,
        filter_widths=network.filter_widths,
        causal=network.causal,
        **form,
    )
    yardstick.load_state_dict(network.state_dict())
    return yardstick.train(network.training)


@pytest.mark.parametrize("skeleton", [H36M_17, H36M_19], ids=lambda s: s.name)
@pytest.mark.parametrize(("widths", "causal"), [((3, 3, 3), False), ((3, 5), True), ((3,), False)])
def test_all_forms_agree(skeleton, widths, causal) -> None:
    network = drawn(GastNet(skeleton, 3, 8, filter_widths=widths, causal=causal))
    x = clip(network.receptive_field + 6, len(skeleton))
    with torch.inference_mode():
        expected = plain(network)(x)
        largest = float(expected.abs().max())
        assert largest > 0.01
        for form in (network, fold(network)):
            assert form(x).shape == (2, 7, len(skeleton), 3)
            torch.testing.assert_close(form(x), expected, rtol=0, atol=1e-4 * largest)


def test_training_gives_the_plain_forms_gradients_and_statistics() -> None:
    network = drawn(GastNet(H36M_19, 3, 8, dropout=0.0)).train()
    yardstick = plain(network, strided=True)
    x, weight = clip(27, batch=6), clip(1, batch=6)
    ours, theirs = network(x, strided=True), yardstick(x)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    (ours * weight).sum().backward()
    (theirs * weight).sum().backward()
    theirs_by_name = dict(yardstick.named_parameters())
    # A bias before a normalisation or a softmax has no effect: its gradient is rounding.
    size = max(float(p.grad.abs().max()) for p in theirs_by_name.values())
    for name, one in network.named_parameters():
        torch.testing.assert_close(one.grad, theirs_by_name[name].grad, rtol=2e-3, atol=1e-5 * size, msg=name)
    statistics = dict(yardstick.named_buffers())
    for name, one in network.named_buffers():
        if "running" in name:
            torch.testing.assert_close(one, statistics[name], rtol=1e-3, atol=1e-4, msg=name)


def test_half_precision_is_near() -> None:
    network = drawn(GastNet(H36M_19, 3, 16))
    x = clip(40)
    with torch.inference_mode():
        exact, half = fold(network)(x), fold(network, half=True)(x)
    assert half.dtype == torch.float32
    off = (half - exact).norm(dim=-1).mean() / exact.norm(dim=-1).mean()
    assert 0 < off < 0.02


def test_too_few_frames() -> None:
    with pytest.raises(ValueError, match="no outputs of 27"):
        fold(GastNet(H36M_19, 3, 8).eval())(clip(26))
