"""Long footage is worked through in blocks for the sake of memory; results do not depend on them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from blender_pose3d.skeleton import HALPE_26
from engine import bend, bridge, bridge_chain, plausible, stitch, swaps2d
from engine.bend import curved
from engine.bridge import to_lifter
from engine.swaps2d import undo_swaps
from engine.tracklet import Tracklet

SIZE = 1280, 1000
MODULES = bend, bridge, bridge_chain, plausible, stitch, swaps2d
FRAMES = 601  # one more than whole blocks


def in_blocks(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    for module in MODULES:
        monkeypatch.setattr(module, "_AT_ONCE", length)


@pytest.fixture(scope="module")
def seen() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (2, T, 26, 2), scores and times: toes unseen, gaps, somebody away, sides exchanged."""
    dice = np.random.default_rng(0)
    time = np.cumsum(dice.uniform(0.8, 1.2, FRAMES)) / 30
    figure = dice.uniform([-100, 100], [100, 900], (26, 2))
    way = np.stack([500 + 80 * np.sin(time), np.zeros(FRAMES)], axis=-1)[:, None]
    joints = figure + way + dice.normal(0, 2.0, (2, FRAMES, 26, 2)) + np.array([0, 250])[:, None, None, None]
    score = dice.uniform(0.01, 1, (2, FRAMES, 26))
    score[:, :, -6:] = 0.02
    score[1, 100:300, 5:9] = 0.01
    joints[1, 50:70], score[1, 50:70] = np.nan, np.nan
    mirror = HALPE_26.mirror
    for first in range(30, FRAMES, 97):
        joints[0, first : first + 3] = joints[0, first : first + 3][:, mirror]
        score[0, first : first + 3] = score[0, first : first + 3][:, mirror]
    return joints.astype(np.float32), score.astype(np.float32), time


def test_nothing_depends_on_the_blocks(seen, monkeypatch):
    joints, score, time = seen
    looked = np.random.default_rng(1).random(FRAMES) < 0.3
    looked[[0, -1]] = True
    runs = []
    for person in range(2):
        run, rows = Tracklet(HALPE_26), np.flatnonzero(np.isfinite(joints[person, :, 0, 0]))
        run.rows.extend(rows)
        run.joints.extend(joints[person, rows])
        run.score.extend(score[person, rows])
        runs.append(run)

    def results() -> list[np.ndarray]:
        judged = plausible.Evidence(FRAMES, float(np.ptp(time))).enough(runs)
        return [
            curved(time, joints[0], looked),
            *undo_swaps(joints, score, HALPE_26, time),
            *to_lifter(joints, score, HALPE_26, SIZE),
            *stitch.arrange([[run] for run in runs], FRAMES, HALPE_26, SIZE),
            np.array(judged),
        ]

    in_blocks(monkeypatch, 10**9)
    whole = results()
    assert whole[3].any() and not np.isnan(whole[4][0]).any()
    in_blocks(monkeypatch, 100)
    for one, other in zip(results(), whole, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_getting_ready_for_the_lift_takes_no_more_than_its_joints_several_times(seen, monkeypatch):
    joints, score = np.tile(seen[0][0], (4, 1, 1)), np.tile(seen[1][0], (4, 1))
    in_blocks(monkeypatch, 50)
    tracemalloc.start()
    try:
        to_lifter(joints, score, HALPE_26, SIZE)
        assert tracemalloc.get_traced_memory()[1] / len(joints) < 1000
    finally:
        tracemalloc.stop()
