"""Set Up Engine and the preferences in Blender: what is said, and that nothing is left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.registered import ROOT, module

LONGEST = 0.03  # seconds a draw may take


@pytest.fixture
def operators(add_on, monkeypatch, tmp_path):
    """The set-up's desk, online, with a user's folder of its own (spaces, Unicode) and no engine."""
    setup = module("operators.setup_desk")
    preferences = module("blender_pose3d.blender.preferences")
    monkeypatch.setattr(setup, "why_offline", lambda: "")
    monkeypatch.setattr(preferences, "user_folder", lambda: tmp_path / "Größe 日本 x")
    monkeypatch.setattr(module("blender_pose3d.blender.engine_process"), "ROOT", tmp_path)
    monkeypatch.setattr(module("blender_pose3d.blender.engine_setup"), "ROOT", ROOT)
    monkeypatch.delenv("POSE3D_ENGINE_PYTHON", raising=False)
    setup.DESK.job = None
    yield setup
    if setup.DESK.job is not None:
        setup.DESK.job.close()
    setup.DESK.job = None
    if bpy.app.timers.is_registered(setup._watch):
        bpy.app.timers.unregister(setup._watch)


def refused(operator=None, **properties) -> str:
    with pytest.raises(RuntimeError) as error:
        (operator or bpy.ops.pose3d.setup_engine)(**properties)
    return str(error.value)


def ended(operators, seconds: float = 120.0):
    """Timers do not fire in the bpy module: what Blender would call, until the job is over."""
    until = time.monotonic() + seconds
    while operators._watch() is not None and time.monotonic() < until:
        time.sleep(0.02)
    assert not operators.DESK.busy
    return operators.DESK.job


def fake_python(folder: Path, text: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_without_online_access_nothing_is_fetched(operators, monkeypatch):
    monkeypatch.undo()
    setup = module("operators.setup_desk")
    monkeypatch.setattr(
        setup, "bpy", SimpleNamespace(app=SimpleNamespace(online_access=False, online_access_override=False))
    )
    assert "Allow Online Access is off" in setup.why_offline()
    monkeypatch.setattr(
        setup, "bpy", SimpleNamespace(app=SimpleNamespace(online_access=False, online_access_override=True))
    )
    assert "--offline-mode" in setup.why_offline()
    monkeypatch.undo()
    if not bpy.app.online_access:
        assert "Allow Online Access is off" in refused(build="CPU")
    assert setup.DESK.job is None


def test_too_small_a_disk_is_told_before_anything_starts(operators, monkeypatch):
    small = shutil._ntuple_diskusage(10**9, 10**9, 5 * 10**6)
    monkeypatch.setattr(module("blender_pose3d.engine_setup.place").shutil, "disk_usage", lambda _: small)
    message = refused(build="AUTO")
    assert "Too little room" in message
    assert "5 MB are free" in message
    assert operators.DESK.job is None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand in for Pythons")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 3.9.2", "is Python 3.9.2; the engine needs 3.11 or newer"),
        ("echo what; exit 3", "is no Python that works"),
        (
            'case "$*" in *version_info*) echo 3.13.1;; *) exit 1;; esac',
            "install the package python3.13-venv",
        ),
    ],
)
def test_a_python_that_will_not_do(operators, tmp_path, script, said):
    assert bpy.ops.pose3d.setup_engine(base=str(fake_python(tmp_path, script))) == {"FINISHED"}
    job = ended(operators)
    assert job.state == "failed"
    assert said in job.text
    assert "failed: " in (tmp_path / "Größe 日本 x" / "setup.log").read_text("utf-8")


def test_a_folder_that_cannot_be_written_to(operators, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(
        module("blender_pose3d.blender.preferences"), "user_folder", lambda: tmp_path / "file" / "x"
    )
    assert bpy.ops.pose3d.setup_engine() == {"FINISHED"}
    job = ended(operators)
    assert (job.state, "cannot be written to" in job.text) == ("failed", True)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts stand in for Pythons")
def test_it_is_cancelled_and_ends_with_the_add_on(operators, tmp_path):
    slow = fake_python(tmp_path, "exec sleep 60")
    for end in (bpy.ops.pose3d.cancel_setup, operators.stop):
        assert bpy.ops.pose3d.setup_engine(base=str(slow)) == {"FINISHED"}
        job = operators.DESK.job
        until = time.monotonic() + 60
        while "Looking" not in job.text and time.monotonic() < until:
            operators._watch()
            time.sleep(0.02)
        assert "Wait for the set-up" in refused()
        started = time.monotonic()
        end()
        if operators.DESK.job is not None:
            ended(operators)
        assert time.monotonic() - started < 10
        assert job.state == "cancelled"
        assert job._process.poll() is not None
    assert operators.DESK.job is None


@pytest.mark.slow
def test_removing_takes_only_ours(operators, tmp_path):
    place = module("blender_pose3d.engine_setup.place").Place(tmp_path / "Größe 日本 x")
    place.environment.mkdir(parents=True)
    (place.environment / "mine").write_text("")
    bpy.ops.pose3d.remove_engine()
    assert "was not made by Pose3D" in ended(operators).text
    (place.environment / "mine").unlink()
    place.write_mark(module("blender_pose3d.engine_setup.place").Mark(state="ready"))
    bpy.ops.pose3d.remove_engine()
    assert "was removed" in ended(operators).text
    assert not place.environment.exists()


def test_a_check_tells_what_is_missing(operators, monkeypatch):
    assert "Set Up Engine" in refused(bpy.ops.pose3d.check_engine)
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", "/no/such/python")
    assert "/no/such/python" in refused(bpy.ops.pose3d.check_engine)


def test_preferences_reach_the_engine(operators, monkeypatch, tmp_path):
    preferences = module("blender_pose3d.blender.preferences")
    told = preferences.engine_options(bpy.context)
    assert told["fields"] == {"device": "auto"}
    chosen = SimpleNamespace(
        device="cpu",
        network="blazepose-heavy",
        cache_folder=str(tmp_path / "cache"),
        engine_python=str(tmp_path),
    )
    monkeypatch.setattr(preferences, "addon_preferences", lambda context: chosen)
    told = preferences.engine_options(bpy.context)
    assert told["fields"] == {"device": "cpu", "pose2d": "blazepose-heavy"}
    assert told["environment"]["POSE3D_CACHE"] == str(tmp_path / "cache")
    assert ("POSE3D_OFFLINE" in told["environment"]) is not bpy.app.online_access
    assert preferences.cache_folder(bpy.context) == tmp_path / "cache"
    with pytest.raises(module("blender_pose3d.blender.errors").MissingEngine, match="neither a Python nor"):
        preferences.engine_python(bpy.context)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("")
    assert preferences.engine_python(bpy.context) == tmp_path / "bin" / "python"
    assert preferences.blenders_python().is_file()


def test_the_cache_is_counted_and_cleared(operators, monkeypatch, tmp_path):
    preferences = module("blender_pose3d.blender.preferences")
    monkeypatch.setattr(preferences, "cache_folder", lambda context: tmp_path)
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / "a.npz").write_bytes(bytes(2 * 10**6))
    (tmp_path / "film.mp4").write_bytes(b"dear")
    size = module("operators.engine_cache").SIZE
    size.forget()
    assert size.of(tmp_path) is None or size.megabytes == 2
    size._thread.join(10)
    assert size.of(tmp_path) == pytest.approx(2)
    assert bpy.ops.pose3d.clear_cache() == {"FINISHED"}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["film.mp4"]


class Layout:
    """Notes what is drawn and takes what Blender's layout does."""

    def __init__(self, parent=None):
        self.texts = parent.texts if parent else []
        self.operators = parent.operators if parent else []
        self.seen = parent.seen if parent else []

    def column(self, **_):
        return Layout(self)

    row = box = split = column

    def panel(self, name, default_closed=False):
        return Layout(self), Layout(self)

    def label(self, *, text, **_):
        self.texts.append(text)

    def progress(self, *, factor, text):
        assert 0 <= factor <= 1
        self.texts.append(text)

    def prop(self, owner, name, **_):
        self.seen.append(name)

    def operator(self, name, **_):
        module, _, inner = name.partition(".")
        assert hasattr(getattr(bpy.ops, module), inner)
        self.operators.append(name)


