"""The detector asked ahead: the same finds as asked then and there, and in the frames that are asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import BLUE, RED, FakeDetector, FakeNetwork, Scene, number_of, walker

from engine.overlap import ahead
from engine.pace import CALM
from engine.people import follow
from engine.pose2d.base import Finds
from engine.pose2d.views import Halves, View, views
from engine.scout import Scout
from engine.search import Mood


class ViewDetector(FakeDetector):
    """Sees in each view those whose middle is in it; remembers what it was shown."""

    def __init__(self, scene: Scene, score: float = 0.9) -> None:
        super().__init__(scene)
        self.shown: list[tuple[int, View]] = []
        self.score = score

    def views(self, height: int, width: int) -> tuple[View, ...]:
        return views(height, width)

    def look(self, picture: Halves, some: list[View]) -> list[np.ndarray]:
        image = picture._levels[0]
        self.shown += [(number_of(image), view) for view in some]
        boxes, _ = self.detect(image)
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        return [
            boxes[((middle >= view[:2]) & (middle < np.add(view[:2], view.side))).all(axis=1)]
            for view in some
        ]

    def finds(self, seen: list[np.ndarray]) -> Finds:
        boxes = np.unique(np.concatenate(seen), axis=0)
        return Finds.of_boxes(boxes, np.full(len(boxes), self.score))


def two_people() -> Scene:
    x = np.full(70, np.nan)
    x[40:] = np.linspace(500, 450, 30)
    return Scene([walker(np.linspace(100, 200, 70), RED), walker(x, BLUE, height=150)])


def test_following_with_a_scout_in_a_thread_finds_the_same():
    scene = two_people()
    plain = follow(scene, FakeNetwork(scene), ViewDetector(scene), pace=CALM)
    scout = Scout(ViewDetector(scene))
    scouted = follow(ahead(scout.over(scene), 4, "scout"), FakeNetwork(scene), scout, pace=CALM)
    assert len(plain.present) == 2
    np.testing.assert_array_equal(plain.joints2d, scouted.joints2d)
    np.testing.assert_array_equal(plain.looked, scouted.looked)


def test_a_scout_that_would_hold_up_frames_leaves_them_to_who_follows():
    scene = two_people()
    plain = follow(scene, FakeNetwork(scene), ViewDetector(scene), pace=CALM)
    turns = iter([False, True, True, False] * 10)
    scout = Scout(ViewDetector(scene))
    now_and_then = follow(scout.over(scene, lambda: next(turns)), FakeNetwork(scene), scout, pace=CALM)
    np.testing.assert_array_equal(plain.joints2d, now_and_then.joints2d)
    never = ViewDetector(scene)
    assert len(list(Scout(never).over(scene, lambda: False))) == 70
    assert never.shown == []


@pytest.mark.slow
def test_wrong_guesses_change_nothing():
    scene = two_people()

    class Astray(Scout):
        def expect(self, expected):
            super().expect(type(expected)(expected.time - 0.1, None, expected.boxes, Mood.NOBODY))

    plain = follow(scene, FakeNetwork(scene), ViewDetector(scene), pace=CALM)
    scout = Astray(ViewDetector(scene))
    astray = follow(scout.over(scene), FakeNetwork(scene), scout, pace=CALM)
    np.testing.assert_array_equal(plain.joints2d, astray.joints2d)


def test_all_is_found_ahead_while_all_is_well_and_nothing_twice():
    scene = Scene([walker(np.linspace(200, 260, 90), RED)])
    detector = ViewDetector(scene)
    scout, late = Scout(detector), []
    find = scout.find

    def watched(frame, *rest):
        before = len(detector.shown)
        found = find(frame, *rest)
        late.extend(detector.shown[before:])
        return found

    scout.find = watched
    follow(scout.over(scene), FakeNetwork(scene), scout)
    assert late == []
    assert len(set(detector.shown)) == len(detector.shown)
    assert {frame for frame, view in detector.shown if view.kind == 0} == {0, 30, 60}


@pytest.mark.slow
def test_who_comes_in_is_looked_for_within_half_a_second():
    scene = two_people()
    detector = ViewDetector(scene)
    people = follow(scene, FakeNetwork(scene), detector)
    assert np.flatnonzero(people.present[1])[0] == 40
    assert 45 in {frame for frame, _ in detector.shown}


def test_who_is_doubted_is_found_when_they_move():
    moving = Scene([walker(np.linspace(150, 350, 60), RED)])
    still = Scene([walker(np.full(60, 150.0), RED)])
    still.figures[0].joints = lambda frame, first=still.figures[0].joints: first(0)
    for scene, there in ((moving, 1), (still, 0)):
        people = follow(scene, FakeNetwork(scene), ViewDetector(scene, score=0.4))
        assert len(people.present) == there


def test_what_nobody_asks_for_is_forgotten():
    scene = Scene([walker(np.full(31, 200.0), RED)])
    scout = Scout(FakeDetector(scene))
    frames = list(scout.over(scene))
    assert scout._known
    glimpse = scout.glimpse(frames[30])
    found, _ = scout.find(
        frames[30], frames[30].image, scout.fresh(frames[30], glimpse), glimpse, Mood.NOBODY
    )
    assert len(found.box) == 1
    assert set(scout._known) <= {30}
