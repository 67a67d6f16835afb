"""The training run: it learns, resumes exactly, stops on NaN, never overwrites better weights."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine.errors import BadInput, EngineError
from engine.lift.checkpoint import load_network, save_network
from engine.lift.gastnet import GastNet
from engine.train.batches import Batches
from engine.train.config import CONFIGS, Config, NetworkConfig, TrainingConfig, read_config
from engine.train.loop import Pace, Trainer
from engine.train.mocap import read_folder
from engine.train.run import BEST, RunFolder, check_target, export
from engine.train.start import Start
from engine.train.windows import Windows

from .mocap_files import write_folder

SMALL = NetworkConfig(channels=8)


@pytest.fixture(scope="module")
def mocap(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("mocap"))


@pytest.fixture(scope="module")
def clips(mocap):
    return read_folder(mocap)


def config(steps: int, **other) -> Config:
    settings = {"batch": 8, "rate": 3e-3, "warmup": 2, "validation": 24, "averaging": 0.9, **other}
    return Config(network=SMALL, training=TrainingConfig(steps=steps, **settings))


def curves(folder: RunFolder) -> list[dict[str, str]]:
    with (folder.path / "curves.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_error_falls(clips, tmp_path) -> None:
    folder = RunFolder(tmp_path)
    before = Trainer(clips, config(60), folder, Pace()).validate()
    best = Trainer(clips, config(60), folder, Pace()).run()
    assert best < 0.8 * before
    last = curves(folder)[-1]
    assert int(last["step"]) == 60
    assert float(last["held_out_mm"]) / 1000 == pytest.approx(best, abs=1e-4)
    network, metadata = load_network(folder.path / BEST)
    assert network.channels == 8
    assert float(metadata["validation_mm"]) == pytest.approx(1000 * best, abs=0.01)


@pytest.mark.slow
def test_same_seed_same_weights_and_resumed_run_equals_unbroken_one(clips, tmp_path) -> None:
    # Constant steps: the schedule of a run of 6 and of one broken at 3 is the same.
    whole = Trainer(clips, config(6), RunFolder(tmp_path / "whole"), Pace())
    whole.run()
    broken = Trainer(clips, config(6), RunFolder(tmp_path / "broken"), Pace())
    for _ in range(3):
        broken._learn()
    broken.save()
    resumed = Trainer(clips, config(6), RunFolder(tmp_path / "broken"), Pace())
    assert resumed.step == 3
    resumed.run()
    for (name, ours), theirs in zip(
        resumed.average.state_dict().items(), whole.average.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs), name


def test_a_worse_state_does_not_replace_the_best(clips, tmp_path) -> None:
    folder = RunFolder(tmp_path)
    trainer = Trainer(clips, config(4), folder, Pace())
    trainer.run()
    kept = (folder.path / BEST).read_bytes()
    torch.nn.init.normal_(trainer.average.shrink.weight, std=5.0)
    trainer._report([0.1])
    assert (folder.path / BEST).read_bytes() == kept


def test_loss_that_is_not_a_number(clips, tmp_path) -> None:
    folder = RunFolder(tmp_path)
    trainer = Trainer(clips, config(4), folder, Pace())
    trainer.save()
    saved = (folder.path / "state.pt").read_bytes()
    trainer.network.shrink.weight.data.fill_(torch.nan)
    with pytest.raises(EngineError, match="not a number"):
        trainer.run()
    assert (folder.path / "state.pt").read_bytes() == saved


def test_state_of_another_architecture(clips, tmp_path) -> None:
    Trainer(clips, config(1), RunFolder(tmp_path), Pace()).save()
    other = Config(network=NetworkConfig(channels=16), training=TrainingConfig(validation=8))
    with pytest.raises(BadInput, match="another architecture"):
        Trainer(clips, other, RunFolder(tmp_path), Pace())


def test_broken_state(clips, tmp_path) -> None:
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(BadInput, match=r"state\.pt is broken"):
        Trainer(clips, config(1), RunFolder(tmp_path), Pace())


def test_export_keeps_the_better_file(tmp_path) -> None:
    network = GastNet(H36M_19, 3, 8)
    worse, better = RunFolder(tmp_path / "worse"), RunFolder(tmp_path / "better")
    worse.save_best(network, {"validation_mm": "90.00", "validation": "8/27"})
    better.save_best(network, {"validation_mm": "80.00", "validation": "8/27"})
    target = tmp_path / "lifter.safetensors"
    assert "Wrote" in export(worse, target)
    assert "Wrote" in export(better, target)
    kept = target.read_bytes()
    assert "stays" in export(worse, target)
    assert target.read_bytes() == kept
    with pytest.raises(BadInput, match="no finished weights"):
        export(RunFolder(tmp_path / "empty"), target)


def test_figures_on_other_windows_are_not_compared(clips, tmp_path) -> None:
    folder, target = RunFolder(tmp_path / "run"), tmp_path / "lifter.safetensors"
    trainer = Trainer(clips, config(1), folder, Pace())
    good = 1000 * trainer.validate()
    folder.save_best(trainer.average, {"validation_mm": f"{good:.2f}", "validation": "now"})
    bad = GastNet(H36M_19, 3, 8).eval()
    torch.nn.init.normal_(bad.shrink.weight, std=5.0)
    save_network(target, bad, {"validation_mm": "1.00", "validation": "another set"})
    with pytest.raises(BadInput, match="cannot be compared"):
        export(folder, target)
    assert "Wrote" in export(folder, target, trainer.validation)
    save_network(target, GastNet(H36M_19, 3, 8, causal=True), {"validation_mm": "1.00"})
    with pytest.raises(BadInput, match="another kind of network"):
        check_target(target, trainer.network)
    with pytest.raises(BadInput, match="no folder"):
        check_target(tmp_path / "none" / "x.safetensors", trainer.network)


def test_validation_is_known_by_its_windows(clips, tmp_path) -> None:
    marks = [
        Trainer(
            clips, config(1, seed=seed, validation=count), RunFolder(tmp_path), Pace()
        ).validation.identity
        for seed, count in ((1, 8), (2, 8), (1, 9))
    ]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.slow
def test_a_state_from_before_goes_on_and_its_best_is_measured_anew(clips, tmp_path) -> None:
    """States of earlier versions know neither the network's kind nor the validation windows."""
    folder = RunFolder(tmp_path)
    trainer = Trainer(clips, config(4), folder, Pace())
    trainer._learn()
    trainer.best = 0.001
    folder.save_best(trainer.average, {"validation_mm": "1.00"})
    trainer.save()
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    del state["validation"], state["origin"], state["config"]["network"]["kind"]
    folder.save(state | {"generators": []})
    resumed = Trainer(clips, config(4), folder, Pace())
    assert resumed.step == 1
    assert resumed.best == pytest.approx(resumed.validate(), rel=0.02)  # the file is in half precision
    assert load_network(folder.path / BEST)[1]["validation"] == resumed.validation.identity


