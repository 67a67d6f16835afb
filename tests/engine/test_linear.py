"""The linear baseline: one frame in, the same interface and files as a GAST-Net."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine.errors import BadInput
from engine.lift.checkpoint import load_network, save_network
from engine.lift.lifter import load_lifter
from engine.lift.linear import LinearNet
from engine.train.config import CONFIGS, NetworkConfig, read_config
from engine.train.loop import Pace, Trainer
from engine.train.mocap import read_folder
from engine.train.networks import build_network
from engine.train.run import RunFolder

from .mocap_files import write_folder

LENS = (1000.0, 1000.0, 639.5, 359.5)


@pytest.fixture
def path(tmp_path):
    torch.manual_seed(0)
    network = LinearNet(H36M_19, 3, 32)
    torch.nn.init.normal_(network.shrink.weight)
    save_network(tmp_path / "linear.safetensors", network)
    return tmp_path / "linear.safetensors"


def clip(frames: int) -> tuple[np.ndarray, np.ndarray]:
    joints = np.random.default_rng(0).normal(400, 60, (frames, 19, 2))
    return joints, np.ones((frames, 19))


def test_a_frame_is_lifted_by_itself(path) -> None:
    joints, score = clip(5)
    lifter = load_lifter(str(path))
    whole, _ = lifter.lift(joints, score, LENS)
    for frame in range(5):
        one, _ = lifter.lift(joints[frame : frame + 1], score[:1], LENS)
        np.testing.assert_allclose(one[0], whole[frame], atol=1e-5)
    assert np.ptp(whole, axis=0).max() > 1e-3


def test_files(path) -> None:
    network, metadata = load_network(path)
    assert (network.channels, len(network.blocks), network.receptive_field) == (32, 2, 1)
    assert metadata["format"] == "pose3d-linear/1"
    broken = LinearNet(H36M_19, 3, 32)
    del broken.blocks[0][1][0]
    save_network(path, broken)
    with pytest.raises(BadInput, match="does not hold"):
        load_network(path)


def test_kinds_of_networks() -> None:
    assert isinstance(build_network(read_config(CONFIGS / "linear_19j.toml").network), LinearNet)
    for wrong, message in ({"kind": "lstm"}, "'lstm'"), ({"filter_widths": (2,)}, "must be odd"):
        with pytest.raises(BadInput, match=message):
            build_network(NetworkConfig(**wrong))


@pytest.mark.slow
def test_it_is_trained_by_the_same_command(tmp_path) -> None:
    text = '[network]\nkind = "linear"\nchannels = 16\n[training]\nbatch = 8\noutputs = 2\nsteps = 2\n'
    (tmp_path / "small.toml").write_text(text + "validation = 8\n")
    clips = read_folder(write_folder(tmp_path / "mocap"))
    folder = RunFolder(tmp_path / "run")
    trainer = Trainer(clips, read_config(tmp_path / "small.toml"), folder, Pace())
    before = trainer.network.shrink.weight.clone()
    assert trainer.run() < 1.0
    assert not torch.equal(before, trainer.network.shrink.weight)
    assert load_lifter(str(folder.path / "best.safetensors")).form.receptive_field == 1
