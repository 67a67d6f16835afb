"""Which frames between two looks are looked at, of people who moved."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from drawn_people import RED, FakeNetwork, Scene, walker

from engine.backtrack import PastFrame, Sighting
from engine.between import Moved, look_between
from engine.sight import Sight
from engine.tracklet import Tracklet


def looked_at(x: np.ndarray, largest: float) -> tuple[list[int], Tracklet]:
    """Rows between the first and the last frame that are looked at for somebody at x (T,) px."""
    scene = Scene([walker(x, RED)])
    frames = [PastFrame(row, frame) for row, frame in enumerate(scene)]
    sight = Sight(FakeNetwork(scene, noise=0.0))
    first, last = (
        sight.poses(each.frame.image, [sight.network.region(scene.figures[0].joints(row), np.ones(17))])[0]
        for row, each in ((0, frames[0]), (-1, frames[-1]))
    )
    run = Tracklet(sight.skeleton)
    run.add(0, 0.0, first, alone=True)
    moved = Moved(run, Sighting(len(x) - 1, frames[-1].time, last, True))
    return look_between(sight, frames[1:-1], [moved], largest), run


def test_the_middle_is_enough_where_motion_is_even():
    rows, run = looked_at(np.linspace(200, 300, 8), largest=0.2)
    assert rows == [4]
    assert list(run.rows) == list(range(7)) and list(np.flatnonzero(run.looked.array)) == [0, 4]


def test_all_are_looked_at_where_nothing_is_let_pass():
    rows, run = looked_at(np.linspace(200, 300, 8), largest=0.0)
    assert rows == [1, 2, 3, 4, 5, 6] and run.looked.array.all()


@pytest.mark.parametrize(("missing", "empty"), [([4], []), ([2, 3, 4, 5], [2, 3, 4])])
def test_frames_in_which_they_are_not_found_stay_empty_but_for_a_blink(missing, empty):
    x = np.linspace(200, 220, 8)
    x[missing] = np.nan
    rows, run = looked_at(x, largest=0.2)
    assert rows[0] < 4 < rows[-1] and 4 in rows
    assert list(run.rows) == [row for row in range(7) if row not in empty]
    assert not run.looked.array[run.rows.array == 4].any()
