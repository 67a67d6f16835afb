"""Tracks nobody should have: a clear line or a documented fallback, never NaN, never a warning."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blender_pose3d.motion import Motion, motion_from_tracks
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19, HALPE_26
from blender_pose3d.tracks import Tracks
from tests.walker import camera_at, film, walk


def made(tracks: Tracks, **asked) -> Motion:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        motion = motion_from_tracks(tracks, settings=MotionSettings(**asked))
    assert np.isfinite(motion.joints).all() and np.isfinite(motion.camera.matrix).all()
    assert all(note and "\n" not in note for note in motion.notes)
    return motion


@pytest.fixture(scope="module")
def tracks() -> Tracks:
    return film(walk(2.0), camera_at()).tracks


def filled(values: np.ndarray, with_what: float) -> np.ndarray:
    return np.full_like(values, with_what)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 100.0])
def test_places_in_the_picture_that_cannot_be(tracks, value):
    motion = made(replace(tracks, joints2d=filled(tracks.joints2d, value)))
    assert any("stays in one place" in note for note in motion.notes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -5.0, 0.0, 1e9])
def test_scores_that_cannot_be(tracks, value):
    made(replace(tracks, score2d=filled(tracks.score2d, value), score3d=filled(tracks.score3d, value)))


@pytest.mark.parametrize("scale", [1e-6, 1e6, 1e30])
def test_a_person_of_any_size_comes_out_as_tall_as_told(tracks, scale):
    motion = made(replace(tracks, joints3d=(tracks.joints3d * np.float32(scale))))
    assert np.ptp(motion.joints[..., 2], axis=1) == pytest.approx(1.6, abs=0.15)


def test_joints_all_in_one_place(tracks):
    made(replace(tracks, joints3d=0 * tracks.joints3d))


def test_upside_down_the_floor_is_under_the_body():
    standing = walk(2.0, start=(-1.0, 0.0))
    motion = made(film(standing * (1, 1, -1) + (0, 0, 1.8), camera_at()).tracks)
    assert motion.joints[..., 2].min() > -0.1
    assert any("not on their feet" in note for note in motion.notes)


def test_cut_at_the_waist():
    shot = film(walk(2.0, start=(-1.0, 0.0)), camera_at())
    gone2d = [i for i, n in enumerate(HALPE_26.joints) if n.endswith(("hip", "knee", "ankle", "toe", "heel"))]
    gone3d = [i for i, n in enumerate(H36M_19.joints) if n.endswith(("Knee", "Ankle", "Toe"))]
    shot.tracks.joints2d[:, :, gone2d], shot.tracks.score2d[:, :, gone2d] = np.nan, 0.0
    shot.tracks.score3d[:, :, gone3d] = 0.0
    motion = made(shot.tracks)
    assert any("assumed to be level" in note for note in motion.notes)


@pytest.mark.parametrize("fps", [1.0, 5.0, 240.0])
def test_odd_frame_rates(fps):
    motion = made(film(walk(6.0 if fps < 6 else 0.5, fps), camera_at((0.0, -7.0, 1.2)), fps=fps).tracks)
    assert motion.joints[..., 2].min() > -0.06 and motion.joints[..., 2].max() < 1.8


@pytest.mark.parametrize("zoom", [0.01, 50.0])
def test_a_zoom_that_cannot_be(tracks, zoom):
    made(replace(tracks, camera_zoom=np.full(len(tracks.time), zoom, dtype=np.float32)))


@pytest.mark.parametrize("height", [0.35, 1.0, 2.2])
def test_height_scales_everything(height):
    tracks = film(walk(1.5, start=(-0.8, 0.5)), camera_at(), noise=0.01, pixels=2.0).tracks
    usual = motion_from_tracks(tracks)
    scaled = motion_from_tracks(tracks, settings=MotionSettings(height=height))
    np.testing.assert_allclose(scaled.joints, usual.joints * (height / 1.7), atol=1e-9)
    np.testing.assert_allclose(scaled.camera.origin, usual.camera.origin * (height / 1.7), atol=1e-9)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.floats(-20.0, 20.0))
def test_turning_the_camera_turns_the_motion(yaw):
    """The same walk seen by a camera turned about up is the same motion, turned back."""
    joints = walk(1.5, start=(-0.8, 0.5))
    angle = np.radians(yaw)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    camera = camera_at((0.0, -5.0, 1.2))
    how = MotionSettings(plant_feet=0.0)
    straight = motion_from_tracks(film(joints, camera).tracks, settings=how)
    turned = motion_from_tracks(
        film(joints, replace(camera, rotation=turn @ camera.rotation)).tracks, settings=how
    )
    # what is known of cameras is known of their own axes, so that the two differ by parts of a degree
    assert np.abs(turned.joints @ turn.T - straight.joints).max() < 0.06