def test_box_and_preferences_draw_in_every_state(operators, monkeypatch, tmp_path):
    engine, panel = module("panels.engine"), module("panels.preferences")
    jobs = module("blender_pose3d.blender.engine_setup")
    operators.DESK.machine().wait(30)
    assert module("operators.loading").LOADED.done(), "before a panel draws"
    preferences = module("blender_pose3d.blender.preferences")
    monkeypatch.setattr(preferences, "cache_folder", lambda context: tmp_path)
    chosen = SimpleNamespace(device="auto", network="AUTO", cache_folder="", engine_python="")
    failed = jobs.SetupJob("make", state="failed", text="The disk is full.")
    running = jobs.SetupJob(
        "make", text="Fetching torch 2.13.0: 12 MB of 192 MB", fraction=0.3, line="Saved x"
    )
    for job, said in ((None, "to fetch"), (running, "12 MB of"), (failed, "disk is full")):
        operators.DESK.job = job
        assert engine.needs_attention(bpy.context)
        for _ in range(2):
            layout, whole = Layout(), Layout()
            started = time.thread_time()
            engine.draw_engine(layout, bpy.context, 40)
            panel.POSE3D_AP_preferences._engine(chosen, whole, bpy.context)
            panel.POSE3D_AP_preferences._cache(chosen, whole, bpy.context)
            panel.draw_weights(whole, bpy.context)
            assert time.thread_time() - started < LONGEST, "box and preferences together, the first time too"
        assert said in " ".join(layout.texts)
        assert any("Apache-2.0" in text for text in whole.texts)
        assert "pose3d.clear_cache" in whole.operators
        assert ("pose3d.cancel_setup" in layout.operators) == (job is running)
    running.state = "cancelled"
    operators.DESK.job = None
    offered, properties = Layout(), SimpleNamespace(build="CPU", base="")
    module("operators.setup_offer").draw_offer(offered, bpy.context, properties)
    text = " ".join(offered.texts)
    assert "torch 2.13.0, CPU" in text or sys.platform != "linux"
    assert "on the disk of" in text
    assert {"build", "base"} <= set(offered.seen)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
def test_a_disk_that_is_full(operators, monkeypatch, tmp_path):
    """A tmpfs of one megabyte, for real."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        preferences = module("blender_pose3d.blender.preferences")
        monkeypatch.setattr(preferences, "user_folder", lambda: disk / "user")
        assert "1 MB are free" in refused(build="AUTO")
        monkeypatch.setattr(operators, "too_little_room", lambda build: "")
        bpy.ops.pose3d.setup_engine()
        job = ended(operators)
        assert "Too little room on the disk" in job.text
        assert not (disk / "user" / "venv-engine").exists()
    finally:
        if operators.DESK.job is not None:
            operators.DESK.job.close()
        subprocess.run(["umount", str(disk)], check=True)
