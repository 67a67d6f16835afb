"""Tracks to motion: ranges, gaps, frame rates, bad input, symmetries, speed."""

from __future__ import annotations

import time as clock
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_pose3d.motion import MotionError, motion_from_tracks
from blender_pose3d.quality import bone_spread, jitter
from blender_pose3d.resample import frame_rate, resample, uniform_time
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19, HALPE_26
from blender_pose3d.tracks import Tracks
from tests.walker import camera_at, film, walk


@pytest.fixture
def shot():
    return film(walk(4.0, start=(-2.0, 0.0)), camera_at(), noise=0.01, pixels=2.0)


def absent(tracks: Tracks, gone: slice) -> Tracks:
    present = tracks.present.copy()
    present[:, gone] = False
    arrays = {k: getattr(tracks, k).copy() for k in ("joints2d", "score2d", "joints3d", "score3d")}
    for values in arrays.values():
        values[:, gone] = np.nan
    return replace(tracks, present=present, **arrays)


def only(tracks: Tracks, frames) -> Tracks:
    arrays = {
        k: getattr(tracks, k)[:, frames] for k in ("present", "joints2d", "score2d", "joints3d", "score3d")
    }
    return replace(tracks, frame=tracks.frame[frames], time=tracks.time[frames], **arrays)


def test_a_clean_walk_comes_out_calmer_with_stiff_bones(shot):
    motion = motion_from_tracks(shot.tracks)
    assert motion.joints.shape == (120, 19, 3) and motion.score.shape == motion.filled.shape == (120, 19)
    assert motion.fps == 30.0 and motion.start_frame == 0 and motion.frames == 120
    np.testing.assert_allclose(motion.time, shot.tracks.time)
    assert jitter(motion.joints) < 0.2 * jitter(motion.raw)
    assert bone_spread(motion.joints, H36M_19) < 1e-6
    assert any("1.70 m" in note for note in motion.notes)
    told = motion_from_tracks(shot.tracks, settings=MotionSettings(height=1.8))
    assert not any("assumed to be 1.70" in note for note in told.notes)


def test_only_the_present_range_with_gaps_filled_and_said(shot):
    tracks = absent(absent(absent(shot.tracks, slice(0, 10)), slice(100, 120)), slice(50, 57))
    motion = motion_from_tracks(tracks)
    assert motion.frames == 90 and motion.start_frame == 10
    assert motion.time[0] == pytest.approx(10 / 30)
    assert motion.filled[40:47].all() and motion.filled.sum() == 7 * 19
    assert (motion.score[40:47] == 0).all() and np.isnan(motion.raw[40:47]).all()
    assert any("out of sight in 7 frames" in note for note in motion.notes)
    assert np.isfinite(motion.joints).all()
    step = np.linalg.norm(np.diff(motion.joints, axis=0), axis=-1)
    assert step.max() < 0.25
    long = motion_from_tracks(absent(shot.tracks, slice(40, 80)))
    assert any("held" in note for note in long.notes) and np.isfinite(long.joints).all()


def test_present_but_nan_is_a_gap(shot):
    joints3d = shot.tracks.joints3d.copy()
    joints3d[0, 30:34] = np.nan
    joints3d[0, 60, 5] = np.inf
    motion = motion_from_tracks(replace(shot.tracks, joints3d=joints3d))
    assert np.isfinite(motion.joints).all() and motion.filled[30:34].all() and motion.filled[60, 5]


def test_errors_are_one_clear_line(shot):
    for person, says in ((1, "no person 2"), (-1, "no person 0")):
        with pytest.raises(MotionError, match=says):
            motion_from_tracks(shot.tracks, person)
    with pytest.raises(MotionError, match="no frame"):
        motion_from_tracks(absent(shot.tracks, slice(None)))
    nothing = replace(shot.tracks, joints3d=np.full_like(shot.tracks.joints3d, np.nan))
    with pytest.raises(MotionError, match="no frame"):
        motion_from_tracks(nothing)
    with pytest.raises(MotionError, match="no frame"):
        motion_from_tracks(only(shot.tracks, slice(0, 0)))
    toeless = shot.tracks.joints3d.copy()
    toeless[:, :, 4] = np.nan
    with pytest.raises(MotionError, match="RToe"):
        motion_from_tracks(replace(shot.tracks, joints3d=toeless))
    for camera in (None, {}, {"fx": 0.0, "fy": 1.0, "cx": 1.0, "cy": 1.0}, {"fx": "wide"}):
        with pytest.raises(MotionError, match="camera"):
            motion_from_tracks(replace(shot.tracks, meta={**shot.tracks.meta, "camera": camera}))


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
@pytest.mark.parametrize("fps", [1.0, 30.0, 240.0])
def test_clips_of_a_few_frames(frames, fps):
    shot = film(walk(1.0)[:frames], camera_at(), fps=fps)
    motion = motion_from_tracks(shot.tracks)
    assert motion.joints.shape == (frames, 19, 3) and np.isfinite(motion.joints).all()
    assert motion.fps == pytest.approx(fps)


@pytest.mark.parametrize("fps", [24000 / 1001, 25.0, 30000 / 1001, 60.0, 240.0])
def test_usual_rates_come_out_exact(fps):
    shot = film(walk(2.0, fps), camera_at(), fps=round(fps, 2))
    tracks = replace(shot.tracks, time=np.round(np.arange(len(shot.joints)) / fps, 3))
    motion = motion_from_tracks(tracks)
    assert motion.fps == fps and motion.frames == len(shot.joints)


