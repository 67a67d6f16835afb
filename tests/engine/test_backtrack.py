"""Who is found late is followed back to where they came into view."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, RED, FakeDetector, FakeNetwork, Scene, walker

from engine.backtrack import PastFrame, RecentFrames
from engine.columns import Column
from engine.follower import Follower
from engine.follower_state import Recorder, put_together
from engine.frame import ImageFrame
from engine.pace import CALM
from engine.people import follow


def run(scene: Scene) -> tuple[np.ndarray, FakeDetector]:
    detector = FakeDetector(scene)
    return follow(scene, FakeNetwork(scene), detector).present, detector


@pytest.mark.slow
@pytest.mark.parametrize("fps", [10, 30, 60])
@pytest.mark.parametrize("enters", [1.03, 1.4])
def test_who_appears_between_two_looks_is_there_from_the_start(fps, enters):
    frames, first = 2 * fps, round(enters * fps)
    x = np.full(frames, np.nan)
    x[first:] = np.linspace(400, 500, frames - first)
    present, detector = run(Scene([walker(np.full(frames, 150.0), RED), walker(x, BLUE, 150)], fps=fps))
    assert present.shape[0] == 2
    assert np.flatnonzero(present[1])[0] == first
    assert present[1, first:].all()
    assert detector.asked <= 6


def test_who_walks_in_at_the_border_is_there_from_when_half_of_them_is_seen():
    x = np.linspace(900, 300, 120)
    scene = Scene([walker(np.full(120, 150.0), RED), walker(x, BLUE, 180)])
    present, _ = run(scene)
    in_view = np.array([scene.visible(1, t).sum() >= 12 for t in range(120)])
    assert (in_view & ~present[1]).sum() <= 3


def test_who_comes_back_after_a_moment_is_there_from_the_start():
    x = np.linspace(350, 450, 120)
    x[50:60] = np.nan
    present, _ = run(Scene([walker(np.full(120, 150.0), RED), walker(x, BLUE, 150)]))
    np.testing.assert_array_equal(present[1], np.isfinite(x))


def test_two_who_appear_at_once_do_not_take_each_other_s_past():
    x = np.full(90, np.nan)
    x[38:] = np.linspace(380, 420, 52)
    scene = Scene([walker(np.full(90, 120.0), RED), walker(x, BLUE, 150), walker(x + 130, RED, 140)])
    present, _ = run(scene)
    assert present.shape[0] == 3
    assert not present[1:, :38].any()
    assert present[1:, 38:].all()


def test_frames_kept_are_bounded_in_time_and_bytes():
    image = np.zeros((10, 10, 3), dtype=np.uint8)
    recent = RecentFrames(span=0.5, most_bytes=1000)
    for row in range(5):
        recent.add(PastFrame(row, ImageFrame(row, row / 5, image)))
    assert [f.row for f in reversed(recent)] == [4, 3, 2]
    for row in range(5, 60):
        recent.add(PastFrame(row, ImageFrame(row, 1 + row / 100, image)))
    assert [f.row for f in reversed(recent)] == [59, 58, 57]
    recent.add(PastFrame(60, ImageFrame(60, 2.0, np.zeros((100, 100, 3), dtype=np.uint8))))
    assert len(recent) == 0


def test_of_large_pictures_some_are_passed_by_and_what_is_kept_reaches_back():
    image = np.zeros((10, 10, 3), dtype=np.uint8)
    recent = RecentFrames(span=1.0, most_bytes=3600, coarsest=0.1)
    for row in range(90):
        recent.add(PastFrame(row, ImageFrame(row, row / 30, image)))
    kept = [f.row for f in recent]
    assert set(np.diff(kept)) == {3}
    assert kept[-1] >= 87 and kept[-1] - kept[0] >= 27
    assert recent.passed_by(kept[2], kept[3]) == [(kept[2] + n, (kept[2] + n) / 30) for n in (1, 2)]
    assert recent.passed_by(kept[2], kept[4]) == []  # one between was kept: nobody was seen in it
    assert recent.passed_by(kept[0] - 1, kept[0]) == []


def few_frames_kept(scene: Scene) -> Follower:
    """Somebody who keeps every third frame alone."""
    follower = Follower(FakeNetwork(scene, noise=0), FakeDetector(scene), CALM)
    size = next(iter(scene)).nbytes
    follower.recent = RecentFrames(1.2, most_bytes=13 * size, coarsest=CALM.longest)
    return follower


def late_comer() -> tuple[Scene, int]:
    x = np.full(80, np.nan)
    x[37:] = np.linspace(400, 480, 43)
    return Scene([walker(np.linspace(100, 180, 80), RED), walker(x, BLUE, 150)]), 37


@pytest.mark.slow
def test_frames_passed_by_are_filled_on_the_way_back():
    scene, first = late_comer()
    follower = few_frames_kept(scene)
    for frame in scene:
        follower.take(frame.index, frame)
    follower.finish()
    assert len(follower.recent) <= 13
    rows = follower.all[1].rows.array
    assert first <= rows[0] <= first + 2
    assert (np.diff(rows) == 1).all()
    truth = np.stack([scene.figures[1].joints(row) for row in rows])
    assert np.abs(follower.all[1].joints.array - truth).max() < 6


@pytest.mark.slow
@pytest.mark.parametrize("stop", [20, 41, 60])
def test_it_goes_on_from_a_kept_state_as_if_nothing_had_been(stop):
    scene, _ = late_comer()
    frames = list(scene)
    whole, before = few_frames_kept(scene), few_frames_kept(scene)
    for frame in frames:
        whole.take(frame.index, frame)
    numbers, times = Column(np.int32), Column(np.float64)
    for frame in frames:
        before.take(frame.index, frame)
        numbers.append(frame.index)
        times.append(frame.time)
        if frame.index >= stop and not before.waiting:
            break
    part = Recorder().part(before, numbers, times, None, 0)
    state = put_together([part], before.skeleton)
    after = few_frames_kept(scene)
    past = [PastFrame(f.index, f) for f in frames[state.first_needed : len(numbers)]]
    state.hand_to(after, past)
    for frame in frames[len(numbers) :]:
        after.take(frame.index, frame)
    for follower in (whole, after):
        follower.finish()
    assert [f.row for f in after.recent] == [f.row for f in whole.recent]
    assert after.looked == whole.looked
    assert len(after.all) == len(whole.all) == 2
    for one, other in zip(after.all, whole.all, strict=True):
        np.testing.assert_array_equal(one.rows.array, other.rows.array)
        np.testing.assert_array_equal(one.joints.array, other.joints.array)