@pytest.mark.slow
@pytest.mark.parametrize("causal", [False, True])
def test_start_from_other_weights(clips, tmp_path, causal) -> None:
    path = tmp_path / "centred.safetensors"
    save_network(path, GastNet(H36M_19, 3, 8))
    settings = replace(config(1), network=replace(SMALL, causal=causal))
    folder = RunFolder(tmp_path / "run")
    trainer = Trainer(clips, settings, folder, Pace(), Start(path))
    given = load_network(path)[0].state_dict()
    assert all(torch.equal(value, given[name]) for name, value in trainer.average.state_dict().items())
    assert trainer.network.causal == causal
    trainer.run()
    assert load_network(folder.path / BEST)[1]["started_from"].startswith("centred.safetensors ")
    assert Trainer(clips, settings, folder, Pace()).origin == trainer.origin
    with pytest.raises(BadInput, match="another architecture"):
        Start(path).into(GastNet(H36M_19, 3, 16))
    with pytest.raises(BadInput, match="another architecture"):
        Start(path).into(GastNet(H36M_19, 3, 8, filter_widths=(3, 3, 3, 3)))


def test_batches_drawn_ahead_are_the_same(clips) -> None:
    windows = Windows(clips, 3, 1)
    plain, ahead = (Batches(windows, 4, 7, "cpu", n) for n in (0, 2))
    for step in (0, 1, 2, 5):
        for ours, theirs in zip(ahead.draw(step), plain.draw(step), strict=True):
            assert torch.equal(ours, theirs)
    assert not torch.equal(plain.draw(0)[0], plain.draw(1)[0])
    assert not torch.equal(plain.draw(0)[0], plain.draw(0, part=1)[0])


def test_shipped_configs_are_read() -> None:
    for path in CONFIGS.glob("*.toml"):
        network = read_config(path).network
        GastNet(H36M_19, 3, 8, filter_widths=network.filter_widths, causal=network.causal)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nstep = 3", r"training\.step"),
        ('[training]\nsteps = "many"', "int is wanted"),
        ("[other]\na = 1", "section"),
        ("steps 3", "cannot be read"),
    ],
)
def test_wrong_configs(tmp_path, text, message) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        read_config(path)


@pytest.mark.slow
def test_interrupted_run_keeps_its_state(clips, tmp_path, monkeypatch) -> None:
    trainer = Trainer(clips, config(9), RunFolder(tmp_path), Pace(workers=2))
    learn = trainer._learn

    def interrupted() -> float:
        if trainer.step == 2:
            raise KeyboardInterrupt
        return learn()

    monkeypatch.setattr(trainer, "_learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert Trainer(clips, config(9), RunFolder(tmp_path), Pace(workers=2)).step == 2
