"""The bridge from 2D networks to the lifter: lost joints, half people, gaps, scores, symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_pose3d.skeleton import COCO_17, H36M_17, H36M_19, HALPE_26
from engine.bridge import to_lifter

SIZE = (640, 480)
SHARED = [
    (joint, ("left_" if joint[0] == "L" else "right_") + joint[1:].lower())
    for joint in H36M_19.joints
    if joint[0] in "LR" and "Toe" not in joint
]
_STANDING = {
    "nose": (0, -0.015), "left_eye": (0.018, -0.025), "right_eye": (-0.018, -0.025),
    "left_ear": (0.045, 0.0), "right_ear": (-0.045, 0.0), "head": (0, -0.075),
    "neck": (0, 0.13), "hip": (0, 0.395),
    "left_shoulder": (0.103, 0.13), "right_shoulder": (-0.103, 0.13),
    "left_elbow": (0.13, 0.29), "right_elbow": (-0.13, 0.29),
    "left_wrist": (0.14, 0.435), "right_wrist": (-0.14, 0.435),
    "left_hip": (0.055, 0.395), "right_hip": (-0.055, 0.395),
    "left_knee": (0.05, 0.64), "right_knee": (-0.05, 0.64),
    "left_ankle": (0.05, 0.885), "right_ankle": (-0.05, 0.885),
    "left_big_toe": (0.06, 0.93), "right_big_toe": (-0.06, 0.93),
    "left_small_toe": (0.08, 0.925), "right_small_toe": (-0.08, 0.925),
    "left_heel": (0.05, 0.915), "right_heel": (-0.05, 0.915),
}  # fmt: skip


def figure(frames: int = 40, stature: float = 300.0, skeleton=HALPE_26):
    """Somebody who faces the camera, sways and swings the limbs: joints (T, K, 2) px, scores (T, K)."""
    base = np.array([_STANDING[name] for name in skeleton.joints]) * stature + (320.0, 90.0)
    phase = np.linspace(0, 4 * np.pi, frames)[:, None]
    swing = np.array([0.02 * ("wrist" in n or "ankle" in n or "toe" in n) for n in skeleton.joints]) * stature
    joints = np.repeat(base[None], frames, axis=0)
    joints[..., 0] += 10 * np.sin(phase) + swing * np.sin(phase + np.arange(len(skeleton)) % 2 * np.pi)
    joints[..., 1] += 4 * np.cos(phase) - 0.4 * swing * np.cos(phase)
    score = np.broadcast_to(0.7 + 0.01 * np.arange(len(skeleton)), joints.shape[:-1])
    return joints, score.copy()


def at(array: np.ndarray, joint: str) -> np.ndarray:
    return array[..., H36M_19.index(joint), :]


@pytest.mark.parametrize("skeleton", [COCO_17, HALPE_26])
def test_seen_joints_keep_place_side_and_score(skeleton):
    joints, score = figure(skeleton=skeleton)
    points, weights = to_lifter(joints, score, skeleton, SIZE)
    assert points.shape == (40, 19, 2) and weights.shape == (40, 19) and points.dtype == np.float32
    for ours, theirs in SHARED:
        np.testing.assert_allclose(at(points, ours), joints[:, skeleton.index(theirs)], atol=1e-3)
        np.testing.assert_allclose(
            weights[:, H36M_19.index(ours)], score[:, skeleton.index(theirs)], atol=1e-6
        )
    assert (at(points, "LShoulder")[:, 0] > at(points, "RShoulder")[:, 0]).all()


def test_derived_points_mean_what_the_skeleton_says():
    points, _ = to_lifter(*figure(), HALPE_26, SIZE)
    np.testing.assert_allclose(at(points, "Hip"), (at(points, "LHip") + at(points, "RHip")) / 2, atol=1e-3)
    np.testing.assert_allclose(
        at(points, "Thorax"), (at(points, "LShoulder") + at(points, "RShoulder")) / 2, atol=1e-3
    )
    np.testing.assert_allclose(at(points, "Spine"), (at(points, "Hip") + at(points, "Thorax")) / 2, atol=1e-3)
    height = {name: at(points, name)[:, 1].mean() for name in ("Head", "Neck", "Thorax")}
    lobe = 0.015 * 300  # below the ear holes of the drawn figure
    ears = figure()[0][:, HALPE_26.index("left_ear"), 1].mean()
    assert height["Neck"] == pytest.approx(ears + lobe, abs=1.0)
    assert height["Head"] < height["Neck"] < height["Thorax"]


def test_coco_agrees_with_halpe_and_lacks_only_the_toes():
    joints, score = figure()
    halpe, halpe_score = to_lifter(joints, score, HALPE_26, SIZE)
    coco, coco_score = to_lifter(joints[:, :17], score[:, :17], COCO_17, SIZE)
    toes = [H36M_19.index("RToe"), H36M_19.index("LToe")]
    rest = [j for j in range(19) if j not in toes]
    np.testing.assert_allclose(coco[:, rest], halpe[:, rest], atol=6.0)
    straight = [j for j in rest if H36M_19.joints[j] != "Head"]
    np.testing.assert_allclose(coco[:, straight], halpe[:, straight], atol=1e-3)
    assert (coco_score[:, toes] == 0).all() and (halpe_score[:, toes] > 0.5).all()
    for side in "LR":
        foot = at(coco, side + "Toe") - at(coco, side + "Ankle")
        assert (foot[:, 1] > 3).all() and (np.linalg.norm(foot, axis=-1) < 0.15 * 300).all()


def test_toes_never_seen_point_where_the_face_looks():
    joints, score = figure(skeleton=COCO_17)
    joints[:, COCO_17.index("nose"), 0] += 25
    points, _ = to_lifter(joints, score, COCO_17, SIZE)
    for side in "LR":
        assert ((at(points, side + "Toe") - at(points, side + "Ankle"))[:, 0] > 10).all()


@pytest.mark.parametrize("way", ["no score", "outside", "nan"])
@pytest.mark.parametrize("skeleton", [COCO_17, HALPE_26], ids=lambda s: s.name)
def test_every_joint_lost_alone_stays_itself(skeleton, way):
    """Lost in the second half: the place comes from what was seen before, and nothing else moves onto it."""
    joints, score = figure(skeleton=skeleton)
    whole, _ = to_lifter(joints, score, skeleton, SIZE)
    for joint, name in enumerate(skeleton.joints):
        cut, dimmed = joints.copy(), score.copy()
        if way == "no score":
            dimmed[20:, joint] = 0.0
            cut[20:, joint] = 0.0
        elif way == "outside":
            cut[20:, joint, 1] = -500.0
        else:
            cut[20:, joint] = np.nan
        points, weights = to_lifter(cut, dimmed, skeleton, SIZE)
        assert np.isfinite(points).all(), name
        assert np.linalg.norm(points - whole, axis=-1).max() < 45.0, name  # 0.15 of the stature
        ours = next((o for o, theirs in SHARED if theirs == name), None)
        if ours:
            assert (weights[20:, H36M_19.index(ours)] == 0).all()
            near = np.linalg.norm(at(points, ours)[:, None] - points, axis=-1)
            near[:, H36M_19.index(ours)] = np.inf
            assert near.min() > 8.0, name


@pytest.mark.parametrize("name", COCO_17.joints)
def test_a_joint_never_seen_gets_a_place_of_its_own(name):
    joints, score = figure(skeleton=COCO_17)
    whole, _ = to_lifter(joints, score, COCO_17, SIZE)
    joints[:, COCO_17.index(name)] = np.nan
    points, _ = to_lifter(joints, score, COCO_17, SIZE)
    assert np.linalg.norm(points - whole, axis=-1).max() < 60.0
    distance = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1) + 1e3 * np.eye(19)
    assert distance.min() > 8.0


def test_an_occluded_joint_keeps_the_guess_and_its_low_score():
    joints, score = figure(skeleton=COCO_17)
    wrist = COCO_17.index("left_wrist")
    score[10:30, wrist] = 0.08
    points, weights = to_lifter(joints, score, COCO_17, SIZE)
    np.testing.assert_allclose(at(points, "LWrist"), joints[:, wrist], atol=1e-3)
    assert weights[10:30, H36M_19.index("LWrist")] == pytest.approx(0.08)


def test_short_gap_is_filled_over_time_with_a_lower_score():
    joints, score = figure(frames=90, skeleton=COCO_17)
    truth, clear = to_lifter(joints, score, COCO_17, SIZE)
    wrist = COCO_17.index("right_wrist")
    joints[40:46, wrist], score[40:46, wrist] = 0.0, 0.0
    points, weights = to_lifter(joints, score, COCO_17, SIZE)
    assert np.linalg.norm(at(points, "RWrist") - at(truth, "RWrist"), axis=-1).max() < 3.0
    ours = H36M_19.index("RWrist")
    assert (weights[40:46, ours] > 0).all() and (weights[40:46, ours] < clear[40:46, ours]).all()
    np.testing.assert_array_equal(weights[:40], clear[:40])
    _, strict = to_lifter(joints, score, COCO_17, SIZE, max_gap=5)
    assert (strict[40:46, ours] == 0).all()


def test_long_gap_follows_the_limb_without_a_jump():
    joints, score = figure(frames=90, skeleton=COCO_17)
    truth, _ = to_lifter(joints, score, COCO_17, SIZE)
    elbow, wrist = COCO_17.index("right_elbow"), COCO_17.index("right_wrist")
    joints[30:60, [elbow, wrist]] = (0.0, 0.0)
    score[30:60, [elbow, wrist]] = 0.0
    points, weights = to_lifter(joints, score, COCO_17, SIZE)
    assert (weights[30:60, H36M_19.index("RWrist")] == 0).all()
    assert np.linalg.norm(at(points, "RWrist") - at(truth, "RWrist"), axis=-1).max() < 40.0
    step = np.linalg.norm(np.diff(at(points, "RWrist"), axis=0), axis=-1)
    usual = np.linalg.norm(np.diff(at(truth, "RWrist"), axis=0), axis=-1).max()
    assert step.max() < usual + 6.0


def test_somebody_cut_at_the_waist_has_legs_below():
    joints, score = figure(skeleton=COCO_17)
    low = [COCO_17.index(side + n) for side in ("left_", "right_") for n in ("hip", "knee", "ankle")]
    joints[:, low, 1] += 600.0
    points, weights = to_lifter(joints, score, COCO_17, SIZE)
    assert np.isfinite(points).all()
    for chain in (("Thorax", "Hip"), ("LHip", "LKnee", "LAnkle"), ("RHip", "RKnee", "RAnkle", "RToe")):
        height = np.stack([at(points, joint)[:, 1] for joint in chain])
        assert (np.diff(height, axis=0) > 5.0).all(), chain
    assert (at(points, "LHip")[:, 0] > at(points, "RHip")[:, 0]).all()
    for joint in ("Hip", "LHip", "RKnee", "RAnkle", "LToe"):
        assert (weights[:, H36M_19.index(joint)] == 0).all()
    assert (weights[:, H36M_19.index("LWrist")] > 0.5).all()


def test_only_legs_seen_still_gives_a_body_above():
    joints, score = figure(skeleton=COCO_17)
    joints[:, :11] = np.nan
    points, _ = to_lifter(joints, score, COCO_17, SIZE)
    height = np.stack([at(points, joint)[:, 1] for joint in ("Hip", "Spine", "Thorax", "Neck", "Head")])
    assert (np.diff(height, axis=0) < -5.0).all()


def test_absence_long_is_nan_and_short_is_bridged():
    joints, score = figure(frames=100)
    joints[20:25], score[20:25] = np.nan, np.nan
    joints[50:80], score[50:80] = np.nan, np.nan
    points, weights = to_lifter(joints, score, HALPE_26, SIZE)
    assert np.isfinite(points[:50]).all() and np.isfinite(points[80:]).all()
    assert np.isnan(points[50:80]).all() and (weights[50:80] == 0).all()
    assert (weights[20:25] > 0).all() and (weights[20:25] < 0.6).all()


def test_a_person_who_is_never_there_is_nan():
    nothing = np.full((2, 5, 17, 2), np.nan)
    points, weights = to_lifter(nothing, np.zeros((2, 5, 17)), COCO_17, SIZE)
    assert np.isnan(points).all() and (weights == 0).all()


def test_present_but_wholly_out_of_sight_is_finite_with_score_zero():
    joints, score = figure(frames=20, skeleton=COCO_17)
    joints[..., 0] += 5000.0
    points, weights = to_lifter(joints, score, COCO_17, SIZE)
    assert np.isfinite(points).all() and (weights == 0).all()


@pytest.mark.parametrize("name", HALPE_26.joints)
def test_one_frame_one_joint(name):
    joints = np.full((1, 26, 2), np.nan)
    joints[0, HALPE_26.index(name)] = (300.0, 200.0)
    points, weights = to_lifter(joints, np.full((1, 26), 0.9), HALPE_26, SIZE)
    assert np.isfinite(points).all() and (weights > 0).sum() <= 1
    apart = np.linalg.norm(points[0, :, None] - points[0], axis=-1) + 1e3 * np.eye(19)
    assert apart.min() > 5.0  # a body of usual size, no joint on top of another
    ours = next((o for o, theirs in SHARED if theirs == name), None)
    if ours:
        assert weights[0, H36M_19.index(ours)] == pytest.approx(0.9)
        np.testing.assert_allclose(at(points, ours), [(300.0, 200.0)])


def test_legs_squeezed_into_the_picture_do_not_tell_how_long_legs_are():
    joints, score = figure(skeleton=COCO_17)
    low = [COCO_17.index(side + n) for side in ("left_", "right_") for n in ("knee", "ankle")]
    joints[:20, low, 1] = 250.0
    score[:20, low] = 0.1
    score[20:, low] = 0.0
    points, _ = to_lifter(joints, score, COCO_17, SIZE)
    for side in "LR":
        thigh = (at(points, side + "Knee") - at(points, side + "Hip"))[30:]
        assert (thigh[:, 1] > 0.15 * 300).all()


def test_people_are_independent():
    joints, score = figure(skeleton=COCO_17)
    other = joints + np.array([60.0, 10.0])
    other[:, 9] = np.nan
    both, weights = to_lifter(np.stack([joints, other]), np.stack([score, score]), COCO_17, SIZE)
    np.testing.assert_array_equal(both[1], to_lifter(other, score, COCO_17, SIZE)[0])
    np.testing.assert_array_equal(weights[0], to_lifter(joints, score, COCO_17, SIZE)[1])


def test_wrong_skeleton_and_shapes_are_refused():
    with pytest.raises(ValueError, match="h36m-17"):
        to_lifter(np.zeros((3, 17, 2)), np.zeros((3, 17)), H36M_17, SIZE)
    with pytest.raises(ValueError, match="halpe-26 needs"):
        to_lifter(np.zeros((3, 17, 2)), np.zeros((3, 17)), HALPE_26, SIZE)
    with pytest.raises(ValueError, match="as many scores"):
        to_lifter(np.zeros((3, 17, 2)), np.zeros((4, 17)), COCO_17, SIZE)


@st.composite
def seen_figures(draw):
    skeleton = draw(st.sampled_from([COCO_17, HALPE_26]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    joints, score = figure(frames=draw(st.integers(1, 30)), skeleton=skeleton)
    joints = joints + rng.normal(0, 8, joints.shape)
    lost = rng.random(score.shape) < draw(st.floats(0, 0.9))
    score = np.where(lost, 0.0, rng.uniform(0.1, 1.0, score.shape))
    return joints, score, skeleton


@settings(max_examples=40, deadline=None)
@given(seen_figures())
def test_mirror_equivariance(case):
    joints, score, skeleton = case
    points, weights = to_lifter(joints, score, skeleton, SIZE)
    flipped = joints[:, skeleton.mirror] * (-1, 1) + (SIZE[0] - 1, 0)
    back, back_weights = to_lifter(flipped, score[:, skeleton.mirror], skeleton, SIZE)
    np.testing.assert_allclose(back[:, H36M_19.mirror] * (-1, 1) + (SIZE[0] - 1, 0), points, atol=0.02)
    np.testing.assert_allclose(back_weights[:, H36M_19.mirror], weights, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(seen_figures(), st.floats(0.2, 4.0), st.floats(0, 40), st.floats(0, 30))
def test_translation_and_scale_equivariance(case, scale, right, down):
    joints, score, skeleton = case
    wide = (2000, 2000)
    points, weights = to_lifter(joints, score, skeleton, wide)
    moved, moved_weights = to_lifter(
        joints * scale + (right, down), score, skeleton, (wide[0] * scale, wide[1] * scale)
    )
    np.testing.assert_allclose(moved, points * scale + (right, down), atol=0.02 * max(scale, 1.0))
    np.testing.assert_allclose(moved_weights, weights, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(seen_figures())
def test_never_nan_for_somebody_present(case):
    joints, score, skeleton = case
    points, weights = to_lifter(joints, score, skeleton, SIZE)
    assert np.isfinite(points).all() and ((weights >= 0) & (weights <= 1)).all()
