"""Errors of 3D poses on poses whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.evaluate.lifter_metrics import aligned_errors, joint_errors, scaled_errors, velocity_errors

POSES = np.random.default_rng(0).normal(0, 0.3, (6, 19, 3))
POSES -= POSES[:, :1]


def test_errors_of_the_truth_are_zero() -> None:
    for measure in (joint_errors, scaled_errors, aligned_errors, velocity_errors):
        np.testing.assert_allclose(measure(POSES + np.array([1, 2, 3]), POSES), 0, atol=1e-7)


def test_mpjpe_is_the_mean_distance() -> None:
    moved = POSES.copy()
    moved[:, 5] += [0.03, 0.04, 0]
    errors = joint_errors(moved, POSES)
    np.testing.assert_allclose(errors[:, 5], 0.05)
    assert errors.mean() == pytest.approx(0.05 / 19)


def test_scale_is_forgiven_by_two_measures_and_rotation_by_one() -> None:
    larger = 1.2 * POSES
    assert joint_errors(larger, POSES).mean() > 0.05
    np.testing.assert_allclose(scaled_errors(larger, POSES), 0, atol=1e-7)
    turned = larger @ Rotation.random(6, random_state=1).as_matrix()
    assert scaled_errors(turned, POSES).mean() > 0.05
    np.testing.assert_allclose(aligned_errors(turned, POSES), 0, atol=1e-7)


def test_a_mirror_image_is_not_forgiven() -> None:
    assert aligned_errors(POSES * [-1, 1, 1], POSES).mean() > 0.05


def test_aligned_error_is_the_least() -> None:
    noisy = POSES + np.random.default_rng(1).normal(0, 0.05, POSES.shape)
    ours = (aligned_errors(noisy, POSES) ** 2).sum(axis=1)
    for seed in range(20):
        random = np.random.default_rng(seed)
        turn = Rotation.from_rotvec(random.normal(0, 0.05, (6, 3))).as_matrix()
        other = random.uniform(0.9, 1.1) * noisy @ turn + random.normal(0, 0.02, 3)
        assert (ours <= ((other - POSES) ** 2).sum(axis=(1, 2)) + 1e-12).all()


def test_velocity_error_ignores_a_constant_offset_and_sees_jitter() -> None:
    offset = POSES.copy()
    offset[:, 3] += 0.1
    np.testing.assert_allclose(velocity_errors(offset, POSES), 0, atol=1e-9)
    shaken = POSES.copy()
    shaken[::2, 3] += [0.1, 0, 0]
    np.testing.assert_allclose(velocity_errors(shaken, POSES)[:, 3], 0.1)
