"""A capture that the real engine was killed in goes on where it was, and the panel says where."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blender_pose3d.blender.capture_desk import Desk
from blender_pose3d.blender.capture_job import Means
from blender_pose3d.blender.captures import Request
from blender_pose3d.blender.engine_session import Engine
from blender_pose3d.tracks import read_tracks
from tests.blender.filmed_walk import film_walk

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("POSE3D_ENGINE_PYTHON", ROOT / ".venv-engine" / "bin" / "python"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.network,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="the engine is started by a shell script"),
]
# the engine as it is, but for how often it keeps where it is
OFTEN = (
    "import runpy; from engine import keeping; keeping.EVERY = 0.5;"
    " runpy.run_module('engine', None, '__main__')"
)
BACK_AND_FORTH = """
import sys, av
source, target = sys.argv[1:]
frames = [frame.to_ndarray(format="rgb24") for frame in av.open(source).decode(video=0)]
frames = (frames + frames[-2:0:-1]) * 4
with av.open(target, "w") as out:
    stream = out.add_stream("h264", rate=25)
    stream.height, stream.width = frames[0].shape[:2]
    for picture in frames:
        out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
    out.mux(stream.encode(None))
"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who walks to and fro for four seconds."""
    if not ENGINE.is_file():
        pytest.skip(f"the engine's environment is not there ({ENGINE}); `make test` makes it")
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    folder = tmp_path_factory.mktemp("to and fro")
    once, long = film_walk(folder, seconds=0.5).video, folder / "to and fro.mp4"
    subprocess.run([str(ENGINE), "-c", BACK_AND_FORTH, str(once), str(long)], check=True, timeout=300)
    return long


@pytest.fixture
def means(tmp_path: Path) -> Means:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{ENGINE}" -u -c "{OFTEN}" serve\n')
    python.chmod(0o755)
    fetched = Path(os.environ.get("POSE3D_CACHE") or Path.home() / ".cache" / "pose3d") / "weights"
    fetched.mkdir(parents=True, exist_ok=True)
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "weights").symlink_to(fetched)
    return Means(Engine(python, {"POSE3D_CACHE": str(cache)}), tmp_path / "captures")


def until(desk: Desk, what: Callable[[], bool]) -> None:
    end = time.monotonic() + 400
    while not what():
        assert time.monotonic() < end, (desk.job and desk.job.state, desk.message)
        desk.tick()
        time.sleep(0.02)


def test_a_killed_engine_goes_on(video: Path, means: Means) -> None:
    desk = Desk()
    try:
        desk.start(means, Request(video, "fast"))
        until(desk, lambda: not desk.busy or desk.job.progress.done >= 40)
        if not desk.busy and "weights" in desk.message:
            pytest.skip(f"the default weights cannot be fetched here: {desk.message}")
        os.kill(desk.session._process._process.pid, signal.SIGKILL)
        until(desk, lambda: not desk.busy)
        assert "ended unexpectedly" in desk.message and desk.job.capture.reached >= 0.3
        desk.start(means, Request(video, "fast"))
        until(desk, lambda: not desk.busy)
        assert desk.job.state == "done", desk.message
        assert 0.1 < desk.job.continued < 0.95, "not from the beginning"
        tracks = read_tracks(desk.job.capture.tracks)
        assert tracks.people == 1 and tracks.present[0].mean() > 0.95, "nothing is missing where it went on"
    finally:
        desk.end("", wait=5.0)
