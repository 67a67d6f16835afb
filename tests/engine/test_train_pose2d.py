"""What a 2D network is shown in training and what it is to answer."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from pose2d_packs import COLOURS, person, settings, write

from blender_pose3d.skeleton import HALPE_26
from engine.errors import BadInput
from engine.pose2d.heatmaps import decode_dark
from engine.pose2d.hrnet import HRNet
from engine.train.pose2d.augment import augmented, plain
from engine.train.pose2d.colour import as_floats, recoloured
from engine.train.pose2d.config import CONFIGS, AugmentConfig, Config, read_config
from engine.train.pose2d.data import Drawn, read_people
from engine.train.pose2d.targets import Loss, gaussians

NOTHING = AugmentConfig(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0)


def test_targets_decode_to_the_very_place() -> None:
    joints = torch.rand(2, 26, 2) * torch.tensor([150.0, 200.0]) + 20
    maps = gaussians(joints, torch.ones(2, 26), (192, 256), 2.0)
    assert maps.shape == (2, 26, 64, 48)
    found = decode_dark(maps.numpy())[0] * 4
    assert np.abs(found - joints.numpy()).max() < 0.1


def test_a_joint_outside_leaves_nothing_inside() -> None:
    maps = gaussians(torch.full((1, 26, 2), -80.0), torch.ones(1, 26), (192, 256), 2.0)
    assert maps.max() < 1e-6


def test_loss_is_one_for_a_network_that_shows_nothing_and_ignores_the_unknown() -> None:
    joints = torch.full((1, 26, 2), 90.0)
    joints[:, 13:] = 10
    target = gaussians(joints, torch.ones(1, 26), (192, 256), 2.0)
    weight = torch.ones(1, 26)
    weight[:, 13:] = 0
    loss = Loss(2.0)
    assert float(loss(torch.zeros_like(target), target, weight)) == pytest.approx(1, abs=0.01)
    wrong = target.clone()
    wrong[:, 13:] = 5
    assert float(loss(wrong, target, weight)) == 0
    assert float(loss(wrong, target, torch.zeros(1, 26))) == 0


def test_both_terms_of_the_loss_want_the_same() -> None:
    target = gaussians(torch.full((1, 26, 2), 60.0), torch.full((1, 26), 0.7), (96, 128), 2.0)
    loss = Loss(2.0, peak=0.5)
    assert float(loss(target, target, torch.ones(1, 26))) == pytest.approx(0, abs=1e-6)
    moved = target.clone().requires_grad_()
    loss(moved, target, torch.ones(1, 26)).backward()
    assert float(moved.grad.abs().max()) < 1e-6


def _colour_at(picture: np.ndarray, place: np.ndarray) -> np.ndarray:
    x, y = place.round().astype(int)
    return picture[y, x].astype(int)


def _turn(places: np.ndarray) -> float:
    """Of the way round a triangle; its sign changes in the mirror."""
    return float(np.linalg.det(places[1:3] - places[0]))


@pytest.mark.parametrize("seed", range(4))
def test_joints_stay_on_what_is_shown(seed: int) -> None:
    """Turned, scaled and mirrored dots are where the joints are said to be, left ones on the right side."""
    only_geometry = AugmentConfig(45, 1, 1.5, 2, 0.05, 0, 0, 0, 0, 0, 0)
    someone = person(seed)
    rng = np.random.default_rng(seed)
    shown = augmented(someone, (384, 512), only_geometry, rng, someone.picture)
    inside = ((shown.joints > 12) & (shown.joints < [372, 500])).all(axis=1)
    middle = [HALPE_26.index(name) for name in ("nose", "head", "neck", "hip")]
    mirrored = _turn(shown.joints[middle]) * _turn(someone.joints[middle]) < 0
    expected = COLOURS[HALPE_26.mirror] if mirrored else COLOURS
    alone = [
        i for i in np.flatnonzero(inside)
        if np.sort(np.linalg.norm(shown.joints - shown.joints[i], axis=1))[1] > 60
    ]  # fmt: skip
    assert alone
    for i in alone:
        assert np.abs(_colour_at(shown.picture, shown.joints[i]) - expected[i]).max() < 12


def test_mirrored_people_have_their_sides_exchanged() -> None:
    someone = person(3)
    expected = plain(someone, (96, 128)).joints[HALPE_26.mirror] * [-1, 1] + [95, 0]
    found = [
        augmented(someone, (96, 128), NOTHING, np.random.default_rng(i), someone.picture) for i in range(12)
    ]
    mirrored = [s for s in found if np.abs(s.joints - expected).max() < 1e-2]
    assert 0 < len(mirrored) < 12
    assert np.array_equal(mirrored[0].picture, plain(someone, (96, 128)).picture[:, ::-1])


def test_what_is_pasted_hides_joints() -> None:
    someone = person(5)
    settings_ = AugmentConfig(0, 0, 1, 1, 0, 0, 1.0, 0, 0, 0, 0)
    white = np.full_like(someone.picture, 255)
    shown = [augmented(someone, (96, 128), settings_, np.random.default_rng(i), white) for i in range(8)]
    assert sum((~s.visible).sum() for s in shown) > 0
    assert all((s.weight == 1).all() for s in shown)


def test_colours_change_but_stay_colours() -> None:
    pictures = as_floats(torch.randint(0, 256, (6, 32, 24, 3), dtype=torch.uint8))
    changed = recoloured(pictures, AugmentConfig(), torch.Generator().manual_seed(0))
    assert changed.shape == pictures.shape
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1
    assert not torch.equal(changed, pictures)
    again = recoloured(pictures, AugmentConfig(), torch.Generator().manual_seed(0))
    assert torch.equal(changed, again)


def test_who_is_shown_follows_from_the_step(tmp_path: Path) -> None:
    learn, measure = read_people(write(tmp_path, count=120))
    names = {p.id for p in learn}
    assert not names & {p.id for p in measure}
    assert all(p.split == "train" for p in (*learn, *measure))
    one, two = (Drawn(learn, (32, 48), 3, Config()) for _ in range(2))
    two[0]
    assert all(torch.equal(a, b) for a, b in zip(one[5].values(), two[5].values(), strict=True))
    assert not torch.equal(one[5]["pictures"], one[6]["pictures"])
    assert one[5]["pictures"].shape == (3, 48, 32, 3)


def test_more_packs_move_nobody_to_the_other_side(tmp_path: Path) -> None:
    _, before = read_people(write(tmp_path, count=120))
    write(tmp_path, "more", count=60)
    learn, after = read_people(tmp_path)
    assert {p.id for p in before} <= {p.id for p in after}
    assert learn.described().keys() == {"drawn", "more"}


def test_shares_choose_the_source(tmp_path: Path) -> None:
    write(tmp_path, "one", count=60)
    write(tmp_path, "two", count=60)
    learn, _ = read_people(tmp_path)
    alone = Drawn(learn, (32, 32), 1, Config(shares={"one": 0.0}))
    rng = np.random.default_rng(0)
    assert {learn.sources[learn.source[alone._pick(rng)]] for _ in range(50)} == {"two"}
    with pytest.raises(BadInput, match="nobody"):
        Drawn(learn, (32, 32), 1, Config(shares={"one": 0.0, "two": 0.0}))


def test_a_folder_without_packs_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no packs"):
        read_people(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.toml")))
def test_shipped_settings_describe_a_network(name: str) -> None:
    config = read_config(name)
    with torch.device("meta"):
        HRNet(**vars(config.network), keypoints=26)
    assert config.stages[-1].until == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("[network]\nwidht = 3", "widht"),
        ("[training]\nrate = 'fast'", "rate"),
        ("[[stages]]\nuntil = 0.5", "end at 1"),
        ("[[stages]]\ninput = [30, 40]", "multiple"),
        ("[network]\nmodules = [1, 2]", "three"),
        ("stages = 3", "stages"),
        ("[other]\na = 1", "other"),
        ("[shares]\nlspet = 'all'", "shares"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, wrong: str, told: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(BadInput, match=told):
        read_config(path)


def test_stages_follow_the_run(tmp_path: Path) -> None:
    config = read_config(settings(tmp_path / "a.toml"))
    assert [config.stage(done).input for done in (0, 0.49, 0.5, 1)] == [(32, 32)] * 2 + [(48, 64)] * 2
