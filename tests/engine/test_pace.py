"""Frames that are passed by: some where motion is slow, none where it is quick; and joints between."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, RED, FakeDetector, FakeNetwork, Figure, Scene, walker

from blender_pose3d.skeleton import COCO_17
from engine.bend import curved
from engine.pace import CALM, EVERY_FRAME, Pace
from engine.people import People2D, follow

WRIST = COCO_17.index("left_wrist")


class Jumping(Figure):
    """Stands still until frame 45, then does jumping jacks, one a second, at 30 frames a second."""

    def joints(self, frame: int) -> np.ndarray:
        joints = super().joints(0) + self.path[frame] - self.path[0]
        lift = 0.0 if frame < 45 else np.sin(np.pi * (frame - 45) / 30) ** 2
        for name in ("left_wrist", "right_wrist"):
            joints[COCO_17.index(name), 1] -= 0.8 * lift * self.height[frame]
        return joints


def run(scene: Scene, pace: Pace, noise: float = 0.003) -> tuple[People2D, FakeNetwork]:
    network = FakeNetwork(scene, noise=noise)
    return follow(scene, network, FakeDetector(scene), pace=pace), network


def still(frames: int, height: float = 200.0) -> Scene:
    return Scene([walker(np.full(frames, 300.0), RED, height=height)])


@pytest.mark.slow
def test_a_calm_walker_is_looked_at_in_half_the_frames_and_no_worse_for_it():
    scene = Scene([walker(np.linspace(150, 500, 120), RED)])
    every, asked = run(scene, EVERY_FRAME)
    calm, less = run(scene, CALM)
    assert every.looked.all() and calm.looked.mean() < 0.6
    assert less.asked < 0.65 * asked.asked
    assert calm.present.all() and calm.present.shape == (1, 120)
    truth = np.stack([scene.figures[0].joints(t) for t in range(120)])
    away = [np.linalg.norm(p.joints2d[0] - truth, axis=-1).mean() for p in (every, calm)]
    # the steps are quick ones, 2.4 a second: a thousandth of the height, where networks err by twenty
    assert away[1] < away[0] + 0.001 * 200


def test_jumping_jacks_are_not_smeared():
    still_then = np.stack([np.full(105, 300.0), np.full(105, 300.0)], axis=1)
    scene = Scene([Jumping(still_then, np.full(105, 200.0), *RED)])
    every, _ = run(scene, EVERY_FRAME)
    calm, _ = run(scene, CALM)
    assert calm.looked[:45].mean() < 0.6
    assert calm.looked[50:].mean() > calm.looked[10:45].mean()
    truth = np.stack([scene.figures[0].joints(t) for t in range(105)])
    off = [np.linalg.norm(p.joints2d[0] - truth, axis=-1)[:, WRIST] / 200 for p in (every, calm)]
    # a wrist goes 1.4 m up and down in a second, by up to 8 % of the stature from frame to frame
    assert off[1].max() < off[0].max() + 0.015
    assert off[1].mean() < off[0].mean() + 0.002


@pytest.mark.slow
def test_who_comes_leaves_and_crosses_is_there_in_the_same_frames():
    x = np.concatenate([np.full(37, np.nan), np.linspace(600, 100, 83)])
    scene = Scene([walker(np.full(120, 300.0), RED), walker(x, BLUE, height=150)])
    every, _ = run(scene, EVERY_FRAME, noise=0.01)
    calm, _ = run(scene, CALM, noise=0.01)
    assert calm.present.shape == every.present.shape
    assert (calm.present != every.present).mean() < 0.03


@pytest.mark.parametrize(("hidden", "present"), [(1, True), (3, False)])
def test_a_frame_that_shows_nobody_is_filled_but_who_hides_is_missing(hidden, present):
    x = np.linspace(250.0, 450.0, 40)
    x[31 : 31 + hidden] = np.nan
    people, _ = run(Scene([walker(x, RED)]), EVERY_FRAME)
    assert people.present.shape == (1, 40)
    assert people.present[0, 31 : 31 + hidden].all() == present
    assert np.delete(people.present[0], range(31, 31 + hidden)).all()


@pytest.mark.slow
def test_it_is_the_same_each_time():
    scene = Scene([walker(np.linspace(150, 500, 60), RED)])
    first, second = run(scene, CALM)[0], run(scene, CALM)[0]
    np.testing.assert_array_equal(first.joints2d, second.joints2d)
    np.testing.assert_array_equal(first.looked, second.looked)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 7])
def test_the_last_frames_are_looked_at_however_many(frames):
    people, _ = run(still(frames), CALM)
    assert people.present.all() and people.looked[-1]


def test_a_stretch_never_lasts_longer_than_told():
    for fps in (10, 25, 60, 240):
        pace, frames = CALM, 1
        for _ in range(100):
            frames = pace.stretch(frames, 0.001, 1 / fps)
            assert frames <= max(1, round(CALM.longest * fps))
        assert frames == max(1, int(CALM.longest * fps + 1e-6))
    assert CALM.stretch(3, float("inf"), 1 / 30) == 1
    assert EVERY_FRAME.stretch(1, 0.0, 1 / 30) == 1


def test_curves_go_through_looks_and_are_exact_for_parabolas():
    time = np.cumsum(np.array([0.0, 1, 1, 2, 1, 1, 3, 1, 1, 1])) / 30
    truth = np.stack([time**2 * 40, 3 * time], axis=-1)[:, None]
    looked = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1, 1], dtype=bool)
    joints = np.where(looked[:, None, None], truth, 0.0)
    np.testing.assert_allclose(curved(time, joints, looked), truth, atol=1e-9)


class Trembling(FakeNetwork):
    """One joint in ten leaps by a tenth of the stature, in each look."""

    def predict(self, image: np.ndarray, regions: list) -> tuple[np.ndarray, np.ndarray]:
        joints, score = super().predict(image, regions)
        leaps = self.random.random(score.shape) < 0.1
        return joints + 20 * leaps[..., None] * self.random.normal(size=joints.shape), score


@pytest.mark.slow
def test_wobble_is_not_taken_for_motion_and_a_kick_is_seen_all_the_same():
    scene = Scene([walker(np.full(150, 300.0), RED)])
    trembles = follow(scene, Trembling(scene, noise=0.003), FakeDetector(scene), pace=CALM)
    assert trembles.looked.mean() < 0.5
    kick = Scene([Kicking(np.full((150, 2), 300.0), np.full(150, 200.0), *RED)])
    kicks = follow(kick, Trembling(kick, noise=0.003), FakeDetector(kick), pace=CALM)
    assert kicks.looked[100:110].sum() >= 5


class Kicking(Figure):
    """Lifts a foot by three quarters of the stature within a fifth of a second, and puts it down."""

    def joints(self, frame: int) -> np.ndarray:
        joints = super().joints(0)
        lift = np.sin(np.pi * np.clip((frame - 99) / 12, 0, 1)) ** 2
        for name, share in (("left_knee", 0.5), ("left_ankle", 1.0)):
            joints[COCO_17.index(name)] += 0.75 * share * lift * self.height[frame] * np.array([1.0, -0.7])
        return joints
