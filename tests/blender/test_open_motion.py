"""Files of motion in the sidebar: every format, beside Blender where the engine reads it, and back."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from blender_pose3d.formats.trc import trc_text
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.tracks import write_tracks
from tests.blender.registered import module
from tests.walker import camera_at, film, walk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.each_blender,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the engine is a shell script"),
]


@pytest.fixture
def settings(add_on, monkeypatch, tmp_path):
    preferences = module("blender_pose3d.blender.preferences")
    opened = module("blender_pose3d.blender.opened")
    for place in (preferences, opened):
        monkeypatch.setattr(place, "user_folder", lambda: tmp_path / "ours")
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", str(tmp_path / "no" / "python"))
    yield bpy.context.scene.pose3d
    module("operators.live").stop()


@pytest.fixture
def engine(monkeypatch, tmp_path) -> Path:
    """A Python that, asked for anything, writes tracks of a walk and notes what it was asked."""
    walked = tmp_path / "walked.npz"
    write_tracks(walked, film(walk(1.0), camera_at()).tracks)
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\n'
        'case "$*" in *broken*) echo "error: broken.c3d is no C3D file." >&2; exit 3;; esac\n'
        'while [ "$1" != "-o" ]; do shift; done\n'
        f'sleep 0.3; cp "{walked}" "$2"\n'
    )
    python.chmod(0o755)
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", str(python))
    return tmp_path / "asked"


def opened(path: Path, **options) -> str:
    """Open a file by the operator; the message if it refuses."""
    try:
        assert bpy.ops.pose3d.open_motion(filepath=str(path), **options) == {"FINISHED"}
    except RuntimeError as error:
        return str(error)
    return ""


def test_formats_that_blender_reads_by_itself(settings, tmp_path):
    trc = tmp_path / "Übung 1.trc"
    trc.write_text(trc_text(H36M_19.joints, walk(1.0), 30.0, name=trc.name))
    assert not opened(trc)
    assert settings.tracks_info == "1 person, 30 frames, 1.0 s"
    answer = module("operators.live").newest(bpy.context.scene)
    assert answer is not None and answer.motion.frames > 20, module("operators.live_state").state.message
    assert bpy.ops.pose3d.fit_tracks(filepath=str(trc), new_armature=True) == {"FINISHED"}
    armature = bpy.context.active_object
    assert armature.name == "Übung 1" and armature.animation_data.action
    smpl = tmp_path / "smpl.npz"
    np.savez(smpl, poses=np.zeros((12, 72)), trans=np.zeros((12, 3)))
    assert not opened(smpl)
    assert settings.tracks_info.startswith("1 person, 12 frames")


def test_what_only_the_engine_reads(settings, engine, tmp_path):
    c3d = tmp_path / "lab.c3d"
    c3d.write_bytes(b"points")
    assert not opened(c3d)
    assert settings.tracks_info.startswith("1 person, 30 frames") and not settings.tracks_problem
    assert "-m engine import" in engine.read_text()
    assert module("operators.live").newest(bpy.context.scene).motion.frames > 20
    assert bpy.ops.pose3d.fit_tracks(filepath=str(c3d), new_armature=True) == {"FINISHED"}
    asked = engine.read_text()
    assert not opened(c3d)
    assert engine.read_text() == asked, "it is kept"
    keypoints = tmp_path / "keypoints.json"
    keypoints.write_text("[]")
    assert not opened(keypoints, width=1920, height=1080, rate=25.0)
    assert "--size=1920x1080 --fps=25" in engine.read_text()
    assert not list((tmp_path / "ours" / "opened").glob(".*")), "nothing half-written"


def test_what_cannot_be_opened_says_why(settings, engine, tmp_path, monkeypatch):
    broken = tmp_path / "broken.c3d"
    broken.write_bytes(b"")
    assert "broken.c3d is no C3D file." in opened(broken)
    assert "No such tracks file" in opened(tmp_path / "gone.c3d")
    words = tmp_path / "words.txt"
    words.write_text("no motion")
    assert "no file of motion that can be read" in opened(words)
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", str(tmp_path / "no" / "python"))
    (tmp_path / "other.c3d").write_bytes(b"points")
    assert "press Set Up Engine first" in opened(tmp_path / "other.c3d")
    assert "press Set Up Engine first" in settings.tracks_problem
    settings.tracks = ""
    assert not settings.tracks_problem


def test_it_is_read_beside_blender(settings, engine, tmp_path, monkeypatch):
    """As in a window: a timer looks, nothing waits, and the button says what is going on."""
    opening = module("operators.open_motion")
    registered, ticks = (
        [],
        SimpleNamespace(is_registered=lambda _: False, register=lambda f, **_: registered.append(f)),
    )
    app = SimpleNamespace(background=False, timers=ticks)
    fake = SimpleNamespace(app=app, path=bpy.path, data=bpy.data, context=bpy.context)
    monkeypatch.setattr(opening, "bpy", fake)
    c3d = tmp_path / "lab.c3d"
    c3d.write_bytes(b"points")
    settings.tracks = str(c3d)
    assert opening.reading(bpy.context.scene) == "lab.c3d", "nothing has been waited for"
    assert registered == [opening._look]
    assert "lab.c3d is being read" in module("panels.bake").why_not(bpy.context)
    end = time.monotonic() + 60
    while opening._look() is not None:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert settings.tracks_info.startswith("1 person") and not opening.reading(bpy.context.scene)
    settings.tracks = str(tmp_path / "none.c3d")
    settings.tracks = str(c3d)
    while opening._look() is not None:
        time.sleep(0.02)
    assert settings.tracks_info.startswith("1 person"), "the file that was chosen last counts"


def test_what_is_dropped(settings):
    handler = bpy.types.POSE3D_FH_motion
    reading = module("blender_pose3d.formats.reading")
    assert set(handler.bl_file_extensions.split(";")) == set(reading.SUFFIXES)
    assert handler.bl_import_operator == "pose3d.open_motion"
    assert handler.poll_drop(SimpleNamespace(area=SimpleNamespace(type="VIEW_3D")))
