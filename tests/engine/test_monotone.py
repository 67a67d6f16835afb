"""Monotone cubics against scipy's."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from engine.monotone import monotone


@pytest.mark.parametrize("count", [2, 3, 4, 40])
def test_as_scipys(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        x = np.cumsum(rng.integers(1, 9, count))
        y = rng.normal(size=(count, 3)).cumsum(axis=0).round(1)
        y[rng.random(count) < 0.2] = 0.0  # level stretches
        at = np.sort(rng.uniform(x[0], x[-1], 50))
        at[:2] = x[0], x[-1]
        np.testing.assert_allclose(monotone(x, y, at), PchipInterpolator(x, y)(at), atol=1e-12)
