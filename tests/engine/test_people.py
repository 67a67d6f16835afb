"""Following people through drawn scenes with a network that makes the mistakes real ones make."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, HEIGHT, RED, FakeDetector, FakeNetwork, Figure, Scene, walker

from blender_pose3d.skeleton import COCO_17
from engine import body2d
from engine.errors import Cancelled
from engine.people import People2D, follow


def run(scene: Scene, **settings) -> People2D:
    return follow(scene, FakeNetwork(scene), FakeDetector(scene), **settings)


def who(people: People2D, scene: Scene) -> np.ndarray:
    """(P, T) index of the figure nearest to each pose; -1 where not present."""
    found = np.full(people.present.shape, -1)
    for p, t in zip(*np.nonzero(people.present), strict=True):
        away = [np.abs(f.joints(t) - people.joints2d[p, t]).mean() for f in scene.figures]
        found[p, t] = int(np.nanargmin(away))
    return found


def assert_one_figure_each(people: People2D, scene: Scene) -> list[int]:
    """Nobody's track ever shows somebody else; returns which figure each person is."""
    identity = []
    for row in who(people, scene):
        seen = np.unique(row[row >= 0])
        assert len(seen) == 1, f"a track shows figures {seen}"
        identity.append(int(seen[0]))
    assert len(set(identity)) == len(identity), f"one figure has two tracks: {identity}"
    return identity


def test_one_walker_is_followed_all_along():
    scene = Scene([walker(np.linspace(150, 500, 90), RED)])
    people = run(scene)
    assert people.present.shape == (1, 90)
    assert people.present.all()
    truth = np.stack([scene.figures[0].joints(t) for t in range(90)])
    assert np.abs(people.joints2d[0] - truth).max() < 12
    np.testing.assert_allclose(people.time, np.arange(90) / 30)


