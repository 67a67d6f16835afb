"""Contacts: the most probable ones, of walkers and jumpers, seen and unseen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from blender_pose3d.contacts import find_contacts, most_probable
from blender_pose3d.feet import rests, sole_points
from blender_pose3d.skeleton import H36M_17, H36M_19
from tests.synthetic_motion import dancer, figure, without_toes
from tests.walker import STEP_TIME, walk

UP = np.array([0.0, 0.0, 1.0])


def seen(joints: np.ndarray) -> np.ndarray:
    return np.ones(joints.shape[:2])


def standing(seconds: float, fps: float = 30.0) -> np.ndarray:
    """(T, 4) bool: when the feet of ``walk`` stand, heel and toe at once."""
    time = np.arange(round(seconds * fps)) / fps
    feet = [(time / (2 * STEP_TIME) + phase / 2) % 1.0 < 0.6 for phase in (0.0, 1.0)]
    return np.repeat(np.stack(feet, axis=1), 2, axis=1)


def f1(found: np.ndarray, true: np.ndarray) -> float:
    return 2 * (found & true).sum() / (found.sum() + true.sum())


def shaken(joints: np.ndarray, fps: float, seed: int = 0) -> np.ndarray:
    """As lifted: feet that stray by centimetres, slowly, and all joints that shake by millimetres."""
    rng = np.random.default_rng(seed)
    slow = gaussian_filter1d(rng.standard_normal(joints.shape), 0.2 * fps, axis=0)
    slow *= 0.02 / slow.std()
    slow[:, 0] = 0.0
    return joints + slow + rng.normal(0.0, 0.002, joints.shape)


def slowly(say: np.ndarray, change: float) -> np.ndarray:
    """Viterbi's algorithm as it is in books, for one sequence."""
    best, back = np.array([0.0, say[0]]), []
    for value in say[1:]:
        come = best[:, None] - change * (1 - np.eye(2))
        back.append(come.argmax(axis=0))
        best = come.max(axis=0) + np.array([0.0, value])
    path = [int(best.argmax())]
    for step in back[::-1]:
        path.append(int(step[path[-1]]))
    return np.array(path[::-1], dtype=bool)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-3, 3).map(lambda x: x + 1e-3), min_size=1, max_size=40), st.floats(0.1, 4.0))
def test_most_probable_is_what_viterbi_finds(say: list[float], change: float) -> None:
    def worth(states: np.ndarray) -> float:
        return float(np.dot(states, say) - change * np.count_nonzero(np.diff(states.astype(int))))

    found = most_probable(np.array(say)[:, None], change)[:, 0]
    assert worth(found) == pytest.approx(worth(slowly(np.array(say), change)))


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 240.0])
def test_a_walker_s_steps_at_any_frame_rate(fps: float) -> None:
    joints = shaken(walk(6.0, fps, heading=70.0), fps)
    assert f1(find_contacts(joints, seen(joints), H36M_19, fps), standing(6.0, fps)) > 0.9


def test_steps_are_found_where_the_floor_is_not_known() -> None:
    joints = walk(6.0) + 2.0 * UP
    assert not find_contacts(joints, seen(joints), H36M_19, 30.0).any()
    assert f1(find_contacts(joints, seen(joints), H36M_19, 30.0, floor=False), standing(6.0)) > 0.9


def test_a_slow_drift_in_depth_is_an_error_of_lifting() -> None:
    joints = np.repeat(walk(0.1)[:1], 60, axis=0) - walk(0.1)[:1, :1] * (1, 1, 0)
    joints[..., 1] += 0.2 * np.sin(np.arange(60) / 9.0)[:, None]  # up to 0.67 m/s
    drifting = find_contacts(joints, seen(joints), H36M_19, 30.0)
    known = find_contacts(joints, seen(joints), H36M_19, 30.0, seen_from=np.array([0.0, -5.0, 1.0]))
    assert known.all() and not drifting.all()


def test_nobody_touches_the_ground_in_a_jump() -> None:
    joints = np.repeat(walk(0.1)[:1], 90, axis=0)
    time = np.arange(90) / 30.0 - 1.25
    height = np.maximum(2.5 * time - 9.81 / 2 * time**2, 0.0)  # half a second in the air
    joints[..., 2] += height[:, None]
    found = find_contacts(shaken(joints, 30.0), seen(joints), H36M_19, 30.0)
    assert not found[height > 0.08].any()
    assert found[:33].all() and found[58:].all()


