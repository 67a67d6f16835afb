"""Feet and hands that are held: in place, without pops, by legs and arms that keep their lengths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion

from blender_pose3d.bones import bone_lengths, with_lengths
from blender_pose3d.contacts import find_contacts
from blender_pose3d.feet import rests, sole_points
from blender_pose3d.footing import stand
from blender_pose3d.limbs import bend, overreach, reach
from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.planting import put, standing_feet
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_17, H36M_19, Skeleton
from blender_pose3d.spans import middles
from tests.synthetic_motion import dancer, figure, without_toes
from tests.test_contacts import shaken, standing
from tests.walker import camera_at, film, walk

EYE = np.array([0.0, -5.0, 1.5])


def held(joints: np.ndarray, contacts: np.ndarray, fps: float = 30.0, size: float = 1.0) -> np.ndarray:
    points, heights = sole_points(joints, H36M_19, size), rests(H36M_19, size)
    feet = standing_feet(joints, points, contacts, H36M_19, fps, heights=heights)
    return put(joints, feet, H36M_19, fps)[0]


def lengths(joints: np.ndarray, skeleton: Skeleton = H36M_19) -> np.ndarray:
    parent, child = skeleton.bones.T
    return np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)


def strays(points: np.ndarray, contacts: np.ndarray) -> float:
    """Metres by which points (T, F, 3) leave the middle of their contacts, at most."""
    return float(np.linalg.norm(points - middles(points, contacts), axis=-1)[contacts].max())


def inside(contacts: np.ndarray, fps: float = 30.0) -> np.ndarray:
    """Contacts without the moments in which a foot takes hold and lets go."""
    edge = np.ones((2 * round(0.1 * fps) + 1, 1), dtype=bool)
    return binary_erosion(contacts, edge, border_value=1)


def at(joints: np.ndarray, name: str) -> np.ndarray:
    return joints[:, H36M_19.index(name)]


def firm_walk(seconds: float = 4.0, fps: float = 30.0) -> np.ndarray:
    """A shaken walk whose bones have one length, as cleaned motions do."""
    joints = shaken(walk(seconds, fps), fps)
    return with_lengths(joints, bone_lengths(joints, np.ones(joints.shape[:2]), H36M_19), H36M_19)


@pytest.mark.parametrize("fps", [24.0, 60.0, 240.0])
def test_a_shaken_walk_stands_still_on_the_floor(fps: float) -> None:
    joints, contacts = firm_walk(fps=fps), standing(4.0, fps)
    planted = held(joints, contacts, fps)
    np.testing.assert_allclose(lengths(planted), lengths(joints), atol=1e-9)
    before, after = (sole_points(j, H36M_19, 1.0) for j in (joints, planted))
    firm = inside(contacts, fps)
    assert strays(before, contacts) > 0.03 > strays(after, contacts)
    assert strays(after, firm) < 0.015  # where a leg does not reach
    height = after[..., 2] - rests(H36M_19, 1.0)
    assert np.abs(height[contacts]).max() < 0.025 and np.abs(height[firm]).max() < 0.01
    assert height.min() > -0.005
    moved = np.linalg.norm(planted - joints, axis=-1)
    assert moved.max() < 0.12 and moved[:, H36M_19.index("Head")].max() < 0.05


def test_nothing_pops() -> None:
    joints, contacts = firm_walk(), standing(4.0)
    planted = held(joints, contacts)
    jolts = [np.linalg.norm(np.diff(j, n=2, axis=0), axis=-1).max(axis=0) for j in (joints, planted)]
    assert (jolts[1] < 1.2 * jolts[0] + 0.004).all()
    jerk = [np.linalg.norm(np.diff(j, n=3, axis=0), axis=-1).mean() for j in (joints, planted)]
    assert jerk[1] < 1.05 * jerk[0]


def test_without_contacts_only_what_is_in_the_floor_moves() -> None:
    joints = walk(2.0)
    nothing = np.zeros((60, 4), dtype=bool)
    bent = np.tile(np.array([[0.0, 0.0, 1.2]]), (60, 1))
    angles = {
        "hip.L": np.tile([-30.0, 0, 0], (60, 1)),
        "knee.L": np.full(60, 50.0),
        "knee.R": np.full(60, 20.0),
    }
    aloft = figure(angles, bent)
    np.testing.assert_allclose(held(aloft, nothing), aloft, atol=1e-9)
    sunk = joints - (0.0, 0.0, 0.05)
    planted = held(sunk, nothing)
    points = sole_points(planted, H36M_19, 1.0)
    assert (points[..., 2] - rests(H36M_19, 1.0)).min() > -0.004
    np.testing.assert_allclose(at(planted, "Head"), at(sunk, "Head"))


def test_the_toes_stay_when_the_heel_lifts() -> None:
    pitch = np.clip(np.arange(60) - 20, 0, 20) * 2.0
    joints = figure(
        {"foot.L": pitch, "foot.R": pitch, "knee.L": np.full(60, 15.0), "knee.R": np.full(60, 15.0)},
        np.stack([0 * pitch, -0.004 * np.arange(60), 0.9 + 0 * pitch], axis=-1),
    )
    joints += (np.array([0.0, 0.0, 0.015]) - at(joints, "LToe")[:1])[:, None] * (0, 0, 1)
    contacts = np.ones((60, 4), dtype=bool)
    contacts[20:, [0, 2]] = False
    points = sole_points(held(joints, contacts), H36M_19, 1.0)
    for toe in (1, 3):
        np.testing.assert_allclose(points[:, toe], np.broadcast_to(points[0, toe], (60, 3)), atol=0.004)
    assert (points[35:, [0, 2], 2] > 0.05).all()


def test_the_hips_come_down_to_a_foot_out_of_reach() -> None:
    joints = figure({}, np.tile([0.0, 0.0, 0.95], (60, 1)))  # straight legs, soles 5 cm above the floor
    contacts = np.zeros((60, 4), dtype=bool)
    contacts[20:40] = True
    planted = held(joints, contacts)
    points = sole_points(planted, H36M_19, 1.0)
    assert np.abs((points[..., 2] - rests(H36M_19, 1.0))[22:38]).max() < 0.01
    drop = (planted - joints)[:, 0, 2]
    assert drop[30] < -0.04 and abs(drop[0]) < 0.008
    assert np.abs(np.diff(drop, n=2)).max() < 0.012
    leg = np.linalg.norm(at(planted, "LAnkle") - at(planted, "LHip"), axis=-1) / 0.83
    assert leg.max() <= 0.9961


def test_knees_keep_their_side() -> None:
    joints = dancer(200, seed=3)
    joints[..., 2] -= joints[..., 2].min() + 0.03
    contacts = find_contacts(joints, np.ones(joints.shape[:2]), H36M_19, 30.0)
    planted = held(joints, contacts)
    for side in "LR":
        ways = []
        for j in (joints, planted):
            line = at(j, side + "Ankle") - at(j, side + "Hip")
            off = at(j, side + "Knee") - at(j, side + "Hip")
            off -= (off * line).sum(-1, keepdims=True) / (line**2).sum(-1, keepdims=True) * line
            ways.append(off)
        sizes = [np.linalg.norm(way, axis=-1) for way in ways]
        clear = sizes[0] > 0.1
        assert ((ways[0] * ways[1]).sum(-1) > 0.9 * sizes[0] * sizes[1])[clear].all()


def test_reach_is_smooth_and_ends_before_the_limb_is_straight() -> None:
    wanted = np.linspace(0.0, 1.2, 2001)
    got = reach(0.8, wanted)
    assert (got[wanted < 0.78] == wanted[wanted < 0.78]).all() and got.max() < 0.8 * 0.9961
    slope = np.diff(got) / np.diff(wanted)
    assert (slope > -1e-12).all() and np.abs(np.diff(slope)).max() < 0.1
    assert not overreach(0.8, wanted[wanted < 0.78]).any() and overreach(0.8, np.array([1.0])) > 0.2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_limb_whose_end_stays_does_not_move(seed: int) -> None:
    rng = np.random.default_rng(seed)
    root, middle, end = rng.normal(0.0, 1.0, (3, 20, 3))
    hinge = rng.normal(0.0, 1.0, (20, 3))
    np.testing.assert_allclose(bend(root, middle, end, end, hinge), middle, atol=1e-5)
    for new in (root + 10 * (end - root), root, rng.normal(0.0, 1.0, (20, 3))):
        moved = bend(root, middle, end, new, hinge)
        np.testing.assert_allclose(
            np.linalg.norm(moved - root, axis=-1), np.linalg.norm(middle - root, axis=-1)
        )


def test_a_straight_limb_remembers_its_hinge() -> None:
    root, end = np.zeros((5, 3)), np.tile([0.0, 0.0, -1.0], (5, 1))
    hinge = np.tile([1.0, 0.0, 0.0], (5, 1))
    side = np.cross([0.0, 0.0, -1.0], hinge)
    for off in (0.0, -0.03):  # as noise bends a knee
        knees = bend(root, (root + end) / 2 + off * side, end, 0.9 * end, hinge)
        assert (np.abs(knees @ hinge[0]) < 1e-9).all() and ((knees * side).sum(-1) > 0.2).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 360))
def test_mirror_and_turn_change_nothing(seed: int, degrees: float) -> None:
    joints = dancer(60, seed=seed)
    joints[..., 2] -= joints[..., 2].min() + 0.02
    contacts = find_contacts(joints, np.ones(joints.shape[:2]), H36M_19, 30.0)
    planted = held(joints, contacts)
    assert np.isfinite(planted).all()
    flip = np.array([-1.0, 1.0, 1.0])
    other = held(joints[:, H36M_19.mirror] * flip, contacts[:, [2, 3, 0, 1]])
    np.testing.assert_allclose(other[:, H36M_19.mirror] * flip, planted, atol=1e-6)
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    np.testing.assert_allclose(
        held(joints @ rotation.T + (2, 1, 0), contacts) - (2, 1, 0), planted @ rotation.T, atol=1e-6
    )


def footing(joints: np.ndarray, skeleton: Skeleton = H36M_19, score: np.ndarray | None = None, **told):
    score = np.ones(joints.shape[:2]) if score is None else score
    return stand(joints, score, skeleton, 30.0, MotionSettings(**told), seen_from=EYE)


def test_what_is_told_of_each_foot_is_done() -> None:
    joints = firm_walk()
    always = footing(joints, left_foot="always")
    assert always.contacts[:, :2].all() and not always.contacts[:, 2:].all()
    never = footing(joints, right_foot="never")
    assert not never.contacts[:, 2:].any() and never.contacts[:, :2].any()
    still = sole_points(never.joints, H36M_19, 1.0)
    assert strays(still, footing(joints).contacts & [False, False, True, True]) > 0.02
    loose = footing(joints, plant_feet=0.0)
    np.testing.assert_array_equal(loose.joints, joints)
    assert loose.contacts.any()
    half = footing(joints, plant_feet=0.5)
    np.testing.assert_allclose(lengths(half.joints), lengths(joints), atol=1e-9)


def test_feet_cut_off_by_the_picture_are_left_alone() -> None:
    joints, score = (
        figure({"knee.L": np.full(40, 30.0), "knee.R": np.full(40, 30.0)}, np.tile([0, 0, 0.95], (40, 1))),
        np.ones((40, 19)),
    )
    score[:, [H36M_19.index(s + n) for s in "LR" for n in ("Ankle", "Toe")]] = 0.0
    found = footing(joints, score=score)
    assert not found.contacts.any()
    np.testing.assert_allclose(found.joints, joints, atol=1e-9)


def test_without_toes() -> None:
    joints = without_toes(firm_walk())
    found = footing(joints, H36M_17)
    assert found.contacts.shape == (120, 4) and not found.contacts[:, [1, 3]].any()
    np.testing.assert_allclose(lengths(found.joints, H36M_17), lengths(joints, H36M_17), atol=1e-9)
    assert strays(sole_points(found.joints, H36M_17, 1.0), found.contacts[:, ::2]) < 0.01


def test_hands_that_rest_are_held_if_asked() -> None:
    count = 120
    bow = 4.0 * np.sin(np.arange(count) / 9.0)  # the body sways, so do hands that should rest
    raised = np.clip((np.arange(count) - 90) * 4.0, 0, 80)
    arms = {f"shoulder.{s}": np.stack([-60.0 - raised, 0 * bow, 0 * bow], -1) for s in "LR"}
    elbows = {f"elbow.{s}": np.full(count, 40.0) for s in "LR"}
    joints = figure(
        {**arms, **elbows, "spine": np.stack([0 * bow, bow / 4, bow / 2], -1)},
        np.tile([0, 0, 0.9], (count, 1)),
    )
    np.testing.assert_array_equal(at(footing(joints).joints, "LWrist"), at(joints, "LWrist"))
    found = footing(joints, hold_hands=True).joints
    np.testing.assert_allclose(lengths(found), lengths(joints), atol=1e-9)
    for side in "LR":
        before, after = (np.ptp(at(j, side + "Wrist")[10:80], axis=0).max() for j in (joints, found))
        assert after < 0.002
        assert before > 0.01
        np.testing.assert_allclose(
            at(found, side + "Wrist")[105:], at(joints, side + "Wrist")[105:], atol=0.01
        )


def test_jumps_stay_or_are_grounded() -> None:
    joints = walk(3.0)
    air = np.zeros(90)
    air[40:55] = 0.4 * np.sin(np.linspace(0, np.pi, 15))
    shot = film(joints + air[:, None, None] * (0, 0, 1), camera_at())
    lowest = []
    for grounded in (False, True):
        motion = motion_from_tracks(shot.tracks, settings=MotionSettings(ground_jumps=grounded))
        points = sole_points(motion.joints, H36M_19, 1.0)
        lowest.append((points[..., 2] - rests(H36M_19, 1.0)).min(axis=1)[47])
    assert lowest[0] > 0.25 and abs(lowest[1]) < 0.06


def test_settings_of_feet_have_names() -> None:
    with pytest.raises(ValueError, match="left_foot is one of auto, always, never, not 'sometimes'"):
        MotionSettings(left_foot="sometimes")


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([1.0, 5.0, 30.0, 240.0]), st.sampled_from([1, 2, 3, 4, 30]))
def test_odd_input_gives_finite_joints(seed: int, fps: float, frames: int) -> None:
    rng = np.random.default_rng(seed)
    joints = dancer(200, seed=seed % 1000)[:frames]
    joints = joints * rng.choice([1.0, -1.0], (1, 1, 3)) + rng.normal(0, 0.3, joints.shape) * rng.choice(
        [0.0, 1.0]
    )
    joints = joints if rng.random() < 0.8 else np.repeat(joints[:, :1], 19, axis=1)
    score = rng.choice([0.0, 0.05, 1.0, 7.0, -1.0], joints.shape[:2])
    settings_ = MotionSettings(hold_hands=True, left_foot=rng.choice(["auto", "always"]))
    found = stand(joints, score, H36M_19, fps, settings_, seen_from=EYE)
    assert np.isfinite(found.joints).all() and found.contacts.shape == (frames, 4)


def test_a_place_behind_the_heel_does_not_turn_the_foot_round() -> None:
    joints = figure({}, np.tile([0.0, 0.0, 0.9], (60, 1)))
    points, heights = sole_points(joints, H36M_19, 1.0), rests(H36M_19, 1.0)
    contacts = np.ones((60, 4), dtype=bool)
    places = points.copy()
    places[..., 2] = heights
    places[:, 1] = places[:, 0] + 0.8 * (places[:, 0] - places[:, 1])
    feet = standing_feet(joints, points, contacts, H36M_19, 30.0, heights=heights, places=places)
    planted, _ = put(joints, feet, H36M_19, 30.0)
    before, after = (at(j, "LToe") - at(j, "LAnkle") for j in (joints, planted))
    cosine = (before * after).sum(-1) / np.linalg.norm(before, axis=-1) / np.linalg.norm(after, axis=-1)
    assert cosine.min() > 0.5
    assert at(planted, "LAnkle")[:, 2].min() > 0.03
