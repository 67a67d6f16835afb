"""Runs of `train pose2d`: they learn, go on after a kill as if nothing had been, and end in one line."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from pose2d_packs import person, settings, write

from engine.errors import BadArguments, BadInput, Cancelled, EngineError
from engine.pose2d.hrnet_pose import HRNetPose
from engine.state_dict import read_state_dict
from engine.train.people.view import Framing
from engine.train.pose2d.config import AugmentConfig, Config, Stage, read_config
from engine.train.pose2d.data import People, read_people
from engine.train.pose2d.export import BEST, export
from engine.train.pose2d.live import Live
from engine.train.pose2d.loop import Pace, Trainer
from engine.train.run import StateFolder

ROOT = Path(__file__).parents[2]
PACE = Pace(validate_every=1e9, save_every=1e9, workers=0)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("packs"), count=120)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config(settings(tmp_path / "tiny.toml"))


def trainer(packs: Path, config: Config, run: Path, pace: Pace = PACE, **more: Path) -> Trainer:
    return Trainer(read_people(packs), config, StateFolder(run), pace, **more)


def weights(run: Path) -> dict[str, torch.Tensor]:
    state = StateFolder(run).state()
    assert state is not None
    return {**state["network"], **{f"average {k}": v for k, v in state["average"].items()}}


def test_learns_a_few_people_by_heart(tmp_path: Path, config: Config) -> None:
    nothing = AugmentConfig(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0)
    training = replace(config.training, steps=100, batch=6, rate=5e-3, averaging=0.9)
    network = replace(config.network, width=8, stem=8, planes=8, blocks=2, bottlenecks=2)
    config = replace(
        config, network=network, augment=nothing, training=training, stages=(Stage(1.0, (64, 64)),)
    )
    learn, _ = read_people(write(tmp_path / "packs", count=80))
    few = learn.chosen(np.arange(6))
    best = Trainer((few, few), config, StateFolder(tmp_path / "run"), PACE).run()
    assert best > 0.3


def test_goes_on_after_a_kill_as_if_nothing_had_been(tmp_path: Path, packs: Path, config: Config) -> None:
    trainer(packs, config, tmp_path / "whole").run()
    cut = trainer(packs, config, tmp_path / "cut")
    stage = config.stages[0]
    source = cut._enter(stage)
    for number in range(2):
        if number == 1:
            cut.save()  # the step after this is lost with the process
        cut._learn(next(source), stage)
    again = trainer(packs, config, tmp_path / "cut")
    assert again.step == 1
    again.run()
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    assert all(torch.equal(value, other[key]) for key, value in one.items())


def test_workers_change_nothing(tmp_path: Path, packs: Path, config: Config) -> None:
    trainer(packs, config, tmp_path / "alone").run()
    trainer(packs, config, tmp_path / "two", replace(PACE, workers=2)).run()
    one, other = weights(tmp_path / "alone"), weights(tmp_path / "two")
    assert all(torch.equal(value, other[key]) for key, value in one.items())


def test_a_run_leaves_weights_that_the_engine_loads(tmp_path: Path, packs: Path, config: Config) -> None:
    run = tmp_path / "run"
    trainer(packs, config, run).run()
    print(export(run, tmp_path / "ours.safetensors"))
    network = HRNetPose(tmp_path / "ours.safetensors")
    assert network.input_size == (48, 64)
    assert network.skeleton.name == "halpe-26"
    joints, score = network.predict(person(1).picture, [network.region_from_box(person(1).box)])
    assert np.isfinite(joints).all()
    assert score.shape == (1, 26)
    metadata = read_state_dict(run / BEST)[1]
    assert metadata["sources"].startswith("drawn ")
    assert metadata["config"] == "tiny"
    with (run / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["step"] == "6"


def test_a_changed_list_of_packs_is_told(
    tmp_path: Path, packs: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer(packs, config, tmp_path / "run").save()
    assert trainer(packs, config, tmp_path / "run").step == 0
    assert "packs have changed" not in capsys.readouterr().err
    more = write(tmp_path / "more", count=120)
    write(more, "others", count=30)
    trainer(more, config, tmp_path / "run")
    assert "The packs have changed" in capsys.readouterr().err


def test_another_architecture_is_refused(tmp_path: Path, packs: Path, config: Config) -> None:
    trainer(packs, config, tmp_path / "run").save()
    other = replace(config, network=replace(config.network, width=8))
    with pytest.raises(BadInput, match="another architecture"):
        trainer(packs, other, tmp_path / "run")


def test_a_teacher_is_learnt_from(tmp_path: Path, packs: Path, config: Config) -> None:
    trainer(packs, config, tmp_path / "first").run()
    config = replace(config, training=replace(config.training, distil=1.0, seed=2))
    pupil = trainer(packs, config, tmp_path / "second", teacher=tmp_path / "first" / BEST)
    stage = config.stages[0]
    batch = next(pupil._enter(stage))
    without_labels = {**batch, "weight": torch.zeros_like(batch["weight"])}
    assert pupil._loss(without_labels, stage).item() > 0


class Dots:
    """Stands in for the renderer: people of one colour, every joint in the middle."""

    def render(self, seed: int, count: int, framing: Framing | None = None) -> SimpleNamespace:
        assert framing is not None
        height, width = framing.size
        middle = torch.tensor([width / 2, height / 2])
        with torch.inference_mode():
            return SimpleNamespace(
                images=torch.full((count, height, width, 3), seed % 256, dtype=torch.uint8),
                joints=middle.expand(count, 26, 2).clone(),
                known=torch.ones(count, 26, dtype=torch.bool),
                visible=torch.ones(count, 26, dtype=torch.bool),
            )


def test_part_of_a_batch_is_rendered(tmp_path: Path, packs: Path, config: Config) -> None:
    config = replace(config, training=replace(config.training, people=0.5), stages=(Stage(1.0, (32, 32), 4),))
    live = Live(Dots(), config)
    run = Trainer(read_people(packs), config, StateFolder(tmp_path / "run"), PACE, live=live)
    stage = config.stages[0]
    assert len(next(run._enter(stage))["pictures"]) == 2
    batch = live.draw(3, 4, (32, 32))
    assert batch["pictures"].shape == (2, 32, 32, 3)
    assert torch.equal(live.draw(3, 4, (32, 32))["pictures"], batch["pictures"])
    run.run()
    assert (run.step, run.seen) == (6, 24)


def test_pictures_must_suit_the_renderer(config: Config) -> None:
    with pytest.raises(BadArguments, match="multiple of 8"):
        Live(Dots(), replace(config, stages=(Stage(1.0, (36, 32)),)))


def test_a_loss_that_is_no_number_ends_in_one_line(tmp_path: Path, packs: Path, config: Config) -> None:
    run = trainer(packs, config, tmp_path / "run")
    with torch.no_grad():
        run.network.final_layer.bias.fill_(float("nan"))
    with pytest.raises(EngineError, match="not a number") as caught:
        run.run()
    assert "\n" not in str(caught.value)
    assert StateFolder(tmp_path / "run").state() is None


def test_a_damaged_picture_is_one_line(tmp_path: Path, config: Config) -> None:
    learn, measure = read_people(write(tmp_path / "packs", count=120))
    for pack in learn.packs:
        pack.images[:] = 0
    broken = People(learn.packs, learn.where, learn.source, learn.sources)
    run = Trainer((broken, measure), config, StateFolder(tmp_path / "run"), replace(PACE, workers=1))
    with pytest.raises(BadInput) as caught:
        run.run()
    assert "\n" not in str(caught.value)


def command(packs: Path, tmp_path: Path, *more: str) -> list[str]:
    tiny = settings(tmp_path / "tiny.toml", steps=100000)
    run = ["--out", str(tmp_path / "run"), "--packs", str(packs), "--config", str(tiny)]
    return [sys.executable, "-m", "engine", "train", "pose2d", *run, "--threads", "1", *more]


def test_sigterm_saves_and_ends(tmp_path: Path, packs: Path) -> None:
    process = subprocess.Popen(
        command(packs, tmp_path, "--validate-every", "2"), cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    state = tmp_path / "run" / "state.pt"
    while not state.exists() and process.poll() is None:
        time.sleep(0.2)
    before = state.stat().st_mtime_ns
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 5
    assert told.strip().splitlines()[-1].endswith("The same command goes on from there.")
    assert state.stat().st_mtime_ns > before
    assert torch.load(state, weights_only=True)["step"] > 0


def test_stopping_by_hand_saves(tmp_path: Path, packs: Path, config: Config) -> None:
    run = trainer(packs, config, tmp_path / "run")
    learn = run._learn

    def once(*given: object) -> None:
        learn(*given)  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGINT)

    run._learn = once  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        run.run()
    assert StateFolder(tmp_path / "run").state()["step"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (["--minutes", "-1"], 2, "--minutes"),
        (["--workers", "-1"], 2, "--workers"),
        (["--export", "/no/such/folder/a.safetensors"], 2, "no folder"),
        (["--config", "no-such"], 3, "no settings"),
        (["--teacher", "/no/such.pth"], 3, "cannot be read"),
        (["--packs", "/no/such"], 3, "no packs"),
    ],
)
def test_bad_arguments_are_one_line(
    tmp_path: Path, packs: Path, more: list[str], code: int, told: str
) -> None:
    line = command(packs, tmp_path, *more)
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
