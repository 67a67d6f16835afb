"""Outliers, gaps, filters and bone lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_pose3d.banded import difference_penalty, stiffness_for, whittaker
from blender_pose3d.bones import bone_lengths
from blender_pose3d.clean import clean, fill_gaps, find_outliers
from blender_pose3d.filters import FILTERS, cutoff, smooth
from blender_pose3d.quality import bone_spread, jitter
from blender_pose3d.settings import STATURE, MotionSettings
from blender_pose3d.skeleton import H36M_17, H36M_19
from blender_pose3d.swaps import find_swaps
from tests.walker import walk

REAL = [name for name in FILTERS if name != "none"]


def pose(seconds: float = 4.0, fps: float = 30.0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    joints = walk(seconds, fps)
    joints = joints - joints[:, :1]
    if noise:
        joints = joints + np.random.default_rng(seed).normal(0, noise, joints.shape)
        joints = joints - joints[:, :1]
    return joints


def scores(joints: np.ndarray, value: float = 0.9) -> np.ndarray:
    return np.full(joints.shape[:2], value)


def test_penalty_bands_are_those_of_the_dense_matrix():
    weight = np.random.default_rng(0).uniform(0.1, 2.0, 17)
    difference = np.diff(np.eye(20), n=3, axis=0)
    dense = difference.T @ np.diag(weight) @ difference
    bands = difference_penalty(20, 3, weight)
    for lag in range(4):
        np.testing.assert_allclose(bands[lag, : 20 - lag], np.diagonal(dense, -lag))
    assert not difference_penalty(3, 3).any()


def test_whittaker_meets_its_definition():
    rng = np.random.default_rng(1)
    values, weight = rng.normal(size=(30, 2)), rng.uniform(0.1, 1, 30)
    difference = np.diff(np.eye(30), n=3, axis=0)
    expected = np.linalg.solve(np.diag(weight) + 5.0 * difference.T @ difference, weight[:, None] * values)
    np.testing.assert_allclose(whittaker(values, weight, 5.0), expected, atol=1e-9)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("fps", [30.0, 120.0])
def test_filters_halve_at_the_cutoff_keep_slow_stop_fast_and_do_not_lag(name, fps):
    strength = 0.5
    time = np.arange(round(8 * fps)) / fps
    middle = slice(len(time) // 4, -len(time) // 4)

    def gain(frequency: float) -> tuple[float, float]:
        wave = 0.005 * np.exp(2j * np.pi * frequency * time)  # small: One-Euro lets quick motion through
        values = np.stack([wave.real, wave.imag, 0 * time], axis=-1)[:, None]
        out = smooth(values, np.ones((len(time), 1)), fps, name, strength)
        ratio = (out[middle, 0, 0] + 1j * out[middle, 0, 1]) / wave[middle]
        return float(np.abs(ratio).mean()), float(np.abs(np.angle(ratio.mean())))

    assert gain(1.0)[0] > (0.85 if name == "one-euro" else 0.95) and gain(1.0)[1] < 0.01
    assert gain(cutoff(strength))[0] == pytest.approx(0.5, abs=0.4 if name == "savgol" else 0.2)
    assert gain(12.0)[0] < 0.35


@pytest.mark.parametrize("name", REAL)
def test_every_filter_calms_noise_and_comes_nearer_the_truth(name):
    truth, noisy = pose(), pose(noise=0.015)
    out = smooth(noisy, scores(noisy), 30.0, name, 0.5)
    assert jitter(out) < 0.45 * jitter(noisy)
    assert np.linalg.norm(out - truth, axis=-1).mean() < 0.8 * np.linalg.norm(noisy - truth, axis=-1).mean()


def test_more_strength_is_calmer():
    noisy = pose(noise=0.01)
    for name in REAL:
        calm = [jitter(smooth(noisy, scores(noisy), 30.0, name, s)) for s in (0.2, 0.4, 0.6, 0.8, 1.0)]
        assert (np.diff(calm) < 0).all(), name
    np.testing.assert_array_equal(smooth(noisy, scores(noisy), 30.0, "whittaker", 0.0), noisy)
    np.testing.assert_array_equal(smooth(noisy, scores(noisy), 30.0, "none", 1.0), noisy)


def test_whittaker_trusts_scores():
    truth, noisy = pose(), pose()
    rng = np.random.default_rng(3)
    doubt = rng.random(noisy.shape[:2]) < 0.3
    noisy = noisy + np.where(doubt[..., None], rng.normal(0, 0.05, noisy.shape), 0.0)
    score = np.where(doubt, 0.05, 0.95)
    with_scores = smooth(noisy, score, 30.0, "whittaker", 0.5) - truth
    without = smooth(noisy, scores(noisy), 30.0, "whittaker", 0.5) - truth
    assert np.linalg.norm(with_scores, axis=-1).mean() < 0.6 * np.linalg.norm(without, axis=-1).mean()


def test_stiffness_falls_as_the_cutoff_rises():
    assert stiffness_for(2.0, 30.0) > stiffness_for(6.0, 30.0) > 0


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("frames", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("fps", [1.0, 30.0, 240.0])
def test_clips_of_a_few_frames(name, frames, fps):
    joints = pose(1.0, 30.0, noise=0.01)[:frames]
    out = clean(joints, scores(joints), H36M_19, fps, MotionSettings(filter=name, strength=0.8))
    assert out.joints.shape == joints.shape and np.isfinite(out.joints).all()
    if fps == 1.0:  # nothing to filter at one frame a second
        assert np.linalg.norm(out.joints - joints, axis=-1).max() < 0.08


@pytest.mark.parametrize("name", FILTERS)
def test_constant_joints_stay(name):
    joints = np.repeat(pose()[:1], 50, axis=0)
    out = clean(joints, scores(joints), H36M_19, 30.0, MotionSettings(filter=name, constant_bones=False))
    np.testing.assert_allclose(out.joints, joints, atol=1e-7)
    nothing = clean(0 * joints, scores(joints, 0.0), H36M_19, 30.0, MotionSettings(filter=name))
    np.testing.assert_allclose(nothing.joints, 0.0, atol=1e-9)


def test_outliers_are_found_and_quick_motion_is_not():
    joints = pose(noise=0.005)
    assert not find_outliers(joints, 30.0).any()
    wrist, ankle = H36M_19.index("LWrist"), H36M_19.index("RAnkle")
    joints[40, wrist] += (0.5, 0.0, 0.2)
    joints[70:72, ankle] -= (0.0, 0.4, 0.0)
    found = find_outliers(joints, 30.0)
    assert found[40, wrist] and found[70:72, ankle].all() and found.sum() <= 4
    time = np.arange(90) / 30.0
    punch = np.zeros((90, 1, 3))
    punch[:, 0, 0] = 0.35 * np.sin(2 * np.pi * 2.5 * time)  # a hand at 5.5 m/s
    assert not find_outliers(punch, 30.0).any()


def test_a_spike_leaves_no_trace():
    joints = pose()
    spoiled = joints.copy()
    spoiled[50, H36M_19.index("RWrist")] += (0.0, 0.9, 0.0)
    calm = clean(spoiled, scores(joints), H36M_19, 30.0, MotionSettings())
    assert calm.outliers[50, H36M_19.index("RWrist")] and calm.score[50, H36M_19.index("RWrist")] == 0
    assert np.linalg.norm(calm.joints - joints, axis=-1).max() < 0.06


@pytest.mark.parametrize("part", ["legs", "arms", "both"])
def test_sides_exchanged_for_some_frames_are_put_back(part):
    joints = pose(noise=0.005)
    names = {"legs": ("Hip", "Knee", "Ankle", "Toe"), "arms": ("Shoulder", "Elbow", "Wrist")}
    chosen = [n for key, limb in names.items() if part in (key, "both") for n in limb]
    ours = [H36M_19.index(side + n) for side in "LR" for n in chosen]
    spoiled = joints.copy()
    for start, stop in ((20, 21), (40, 47), (80, 93)):
        spoiled[start:stop, ours] = joints[start:stop, H36M_19.mirror[ours]]
    out = clean(spoiled, scores(joints), H36M_19, 30.0, MotionSettings())
    whole = clean(joints, scores(joints), H36M_19, 30.0, MotionSettings())
    # Arms and legs that pass each other when they change places need no putting back.
    assert np.linalg.norm(out.joints - whole.joints, axis=-1).max() < 0.25
    assert out.swapped[40:47, ours].all() and not whole.swapped.any()
    left = clean(spoiled, scores(joints), H36M_19, 30.0, MotionSettings(fix_swaps=False))
    assert not left.swapped.any()


def test_a_walk_has_no_swaps():
    for fps in (15.0, 24.0, 30.0, 60.0):
        joints = walk(6.0, fps)
        assert not find_swaps(joints - joints[:, :1], H36M_19, fps).any()


def test_short_gaps_are_interpolated_and_long_ones_held_and_marked():
    truth = pose(6.0)
    joints = truth.copy()
    joints[50:56] = np.nan
    joints[90:150] = np.nan
    joints[:3] = np.nan
    out = clean(joints, scores(joints), H36M_19, 30.0, MotionSettings())
    assert np.isfinite(out.joints).all()
    away = np.linalg.norm(out.joints[50:56] - truth[50:56], axis=-1)
    assert away.mean() < 0.03 and away.max() < 0.18  # a foot's whole swing lasts but 0.4 s
    assert out.filled[50:56].all() and out.filled[90:150].all() and out.filled[:3].all()
    assert not out.held[50:56].any() and out.held[90:150].all() and out.held[:3].all()
    assert out.filled.sum() == 69 * 19 and (out.score[out.filled] == 0).all()
    step = np.linalg.norm(np.diff(out.joints, axis=0), axis=-1).max()
    assert step < 1.3 * np.linalg.norm(np.diff(truth, axis=0), axis=-1).max()


def test_a_long_gap_holds_the_last_pose_then_blends():
    values = np.zeros((100, 1, 1))
    values[80:] = 1.0
    known = np.ones((100, 1), dtype=bool)
    known[10:80] = False
    out, held = fill_gaps(values, known, 9, 30.0)
    assert held[10:80].all() and (out[10:29] == 0).all() and (out[61:80] == 1).all()
    assert (np.diff(out[:, 0, 0]) >= 0).all() and np.diff(out[:, 0, 0]).max() < 0.06


def test_never_known_is_a_clear_error():
    with pytest.raises(ValueError, match="No frame holds a place for Hip"):
        clean(np.full((5, 19, 3), np.nan), np.zeros((5, 19)), H36M_19, 30.0, MotionSettings())
    joints = pose()
    joints[:, H36M_19.index("LToe")] = np.nan
    with pytest.raises(ValueError, match="LToe"):
        clean(joints, scores(joints), H36M_19, 30.0, MotionSettings())


@pytest.mark.parametrize("skeleton", [H36M_17, H36M_19], ids=lambda s: s.name)
def test_bones_become_constant_symmetric_and_true(skeleton):
    keep = [H36M_19.index(name) for name in skeleton.joints]
    truth, noisy = pose()[:, keep], pose(noise=0.02)[:, keep]
    out = clean(noisy, scores(noisy), skeleton, 30.0, MotionSettings()).joints
    assert bone_spread(out, skeleton) < 1e-6
    assert bone_spread(noisy, skeleton) > 0.02
    lengths = bone_lengths(out, scores(out), skeleton)
    np.testing.assert_allclose(lengths, lengths[skeleton.mirror], atol=1e-6)
    expected = bone_lengths(truth, scores(truth), skeleton)
    np.testing.assert_allclose(lengths, expected, atol=0.016)
    for middle, pair in (("Hip", ("LHip", "RHip")), ("Thorax", ("LShoulder", "RShoulder"))):
        between = out[:, [skeleton.index(n) for n in pair]].mean(axis=1)
        np.testing.assert_allclose(between, out[:, skeleton.index(middle)], atol=1e-9)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"filter": "kalman"}, "kalman"),
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"height": 0.0}, "height"),
        ({"height": 30.0}, "height"),
        ({"fps": 0.0}, "fps"),
        ({"camera_tilt": "down"}, "camera_tilt"),
        ({"camera_tilt": 90.0}, "camera_tilt"),
        ({"plant_feet": -1.0}, "plant_feet"),
        ({"max_gap": -1.0}, "max_gap"),
    ],
)
def test_settings_out_of_bounds(wrong, says):
    with pytest.raises(ValueError, match=says):
        MotionSettings(**wrong)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([1.0, 12.0, 30.0, 240.0]))
def test_mirror_scale_and_never_nan(seed, frames, fps):
    rng = np.random.default_rng(seed)
    joints = pose(4.0)[:frames] + rng.normal(0, 0.05, (frames, 19, 3))
    joints[rng.random((frames, 19)) < 0.2] = np.nan
    joints[0] = pose()[0]
    score = rng.random((frames, 19))
    how = MotionSettings(remove_outliers=False)  # its limit in metres is the one thing that does not scale
    out = clean(joints, score, H36M_19, fps, how).joints
    assert np.isfinite(out).all()
    mirror = H36M_19.mirror
    flipped = clean(joints[:, mirror] * (-1, 1, 1), score[:, mirror], H36M_19, fps, how).joints
    np.testing.assert_allclose(flipped[:, mirror] * (-1, 1, 1), out, atol=1e-6)
    tall = replace(how, height=2 * STATURE)
    twice = clean(2 * joints, score, H36M_19, fps, tall).joints
    np.testing.assert_allclose(twice, 2 * out, atol=1e-6)
