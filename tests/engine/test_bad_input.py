"""Bad and odd input through the real command line: one clear line, the right code, no file left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from small_videos import block, empty, write

from blender_pose3d.tracks import read_tracks

# each starts a process or two; together they would take half the time of `make quick`
pytestmark = pytest.mark.slow


@pytest.fixture
def engine(tmp_path):
    """Run the command line in an empty folder: engine("track", ...) -> exit code, stdout, stderr's lines."""
    work = tmp_path / "work"
    work.mkdir()

    def run(*arguments: object, **environment: str) -> tuple[int, str, list[str]]:
        done = subprocess.run(
            [sys.executable, str(HERE / "fake_engine.py"), *map(str, arguments)],
            check=False,
            cwd=work,
            env={**os.environ, "POSE3D_CACHE": str(tmp_path / "cache"), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr.splitlines()

    run.folder = work
    return run


def assert_refused(engine, code: int, says: str, *arguments: object, **environment: str) -> None:
    got, _, lines = engine("track", *arguments, "-o", "out.npz", **environment)
    errors = [line for line in lines if line.startswith("error: ")]
    assert got == code, lines
    assert len(errors) == 1, lines
    assert says in errors[0]
    assert not any("Traceback" in line for line in lines)
    left = [p.name for p in engine.folder.iterdir() if "npz" in p.name]
    assert not left


def assert_tracked(engine, video: Path, frames: int, *arguments: object):
    code, out, lines = engine("track", video, "-o", "out.npz", *arguments)
    assert code == 0, lines
    assert "1 person" in out
    tracks = read_tracks(engine.folder / "out.npz")
    assert tracks.present.shape == (1, frames)
    return tracks


def test_no_such_file(engine):
    assert_refused(engine, 3, "no file", "missing.mp4")


def test_folder(engine, tmp_path):
    assert_refused(engine, 3, "folder", tmp_path)


def test_text_named_mp4(engine, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("Dear diary, today I did not film anything.\n" * 50)
    assert_refused(engine, 3, "notes.mp4", path)


def test_zero_bytes(engine, tmp_path):
    path = tmp_path / "zero.mp4"
    path.touch()
    assert_refused(engine, 3, "empty", path)


def test_truncated_before_its_index(engine, tmp_path):
    path = write(tmp_path / "cut.mp4", (block(i) for i in range(30)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert_refused(engine, 3, "cut.mp4", path)


def test_truncated_stream_gives_what_there_is(engine, tmp_path):
    path = write(tmp_path / "cut.ts", (block(i) for i in range(60)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    code, _, lines = engine("track", path, "-o", "out.npz")
    assert code == 0, lines
    assert 10 < read_tracks(engine.folder / "out.npz").present.sum() < 60


def test_empty_room(engine, tmp_path):
    path = write(tmp_path / "room.mp4", (empty(i) for i in range(20)))
    assert_refused(engine, 3, "No person found in room.mp4", path)


def test_zero_frames(engine, tmp_path):
    import av

    path = tmp_path / "none.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        container.start_encoding()
    assert_refused(engine, 3, "none.mkv", path)


def test_one_frame(engine, tmp_path):
    assert_tracked(engine, write(tmp_path / "one.mp4", [block(0)]), 1)


@pytest.mark.slow
def test_very_large_picture(engine, tmp_path):
    path = write(tmp_path / "large.mkv", (block(i, 8000, 4000) for i in range(2)), codec="mjpeg")
    tracks = assert_tracked(engine, path, 2)
    assert (tracks.meta["video"]["width"], tracks.meta["video"]["height"]) == (8000, 4000)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_rotated_phone_footage(engine, tmp_path, degrees, turns):
    # the block is tall and in the left half of the upright picture, and moves right
    stored = (np.ascontiguousarray(np.rot90(block(i), turns)) for i in range(30))
    tracks = assert_tracked(engine, write(tmp_path / "phone.mp4", stored, rotate=degrees), 30)
    assert (tracks.meta["video"]["width"], tracks.meta["video"]["height"]) == (320, 240)
    nose = tracks.joints2d[0, :, 0]
    assert nose[-1, 0] - nose[0, 0] > 40
    assert np.ptp(tracks.joints2d[0, 0], axis=0).argmax() == 1


def test_variable_frame_rate(engine, tmp_path):
    times = np.cumsum(np.random.default_rng(1).choice([20, 30, 60], 40)) / 600
    path = write(tmp_path / "uneven.mp4", (block(i) for i in range(40)), times=times)
    tracks = assert_tracked(engine, path, 40)
    np.testing.assert_allclose(tracks.time - tracks.time[0], times - times[0], atol=2e-3)


@pytest.mark.parametrize(("codec", "name"), [("ffv1", "a.mkv"), ("mpeg2video", "a.mpg"), ("mjpeg", "a.avi")])
def test_odd_codecs_without_sound(engine, tmp_path, codec, name):
    assert_tracked(engine, write(tmp_path / name, (block(i) for i in range(24)), codec=codec), 24)


def test_range(engine, tmp_path):
    path = write(tmp_path / "a.mp4", (block(i) for i in range(60)))
    tracks = assert_tracked(engine, path, 30, "--start", "0.5", "--end", "1.5")
    assert tracks.frame[0] == 15
    assert tracks.meta["video"]["frames"] == 60
    (engine.folder / "out.npz").unlink()
    assert_refused(engine, 2, "range", path, "--start", "10")
    assert_refused(engine, 2, "after the start", path, "--start", "3", "--end", "2")
    assert_refused(engine, 2, "start must be", path, "--start", "-1")


def test_output_that_cannot_be(engine, tmp_path):
    path = write(tmp_path / "a.mp4", (block(i) for i in range(12)))
    for output, says in ((tmp_path, "is a folder"), (tmp_path / "no" / "out.npz", "no folder")):
        code, _, lines = engine("track", path, "-o", output)
        assert code == 2
        assert len(lines) == 1
        assert says in lines[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_full_disk(tmp_path, monkeypatch):
    import errno

    from blender_pose3d import tracks as tracks_module
    from engine import output
    from engine.errors import EngineError

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(output, "write_tracks", full)
    with pytest.raises(EngineError, match=r"No space left.*Free some space"):
        output.write(tmp_path / "a.npz", tracks_module.Tracks({}, *[np.zeros(0)] * 7))


def test_nobody_has_that_number(engine, tmp_path):
    path = write(tmp_path / "a.mp4", (block(i) for i in range(12)))
    assert_refused(engine, 2, "no person 3: 1 person was found", path, "--person", "3")
    assert_refused(engine, 2, "no person 0", path, "--person", "0")


def test_a_bug_is_one_line_and_names_the_log(engine, tmp_path):
    path = write(tmp_path / "a.mp4", (block(i) for i in range(12)))
    assert_refused(engine, 1, "the roof is on fire", path, CRASH="1")
    log = next((tmp_path / "cache" / "logs").glob("*.log"))
    assert "Traceback" in log.read_text()


def test_unknown_command_and_version(engine):
    assert engine("fly")[0] == 2
    assert engine("track")[0] == 2
    code, out, _ = engine("--version")
    assert (code, out.split()[0]) == (0, "Pose3D")


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tmp_path, number):
    path = write(tmp_path / "a.mp4", (block(i) for i in range(60)))
    # a shell that runs these tests in the background has told its children to ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, str(HERE / "fake_engine.py"), "track", str(path), "-o", str(tmp_path / "out.npz")],
        env={**os.environ, "POSE3D_CACHE": str(tmp_path / "cache"), "SLOW": "0.2"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "Loading" in process.stderr.readline()
    time.sleep(0.3)
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert process.returncode == 5
    assert "error: Cancelled." in told
    assert not list(tmp_path.glob("*.npz*"))
    assert not list(tmp_path.glob(".*"))
