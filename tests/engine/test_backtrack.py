"""Who is found late is followed back to where they came into view."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, RED, FakeDetector, FakeNetwork, Scene, walker

from engine.backtrack import PastFrame, RecentFrames
from engine.frame import ImageFrame
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