def test_frame_rate_believes_the_stamps_over_the_file():
    frame = np.arange(100)
    assert frame_rate(frame / 24.0, frame, 30.0) == 24.0
    assert frame_rate(frame / 17.3, frame, None) == pytest.approx(17.3)
    assert frame_rate(frame[:1] / 24.0, frame[:1], 50.0) == 50.0
    assert frame_rate(frame[:1] / 24.0, frame[:1], float("nan")) == 30.0
    assert frame_rate(frame[::3] / 24.0, frame[::3], None) == 24.0


def test_variable_frame_rate_becomes_uniform_and_true():
    fast = walk(4.0, 300.0, start=(-2.0, 0.0))
    shot = film(fast, camera_at(), fps=300.0)
    rng = np.random.default_rng(4)
    pick = np.clip(np.arange(0, 1190, 10) + rng.integers(-3, 4, 119), 0, None)
    pick[0], pick[-1] = 0, 1180
    tracks = only(shot.tracks, pick)
    tracks = replace(tracks, frame=np.arange(119, dtype=np.int32))
    motion = motion_from_tracks(tracks, settings=MotionSettings(strength=0.2, plant_feet=0.0))
    assert motion.fps == pytest.approx(30.0, rel=1e-6) and motion.frames == 119
    np.testing.assert_allclose(np.diff(motion.time), 1 / motion.fps)
    truth = fast[np.round(motion.time * 300).astype(int)]
    truth = truth - np.array([*truth[0, 0, :2], 0.0])
    assert np.linalg.norm(motion.joints - truth, axis=-1).mean() < 0.04


def test_another_frame_rate_is_resampled_and_said(shot):
    motion = motion_from_tracks(shot.tracks, settings=MotionSettings(fps=60.0))
    assert motion.fps == 60.0 and motion.frames == 239
    assert any("60 frames a second" in note for note in motion.notes)
    assert not motion.filled.any()
    same = motion_from_tracks(shot.tracks)
    assert np.linalg.norm(motion.joints[::2] - same.joints, axis=-1).mean() < 0.03


def test_resample_keeps_missing_missing():
    time = np.arange(10) / 10.0
    values = np.arange(10.0)
    values[4] = np.nan
    out = resample(values, time, np.arange(19) / 20.0, 0.15)
    assert np.isnan(out[7:10]).all() and np.isfinite(np.delete(out, [7, 8, 9])).all()
    np.testing.assert_allclose(out[:7], np.arange(7) / 2.0)
    torn = np.concatenate([time[:5], time[5:] + 3.0])
    wanted = uniform_time(torn, 10.0)
    assert np.isnan(resample(np.arange(10.0), torn, wanted, 0.3)[6:30]).all()


def test_time_shift_changes_nothing_but_time(shot):
    later = replace(shot.tracks, time=shot.tracks.time + 100.0, frame=shot.tracks.frame + 3000)
    a, b = motion_from_tracks(shot.tracks), motion_from_tracks(later)
    np.testing.assert_allclose(a.joints, b.joints, atol=1e-6)
    assert b.start_frame == 3000 and b.time[0] == pytest.approx(100.0)


def test_mirror_image_of_the_footage_gives_the_mirror_image_of_the_motion(shot):
    tracks = shot.tracks
    middle = 2 * tracks.meta["camera"]["cx"]
    mirrored = replace(
        tracks,
        joints2d=(tracks.joints2d[:, :, HALPE_26.mirror] * (-1, 1) + (middle, 0)).astype(np.float32),
        score2d=tracks.score2d[:, :, HALPE_26.mirror],
        joints3d=tracks.joints3d[:, :, H36M_19.mirror] * np.float32([-1, 1, 1]),
        score3d=tracks.score3d[:, :, H36M_19.mirror],
    )
    a, b = motion_from_tracks(tracks), motion_from_tracks(mirrored)
    np.testing.assert_allclose(b.joints[:, H36M_19.mirror] * (-1, 1, 1), a.joints, atol=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 30.0, 240.0]), st.integers(1, 40))
def test_wild_scores_and_holes_never_give_nan(seed, fps, frames):
    rng = np.random.default_rng(seed)
    tracks = film(walk(2.0)[:frames], camera_at(), fps=fps, noise=0.03, pixels=20.0, seed=seed).tracks
    tracks.score2d[:] = rng.choice([0.0, 1e-6, 0.5, 1.0, 7.0, np.nan], tracks.score2d.shape)
    tracks.score3d[:] = rng.choice([0.0, 0.5, -1.0, np.nan], tracks.score3d.shape)
    tracks.joints2d[rng.random(tracks.joints2d.shape[:3]) < 0.3] = np.nan
    lost = rng.random(tracks.joints3d.shape[:3]) < 0.3
    lost[:, 0] = False
    tracks.joints3d[lost] = np.nan
    motion = motion_from_tracks(tracks)
    assert np.isfinite(motion.joints).all() and np.isfinite(motion.score).all()
    assert np.isfinite(motion.camera.matrix).all() and all("\n" not in note for note in motion.notes)


def test_constant_joints_stand_still():
    shot = film(np.repeat(walk(0.1)[:1], 60, axis=0), camera_at())
    motion = motion_from_tracks(shot.tracks)
    assert np.ptp(motion.joints, axis=0).max() < 1e-3


@pytest.mark.slow
def test_ten_thousand_frames_take_seconds():
    there = walk(5.0, start=(-2.5, 0.0))
    joints = np.concatenate([there, there[::-1]] * 34)[:10000]
    shot = film(joints, camera_at((0.0, -6.0, 1.2)), noise=0.01, pixels=2.0)
    begin = clock.process_time()
    motion = motion_from_tracks(shot.tracks)
    took = clock.process_time() - begin
    assert motion.frames == 10000
    assert took < 8.0  # of the processor's time, so that others' work does not count; usually 2