@pytest.mark.slow
@pytest.mark.parametrize("same_clothes", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_two_cross_apart_in_depth(same_clothes, seed):
    near = walker(np.linspace(120, 520, 120), RED, height=240, floor=330)
    far = walker(np.linspace(520, 120, 120), RED if same_clothes else BLUE, height=160, floor=270)
    scene = Scene([near, far])
    people = follow(scene, FakeNetwork(scene, seed=seed), FakeDetector(scene))
    assert people.present.shape[0] == 2
    assert assert_one_figure_each(people, scene) == [0, 1]
    assert people.present[0].all()
    # the far one is hidden for a while, and missing then, but seen before and after
    assert people.present[1, :30].all()
    assert people.present[1, -30:].all()
    assert not people.present[1].all()


def test_two_of_one_height_cross_in_different_clothes():
    near = walker(np.linspace(120, 520, 120), RED, height=201)
    far = walker(np.linspace(520, 120, 120), BLUE, height=200)
    scene = Scene([near, far])
    people = run(scene)
    assert len(assert_one_figure_each(people, scene)) == 2


def test_one_turns_back_while_hidden():
    hidden = np.concatenate([np.linspace(480, 320, 60), np.linspace(320, 480, 60)])
    scene = Scene([walker(np.full(120, 320.0), RED, height=260, floor=335), walker(hidden, BLUE, height=180)])
    people = run(scene)
    assert assert_one_figure_each(people, scene) == [0, 1]
    assert people.present[1, -20:].all()


@pytest.mark.slow
@pytest.mark.parametrize("away", [10, 40, 150])
def test_leaves_and_comes_back(away):
    x = np.concatenate([np.linspace(300, 700, 60), np.full(away, np.nan), np.linspace(700, 300, 60)])
    scene = Scene([walker(np.full(len(x), 150.0), BLUE), walker(x, RED)])
    people = run(scene)
    assert assert_one_figure_each(people, scene) == [0, 1]
    assert people.present[1, :40].all()
    assert people.present[1, -40:].all()
    assert not people.present[1, 62 : 58 + away].any()


def test_somebody_else_comes_in_where_one_left():
    gone, comes = np.full(180, np.nan), np.full(180, np.nan)
    gone[:60], comes[100:] = np.linspace(300, 700, 60), np.linspace(700, 300, 80)
    scene = Scene([walker(gone, RED), walker(comes, BLUE)])
    assert len(assert_one_figure_each(run(scene), scene)) == 2


def test_one_vanishes_as_another_appears_within_reach_of_the_region():
    gone, comes = np.full(90, np.nan), np.full(90, np.nan)
    gone[:45], comes[45:] = 300, 380
    scene = Scene([walker(gone, RED), walker(comes, BLUE)])
    people = run(scene)
    assert len(assert_one_figure_each(people, scene)) == 2
    assert not (people.present.all(axis=0)).any()


def test_side_by_side_stay_two():
    x = np.linspace(150, 450, 90)
    scene = Scene([walker(x, RED), walker(x + 75, BLUE)])
    people = run(scene)
    assert len(assert_one_figure_each(people, scene)) == 2
    assert people.present.mean() > 0.95


def test_empty_room_has_nobody():
    scene = Scene([], frames=40)
    people = run(scene)
    assert people.present.shape == (0, 40)
    assert people.joints2d.shape == (0, 40, 17, 2)


def test_half_out_is_low_in_score_and_outside_the_picture():
    tall = Figure(
        np.stack([np.full(60, 320.0), np.full(60, 470.0)], axis=1), np.full(60, 300.0), *RED
    )  # the feet are below the lower edge
    scene = Scene([tall])
    people = run(scene)
    assert people.present.all()
    ankle, wrist = COCO_17.index("left_ankle"), COCO_17.index("left_wrist")
    assert (people.joints2d[0, :, ankle, 1] > HEIGHT).all()
    assert (people.score2d[0, :, ankle] <= body2d.OUTSIDE_SCORE).all()
    assert (people.score2d[0, :, wrist] > 0.5).all()


def test_missing_is_nan_never_zero():
    x = np.linspace(300, 900, 60)  # walks out of the picture for good
    people = run(Scene([walker(x, RED)]))
    gone = ~people.present[0]
    assert gone[-10:].all()
    assert np.isnan(people.joints2d[0, gone]).all()
    assert np.isnan(people.score2d[0, gone]).all()
    assert np.isfinite(people.joints2d[0, ~gone]).all()


def test_a_flash_is_dropped_but_one_frame_alone_is_kept():
    x = np.full(90, np.nan)
    x[40:44] = 400
    scene = Scene([walker(np.full(90, 150.0), RED), walker(x, BLUE)])
    assert run(scene).present.shape[0] == 1
    assert run(Scene([walker(np.array([300.0]), RED)])).present.tolist() == [[True]]


@pytest.mark.slow
@pytest.mark.parametrize("fps", [10, 30, 60])
def test_scattered_finds_are_nobody(fps):
    x = np.full(6 * fps, np.nan)
    x[2 * fps : 3 * fps : 3] = 400
    people = run(Scene([walker(np.full(6 * fps, 150.0), RED), walker(x, BLUE)], fps=fps))
    assert people.present.shape[0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("fps", [10, 30, 60])
def test_a_few_frames_long_after_the_rest_are_dropped(fps):
    x = np.full(5 * fps, 150.0)
    x[2 * fps : 4 * fps] = np.nan
    x[4 * fps + max(3, fps // 4) :] = np.nan
    people = run(Scene([walker(x, RED)], fps=fps))
    assert people.present.shape[0] == 1
    np.testing.assert_array_equal(np.flatnonzero(people.present[0]), np.arange(2 * fps))


@pytest.mark.parametrize("presence", [0.75, 0.95])
def test_what_the_network_doubts_must_last(presence):
    class Doubting(FakeNetwork):
        def predict(self, image, regions):
            found = super().predict(image, regions)
            self.presence = np.minimum(self.presence, presence)
            return found

    x = np.full(90, np.nan)
    x[20:50] = 400
    scene = Scene([walker(np.full(90, 150.0), RED), walker(x, BLUE, 150)])
    people = follow(scene, Doubting(scene), FakeDetector(scene))
    assert people.present.shape[0] == (2 if presence > 0.9 else 1)


@pytest.mark.parametrize("frames", [1, 2, 3, 8, 20])
def test_very_short_clips_show_the_person(frames):
    people = run(Scene([walker(np.full(frames, 300.0), RED)]))
    assert people.present.shape == (1, frames)
    assert people.present.all()


def test_largest_and_longest_comes_first():
    brief = np.full(90, np.nan)
    brief[:30] = 480
    scene = Scene(
        [
            walker(brief, BLUE, height=220),
            walker(np.full(90, 150.0), RED),
            walker(np.full(90, 320.0), BLUE, 120),
        ]
    )
    assert assert_one_figure_each(run(scene), scene)[0] == 1


def test_few_frames_a_second():
    scene = Scene(
        [walker(np.linspace(150, 500, 12), RED), walker(np.linspace(500, 400, 12), BLUE, 150)], fps=5
    )
    people = run(scene)
    assert_one_figure_each(people, scene)
    assert people.present.mean() > 0.9


def test_detector_is_asked_seldom_while_all_is_well():
    scene = Scene([walker(np.full(300, 200.0), RED)])
    detector = FakeDetector(scene)
    follow(scene, FakeNetwork(scene), detector)
    assert detector.asked <= 2 * 10 + 2


def test_cancel_and_progress():
    scene = Scene([walker(np.full(60, 200.0), RED)])
    seen = []
    with pytest.raises(Cancelled):
        run(scene, total=60, progress=lambda *p: seen.append(p), cancelled=lambda: len(seen) >= 11)
    assert seen[-1] == ("follow", 10, 60)


def test_box_measures():
    a = np.array([[0.0, 0, 10, 10]])
    others = np.array([[5.0, 0, 15, 10], [20, 20, 30, 30]])
    np.testing.assert_allclose(body2d.overlap(a, others), [[1 / 3, 0]])
    np.testing.assert_allclose(body2d.clipped_area(np.array([-10.0, -10, 32, 36]), (64, 72)), 0.25)


@pytest.mark.network
def test_the_real_network_sees_nobody_in_an_empty_room(tmp_path):
    from small_videos import empty, write

    from engine.pose2d.registry import load_detector, load_pose2d
    from engine.video import read_frames

    path = write(tmp_path / "room.mp4", (empty(i) for i in range(12)))
    people = follow(read_frames(path), load_pose2d("blazepose-full", "cpu"), load_detector("cpu"))
    assert people.present.shape == (0, 12)
    assert people.joints2d.shape == (0, 12, 26, 2)
