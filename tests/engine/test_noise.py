"""What detectors do to joints: what the body hides, courses over time, events, what is lost."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine.train.courses import course, linked, span
from engine.train.detector_errors import KINDS, LINKS, NORMAL, Course, Events, interpolate, read_errors
from engine.train.noise import AS_MEASURED, LEGS, Margin, detect
from engine.train.occlusion import hidden

from .test_fit_errors import figure

AT = {name: H36M_19.index(name) for name in H36M_19.joints}
AWAY = torch.tensor([0.0, 0.0, 5.0])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("depth", "expected"), [(0.25, True), (-0.25, False)])
def test_a_hand_behind_the_back_is_hidden(depth, expected) -> None:
    body = figure() + AWAY
    body[AT["LWrist"]] = body[AT["Spine"]] + torch.tensor([0.02, 0.0, depth])
    found = hidden(body[None, None])[0, 0]
    assert bool(found[AT["LWrist"]]) is expected
    assert not found[[AT["RWrist"], AT["Hip"], AT["RHip"], AT["Head"]]].any()


def test_a_side_view_hides_the_far_side() -> None:
    turned = figure()[:, [2, 1, 0]] * torch.tensor([1.0, 1.0, 1.0]) + AWAY
    found = hidden(turned[None, None])[0, 0]
    far, near = ("L", "R") if turned[AT["LHip"], 2] > turned[AT["RHip"], 2] else ("R", "L")
    assert found[AT[far + "Knee"]]
    assert not found[AT[near + "Knee"]]


@pytest.mark.parametrize("rate", [15.0, 60.0])
def test_a_course_keeps_its_memory_at_any_frame_rate(rate) -> None:
    memory = Course(torch.tensor([0.2]), torch.tensor([0.4]), torch.tensor([0.1]), (0.4, 0.05))
    drawn, steady = course((4000, 50, 2), torch.full((4000,), 1 / rate), memory, generator())
    assert drawn.var().item() == pytest.approx(1.0, abs=0.05)
    lag = round(0.4 * rate)
    expected = 0.2 + 0.4 * math.exp(-lag / rate / 0.4) + 0.1 * math.exp(-lag / rate / 0.05)
    assert (drawn[:, lag] * drawn[:, 0]).mean().item() == pytest.approx(expected, abs=0.06)
    assert (drawn[:, 1] * drawn[:, 0]).mean().item() < 0.75
    assert steady.var().item() == pytest.approx(0.7, abs=0.05)


def test_links() -> None:
    links = torch.full((len(LINKS),), 0.6)
    drawn = linked(torch.randn(4000, 19, generator=generator()), links)
    correlation = torch.corrcoef(drawn.T)
    assert correlation[AT["LKnee"], AT["LAnkle"]].item() == pytest.approx(0.6, abs=0.06)
    assert correlation[AT["LHip"], AT["LAnkle"]].item() == pytest.approx(0.36, abs=0.06)
    torch.testing.assert_close(drawn.var(dim=0), torch.ones(19), atol=0.12, rtol=0)


@pytest.mark.parametrize("frames", [1, 60])
def test_how_often_an_event_is_on_does_not_depend_on_the_window(frames) -> None:
    seconds = torch.full((40_000 // frames,), 1 / 30)
    on = span(frames, seconds, Events(per_second=0.2, seconds=0.3), generator())
    assert on.float().mean().item() == pytest.approx(0.06, abs=0.012)


def test_tables_are_read_between_knots() -> None:
    table = torch.stack((NORMAL, 10 * NORMAL))
    at, row = torch.tensor([-9.0, -2.75, 0.1, 9.0]), torch.ones(4, dtype=torch.long)
    expected = torch.tensor([-30.0, -27.5, 1.0, 30.0])
    torch.testing.assert_close(interpolate(table, row, NORMAL, at), expected, atol=0.02, rtol=0)


def test_measured_numbers_make_sense() -> None:
    errors = read_errors()
    assert (errors.length.diff(dim=-1) >= 0).all()
    assert (errors.score.diff(dim=-1) >= 0).all()
    assert errors.length[:, -2, 2].min() > 0.001
    assert errors.length[..., 2].max() < 0.3
    for shares in (errors.error_course, errors.score_course):
        assert ((shares.constant + shares.slow + shares.quick) <= 1).all()
    assert len(errors.bias) == len(KINDS)


def seen(margin: Margin, count: int = 200) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    body = (figure() + AWAY).expand(count, 20, -1, -1)
    truth = body[..., :2] / body[..., 2:] * 1000 + 1000
    size, height = torch.full((count, 2), 2000.0), torch.full((count, 20), 340.0)
    joints, score = detect(truth, height, size, generator(), body=body, margin=margin)
    return truth, joints, score


def test_heatmaps_know_no_feet_and_are_never_quite_sure() -> None:
    _, joints, score = seen(replace(AS_MEASURED, heatmaps=1.0))
    assert (score[..., [AT["LToe"], AT["RToe"]]] == 0).all()
    assert 0.5 < score[..., AT["LShoulder"]].median() < 0.99
    step = 1.25 / 64 / 4 * 340
    on_grid = (joints[..., AT["LWrist"], :] / step).frac()
    assert torch.minimum(on_grid, 1 - on_grid).max() < 1e-2


def test_margins_add_what_is_unseen() -> None:
    _, _, plain = seen(AS_MEASURED)
    _, _, crops = seen(replace(AS_MEASURED, crops=0.6))
    assert (crops[..., LEGS] == 0).float().mean() > (plain[..., LEGS] == 0).float().mean() + 0.15
    truth, joints, _ = seen(AS_MEASURED)
    _, hard, _ = seen(replace(AS_MEASURED, hard=1.0))
    away = [(j - truth).norm(dim=-1)[..., LEGS].mean() for j in (joints, hard)]
    assert 1.1 * away[0] < away[1] < 2.2 * away[0]
    truth, joints, score = seen(replace(AS_MEASURED, occluders=1.0))
    assert score.mean() < plain.mean()
    assert torch.isfinite(joints).all()
    assert (joints - truth).norm(dim=-1).median() < 0.2 * 340
