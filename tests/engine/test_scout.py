"""The detector asked ahead: the same finds as asked then and there, and in the frames that are asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, RED, FakeDetector, FakeNetwork, Scene, walker

from engine.overlap import ahead
from engine.pace import CALM
from engine.people import follow
from engine.scout import Scout


def test_following_with_a_scout_in_a_thread_finds_the_same():
    x = np.full(90, np.nan)
    x[40:] = np.linspace(500, 450, 50)
    scene = Scene([walker(np.linspace(100, 200, 90), RED), walker(x, BLUE, height=150)])
    plain = follow(scene, FakeNetwork(scene), FakeDetector(scene), pace=CALM)
    detector = FakeDetector(scene)
    scout = Scout(detector)
    scouted = follow(ahead(scout.over(scene), 4, "scout"), FakeNetwork(scene), scout, pace=CALM)
    np.testing.assert_array_equal(plain.joints2d, scouted.joints2d)
    np.testing.assert_array_equal(plain.looked, scouted.looked)


def test_all_is_found_ahead_while_all_is_well():
    scene = Scene([walker(np.full(90, 200.0), RED)])
    asked: list[int] = []

    class Counting(FakeDetector):
        def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            asked.append(int(image[0, 0, 1]))
            return super().detect(image)

    scout = Scout(Counting(scene))
    follow(scout.over(scene), FakeNetwork(scene), scout)
    assert asked == [0, 15, 30, 45, 60, 75]


def test_what_nobody_asks_for_is_forgotten():
    scene = Scene([walker(np.full(31, 200.0), RED)])
    scout = Scout(FakeDetector(scene))
    frames = list(scout.over(scene))
    assert len(scout.find(frames[30], frames[30].image)) == 1
    assert scout._found == {}
