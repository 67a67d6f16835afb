"""Work that was killed goes on where it was, and ends as if it had never been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from small_videos import block, empty, write

from blender_pose3d.skeleton import COCO_17, H36M_19
from blender_pose3d.tracks import Tracks, read_tracks
from engine import checkpoint as checkpoint_module
from engine import lift_keeping
from engine import lifting as lifting_module
from engine.checkpoint import Checkpoint
from engine.lifting import Lifting
from engine.models import Models
from engine.people import People2D
from engine.settings import Settings
from engine.video import VideoInfo

FRAMES = 240


class Counting:
    """A lifter that counts the frames it lifts; three on either side change what comes out."""

    name, sha256, skeleton, context = "counting", "0" * 64, H36M_19, 4

    def __init__(self) -> None:
        self.lifted = 0

    def lift(self, joints, score, intrinsics):
        self.lifted += len(joints)
        deep = np.concatenate([joints, joints[..., :1]], axis=-1) / intrinsics[0]
        return uniform_filter1d(deep, 7, axis=0, mode="nearest"), score


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def part(number: int) -> dict[str, np.ndarray]:
    return {"frame": np.arange(number, dtype=np.int32), "names": np.array(["a", "b"])}


def test_parts_come_back_in_order_and_go_when_all_is_done(cache):
    with Checkpoint("work", "us") as kept:
        assert kept.load() == []
        for number in range(3):
            assert kept.write(part(number))
    with Checkpoint("work", "us") as kept:
        parts = kept.load()
        assert [len(p["frame"]) for p in parts] == [0, 1, 2]
        assert kept.write(part(3))
        assert len(kept.load()) == 4
        kept.done()
    assert not list((cache / "checkpoints").iterdir())


@pytest.mark.parametrize("harm", ["cut", "bits", "missing", "empty"])
def test_parts_behind_a_broken_one_are_left_aside_and_that_is_told(cache, harm, caplog):
    with Checkpoint("work", "us") as kept:
        for number in range(4):
            kept.write(part(10 * number + 10))
    path = cache / "checkpoints" / "work" / "000003.npz"
    data = bytearray(path.read_bytes())
    if harm == "missing":
        path.unlink()
    elif harm == "bits":
        data[data.index(b"frame.npy") + 150] ^= 0xFF
        path.write_bytes(data)
    else:
        path.write_bytes(data[: len(data) // 2] if harm == "cut" else b"")
    with Checkpoint("work", "us") as kept:
        assert [len(p["frame"]) for p in kept.load()] == [10, 20]
        assert "of no use from part 3 on" in caplog.text
        kept.write(part(7))
        assert [len(p["frame"]) for p in kept.load()] == [10, 20, 7]


def test_what_another_version_left_is_told_and_dropped(caplog):
    with Checkpoint("work", "version 1") as kept:
        kept.write(part(1))
    with Checkpoint("work", "version 2") as kept:
        assert kept.load() == []
        assert "another version of the engine" in caplog.text
        assert kept.write(part(2)) and len(kept.load()) == 1


def test_no_code_in_a_part_runs(cache, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path(tmp_path / "trapped").touch, ())

    with Checkpoint("work", "us") as kept:
        kept.write(part(1))
    path = cache / "checkpoints" / "work" / "000001.npz"
    np.savez(path, head=np.array([Trap()], dtype=object), allow_pickle=True)
    with Checkpoint("work", "us") as kept:
        assert kept.load() == []
    assert not (tmp_path / "trapped").exists()


def test_only_one_at_a_time(caplog):
    with Checkpoint("work", "us") as first:
        assert first.write(part(1))
        with Checkpoint("work", "us") as second:
            assert "Another engine is at this video" in caplog.text
            assert second.load() == [] and not second.write(part(1))
            second.done()
        assert len(first.load()) == 1


def test_a_disk_that_refuses_costs_only_the_checkpoint(monkeypatch, caplog):
    with Checkpoint("work", "us") as kept:
        kept.write(part(1))

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(checkpoint_module.os, "fsync", full)
        assert not kept.write(part(2))
        assert "No space left" in caplog.text
        assert len(kept.load()) == 1


def test_forgotten_work_goes_in_time(cache):
    for number in range(12):
        with Checkpoint(f"work {number}", "us") as kept:
            kept.write(part(1))
        os.utime(cache / "checkpoints" / f"work {number}", (number, time.time() - 100 + number))
    os.utime(cache / "checkpoints" / "work 11", (0, time.time() - 40 * 86400))
    with Checkpoint("new", "us"):
        there = {path.name for path in (cache / "checkpoints").iterdir()}
    assert there == {"new", *(f"work {number}" for number in range(3, 11))}


def test_what_was_lifted_is_not_lifted_again_and_pieces_make_the_whole(monkeypatch, tmp_path):
    frames = 100
    joints = np.random.default_rng(0).uniform(50, 200, (2, frames, 17, 2)).astype(np.float32)
    present = np.ones((2, frames), dtype=bool)
    joints[1, 40:60], present[1, 40:60] = np.nan, False
    score = np.where(present[..., None], 0.9, np.nan).astype(np.float32) * np.ones(17, np.float32)
    people = People2D(np.arange(frames, dtype=np.int32), np.arange(frames) / 30, present, joints, score)
    info = VideoInfo(tmp_path / "a.mp4", "0" * 64, 640, 480, 30.0, frames, frames / 30)

    def lifted(checkpoint: Checkpoint | None = None) -> tuple[Tracks, int]:
        lifter = Counting()
        models = Models(SimpleNamespace(name="none", sha256="", skeleton=COCO_17), None, lifter)
        lifting = Lifting(info, Settings(fov=60.0), lambda *_: None, lambda: False, checkpoint)
        return lifting.tracks(people, models), lifter.lifted

    whole, count = lifted()
    assert count == frames + 80
    monkeypatch.setattr(lifting_module, "_PIECE", 16)
    monkeypatch.setattr(lift_keeping, "EVERY", 0.0)
    with Checkpoint("work", "us") as kept:
        kept.write({"frame": np.zeros(3)})  # of following people
        same(lifted(kept)[0], whole)
        stored = parts_of(tmp_path / "cache")
        kept.forget_after(stored - 2)
        again, count = lifted(kept)
        same(again, whole)
        assert 0 < count < 60
        people.joints2d[0, 3, 3] += 1.0  # from something else nothing is taken over
        assert lifted(kept)[1] > frames


@pytest.fixture
def video(tmp_path) -> Path:
    """Somebody comes in, goes, comes back."""
    pictures = [empty(i) if 100 <= i < 130 else block(i % 90) for i in range(FRAMES)]
    return write(tmp_path / "walk.mp4", pictures)


def command(video: Path, output: Path) -> list[str]:
    return [sys.executable, str(HERE / "fake_engine.py"), "track", str(video), "-o", str(output)]


def same(first: Tracks, second: Tracks) -> None:
    assert first.meta == second.meta
    for name in ("frame", "time", "present", "joints2d", "score2d", "joints3d", "score3d", "camera_rotation"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def parts_of(folder: Path) -> int:
    return len(list((folder / "checkpoints").rglob("[0-9]*.npz")))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_killed_run_goes_on_and_gives_the_same_tracks(video, tmp_path):
    def run(cache: str, output: str, **more: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, "POSE3D_CACHE": str(tmp_path / cache), **more}
        given = command(video, tmp_path / output)
        return subprocess.run(given, env=environment, capture_output=True, text=True, check=False)

    assert run("whole", "whole.npz").returncode == 0
    # killed amid a part, which leaves half of it, three times over, farther each time
    for fatal in ("3", "2", "4"):
        done = run("killed", "killed.npz", KEEP_EVERY="0.01", KILL_IN_PART=fatal)
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert parts_of(tmp_path / "killed") == 2 + 1 + 3
    assert list((tmp_path / "killed" / "checkpoints").rglob("*.part"))
    last = run("killed", "killed.npz")
    assert last.returncode == 0 and "goes on at frame" in last.stderr
    assert int(last.stderr.split("goes on at frame ")[1].split(".")[0]) > 5
    same(read_tracks(tmp_path / "killed.npz"), read_tracks(tmp_path / "whole.npz"))
    assert not list((tmp_path / "killed" / "checkpoints").iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_run_killed_at_any_moment_goes_on(video, tmp_path):
    environment = {**os.environ, "POSE3D_CACHE": str(tmp_path / "killed"), "KEEP_EVERY": "0.1"}
    output = tmp_path / "killed.npz"
    for parts in (2, 5):
        with subprocess.Popen(command(video, output), env={**environment, "SLOW": "0.05"}) as process:
            end = time.monotonic() + 60
            while parts_of(tmp_path / "killed") < parts and time.monotonic() < end:
                time.sleep(0.01)
            process.kill()
        assert parts_of(tmp_path / "killed") >= parts
    done = subprocess.run(command(video, output), env=environment, capture_output=True, text=True, check=True)
    assert "goes on at frame" in done.stderr
    environment["POSE3D_CACHE"] = str(tmp_path / "whole")
    subprocess.run(command(video, tmp_path / "whole.npz"), env=environment, capture_output=True, check=True)
    same(read_tracks(output), read_tracks(tmp_path / "whole.npz"))


def lifted_parts(folder: Path) -> int:
    count = 0
    for path in (folder / "checkpoints").rglob("[0-9]*.npz"):
        with np.load(path) as part:
            count += "lift.check" in part
    return count


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal")
def test_a_run_killed_while_it_lifts_goes_on(tmp_path):
    """The real lifter; what was lifted before is not lifted again, and arrays are the same bit for bit."""
    video = write(tmp_path / "long.mp4", [block(i % 90) for i in range(400)])
    output = tmp_path / "killed.npz"
    # one part of all that was followed, then one of each piece lifted, whatever the machine's speed
    there = {**os.environ, "KEEP_EVERY": "3600", "KEEP_LIFT": "0", "LIFT": "128"}
    there["POSE3D_CACHE"] = str(tmp_path / "killed")
    killed = subprocess.run(
        command(video, output), env={**there, "KILL_IN_PART": "4"}, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL and not output.exists(), killed.stderr
    assert lifted_parts(tmp_path / "killed") == 2
    done = subprocess.run(command(video, output), env=there, capture_output=True, text=True, check=True)
    assert "goes on at frame" in done.stderr
    elsewhere = {**there, "POSE3D_CACHE": str(tmp_path / "whole"), "LIFT": "4096"}
    subprocess.run(command(video, tmp_path / "whole.npz"), env=elsewhere, capture_output=True, check=True)
    same(read_tracks(output), read_tracks(tmp_path / "whole.npz"))


@pytest.mark.slow
def test_two_engines_at_one_video_and_one_cache_are_safe(video, tmp_path):
    environment = {
        **os.environ,
        "POSE3D_CACHE": str(tmp_path / "cache"),
        "KEEP_EVERY": "0.05",
        "SLOW": "0.01",
    }
    outputs = [tmp_path / f"{name}.npz" for name in "ab"]
    engines = [subprocess.Popen(command(video, output), env=environment) for output in outputs]
    assert [engine.wait() for engine in engines] == [0, 0]
    same(*map(read_tracks, outputs))
    assert len(list((tmp_path / "cache" / "tracks").iterdir())) == 1
    assert not list((tmp_path / "cache" / "checkpoints").iterdir())


@pytest.mark.slow
def test_an_engine_that_serves_says_where_it_goes_on(video, tmp_path):
    environment = {**os.environ, "POSE3D_CACHE": str(tmp_path / "cache"), "KEEP_EVERY": "0.1", "SLOW": "0.05"}
    job = {"id": 7, "command": "track", "video": str(video), "output": str(tmp_path / "a.npz")}
    given = [sys.executable, str(HERE / "fake_engine.py"), "serve"]

    def serve() -> subprocess.Popen:
        process = subprocess.Popen(given, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        return process

    with serve() as first:
        end = time.monotonic() + 60
        while parts_of(tmp_path / "cache") < 2 and time.monotonic() < end:
            time.sleep(0.01)
        first.kill()
    environment["SLOW"] = "0"
    with serve() as second:
        said = []
        while not said or said[-1]["type"] not in ("result", "error"):
            said.append(json.loads(second.stdout.readline()))
        second.stdin.close()
    (told,) = [message for message in said if message["type"] == "continued"]
    assert told["id"] == 7 and 0 < told["frame"] < FRAMES
    followed = [message for message in said if message.get("stage") == "follow"]
    assert followed[0]["done"] == told["frame"]
    assert said[-1]["type"] == "result" and read_tracks(tmp_path / "a.npz").people == 1
