"""Motion made of what an earlier one left: the same to the last bit, whatever setting has changed."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from blender_pose3d import stages as stages_of
from blender_pose3d.formats.points import Points
from blender_pose3d.formats.world_tracks import tracks_of_points
from blender_pose3d.motion import Motion, MotionError, motion_from_tracks
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.stages import READS, Stages
from blender_pose3d.tracks import Tracks
from tests.walker import camera_at, film, walk

OTHER = {
    "fps": 24.0, "filter": "gaussian", "strength": 0.9, "fix_swaps": False, "remove_outliers": False,
    "constant_bones": False, "max_gap": 0.05, "height": 1.9, "camera_tilt": 12.0, "camera_roll": 5.0,
    "lens": 60.0, "parts": {"arms": 0.2}, "fit_picture": False, "plant_feet": 0.3, "left_foot": "never",
    "right_foot": "always", "ground_jumps": True, "hold_hands": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def filmed() -> Tracks:
    shot = film(walk(0.7), camera_at(tilt=8.0), noise=0.02, pixels=3.0).tracks
    holes = shot.joints3d.copy()
    holes[0, 10:13, 5] = np.nan
    return replace(shot, joints3d=holes)


@pytest.fixture(scope="module")
def measured() -> Tracks:
    joints = walk(0.7)
    return tracks_of_points(Points(H36M_19.joints, joints, 30.0), "walk")


def same(one: Motion, other: Motion) -> bool:
    arrays = ("joints", "score", "filled", "raw", "time", "contacts")
    return (
        all(np.array_equal(getattr(one, a), getattr(other, a), equal_nan=True) for a in arrays)
        and np.array_equal(one.camera.origin, other.camera.origin)
        and np.array_equal(one.camera.rotation, other.camera.rotation)
        and (one.notes, one.fps, one.start_frame) == (other.notes, other.fps, other.start_frame)
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["filmed", "measured"])
def test_a_changed_setting_gives_what_starting_anew_gives(kind, request):
    tracks, stages = request.getfixturevalue(kind), Stages()
    asked = {f.name for f in fields(MotionSettings)}
    assert asked == set(OTHER), "each setting is tried"
    motion_from_tracks(tracks, 0, MotionSettings(), stages=stages)
    for name, value in OTHER.items():
        changed = MotionSettings(**{name: value})
        assert same(
            motion_from_tracks(tracks, 0, changed, stages=stages), motion_from_tracks(tracks, 0, changed)
        ), name
    again = motion_from_tracks(tracks, 0, MotionSettings(), stages=stages)
    assert same(again, motion_from_tracks(tracks, 0, MotionSettings()))


def test_each_setting_is_read_by_a_stage_or_after_all():
    read = [setting for settings in READS.values() for setting in settings]
    assert len(read) == len(set(read))
    assert {f.name for f in fields(MotionSettings)} - set(read) == {"height"}


def test_only_what_hangs_on_a_setting_is_made_anew(filmed, monkeypatch):
    stages, made = Stages(), []
    motion_from_tracks(filmed, 0, MotionSettings(), stages=stages)
    of = stages_of.Chain.of
    monkeypatch.setattr(
        stages_of.Chain, "of", lambda self, name, make: of(self, name, lambda: made.append(name) or make())
    )
    for settings, wanted in (
        ({"height": 1.5}, []),
        ({"hold_hands": True}, ["stand"]),
        ({"left_foot": "never"}, ["settle", "stand"]),
        ({"camera_tilt": 3.0}, ["place", "settle", "stand"]),
        ({"strength": 0.8}, ["calm", "path", "place", "settle", "stand"]),
        ({"fix_swaps": False}, ["mend", "calm", "path", "place", "settle", "stand"]),
    ):
        made.clear()
        motion_from_tracks(filmed, 0, MotionSettings(**settings), stages=stages)
        assert made == wanted, settings
    made.clear()
    motion_from_tracks(replace(filmed, frame=filmed.frame.copy()), 0, MotionSettings(), stages=stages)
    assert made == list(READS), "other tracks"


def test_of_a_very_long_motion_nothing_is_kept(filmed, monkeypatch):
    monkeypatch.setattr(stages_of, "_MOST", 20)
    stages = Stages()
    motion_from_tracks(filmed, 0, MotionSettings(), stages=stages)
    assert not stages.knows(filmed, 0, MotionSettings())
    monkeypatch.setattr(stages_of, "_MOST", 2000)
    motion_from_tracks(filmed, 0, MotionSettings(), stages=stages)
    assert stages.knows(filmed, 0, MotionSettings(strength=0.1))
    assert not stages.knows(filmed, 0, MotionSettings(fps=12.0))


def test_an_error_leaves_what_is_kept(filmed):
    stages = Stages()
    motion_from_tracks(filmed, 0, MotionSettings(), stages=stages)
    with pytest.raises(MotionError, match="no person 2"):
        motion_from_tracks(filmed, 1, MotionSettings(), stages=stages)
    assert stages.knows(filmed, 0, MotionSettings())
