"""Figures of lifters whose errors are known, in tables, JSON and a card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_17, H36M_19
from engine.__main__ import main
from engine.errors import BadInput
from engine.evaluate.figures import LIMBS, Figures, by_limb
from engine.evaluate.lifter import CONDITIONS, evaluate, lift_both
from engine.evaluate.report import markdown, table, write_markdown
from engine.lift.checkpoint import save_network
from engine.lift.gastnet import GastNet
from engine.lift.lifter import load_lifter
from engine.lift.linear import LinearNet
from engine.train.mocap import read_folder
from engine.train.windows import View

from .mocap_files import write_bvh


@pytest.fixture(scope="module")
def mocap(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mocap")
    for seed, name in enumerate(("01_01", "09_01", "05_02")):
        write_bvh(folder / f"{name}.bvh", frames=30, seed=seed)
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for name, network in (("ours", GastNet(H36M_19, 3, 8)), ("linear", LinearNet(H36M_19, 3, 16))):
        torch.nn.init.normal_(network.shrink.weight)
        save_network(folder / f"{name}.safetensors", network)
    return folder / "ours.safetensors", folder / "linear.safetensors"


def poses() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.3, (4, 19, 3))


def test_figures_are_means_over_frames_and_groups() -> None:
    figures = Figures()
    truth = poses()
    wrong = truth.copy()
    wrong[:, H36M_19.index("LWrist")] += [0.0, 0.03, 0.04]
    figures.add(truth, truth, "05", "dance")
    figures.add(wrong, truth, "05", "walking")
    result = figures.to_dict()
    assert result["frames"] == 8
    assert result["all"]["MPJPE"] == pytest.approx(25 / 19, abs=0.01)
    assert result["all"]["MPJVE"] == pytest.approx(0, abs=0.01)
    assert result["actions"]["dance"]["MPJPE"] == 0
    assert result["actions"]["walking"]["frames"] == 4
    assert result["actions"]["walking"]["MPJPE"] == pytest.approx(50 / 19, abs=0.01)
    assert result["joints"]["LWrist"] == pytest.approx(25.0)
    assert by_limb(result["joints"])["Wrists"] == pytest.approx(12.5)
    assert set(by_limb(result["joints"])) == set(LIMBS)


def test_both_forms_are_the_lifters_own(files) -> None:
    lifter = load_lifter(str(files[0]))
    rng = np.random.default_rng(0)
    joints = torch.from_numpy(rng.normal(500, 80, (1, 30, 19, 2))).float()
    score = torch.from_numpy(rng.uniform(0.2, 1, (1, 30, 19))).float()
    lens = torch.tensor([[900.0, 900.0, 512.0, 380.0]])
    plain, flip = lift_both(lifter, View(joints, joints, score, lens))
    asked = joints[0].numpy(), score[0].numpy(), (900.0, 900.0, 512.0, 380.0)
    np.testing.assert_allclose(plain, lifter.lift(*asked, flip=False)[0], atol=1e-5)
    np.testing.assert_allclose(flip, lifter.lift(*asked, flip=True)[0], atol=1e-4)


@pytest.fixture(scope="module")
def result(mocap, files):
    return evaluate([load_lifter(str(f)) for f in files], read_folder(mocap))


def test_every_condition_of_every_lifter(mocap, files, result) -> None:
    assert list(result["lifters"]) == ["ours", "linear"]
    ours = result["lifters"]["ours"]
    for condition in CONDITIONS:
        assert set(ours[condition]["flip"]["actions"]) == {"running", "dance"}
        assert ours[condition]["plain"]["frames"] == 28
    assert ours["noisy"]["plain"]["all"] != ours["exact"]["plain"]["all"]
    assert ours["noisy"]["plain"]["all"] != ours["noisy"]["flip"]["all"]
    again = evaluate([load_lifter(str(files[1]))], read_folder(mocap), conditions=["noisy"])
    assert again["lifters"]["linear"]["noisy"] == result["lifters"]["linear"]["noisy"]


def test_tables(result) -> None:
    share = result["lifters"]["ours"]["noisy"]["flip"]["all"]["MPJPE"]
    share /= result["lifters"]["linear"]["noisy"]["flip"]["all"]["MPJPE"]
    for text in (table(result), markdown(result)):
        assert f"{100 * share:.0f} %" in text
        assert "dance" in text
        assert "09" in text


def test_figures_go_between_the_marks_of_a_card(result, tmp_path) -> None:
    card = tmp_path / "card.md"
    card.write_text("# A\n\n<!-- figures -->\n\nold\n\n<!-- /figures -->\n\nend\n")
    write_markdown(card, result)
    once = card.read_text()
    assert once.startswith("# A\n\n<!-- figures -->\n\n2 clips")
    assert once.endswith("<!-- /figures -->\n\nend\n")
    assert "old" not in once
    write_markdown(card, result)
    assert card.read_text() == once
    write_markdown(tmp_path / "new.md", result)
    assert (tmp_path / "new.md").read_text() == markdown(result) + "\n"


def test_nothing_to_measure(files) -> None:
    lifter = load_lifter(str(files[0]))
    with pytest.raises(BadInput, match="test subject"):
        evaluate([lifter], [])
    lifter.skeleton = H36M_17
    with pytest.raises(BadInput, match="h36m-17"):
        evaluate([lifter], [])


def test_command_line(mocap, files, tmp_path, capsys) -> None:
    given = ["evaluate", "lifter", "--mocap", str(mocap), "--lifter", str(files[0])]
    figures = tmp_path / "figures.json"
    assert main([*given, "--conditions", "no-feet", "--longest", "5", "--json", str(figures)]) == 0
    assert "no feet" in capsys.readouterr().out
    assert json.loads(figures.read_text())["lifters"]["ours"]["no feet"]["flip"]["frames"] == 10
    for wrong in (["--conditions", "sunny"], ["--beside", str(files[0])], ["--fps", "0"]):
        assert main([*given, *wrong]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
