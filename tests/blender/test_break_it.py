"""Twelve ways to break a capture, and some more: each ends cleanly, with a message, and Blender goes on.

1 kill the engine, 2 fill the disk, 3 delete the video midway, 4 corrupt the cache, 5 revoke online access,
6 two captures at once, 7 undo, 8 another file, 9 the add-on turned off, 10 a read-only folder, 11 spaces and
Unicode in paths, 12 no GPU. Here is what is not tested beside it: 4 is in tests/test_capture_desk.py, 6 to 9
are in test_capture_panel.py; 11 is how every test here names its video and its folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.registered import module
from tests.blender.test_capture_panel import Sidebar, sidebar, video  # noqa: F401
from tests.test_capture_desk import tracks  # noqa: F401

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the fake engine is a shell script"),
]


def engine_of(sidebar: Sidebar) -> subprocess.Popen:  # noqa: F811
    return sidebar.desk.session._process._process


def went_on(sidebar: Sidebar) -> None:  # noqa: F811
    """A capture that failed leaves nothing that hinders the next."""
    sidebar.engine("done")
    assert bpy.ops.pose3d.capture() == {"FINISHED"}
    assert sidebar.desk.message.startswith("Captured: 1 person")


@pytest.mark.parametrize("moment", ["starting", "working", "cancelling"])
def test_1_the_engine_is_killed(sidebar, video, moment):  # noqa: F811
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.session.running and sidebar.desk.job.state != "reading")
    if moment != "starting":
        sidebar.until(lambda: sidebar.desk.job.progress.done > 0)
    if moment == "cancelling":
        os.kill(engine_of(sidebar).pid, signal.SIGSTOP)  # so that it cannot answer first
        bpy.ops.pose3d.cancel_capture()
    os.kill(engine_of(sidebar).pid, signal.SIGKILL)
    sidebar.until(lambda: not sidebar.desk.busy)
    if moment == "cancelling":
        assert sidebar.desk.message == "Cancelled."
    else:
        assert "The engine ended unexpectedly (exit code -9)" in sidebar.desk.message
        assert any("ended unexpectedly" in text for text in sidebar.draw().texts)
    assert [item.whole for item in sidebar.desk.kept] == [False]
    went_on(sidebar)


def test_1_the_engine_dies_when_it_has_just_answered(sidebar, video):  # noqa: F811
    sidebar.settings.video = video
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.state in {"judging", "done"})
    if sidebar.desk.session.running:
        os.kill(engine_of(sidebar).pid, signal.SIGKILL)
    sidebar.until(lambda: not sidebar.desk.busy)
    assert sidebar.desk.job.state == "done" and not sidebar.desk.is_problem


def test_1_the_engine_dies_while_it_looks_at_a_video(sidebar, video):  # noqa: F811
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.until(lambda: sidebar.desk.session.running)
    os.kill(engine_of(sidebar).pid, signal.SIGKILL)
    sidebar.until(lambda: sidebar.desk.look.over)
    assert not sidebar.why_not(), "the picture is missing, and that is all"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB; its folder, and how to make it read-only."""
    disk = tmp_path / "small disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)]
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("mounting needs root on Linux")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_2_the_disk_is_full(sidebar, video, small_disk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(module("blender_pose3d.blender.preferences"), "user_folder", lambda: small_disk)
    with (
        (small_disk / "filling").open("wb", buffering=0) as filling,
        pytest.raises(OSError, match="No space"),
    ):
        while True:
            filling.write(b"0" * 4096)
    sidebar.settings.video = video
    with pytest.raises(RuntimeError, match="is full: free some space and capture again"):
        bpy.ops.pose3d.capture()
    assert not list((small_disk / "captures").rglob("*.part"))
    (small_disk / "filling").unlink()
    went_on(sidebar)


def test_2_the_disk_gets_full_under_the_engine(sidebar, video, small_disk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(module("blender_pose3d.blender.preferences"), "user_folder", lambda: small_disk)
    sidebar.engine("full")
    sidebar.settings.video = video
    with pytest.raises(RuntimeError, match="The disk is full"):
        bpy.ops.pose3d.capture()
    assert [item.length for item in bpy.context.window_manager.pose3d_captures] == ["interrupted, 40%"]


def test_3_the_video_is_deleted_midway(sidebar, video):  # noqa: F811
    sidebar.engine("wait")
    sidebar.settings.video = video
    sidebar.until(lambda: sidebar.desk.look.over)
    Path(video).unlink()
    with pytest.raises(RuntimeError, match="cannot be read: No such file"):
        bpy.ops.pose3d.capture()
    assert "Choose the video again" in sidebar.desk.message


def test_5_online_access_is_revoked(sidebar, video, monkeypatch):  # noqa: F811
    """Blender says no: the engine is told so, and says what that means."""
    preferences = module("blender_pose3d.blender.preferences")
    if not bpy.app.online_access:
        assert preferences.engine_options(bpy.context)["environment"]["POSE3D_OFFLINE"] == "1"
    sidebar.engine("offline")
    sidebar.settings.video = video
    with pytest.raises(RuntimeError, match="going online is not allowed"):
        bpy.ops.pose3d.capture()
    went_on(sidebar)


def test_10_a_folder_that_is_read_only(sidebar, video, small_disk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(module("blender_pose3d.blender.preferences"), "user_folder", lambda: small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    try:
        sidebar.settings.video = video
        with pytest.raises(RuntimeError, match="Make the folder writable"):
            bpy.ops.pose3d.capture()
        assert "Read-only file system" in sidebar.desk.message
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    went_on(sidebar)


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_12_no_gpu(sidebar, video, monkeypatch, device):  # noqa: F811
    """It is captured all the same; who asked for a graphics card is told that none computed."""
    preferences = module("blender_pose3d.blender.preferences")
    chosen = SimpleNamespace(device=device, network="AUTO", cache_folder="", engine_python="")
    monkeypatch.setattr(preferences, "addon_preferences", lambda context: chosen)
    sidebar.settings.video = video
    assert bpy.ops.pose3d.capture() == {"FINISHED"}
    assert ("cannot use a graphics card here" in sidebar.desk.message) == (device == "cuda")
    assert sidebar.desk.message.startswith("Captured: 1 person")


def test_the_armature_is_deleted(sidebar, video):  # noqa: F811
    armature = bpy.data.objects.new("Hero", bpy.data.armatures.new("Hero"))
    bpy.context.collection.objects.link(armature)
    sidebar.engine("wait")
    sidebar.settings.video = video
    bpy.context.scene.pose3d.armature = armature
    sidebar.begin()
    sidebar.until(lambda: sidebar.desk.job.progress.done > 0)
    bpy.data.objects.remove(armature)
    sidebar.draw()
    assert bpy.context.scene.pose3d.armature is None
    sidebar.desk.tick()
    assert sidebar.desk.busy, "a capture knows of no armature"
    bpy.ops.pose3d.cancel_capture()
    sidebar.until(lambda: not sidebar.desk.busy)


QUITTING = """
import sys
sys.path.insert(0, {root!r})
import bpy
from tests.blender.registered import module, registered
with registered():
    bpy.context.scene.pose3d_capture.video = {video!r}
    operator = module("operators.capture").POSE3D_OT_capture
    from types import SimpleNamespace
    module("blender_pose3d.blender.preferences").user_folder = lambda: __import__("pathlib").Path({folder!r})
    assert operator._start(SimpleNamespace(again=False, report=print), bpy.context)
    desk = module("blender_pose3d.blender.capture_desk").DESK
    import time
    end = time.monotonic() + 60
    while not desk.job.progress.done and time.monotonic() < end:
        desk.tick()
        time.sleep(0.01)
    print("PID", desk.session._process._process.pid, flush=True)
    if {how!r} == "kill":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    module("operators.capture")._blender_ends()
    print("MESSAGE", desk.message, flush=True)
    import os
    os._exit(0)
"""


@pytest.mark.parametrize("how", ["quit", "kill"])
def test_blender_quits_or_crashes(sidebar, video, tmp_path, how):  # noqa: F811
    """The engine goes with it: asked to, or because nobody is at the other end any more."""
    sidebar.engine("wait")
    root = str(Path(__file__).resolve().parents[2])
    script = QUITTING.format(root=root, video=video, folder=str(tmp_path / "ours"), how=how)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False
    )
    lines = dict(
        line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("PID", "MESSAGE"))
    )
    assert "PID" in lines, done.stdout + done.stderr
    end = time.monotonic() + 20
    while Path(f"/proc/{lines['PID']}/cmdline").exists() and _lives(int(lines["PID"])):
        assert time.monotonic() < end, "the engine is still there"
        time.sleep(0.1)
    if how == "quit":
        assert "turned off" in lines["MESSAGE"]


def _lives(pid: int) -> bool:
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
