"""The way of a character whose feet would slide."""

from __future__ import annotations

import numpy as np

from blender_pose3d.stride import stride

HEIGHTS = np.zeros(4)


def sliding(frames: int = 90, speed: float = 0.01) -> np.ndarray:
    """(T, 4, 3) ends of feet that both slide ahead, 2 cm over the floor."""
    points = np.zeros((frames, 4, 3))
    points[..., 0] = speed * np.arange(frames)[:, None]
    points[..., 2] = 0.02
    return points


def test_what_both_feet_slide_is_taken_from_the_way() -> None:
    points, stands = sliding(), np.ones((90, 4), dtype=bool)
    way = stride(points, stands, HEIGHTS, 30.0)
    moved = points + way[:, None]
    assert np.ptp(moved[..., 0], axis=0).max() < 0.02 < np.ptp(points[..., 0], axis=0).max()
    assert np.abs(moved[..., 2]).max() < 0.001
    np.testing.assert_allclose(way[0, :2], 0.0, atol=1e-12)
    np.testing.assert_allclose(way[:, 1], 0.0, atol=1e-12)


def test_feet_in_the_air_leave_the_way() -> None:
    nothing = np.zeros((90, 4), dtype=bool)
    np.testing.assert_array_equal(stride(sliding(), nothing, HEIGHTS, 30.0), np.zeros((90, 3)))
    short = np.ones((2, 4), dtype=bool)
    np.testing.assert_array_equal(stride(sliding(2), short, HEIGHTS, 30.0), np.zeros((2, 3)))


def test_the_way_is_smooth_where_feet_take_turns() -> None:
    points, stands = sliding(), np.zeros((90, 4), dtype=bool)
    points[:, 2:, 0] *= 2.0  # the right foot slides twice as far
    stands[:45, :2] = stands[45:, 2:] = True
    way = stride(points, stands, HEIGHTS, 30.0)
    assert np.abs(np.diff(way, n=2, axis=0)).max() < 0.004
    speed = np.diff(way[:, 0])
    assert abs(speed[20] + 0.01) < 0.002 and abs(speed[70] + 0.02) < 0.003
