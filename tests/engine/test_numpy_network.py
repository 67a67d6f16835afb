"""Lifters by NumPy against the same by torch; and no trace of chunks, threads or parts in what comes out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_17, H36M_19
from engine.lift import computing
from engine.lift.checkpoint import weights_of
from engine.lift.computing import ByTorch, OnProcessor
from engine.lift.gastnet import GastNet
from engine.lift.layout import COUNTER, shapes_of
from engine.lift.lifter import load_lifter
from engine.lift.linear import LinearNet
from engine.lift.numpy_network import Room, _attention

from .test_gastnet import drawn

LENS = (1000.0, 1000.0, 639.5, 359.5)


def clip(frames: int, joints: int, features: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(frames, joints, features)).astype(np.float32)


def networks() -> list:
    return [
        GastNet(H36M_19, 3, 8),
        GastNet(H36M_17, 2, 8, filter_widths=(3, 3, 3, 3)),
        GastNet(H36M_17, 3, 8, filter_widths=(3, 5), causal=True),
        GastNet(H36M_19, 3, 4, filter_widths=(3,)),
        LinearNet(H36M_19, 3, 16),
        LinearNet(H36M_17, 2, 16, blocks=1),
    ]


@pytest.mark.parametrize("number", [1, 2, 4, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 3, 5))])
def test_poses_are_torchs(number) -> None:
    network = drawn(networks()[number])
    weights = weights_of(network)
    assert {key: value.shape for key, value in weights.state.items()} == shapes_of(weights.form)
    assert not any(key.endswith(COUNTER) for key in weights.state)
    form = weights.form
    assert (form.receptive_field, form.frames_before) == (network.receptive_field, network.frames_before)
    x = clip(form.receptive_field + 130, len(form.skeleton), form.in_features)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)[None])[0].numpy()
    (ours,) = OnProcessor(weights, 1).poses(x)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_threads_change_nothing() -> None:
    weights = weights_of(drawn(GastNet(H36M_19, 3, 16)))
    clips = clip(400, 19, 3), clip(90, 19, 3)
    alone, together = OnProcessor(weights, 1).poses(*clips), OnProcessor(weights, 3).poses(*clips)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_error_in_a_thread_is_raised(monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise MemoryError("no room")

    ours = OnProcessor(weights_of(drawn(GastNet(H36M_19, 3, 8))), 2)
    monkeypatch.setattr(ours, "_network", fails)
    with pytest.raises(MemoryError, match="no room"):
        ours.poses(clip(400, 19, 3))


@pytest.mark.slow
def test_a_full_graphics_card_leaves_the_lift_to_the_processor(monkeypatch, caplog) -> None:
    weights = weights_of(drawn(GastNet(H36M_19, 3, 8)))
    x = clip(60, 19, 3)
    by_torch, (expected,) = ByTorch(weights, "cpu"), OnProcessor(weights).poses(x)
    np.testing.assert_allclose(by_torch.poses(x)[0], expected, atol=1e-4 * np.abs(expected).max())

    def full(_: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(by_torch, "_forward", full)
    for _ in range(2):
        np.testing.assert_array_equal(by_torch.poses(x)[0], expected)
    assert [record.levelname for record in caplog.records] == ["WARNING"]

    def wrong(_: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("shapes differ")

    another = ByTorch(weights, "cpu")
    monkeypatch.setattr(another, "_forward", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        another.poses(x)


def test_too_few_frames() -> None:
    ours = OnProcessor(weights_of(drawn(GastNet(H36M_19, 3, 8))))
    with pytest.raises(ValueError, match="no outputs of 27"):
        ours.poses(clip(26, 19, 3))


@pytest.mark.slow
def test_a_part_is_lifted_as_in_the_whole() -> None:
    """With the shipped weights, whose products are large enough for BLAS to do them in other ways."""
    lifter = load_lifter()
    frames, size = 5 * computing.CHUNK + 40, computing.CHUNK
    joints = 400 + 100 * np.cumsum(clip(frames, 19, 2), axis=0) / 10
    score = np.random.default_rng(1).uniform(0, 1, (frames, 19))
    whole = lifter.lift(joints, score, LENS)
    assert lifter.context == size
    for first in (2 * size, 4 * size):
        around = slice(first - lifter.context, first + size + lifter.context)
        part = lifter.lift(joints[around], score[around], LENS)
        for one, all_of_it in zip(part, whole, strict=True):
            expected = all_of_it[first : first + size]
            np.testing.assert_array_equal(one[lifter.context :][: len(expected)], expected)


@pytest.mark.parametrize("size", [1.0, 40.0, 400.0])
def test_attention_is_the_softmax_of_the_leaky_relu_however_large(size) -> None:
    one, other = size * np.random.default_rng(2).normal(size=(2, 30, 4, 19)).astype(np.float32)
    scores = one[..., :, None].astype(np.float64) + other[..., None, :]
    scores = np.where(scores > 0, scores, 0.2 * scores)
    expected = np.exp(scores - scores.max(axis=-1, keepdims=True))
    expected /= expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(_attention(one, other, Room()), expected, atol=1e-4)