def test_what_nobody_saw_touches_nothing() -> None:
    joints, score = walk(3.0), np.ones((90, 19))
    feet = [H36M_19.index(s + n) for s in "LR" for n in ("Ankle", "Toe")]
    score[:, feet] = 0.0
    assert not find_contacts(joints, score, H36M_19, 30.0).any()
    still = np.repeat(walk(0.1)[:1], 90, axis=0)
    gap = np.ones((90, 19))
    gap[40:43] = 0.0
    assert find_contacts(still, gap, H36M_19, 30.0).all(), "a moment's gap ends no contact"


def test_a_heel_lifts_before_its_toe() -> None:
    pitch = np.clip(np.arange(60) - 20, 0, 25) * 2.0  # degrees the foot turns about the toes from frame 20 on
    joints = figure({"foot.L": pitch, "foot.R": pitch}, np.tile([0.0, 0.0, 0.9], (60, 1)))
    joints += (np.array([0.0, 0.0, 0.015]) - joints[:, H36M_19.index("LToe")])[:, None]
    found = find_contacts(joints, seen(joints), H36M_19, 30.0)
    assert found[:18].all() and found[:, [1, 3]].all() and not found[35:, [0, 2]].any()


def test_a_foot_that_darts_off_and_is_back_never_left() -> None:
    joints = np.repeat(walk(0.1)[:1], 60, axis=0)
    joints[27:34, ..., 0] += 0.6 * np.sin(np.linspace(0, np.pi, 7))[:, None] ** 2  # the whole body
    assert find_contacts(joints, seen(joints), H36M_19, 30.0).all()
    stepping = np.repeat(walk(0.1)[:1], 60, axis=0)
    stepping[30:, ..., 0] += 0.6
    found = find_contacts(stepping, seen(stepping), H36M_19, 30.0)
    assert found[:25].all() and found[36:].all() and not found[30].any()


def test_a_foot_that_creeps_to_another_place_has_two_contacts() -> None:
    joints = np.repeat(walk(0.1)[:1], 90, axis=0)
    joints[..., 0] += 0.15 * np.clip((np.arange(90) - 40) / 12.0, 0, 1)[:, None]  # at 0.37 m/s
    found = find_contacts(joints, seen(joints), H36M_19, 30.0)
    assert found[:38].all() and found[55:].all() and not found[40:52].all(axis=0).any()


def test_lying_sitting_and_upside_down_give_answers() -> None:
    joints = walk(2.0)
    lying = joints[..., [0, 2, 1]] * (1, 1, 0.3)
    for odd in (lying, joints * (1, 1, -1), np.zeros_like(joints), joints[:1], joints[:2]):
        assert find_contacts(odd, seen(odd), H36M_19, 30.0).shape == (len(odd), 4)
    assert find_contacts(joints, seen(joints), H36M_19, 1.0).shape == (60, 4)


def test_without_toes_ankles_tell() -> None:
    joints = without_toes(walk(4.0))
    found = find_contacts(joints, np.ones((120, 17)), H36M_17, 30.0)
    assert f1(found, standing(4.0)[:, ::2]) > 0.9


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 360), st.floats(0.4, 1.8))
def test_mirror_turn_shift_and_size_change_nothing(seed: int, degrees: float, size: float) -> None:
    joints = shaken(dancer(80, seed=seed), 30.0, seed)
    joints[..., 2] -= joints[:, [4, 8], 2].min() - 0.02
    found = find_contacts(joints, seen(joints), H36M_19, 30.0)
    other = find_contacts(joints[:, H36M_19.mirror] * (-1, 1, 1), seen(joints), H36M_19, 30.0)
    np.testing.assert_array_equal(other[:, [2, 3, 0, 1]], found)
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    turned = find_contacts(joints @ rotation.T + (3.0, -2.0, 0.0), seen(joints), H36M_19, 30.0)
    assert (turned == found).mean() > 0.99  # ties may fall the other way
    sized = find_contacts(size * joints, seen(joints), H36M_19, 30.0, size=size)
    assert (sized == found).mean() > 0.99


def test_the_ends_of_a_standing_foot_lie_on_the_floor() -> None:
    points = sole_points(walk(1.0), H36M_19, 1.0)
    stands = standing(1.0)
    height = points[..., 2] - rests(H36M_19, 1.0)
    assert np.abs(height[stands]).max() < 0.02
    ahead = points[:, 1] - points[:, 0]
    np.testing.assert_allclose(np.linalg.norm(ahead, axis=-1), 0.21, atol=0.02)
