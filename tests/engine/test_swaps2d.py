"""Left and right put back in 2D, and a person's own turns left alone."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.skeleton import COCO_17, HALPE_26, Skeleton
from engine.swaps2d import undo_swaps

# Of somebody 1.7 m tall: outwards and up, metres.
_PLACES = {
    "hip": (0.1, 0.9), "knee": (0.1, 0.5), "ankle": (0.1, 0.08), "heel": (0.1, 0.0), "big_toe": (0.12, 0.0),
    "small_toe": (0.15, 0.0), "shoulder": (0.18, 1.4), "elbow": (0.3, 1.15), "wrist": (0.4, 0.95),
    "ear": (0.07, 1.58), "eye": (0.03, 1.6),
}  # fmt: skip
FPS = 30.0


def filmed(facing: np.ndarray, skeleton: Skeleton = HALPE_26) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (1, T, K, 2) px, scores and times of somebody who faces an angle (T,), swinging the limbs."""
    frames = len(facing)
    joints = np.zeros((1, frames, len(skeleton), 2))
    swing = 0.25 * np.sin(2 * np.pi * np.arange(frames) / FPS)
    for index, name in enumerate(skeleton.joints):
        side, _, part = name.partition("_")
        out, up = _PLACES.get(part, (0.0, 1.6))
        sign = {"left": 1.0, "right": -1.0}.get(side, 0.0)
        ahead = sign * swing * (1.0 - up / 1.7) * (part != "shoulder")
        joints[0, :, index, 0] = 400 + 200 * (sign * out * np.cos(facing) + ahead * np.sin(facing))
        joints[0, :, index, 1] = 500 - 200 * up
    joints += np.random.default_rng(1).normal(0, 1.5, joints.shape)
    return joints, np.full(joints.shape[:3], 0.9), np.arange(frames) / FPS


def exchange(values: np.ndarray, rows: slice, parts: tuple[str, ...], skeleton: Skeleton = HALPE_26) -> None:
    own = [i for i, name in enumerate(skeleton.joints) if name.partition("_")[2] in parts]
    values[:, rows, own] = values[:, rows][:, :, skeleton.mirror[own]]


LEGS = ("hip", "knee", "ankle", "heel", "big_toe", "small_toe")
ARMS = ("shoulder", "elbow", "wrist")


@pytest.mark.parametrize("skeleton", [HALPE_26, COCO_17], ids=lambda s: s.name)
@pytest.mark.parametrize("parts", [LEGS, ARMS, LEGS + ARMS], ids=["legs", "arms", "both"])
def test_sides_exchanged_for_some_frames_are_put_back(parts, skeleton):
    joints, score, time = filmed(np.full(90, 0.1), skeleton)
    score = score * np.linspace(0.8, 1.0, score.shape[2])
    spoiled, spoiled_score = joints.copy(), score.copy()
    for rows in (slice(20, 22), slice(50, 57)):
        exchange(spoiled, rows, parts, skeleton)
        exchange(spoiled_score, rows, parts, skeleton)
    fixed, fixed_score, changed = undo_swaps(spoiled, spoiled_score, skeleton, time)
    np.testing.assert_array_equal(fixed, joints)
    np.testing.assert_array_equal(fixed_score, score)
    assert changed[0, 20:22].all() and changed[0, 50:57].all() and changed.sum() == 9
    assert not np.array_equal(spoiled, joints)  # what came in stays as it was


@pytest.mark.parametrize("seconds", [0.4, 1.0, 3.0])
def test_somebody_who_turns_round_is_left_alone(seconds):
    turn = np.clip((np.arange(120) / FPS - 0.5) / seconds, 0.0, 1.0) * np.pi
    joints, score, time = filmed(turn)
    assert not undo_swaps(joints, score, HALPE_26, time)[2].any()


def test_walking_in_profile_has_no_swaps():
    joints, score, time = filmed(np.full(150, np.pi / 2))
    assert not undo_swaps(joints, score, HALPE_26, time)[2].any()


def test_missing_joints_people_and_frames_do_no_harm():
    joints, score, time = filmed(np.full(40, 0.1))
    joints[0, 10:20] = np.nan
    score[0, 10:20] = np.nan
    both = np.concatenate([joints, np.full_like(joints, np.nan)])
    fixed, _, changed = undo_swaps(both, np.concatenate([score, np.full_like(score, np.nan)]), HALPE_26, time)
    np.testing.assert_array_equal(fixed, both)
    assert not changed.any()
    for count in (0, 1):
        cut = undo_swaps(joints[:, :count], score[:, :count], HALPE_26, time[:count])
        assert cut[0].shape == (1, count, 26, 2) and not cut[2].any()
    assert undo_swaps(joints[:0], score[:0], HALPE_26, time)[0].shape == (0, 40, 26, 2)


def test_at_a_low_frame_rate_nothing_is_judged():
    joints, score, _ = filmed(np.full(30, 0.5))
    exchange(joints, slice(10, 12), LEGS)
    assert not undo_swaps(joints, score, HALPE_26, np.arange(30) / 5.0)[2].any()
