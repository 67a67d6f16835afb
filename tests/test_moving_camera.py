"""A camera that turns and zooms, whose motion the tracks tell, and the sentences about cameras."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from blender_pose3d.camera import Camera, up_for_tilt
from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.resample import nearest_rotations
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.tracks import Tracks
from tests.walker import camera_at, film, walk

FRAMES = 120


def turning(degrees: float, zoom: float = 1.0) -> tuple[Tracks, np.ndarray]:
    """Tracks of somebody who walks past a camera that follows by so many degrees; the truth (T, 19, 3)."""
    joints = walk(4.0, start=(-2.2, 0.0))
    start = camera_at((0.0, -5.0, 1.2), tilt=6.0)
    shots, turns = [], []
    zooms = np.linspace(1.0, zoom, FRAMES)
    for frame, angle in enumerate(np.radians(np.linspace(degrees / 2, -degrees / 2, FRAMES))):
        yaw = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        focal = 1000.0 * zooms[frame]
        camera = Camera(focal, focal, 640.0, 360.0, 1280, 720, yaw @ start.rotation, start.origin)
        shots.append(film(joints[frame : frame + 1], camera).tracks)
        turns.append(camera.rotation)
    keys = ("joints2d", "score2d", "joints3d", "score3d", "present")
    together = {key: np.concatenate([getattr(shot, key) for shot in shots], axis=1) for key in keys}
    still = film(joints, start).tracks
    rotation = np.array(turns[0]).T @ np.array(turns)
    moved = {"camera_rotation": rotation.astype(np.float32)}
    if zoom != 1.0:
        moved["camera_zoom"] = zooms.astype(np.float32)
    return replace(still, **together, **moved), joints


def way(motion) -> float:
    return float(np.linalg.norm(motion.joints[-1, 0, :2] - motion.joints[0, 0, :2]))


@pytest.mark.parametrize(("degrees", "zoom"), [(40.0, 1.0), (100.0, 1.0), (40.0, 1.6)])
def test_somebody_followed_by_the_camera_walks_as_far_as_they_did(degrees, zoom):
    tracks, truth = turning(degrees, zoom)
    motion = motion_from_tracks(tracks)
    walked = np.linalg.norm(truth[-1, 0, :2] - truth[0, 0, :2])
    assert way(motion) == pytest.approx(walked, rel=0.03)
    assert motion.camera.tilt == pytest.approx(6.0, abs=1.5)
    assert any("turned by up to" in note for note in motion.notes)
    assert any("zoomed" in note for note in motion.notes) == (zoom != 1.0)
    assert motion.turns.shape == (FRAMES, 3, 3)
    ignored = motion_from_tracks(replace(tracks, camera_rotation=None, camera_zoom=None))
    assert abs(way(ignored) - walked) > 0.1 * walked


def test_a_camera_that_does_not_turn_changes_nothing():
    tracks = film(walk(3.0), camera_at(), noise=0.01).tracks
    still = np.tile(np.eye(3, dtype=np.float32), (90, 1, 1))
    a, b = motion_from_tracks(tracks), motion_from_tracks(replace(tracks, camera_rotation=still))
    np.testing.assert_allclose(a.joints, b.joints, atol=1e-6)
    assert a.turns is None and not any("turned" in note for note in b.notes)


@pytest.mark.parametrize(("motion", "words"), [("travelling", "a guess"), ("unknown", "cannot be told")])
def test_what_cannot_be_taken_out_is_said(motion, words):
    tracks = film(walk(2.0), camera_at()).tracks
    meta = {**tracks.meta, "camera": {**tracks.meta["camera"], "motion": motion}}
    assert any(words in note for note in motion_from_tracks(replace(tracks, meta=meta)).notes)


@pytest.mark.parametrize(
    ("source", "words"),
    [("assumed", "assumed to see 65"), ("measured", "measured"), ("metadata", "file names: it sees 65")],
)
def test_where_the_lens_is_from_is_said_unless_it_was_told(source, words):
    tracks = film(walk(1.0), camera_at()).tracks
    tracks = replace(tracks, meta={**tracks.meta, "camera": {**tracks.meta["camera"], "source": source}})
    assert any(words in note for note in motion_from_tracks(tracks).notes)
    told = motion_from_tracks(tracks, settings=MotionSettings(lens=60.0))
    assert not any("lens" in note for note in told.notes)


def test_a_lens_that_is_told_goes_before_the_tracks():
    tracks = film(walk(4.0, heading=90.0, start=(0.2, 0.0)), camera_at()).tracks
    right = np.degrees(2 * np.arctan(640.0 / 1000.0))
    usual = motion_from_tracks(tracks)
    told = motion_from_tracks(tracks, settings=MotionSettings(lens=float(right)))
    np.testing.assert_allclose(told.joints, usual.joints, atol=1e-6)
    long = motion_from_tracks(tracks, settings=MotionSettings(lens=20.0, plant_feet=0.0))
    assert long.camera.fx > 3000 and way(long) > 1.5 * way(usual)


@pytest.mark.parametrize(("tilt", "roll"), [(0.0, 0.0), (20.0, -10.0), (80.0, 40.0), (-85.0, 45.0)])
def test_tilt_and_roll_that_are_told_are_the_cameras(tilt, roll):
    assert np.linalg.norm(up_for_tilt(tilt, roll)) == pytest.approx(1.0)
    tracks = film(walk(2.0), camera_at()).tracks
    camera = motion_from_tracks(tracks, settings=MotionSettings(camera_tilt=tilt, camera_roll=roll)).camera
    assert camera.tilt == pytest.approx(tilt, abs=1e-6) and camera.roll == pytest.approx(roll, abs=1e-6)


def test_rotations_stay_rotations():
    rng = np.random.default_rng(0)
    wild = rng.normal(size=(20, 3, 3))
    wild[3], wild[4] = np.nan, 0.0
    out = nearest_rotations(wild)
    np.testing.assert_allclose(out @ out.transpose(0, 2, 1), np.tile(np.eye(3), (20, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(out), 1.0)
    np.testing.assert_allclose(out[3], np.eye(3))
    assert len(H36M_19) == 19
