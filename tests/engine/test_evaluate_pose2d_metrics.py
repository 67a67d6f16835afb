"""PCK and its relatives, and jitter: answers that are known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blender_pose3d.skeleton import HALPE_26
from engine.evaluate import pose2d_jitter
from engine.evaluate.pose2d_jitter import SLOW, Still, choose, jitter, of_people, still_stretches
from engine.evaluate.pose2d_metrics import Labels, by_kind, on_their_sides, summary, torso_diagonal
from engine.people import People2D

from .labelled_people import BODY, TORSO, Truthful, people

ALL = np.ones(26, bool)
FPS = 20.0


def figures(prediction: np.ndarray, joints: np.ndarray) -> dict:
    return summary(prediction, Labels(joints, np.ones(joints.shape[:2], bool), tuple(range(26))), ALL)


def test_a_shift_is_right_from_its_own_threshold_on() -> None:
    joints = people(4)
    assert torso_diagonal(joints) == pytest.approx([TORSO] * 4)
    made = figures(joints + np.array([0.22 * TORSO, 0.0]), joints)
    assert made["PCK"] == 0
    assert made["curve"]["0.25"] == 100
    assert made["AUC"] == 60  # 0.25, 0.3 ... 0.5: six of ten
    assert figures(joints + np.array([0.0, 0.19 * TORSO]), joints)["PCK"] == 100


def test_the_head_is_measured_by_the_head() -> None:
    joints = people(2)
    head = 72 - 47
    assert figures(joints + np.array([0.49 * head, 0]), joints)["PCKh"] == 100
    assert figures(joints + np.array([0.51 * head, 0]), joints)["PCKh"] == 0


def test_one_missed_of_four_is_a_quarter_less() -> None:
    joints = people(4)
    prediction = joints.copy()
    prediction[3] = np.nan
    made = figures(prediction, joints)
    assert (made["PCK"], made["PCKh"], made["missed"], made["people"]) == (75, 75, 1, 4)


def test_who_is_upside_down_is_told_apart() -> None:
    joints = people(4)
    joints[1] = joints[1] * [1, -1]
    joints[2] = joints[2][:, ::-1] * [-1, 1]  # lies
    prediction = joints.copy()
    prediction[1] += 500.0
    made = figures(prediction, joints)
    assert (made["PCK upright"], made["PCK turned"], made["people upright"]) == (100, 50, 2)


def test_only_what_is_labelled_counts_and_nobody_without_a_torso() -> None:
    joints = people(3)
    prediction = joints + np.array([1000.0, 0])
    prediction[:, 0] = joints[:, 0]
    joints[0, 1:5] = np.nan
    joints[2, HALPE_26.index("left_shoulder")] = np.nan
    made = figures(prediction, joints)
    assert made["people"] == 2
    assert made["PCK"] == pytest.approx(100 * 2 / (22 + 26), abs=0.01)
    nobody = figures(prediction, np.full_like(joints, np.nan))
    assert (nobody["people"], nobody["PCK"]) == (0, None)


def test_arms_legs_and_face_change_sides_each_on_their_own() -> None:
    joints = people(1)
    prediction = joints.copy()
    legs = [j for j, n in enumerate(HALPE_26.joints) if n.endswith(("_hip", "knee", "ankle", "toe", "heel"))]
    prediction[:, legs] = joints[:, HALPE_26.mirror][:, legs]
    assert np.allclose(on_their_sides(prediction, joints), joints)
    labels = joints.copy()
    labels[0, 15:] = np.nan  # no ankles and no feet: the rest of the leg tells
    assert np.allclose(on_their_sides(prediction, labels), joints)


def test_left_and_right_are_one_kind() -> None:
    assert by_kind({"nose": 3.0, "left_knee": 10.0, "right_knee": 20.0, "left_hip": None, "hip": 5.0}) == {
        "nose": 3, "knees": 15, "hip": 5,
    }  # fmt: skip


def standing_then_walking() -> np.ndarray:
    """(T, 26, 2): two seconds of standing with hands that wave, two of walking at a height a second."""
    time = np.arange(80) / FPS
    pose = np.repeat(BODY[None], 80, axis=0)
    pose[:, [HALPE_26.index("left_wrist")], 0] += 20 * np.sin(9 * time)[:, None]
    pose[:, :, 0] += (150 * np.clip(time - 2, 0, None))[:, None]
    return pose


def test_stretches_end_where_walking_begins() -> None:
    ((first, last),) = still_stretches(standing_then_walking(), FPS)
    assert first == 0
    assert 33 <= last <= 41
    assert still_stretches(standing_then_walking()[60:], FPS) == []
    assert still_stretches(BODY[None], FPS) == []
    drift = BODY + np.linspace(0, 2 * SLOW * 4 * 150, 80)[:, None, None]
    assert still_stretches(drift, FPS) == []


def followed() -> People2D:
    pose = np.stack([standing_then_walking(), standing_then_walking()[::-1]])
    present = np.ones((2, 80), bool)
    present[1, 70:] = False
    return People2D(np.arange(5, 85), np.arange(80) / FPS, present, pose, np.ones(pose.shape[:3]))


def test_each_persons_stretches_are_found_in_source_frames() -> None:
    stretches = of_people(followed(), HALPE_26, Path("v.mp4"), "abc")
    assert int(stretches[0].rows[0]) == 5
    assert len(stretches) == 2
    assert int(stretches[1].rows[-1]) == 5 + 69
    assert Still.key(stretches) != Still.key(stretches[:1])


def test_what_was_chosen_is_kept(monkeypatch, tmp_path) -> None:
    video = tmp_path / "v.mp4"
    video.write_bytes(b"frames")
    calls = []
    monkeypatch.setattr(pose2d_jitter, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(pose2d_jitter, "read_frames", lambda path: [])
    monkeypatch.setattr(pose2d_jitter, "follow", lambda *_, **__: calls.append(1) or followed())
    network = Truthful(people(1))
    once, again = choose(video, network, None), choose(video, network, None)
    assert len(calls) == 1
    assert Still.key(once) == Still.key(again)
    (kept,) = (tmp_path / "still").iterdir()
    kept.write_text("broken")
    assert Still.key(choose(video, network, None)) == Still.key(once)
    assert len(calls) == 2


def test_a_tremble_of_known_size(monkeypatch) -> None:
    class Trembling(Truthful):
        """Its wrists go to and fro by a pixel each way, its knees drift evenly."""

        def predict(self, image, regions):
            frame = int(image[0, 0, 0])
            pose = BODY.copy()
            pose[[9, 10], 0] += (-1.0) ** frame
            pose[[13, 14], 0] += 3.0 * frame
            return pose[None], np.ones((1, 26))

    monkeypatch.setattr(
        Still, "images", lambda self: (np.full((4, 4, 3), n, np.uint8) for n in range(len(self.rows)))
    )
    still = Still(Path("v"), "", np.arange(12), np.array([0.0, 0, 9, 9]), 200.0)
    made = jitter(Trembling(people(1)), [still, still])
    # the third difference of +1 -1 +1 -1 is 8
    assert made["by joint"]["left_wrist"] == pytest.approx(100 * 8 / 200)
    assert made["by joint"]["left_knee"] == pytest.approx(0, abs=1e-9)
    assert (made["body"], made["feet"]) == (0, 0)
    assert made["all"] == pytest.approx(4 * 2 / 12, abs=1e-3)
