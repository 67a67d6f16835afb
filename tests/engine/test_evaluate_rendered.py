"""`engine evaluate rendered`: errors known beforehand, people who were lost, files that are broken."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from blender_pose3d.skeleton import H36M_17, H36M_19, HALPE_26
from engine.errors import BadInput
from engine.evaluate import rendered
from engine.evaluate.blazepose_world import SHARED, shared_joints, towards
from engine.evaluate.rendered import METHODS, figures
from engine.evaluate.rendered_table import summary, table
from engine.evaluate.seen import Seen, match
from engine.evaluate.truth import Truth, read_truth, write_truth
from engine.lift.lifter import STATURE

FRAMES, SIZE = 12, (640, 480)


@pytest.fixture
def truth() -> Truth:
    rng = np.random.default_rng(3)
    joints = rng.normal(0, 0.4, (FRAMES, 19, 3)) + np.array([0.3, 0.0, 4.0])
    flat = joints[..., :2] / joints[..., 2:] * 500 + [320, 240]
    seen = np.concatenate([flat, flat[:, :7]], axis=1)
    return Truth(
        np.array([500.0, 500.0, 320.0, 240.0]), np.array(SIZE), np.array(2 * STATURE), joints, flat, seen,
        np.ones((FRAMES, 19), bool), np.ones((FRAMES, 26), bool),
    )  # fmt: skip


def seen_of(truth: Truth, present: np.ndarray, people: int = 1) -> Seen:
    joints = np.repeat(truth.keypoints2d[None], people, axis=0)
    joints += 300 * np.arange(people)[::-1, None, None, None]
    rows = np.arange(FRAMES)
    world = np.zeros((people, FRAMES, 33, 3))
    joints = np.where(present[None, :, None, None], joints, np.nan)
    score = np.where(present[None, :, None], np.ones((people, FRAMES, 26)), np.nan)
    return Seen(rows, rows / 30, np.repeat(present[None], people, 0), joints, score, world, np.array("key"))


def test_errors_that_are_known_beforehand() -> None:
    target = np.random.default_rng(0).normal(size=(9, 19, 3))
    target -= target[:, :1]
    rows = np.arange(9)
    assert all(value == pytest.approx(0, abs=1e-6) for value in figures(target, target, rows).values())
    double = figures(2 * target, target, rows)
    assert double["N-MPJPE"] == pytest.approx(0, abs=1e-6)
    assert double["P-MPJPE"] == pytest.approx(0, abs=1e-6)
    assert double["MPJPE"] == pytest.approx(1000 * np.linalg.norm(target, axis=-1).mean())
    turned = figures(target @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]]), target, rows)
    assert turned["P-MPJPE"] == pytest.approx(0, abs=1e-6)
    assert turned["N-MPJPE"] > 100


def test_no_velocity_is_taken_over_a_hole() -> None:
    target = np.zeros((4, 19, 3))
    prediction = np.zeros((4, 19, 3))
    prediction[2:, 5, 0] = 1.0
    assert figures(prediction, target, np.array([0, 1, 8, 9]))["MPJVE"] == 0
    assert figures(prediction, target, np.arange(4))["MPJVE"] == pytest.approx(1000 / 19 / 3)


def test_nobody_gives_nan() -> None:
    nothing = np.zeros((0, 19, 3))
    assert all(np.isnan(value) for value in figures(nothing, nothing, np.arange(0)).values())


def test_shared_joints_are_where_blazepose_has_them() -> None:
    world = np.arange(33.0)[:, None] * [1.0, 0.0, 0.0]
    made = dict(zip([H36M_19.joints[j] for j in SHARED], shared_joints(world)[:, 0], strict=True))
    assert made["Hip"] == 23.5
    assert (made["RHip"], made["LToe"], made["LWrist"], made["Thorax"]) == (24, 31, 15, 11.5)
    assert not {"Spine", "Neck", "Head"} & set(made)


def test_landmarks_turn_with_the_ray_to_the_person() -> None:
    lens = (100.0, 100.0, 50.0, 50.0)
    world = np.array([[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]] * 2)
    made = towards(world, np.array([[50.0, 50.0], [150.0, 50.0]]), lens)
    assert np.allclose(made[0], world[0])
    half = np.sqrt(0.5)
    assert np.allclose(made[1], [[half, 0, half], [half, 0, -half]])


class _TrueLifter:
    """Gives the truth for what is present, as the engine would."""

    skeleton = H36M_19

    def __init__(self, truth: Truth, off: float) -> None:
        self.pose = (truth.joints3d - truth.joints3d[:, :1]) / 2 + [0.0, 0.0, 1.0]
        self.pose[:, 0] -= [0.0, 0.0, 1.0]
        self.pose[:, 1:] += [off, 0.0, -1.0]

    def lift(self, joints, score, lens, **_):
        return self.pose.copy(), score


@pytest.mark.parametrize(("gone", "off"), [(0, 0.0), (5, 0.019)])
def test_a_clip_is_measured_on_the_frames_in_which_its_person_was_followed(
    truth, tmp_path, monkeypatch, gone, off
) -> None:
    write_truth(tmp_path / "truth.npz", truth)
    present = np.arange(FRAMES) >= gone
    seen = seen_of(truth, present, people=2)
    info = SimpleNamespace(width=SIZE[0], height=SIZE[1])
    monkeypatch.setattr(rendered, "see", lambda *_: (seen, info))
    lifter = _TrueLifter(truth, off)
    lifted = SimpleNamespace(joints3d=np.stack([lifter.pose + 9, lifter.pose]))
    monkeypatch.setattr(rendered, "lift_people", lambda *_: lifted)
    models = SimpleNamespace(network=None, detector=None, lifter=lifter)
    (clip,) = rendered.evaluate([tmp_path], models)
    assert (clip.frames, clip.followed, clip.others) == (FRAMES, FRAMES - gone, 1)
    assert clip.figures["ours"]["MPJPE"] == pytest.approx(1000 * off * 18 / 19, abs=1e-3)
    assert clip.pixels == pytest.approx(0, abs=1e-6)
    target = (truth.joints3d - truth.joints3d[:, :1])[present][:, list(SHARED)] / 2
    still = 1000 * np.linalg.norm(target, axis=-1).mean()
    assert clip.figures["BlazePose 3D, shared joints"]["MPJPE"] == pytest.approx(still, rel=1e-4)


def test_a_clip_in_which_nobody_was_found_is_counted(truth, tmp_path, monkeypatch) -> None:
    write_truth(tmp_path / "truth.npz", truth)
    seen = seen_of(truth, np.zeros(FRAMES, bool), people=0)
    monkeypatch.setattr(rendered, "see", lambda *_: (seen, None))
    models = SimpleNamespace(network=None, detector=None, lifter=_TrueLifter(truth, 0.0))
    clips = rendered.evaluate([tmp_path], models)
    result = summary(clips, {"lifter": "l", "sha256": "", "pose2d": "p"})
    assert (result["followed"], result["frames"], result["clips_without_a_person"]) == (0, FRAMES, 1)
    assert result["mean"]["ours"]["MPJPE"] is None
    assert result["mean"]["ours, exact 2D"]["MPJPE"] == pytest.approx(0, abs=1e-3)
    assert "NaN" not in json.dumps(result)
    assert "| - |" in table(result)


def test_means_weigh_clips_by_their_frames() -> None:
    def clip(followed: int, error: float) -> rendered.Clip:
        made = {method: dict.fromkeys(rendered.MEASURES, error) for method in METHODS}
        return rendered.Clip("c", 100, followed, 0, 0.01, made)

    result = summary([clip(10, 10.0), clip(30, 50.0)], {"lifter": "l", "sha256": "", "pose2d": "p"})
    assert result["mean"]["ours"]["P-MPJPE"] == 40
    assert result["mean"]["ours, exact 2D"]["P-MPJPE"] == 30


def test_the_nearest_person_is_the_one(truth) -> None:
    everywhere = np.ones(FRAMES, bool)
    assert match(seen_of(truth, everywhere, people=3), truth.keypoints2d) == 2
    assert match(seen_of(truth, everywhere), truth.keypoints2d + 5000) is None


def test_a_network_without_feet_is_measured_on_what_it_has(truth, tmp_path, monkeypatch) -> None:
    write_truth(tmp_path / "truth.npz", truth)
    seen = seen_of(truth, np.ones(FRAMES, bool))
    seen = replace(seen, joints2d=seen.joints2d[:, :, :17] + 3.0, score2d=seen.score2d[:, :, :17])
    monkeypatch.setattr(rendered, "see", lambda *_: (seen, SimpleNamespace(width=SIZE[0], height=SIZE[1])))
    lifter = _TrueLifter(truth, 0.0)
    monkeypatch.setattr(rendered, "lift_people", lambda *_: SimpleNamespace(joints3d=lifter.pose[None]))
    (clip,) = rendered.evaluate([tmp_path], SimpleNamespace(network=None, detector=None, lifter=lifter))
    assert clip.pixels == pytest.approx(3 * 2**0.5 / (500 * 2 * STATURE / 4), rel=0.1)


def test_a_lifter_of_other_joints_is_refused(truth) -> None:
    lifter = SimpleNamespace(name="old", skeleton=H36M_17)
    with pytest.raises(BadInput, match="old is for h36m-17"):
        rendered.evaluate([], SimpleNamespace(lifter=lifter))


def test_truth_comes_back_and_broken_truth_is_refused(truth, tmp_path) -> None:
    path = tmp_path / "truth.npz"
    write_truth(path, truth)
    again = read_truth(path)
    assert np.array_equal(again.joints3d, truth.joints3d)
    assert again.keypoints2d.shape[1] == len(HALPE_26)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BadInput, match="truth"):
        read_truth(path)
    np.savez(path, joints3d=np.zeros(3))
    with pytest.raises(BadInput, match="truth"):
        read_truth(path)
    with pytest.raises(BadInput, match="no rendered clips"):
        rendered.find_clips(tmp_path)
