"""`python -m engine train lifter`: a run, a killed run, and what it says of bad input."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine.__main__ import main
from engine.lift.checkpoint import save_network
from engine.lift.gastnet import GastNet
from engine.train.run import BEST

from .mocap_files import write_bvh, write_folder


@pytest.fixture(scope="module")
def mocap(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("mocap"))


def write_config(path):
    path.write_text("[network]\nchannels = 8\n[training]\nbatch = 8\nsteps = 3\nvalidation = 8\n")
    return path


@pytest.mark.slow
def test_train_and_evaluate_from_the_command_line(mocap, tmp_path, capsys) -> None:
    settings, run = write_config(tmp_path / "small.toml"), tmp_path / "run"
    given = ["train", "lifter", "--mocap", str(mocap), "--config", str(settings), "--run", str(run)]
    assert main(given) == 0
    assert "held-out" in capsys.readouterr().out
    figures = tmp_path / "figures.json"
    given = ["evaluate", "lifter", "--mocap", str(mocap), "--lifter", str(run / BEST), "--json", str(figures)]
    assert main(given) == 0
    shown = capsys.readouterr().out
    assert "P-MPJPE" in shown
    assert "LWrist" in shown
    assert '"noisy"' in figures.read_text()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (["--mocap", "/nowhere"], 3),
        (["--config", "/nowhere.toml"], 3),
        (["--minutes", "-1"], 2),
    ],
)
def test_exit_codes(mocap, tmp_path, capsys, change, code) -> None:
    settings = write_config(tmp_path / "small.toml")
    given = [
        "train",
        "lifter",
        "--mocap",
        str(mocap),
        "--config",
        str(settings),
        "--run",
        str(tmp_path / "r"),
    ]
    assert main([*given, *change]) == code
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.slow
def test_killed_run_ends_where_an_unbroken_one_does(mocap, tmp_path) -> None:
    settings = tmp_path / "small.toml"
    settings.write_text("[network]\nchannels = 8\n[training]\nbatch = 8\nsteps = 12\nvalidation = 8\n")

    def command(run: str) -> list[str]:
        given = ["train", "lifter", "--mocap", str(mocap), "--config", str(settings)]
        return [*given, "--run", str(tmp_path / run), "--validate-every", "0"]

    killed = subprocess.Popen(
        [sys.executable, "-m", "engine", *command("killed")],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / "killed" / "curves.csv").exists():
        assert killed.poll() is None
        time.sleep(0.05)
    killed.kill()
    assert killed.wait() != 0
    assert main(command("killed")) == 0
    assert main(command("whole")) == 0
    states = [torch.load(tmp_path / run / "state.pt", weights_only=True) for run in ("killed", "whole")]
    assert states[0]["step"] == states[1]["step"] == 12
    for name, value in states[0]["average"].items():
        assert torch.equal(value, states[1]["average"][name]), name


class TestBadInputOnTheCommandLine:
    """One clear line and the right exit code."""

    def line(self, mocap, tmp_path, capsys, code: int, *more: str, text: str = "") -> str:
        settings = write_config(tmp_path / "small.toml")
        settings.write_text(settings.read_text() + text)
        given = ["train", "lifter", "--mocap", str(mocap), "--config", str(settings)]
        assert main([*given, "--run", str(tmp_path / "run"), *more]) == code
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1
        return lines[0]

    def test_no_bvh(self, tmp_path, capsys) -> None:
        (tmp_path / "empty").mkdir()
        assert "no BVH files" in self.line(tmp_path / "empty", tmp_path, capsys, 3)

    def test_broken_bvh(self, tmp_path, capsys) -> None:
        path = write_bvh(tmp_path / "clips" / "01_01.bvh")
        path.write_text(path.read_text()[:-200])
        assert "01_01.bvh" in self.line(path.parent, tmp_path, capsys, 3)

    def test_unknown_skeleton(self, tmp_path, capsys) -> None:
        path = write_bvh(tmp_path / "clips" / "01_01.bvh", rename="alien_")
        assert "not known" in self.line(path.parent, tmp_path, capsys, 3)

    def test_nobody_to_choose_checkpoints_with(self, tmp_path, capsys) -> None:
        path = write_bvh(tmp_path / "clips" / "01_01.bvh")
        assert "choose checkpoints" in self.line(path.parent, tmp_path, capsys, 3)

    def test_weights_of_another_architecture(self, mocap, tmp_path, capsys) -> None:
        path = tmp_path / "wide.safetensors"
        save_network(path, GastNet(H36M_19, 3, 16))
        shown = self.line(mocap, tmp_path, capsys, 3, "--start-from", str(path))
        assert "another architecture" in shown

    def test_export_over_another_network(self, mocap, tmp_path, capsys) -> None:
        path = tmp_path / "causal.safetensors"
        save_network(path, GastNet(H36M_19, 3, 8, causal=True))
        kept = path.read_bytes()
        assert "another kind of network" in self.line(mocap, tmp_path, capsys, 3, "--export", str(path))
        assert path.read_bytes() == kept

    def test_loss_that_is_not_a_number(self, mocap, tmp_path, capsys) -> None:
        shown = self.line(mocap, tmp_path, capsys, 1, text="rate = 1e30\nwarmup = 0\n")
        assert "not a number" in shown
        assert not (tmp_path / "run" / BEST).exists()
