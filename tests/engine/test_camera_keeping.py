"""The measuring of a moving camera goes on where a killed run left it, to the same last bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import camera_keeping, camera_motion
from engine.camera_keeping import CameraKeeper
from engine.camera_motion import CameraMotion, find_motion
from engine.camera_watch import Watched
from engine.checkpoint import Checkpoint

SIZE, LENS, FRAMES = (1920, 1080), (2000.0, 2000.0, 960.0, 540.0), 96


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))
    monkeypatch.setattr(camera_keeping, "EVERY", 0.0)
    monkeypatch.setattr(camera_motion, "_AT_ONCE", 16)
    return tmp_path


def turning() -> Watched:
    """Points of a wall that a camera turns along, to and fro."""
    dice, watched = np.random.default_rng(0), Watched()
    wall = np.concatenate([dice.uniform([-0.5, -0.3], [0.5, 0.3], (60, 2)), np.ones((60, 1))], axis=1)
    for angle in 0.15 * np.sin(np.arange(FRAMES) / 8):
        cos, sin = np.cos(angle), np.sin(angle)
        rays = wall @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T
        here = rays[:, :2] / rays[:, 2:] * LENS[0] + LENS[2:] + dice.normal(0, 0.2, (60, 2))
        watched.add(np.arange(60) if len(watched) else np.zeros(0, dtype=int),
                    here.astype(np.float32)[: 60 if len(watched) else 0])  # fmt: skip
        if len(watched) % 40 == 1:
            watched.begin(here.astype(np.float32))
    return watched


def found(checkpoint: Checkpoint | None, told_by: str = "this") -> CameraMotion:
    boxes = np.full((0, FRAMES, 4), np.nan)
    return find_motion(turning(), boxes, LENS, SIZE, keeper=CameraKeeper(checkpoint, told_by))


def same(first: CameraMotion, second: CameraMotion) -> None:
    assert first.kind == second.kind == "turning" and first.focal == second.focal
    np.testing.assert_array_equal(first.rotation, second.rotation)


@pytest.mark.slow
def test_every_step_goes_on_where_it_was(cache, monkeypatch):
    whole = found(None)
    with Checkpoint("work", "us") as kept:
        kept.write({"frame": np.zeros(3)})  # of following people
        same(found(kept), whole)
        parts = len(list(cache.rglob("[0-9]*.npz")))
        assert parts > 2 * FRAMES / 16
        looked = []
        plain = camera_motion._of_one_plane

        def counted(*given) -> np.ndarray:
            looked.append(1)
            return plain(*given)

        monkeypatch.setattr(camera_motion, "_of_one_plane", counted)
        for left in (parts, parts // 2, 4):
            kept.forget_after(left)
            looked.clear()
            same(found(kept), whole)
            assert len(looked) == max(0, FRAMES - 16 * (left - 1))
        same(found(kept, "something else"), whole)
        assert len(looked) > FRAMES


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_killed_amid_the_measuring_it_goes_on(cache):
    code = """
import os, signal
import numpy as np
import test_camera_keeping as t
from engine.checkpoint import Checkpoint
t.camera_keeping.EVERY, t.camera_motion._AT_ONCE = 0.0, 16
plain, parts = Checkpoint.write, []
def write(self, part):
    done = plain(self, part)
    parts.append(1)
    if len(parts) == int(os.environ["FATAL"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return done
Checkpoint.write = write
with Checkpoint("work", "us") as kept:
    moved = t.found(kept)
np.savez(os.environ["OUT"], rotation=moved.rotation, focal=moved.focal or 0.0)
"""
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here.parents[1]), str(here)])
    out = cache / "moved.npz"
    for fatal in ("8", "0"):
        environment = {**os.environ, "PYTHONPATH": paths, "FATAL": fatal, "OUT": str(out)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
        assert done.returncode == (0 if fatal == "0" else -signal.SIGKILL)
    assert len(list((cache / "checkpoints").rglob("[0-9]*.npz"))) > 12
    with np.load(out) as moved:
        np.testing.assert_array_equal(moved["rotation"], found(None).rotation)
