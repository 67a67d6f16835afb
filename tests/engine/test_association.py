"""Matchings of few people, tried one by one, against scipy's."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from blender_pose3d.skeleton import COCO_17
from engine import association
from engine.association import _cheapest


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (2, 2), (4, 3), (3, 4), (6, 2), (7, 6)])
def test_few_people_are_matched_as_by_scipy(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        cost = rng.random(shape) * 3
        cost[rng.random(shape) < 0.3] = 1e6
        rows, columns = _cheapest(cost)
        assert len(set(rows.tolist())) == len(set(columns.tolist())) == min(shape)
        assert cost[rows, columns].sum() == pytest.approx(cost[linear_sum_assignment(cost)].sum())


def test_somebody_lost_does_not_take_the_pose_of_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    # Measured: who is there fits their pose best, the other pose is nobody's, but worse for who is lost.
    cost = np.array([[0.3, 2.5], [1.6, 1e6]])
    monkeypatch.setattr(association, "costs", lambda *_: cost)
    people, poses = [None, None], [None, None]
    assert association.assign(people, poses, 0.0, COCO_17) == {0: 0}  # type: ignore[arg-type]
