"""Turns and zooms from points whose places are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.camera_turns import carry, fit, gather

CENTRE = np.array([960.0, 540.0])
FOCAL = np.full(2, 1500.0)


def filmed(turns: np.ndarray, zooms: np.ndarray, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Points in the key frame and in frames that are turned and zoomed, px; ever fewer are left."""
    rng = np.random.default_rng(seed)
    pairs = []
    for row, (turn, zoom) in enumerate(zip(turns, zooms, strict=True)):
        here = rng.uniform((0, 0), (1920, 1080), (80 - 5 * row, 2))
        flat = (here - CENTRE) / FOCAL
        pairs.append((carry(flat[None], turn[None], np.array([zoom]))[0] * FOCAL + CENTRE, here))
    return pairs


@pytest.mark.parametrize("zooms", [False, True])
def test_turns_and_zooms_come_back_in_spite_of_strays(zooms):
    turns = Rotation.from_euler("yxz", [[2, 1, 0], [12, -3, 1], [25, 5, -2]], degrees=True).as_matrix()
    zoom = np.array([1.05, 0.9, 1.3]) if zooms else np.ones(3)
    pairs = filmed(turns, zoom)
    for there, _ in pairs:
        there[:6] += 60.0
    points = gather(pairs, [np.ones(len(a), bool) for a, _ in pairs], FOCAL, CENTRE)
    turned, zoomed = fit(points, zooms=zooms)
    off = Rotation.from_matrix(np.swapaxes(turns, 1, 2) @ turned).magnitude()
    assert np.degrees(off).max() < 0.05
    np.testing.assert_allclose(zoomed, zoom, rtol=2e-3)
    # the same with a key frame that was zoomed itself
    twice = gather([(CENTRE + 2 * (a - CENTRE), CENTRE + 2 * (b - CENTRE)) for a, b in pairs],
                   [np.ones(len(a), bool) for a, _ in pairs], FOCAL, CENTRE)  # fmt: skip
    np.testing.assert_allclose(fit(twice, zoom=2.0, zooms=zooms)[1], 2.0 * zoom, rtol=2e-3)


def test_nothing_to_fit_and_nobody_there():
    assert fit(gather([], [], FOCAL, CENTRE), zooms=True)[0].shape == (0, 3, 3)
    nothing = gather([(np.zeros((0, 2)), np.zeros((0, 2)))], [np.zeros(0, bool)], FOCAL, CENTRE)
    turn, zoom = fit(nothing, zooms=True)
    assert np.isfinite(turn).all() and np.isfinite(zoom).all()
