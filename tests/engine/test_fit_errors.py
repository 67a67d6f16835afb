"""Errors drawn with known numbers are measured, and the numbers come back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_19
from engine.train.detector_errors import KINDS, LENGTH, LINKS, LOGIT, NORMAL, from_dict
from engine.train.fit_errors import fit
from engine.train.noise import AS_MEASURED, detect
from engine.train.residuals import Footage
from engine.train.swaps import find_swaps

FPS, CLIPS, FRAMES = 30.0, 90, 45
FOCAL, DISTANCE, STATURE = 1000.0, 5.0, 1.70
SIZE = torch.tensor([[2000.0, 1200.0]])
# x to the person's left, y down, front to the camera (-z); metres.
PLACES = {
    "Hip": (0, 0, 0), "Knee": (0.1, 0.42, -0.05), "Ankle": (0.12, 0.84, 0.02), "Toe": (0.14, 0.9, -0.16),
    "Spine": (0, -0.23, 0), "Thorax": (0, -0.46, 0), "Neck": (0, -0.65, 0), "Head": (0, -0.8, 0),
    "Shoulder": (0.18, -0.46, 0), "Elbow": (0.35, -0.3, 0.03), "Wrist": (0.5, -0.4, -0.1),
}  # fmt: skip


def figure() -> torch.Tensor:
    def place(name: str) -> tuple[float, float, float]:
        if name in PLACES:
            return PLACES[name]
        x, y, z = PLACES[name[1:]] if name[1:] != "Hip" else (0.09, 0, 0)
        return (x if name[0] == "L" else -x), y, z

    return torch.tensor([place(name) for name in H36M_19.joints])


def bodies() -> torch.Tensor:
    """(CLIPS, FRAMES, 19, 3) that stand, each turned otherwise, camera axes."""
    angle = torch.linspace(0, 2 * math.pi, CLIPS + 1)[:-1]
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    rows = ((angle.cos(), zero, angle.sin()), (zero, one, zero), (-angle.sin(), zero, angle.cos()))
    turn = torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)
    turned = figure() @ turn.mT + torch.tensor([0.0, 0.0, DISTANCE])
    return turned[:, None].expand(-1, FRAMES, -1, -1).contiguous()


def known() -> dict[str, Any]:
    scale = {kind: 0.01 + 0.002 * row for row, kind in enumerate(KINDS)}
    shrinks = (1.2 - 0.1 * LOGIT).tolist()  # surer is nearer
    return {
        "bias": {kind: [0.01, -0.006 * (row % 2), 0.0] for row, kind in enumerate(KINDS)},
        "length": {k: [[s * f * x**1.3 for x in LENGTH.tolist()] for f in shrinks] for k, s in scale.items()},
        "score": {kind: [(2.5 + 1.2 * NORMAL).tolist(), *[(0.5 + NORMAL).tolist()] * 2] for kind in KINDS},
        "behind": 3.0,
        "error_course": {"seconds": [0.5, 0.06], "shares": {kind: [0.3, 0.3, 0.2] for kind in KINDS}},
        "score_course": {"seconds": [0.5, 0.06], "shares": {kind: [0.2, 0.6, 0.0] for kind in KINDS}},
        "person": 0.3,
        "links": {f"{child}-{parent}": 0.5 for child, parent in LINKS},
        "swaps": {"legs": {"per_second": 0.3, "seconds": 0.2}, "arms": {"per_second": 0.0, "seconds": 0.1}},
    }  # fmt: skip


def detected(numbers: dict[str, Any]) -> list[Footage]:
    body = bodies()
    truth = body[..., :2] / body[..., 2:] * FOCAL + SIZE[0] / 2
    height = torch.full((CLIPS, FRAMES), FOCAL * STATURE / DISTANCE)
    joints, score = detect(
        truth, height, SIZE.expand(CLIPS, 2), torch.Generator().manual_seed(0),
        body=body, rate=FPS, margin=AS_MEASURED, errors=from_dict(numbers),
    )  # fmt: skip
    inside = np.ones((FRAMES, 19), dtype=bool)
    return [
        Footage(t.numpy(), j.numpy(), s.numpy(), inside, h.numpy(), b.numpy(), ~inside, FPS)
        for t, j, s, h, b in zip(truth, joints, score, height, body, strict=True)
    ]


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return fit(detected(known()))


def test_sizes(measured) -> None:
    for kind in KINDS:
        # The middle of the table, where most errors are; the ends rest on few.
        ours = np.array(measured["length"][kind])[2:6, 1:6]
        truth = np.array(known()["length"][kind])[2:6, 1:6]
        assert np.abs(ours / truth - 1).mean() < 0.2, kind


def test_mean_errors(measured) -> None:
    ours = np.array([measured["bias"][kind] for kind in KINDS])
    truth = np.array([known()["bias"][kind] for kind in KINDS])
    sided = [kind not in ("Neck", "Head") for kind in KINDS]
    np.testing.assert_allclose(ours[sided], truth[sided], atol=0.004)


def test_scores(measured) -> None:
    for kind in ("Elbow", "Wrist"):  # often behind the trunk
        for state, middle in ((0, 2.5), (1, 0.5)):
            assert measured["score"][kind][state][6] == pytest.approx(middle, abs=0.4)
    assert measured["score"]["Head"][0][6] == pytest.approx(2.5, abs=0.4)
    assert measured["person"] == pytest.approx(0.3, abs=0.12)


def test_memory(measured) -> None:
    lags = np.array([1, 2, 4, 8, 15, 30]) / FPS
    for name in ("error_course", "score_course"):
        curves = []
        for numbers in (known(), measured):
            slow, quick = numbers[name]["seconds"]
            shares = np.mean(list(numbers[name]["shares"].values()), axis=0)
            curves.append(shares @ [np.ones_like(lags), np.exp(-lags / slow), np.exp(-lags / quick)])
        np.testing.assert_allclose(curves[1], curves[0], atol=0.12, err_msg=name)


def test_limbs_err_together(measured) -> None:
    assert np.mean(list(measured["links"].values())) == pytest.approx(0.5, abs=0.1)


def test_swapped_sides(measured) -> None:
    assert measured["swaps"]["legs"]["per_second"] == pytest.approx(0.3, rel=0.5)
    assert measured["swaps"]["legs"]["seconds"] == pytest.approx(0.2, rel=0.5)
    assert measured["swaps"]["arms"]["per_second"] < 0.02


def test_a_swap_is_told_from_an_error() -> None:
    truth = detected(known())[0].truth.astype(float)
    height, score = np.full(FRAMES, 340.0), np.ones((FRAMES, 19))
    joints = truth.copy()
    legs = [H36M_19.index(side + name) for side in "LR" for name in ("Hip", "Knee", "Ankle", "Toe")]
    joints[10:14, legs] = joints[10:14][:, H36M_19.mirror[legs]]
    joints[20:30, H36M_19.index("LAnkle")] = joints[20:30, H36M_19.index("RAnkle")]  # one leg seen twice
    found = find_swaps(truth, joints, score, height)
    assert np.flatnonzero(found["legs"][1]).tolist() == [10, 11, 12, 13]
    assert not found["arms"][1].any()
