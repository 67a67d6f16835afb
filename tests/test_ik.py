"""Limbs of two bones go where they are sent, bend one way, and never pop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_pose3d.character_hands import HandTarget, move_hands
from blender_pose3d.ik import Chain, at_least, follow, solve, turned_on, within_reach
from blender_pose3d.joint_limits import ELBOW, KNEE
from blender_pose3d.quaternions import rotate

UPPER, LOWER = 0.42, 0.40


def leg(bend: float = 40.0, count: int = 1) -> Chain:
    """Legs that hang from the origin, knees bent forwards (-y) by an angle in degrees."""
    half = np.deg2rad(bend / 2)
    middle = UPPER * np.array([0.0, -np.sin(half), -np.cos(half)])
    end = middle + LOWER * np.array([0.0, np.sin(half), -np.cos(half)])
    still = np.zeros((count, 3))
    return Chain(still, still + middle, still + end, np.tile([1.0, 0.0, 0.0], (count, 1)))


def flexion(chain: Chain) -> np.ndarray:
    upper, lower = chain.middle - chain.root, chain.end - chain.middle
    cosine = (upper * lower).sum(-1) / np.linalg.norm(upper, axis=-1) / np.linalg.norm(lower, axis=-1)
    return np.rad2deg(np.arccos(cosine.clip(-1, 1)))


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.floats(-1.2, 1.2)] * 3), st.floats(5.0, 120.0))
def test_any_target_leaves_a_whole_leg(target: tuple[float, float, float], bend: float) -> None:
    start = leg(bend)
    moved = solve(start, np.array([target]), KNEE)
    assert np.isfinite(moved.middle).all()
    assert np.allclose(np.concatenate(moved.lengths()), [UPPER, LOWER], atol=1e-6)
    assert 5.0 < flexion(moved)[0] < np.rad2deg(KNEE.most) + 1e-6
    distance = np.linalg.norm(target)
    if 0.35 < distance < 0.78:
        assert np.allclose(moved.end, target, atol=1e-9)
    if distance > 1e-3:
        assert np.allclose(np.cross(moved.end[0], target), 0.0, atol=1e-6)


def test_a_knee_bends_forwards_whatever_it_did_before() -> None:
    straight = leg(0.0, 20)
    target = np.linspace([0.0, 0.1, -0.8], [0.0, -0.1, -0.4], 20)
    moved = solve(straight, target, KNEE)
    assert (np.cross(moved.middle, moved.end)[:, 0] > 0).all()


def test_a_leg_that_is_pulled_straight_does_not_pop() -> None:
    count = 200
    target = np.linspace([0.0, 0.0, -0.70], [0.0, 0.0, -0.90], count)
    angle = flexion(solve(leg(60.0, count), target, KNEE))
    assert (np.diff(angle) < 1e-9).all() and angle[-1] > 5.0
    assert np.abs(np.diff(angle)).max() < 1.0


def test_a_leg_that_is_pushed_together_stops_softly() -> None:
    count = 200
    target = np.linspace([0.0, 0.0, -0.5], [0.0, 0.0, -0.02], count)
    angle = flexion(solve(leg(60.0, count), target, KNEE))
    assert angle.max() < np.rad2deg(KNEE.most) and angle[-1] > 140
    near = np.linspace(0.0, 1.0, 50)
    kept = at_least(np.full(50, 0.2), np.ones(50), near)
    assert (
        (kept > 0.2).all() and (np.diff(kept) > 0).all() and np.allclose(kept[near > 0.24], near[near > 0.24])
    )


def test_without_weight_limits_do_not_count() -> None:
    bent = leg(170.0)
    assert np.allclose(within_reach(bent, bent.end, KNEE, 0.0), bent.end)
    assert not np.allclose(within_reach(bent, bent.end, KNEE), bent.end)


def test_rotations_follow_the_limb() -> None:
    start = leg(30.0, 5)
    moved = solve(start, np.random.default_rng(0).uniform(-0.6, 0.6, (5, 3)), KNEE)
    still = np.tile([[1.0], [0.0], [0.0], [0.0]], 5)
    turned = {"thigh.L": still, "thigh_swing.L": still, "shin.L": still}
    follow(turned, turned_on(start, moved), "thigh.L", "shin.L")
    assert np.allclose(rotate(turned["thigh.L"], start.middle), moved.middle)
    assert np.allclose(rotate(turned["shin.L"], start.end - start.middle), moved.end - moved.middle)
    assert np.allclose(turned["thigh_swing.L"], turned["thigh.L"])


@pytest.mark.parametrize("weighed", [False, True])
def test_hands_go_to_their_targets_and_stay_where_they_rest(weighed: bool) -> None:
    count = 90
    arms = {side: leg(50.0, count) for side in "LR"}
    sway = 0.02 * np.sin(np.arange(count) / 20)[:, None]
    arms["R"] = Chain(*(p + sway for p in (arms["R"].root, arms["R"].middle, arms["R"].end)), arms["R"].hinge)
    still = np.tile([[1.0], [0.0], [0.0], [0.0]], count)
    turned = {f"{part}.{s}": still for part in ("upper_arm", "upper_arm_swing", "forearm") for s in "LR"}
    rests = np.zeros((count, 2), bool)
    rests[20:70, 1] = True
    place = np.full((count, 3), [0.1, -0.4, -0.4])
    weight = np.full(count, 0.5) if weighed else None
    new = move_hands(arms, turned, 30.0, rests=rests, targets={"L": HandTarget(place, weight)})

    def wrist(side: str) -> np.ndarray:
        arm = arms[side]
        elbow = rotate(new[f"upper_arm.{side}"], arm.middle - arm.root)
        return arm.root + elbow + rotate(new[f"forearm.{side}"], arm.end - arm.middle)

    goal = place if not weighed else (place + arms["L"].end) / 2
    assert np.allclose(wrist("L"), goal, atol=1e-6)
    held = wrist("R")[25:65]
    assert np.ptp(held, axis=0).max() < 0.001 < np.ptp(arms["R"].end[25:65], axis=0).max()
    assert np.abs(np.diff(wrist("R"), axis=0)).max() < 0.005


def test_elbows_and_knees_have_measured_ranges() -> None:
    assert KNEE.least == ELBOW.least == 0.0
    assert 145 < np.rad2deg(KNEE.most) < 160 and 145 < np.rad2deg(ELBOW.most) < 160
