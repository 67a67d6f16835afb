"""What can be wrong in a night's batch, through the command: one line each, its exit code, nothing half."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import pytest

from blender_pose3d.blender.cli import command
from blender_pose3d.tracks import write_tracks
from tests.blender.moving_rigs import generated
from tests.walker import camera_at, film, walk

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def take(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("take") / "walk.npz"
    write_tracks(path, film(walk(0.3), camera_at()).tracks)
    return path


@contextmanager
def disk(folder: Path, options: str) -> Iterator[Path]:
    """A small disk in a folder; skips where nothing may be mounted."""
    folder.mkdir()
    mount = shutil.which("mount")
    words = [str(mount), "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if mount is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def only_line(capfd, *words: str) -> str:
    (line,) = [one for one in capfd.readouterr().err.splitlines() if one.startswith("error: ")]
    assert all(word in line for word in words), line
    return line


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_with_no_video(tmp_path, capfd):
    (tmp_path / "notes.txt").write_text("nothing to see")
    assert command(["convert", str(tmp_path), "--out", str(tmp_path / "out")]) == 3
    only_line(capfd, "There is no video and no tracks file in", str(tmp_path))
    assert names(tmp_path) == ["notes.txt"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="mounts")
def test_a_full_disk(take, tmp_path, capfd):
    """Too small for all results: the first clip of each kind fits, or nothing of a clip appears."""
    with disk(tmp_path / "full", "size=160k") as out:
        asked = ["convert", str(take), "--out", str(out)]
        assert command([*asked, "--bvh"]) == 0
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        capfd.readouterr()
        for wanted in (["--fbx", "--bvh"], ["--glb"], ["--blend"], ["--json", "--fbx"]):
            (out / "ballast").write_bytes(b"")
            with (out / "ballast").open("wb") as file:
                space = shutil.disk_usage(out).free - 24 * 1024
                file.write(bytes(max(0, space)))
            assert command([*asked, "--name", "next", *wanted]) == 1, wanted
            said = capfd.readouterr().err
            assert re.search(r"error: Cannot write .*(No space left|full|nothing came out)", said), said
            assert "Traceback" not in said and ".next." not in said, said
            (out / "ballast").unlink()
            assert {path.name: path.read_bytes() for path in out.iterdir()} == before, wanted


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="mounts")
def test_a_disk_that_is_write_protected(take, tmp_path, capfd):
    """For root, too, who may write where permissions forbid it."""
    with disk(tmp_path / "kept", "ro,size=1m") as out:
        assert command(["convert", str(take), "--out", str(out / "deep"), "--bvh"]) == 1
        only_line(capfd, "Cannot write to", "Read-only file system")


def test_a_file_where_the_folder_should_be(take, tmp_path, capfd):
    (tmp_path / "taken").write_text("a file")
    assert command(["convert", str(take), "--out", str(tmp_path / "taken" / "deep"), "--bvh"]) == 1
    only_line(capfd, "Cannot write to", f"{tmp_path / 'taken'} is a file, not a folder")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(take, tmp_path, capfd):
    (tmp_path / "kept").mkdir(mode=0o500)
    assert command(["convert", str(take), "--out", str(tmp_path / "kept"), "--bvh"]) == 1
    only_line(capfd, "Cannot write to", "Permission denied")


def before_5(major: int, minor: int) -> bytes:
    return b"BLENDER-v%d%02d" % (major, minor)


def since_5(major: int, minor: int) -> bytes:
    return b"BLENDER17-01v%02d%02d" % (major, minor)


@pytest.mark.slow
@pytest.mark.each_blender
@pytest.mark.parametrize("header", [before_5, since_5])
def test_a_character_of_a_newer_blender(header: Callable[[int, int], bytes], take, tmp_path, capfd):
    generated()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hero.blend"), copy=True, compress=False)
    bpy.ops.wm.read_homefile(use_empty=True)
    whole = (tmp_path / "hero.blend").read_bytes()
    new = header(bpy.app.version[0] + 3, 1)
    (tmp_path / "new.blend").write_bytes(new + whole[len(new) :])
    asked = ["convert", str(take), "--out", str(tmp_path / "out"), "--bvh", "--character"]
    assert command([*asked, str(tmp_path / "new.blend")]) == 3
    only_line(capfd, f"Blender {bpy.app.version[0] + 3}.1 saved it", "or newer")
    assert not (tmp_path / "out").exists()
    # a file of the same major version is read, and what may be lost is told
    same = header(bpy.app.version[0], 9)
    if whole.startswith(same[:9]):
        (tmp_path / "next.blend").write_bytes(same + whole[len(same) :])
        assert command([*asked, str(tmp_path / "next.blend")]) == 0
        assert f"saved by Blender {bpy.app.version[0]}.9, newer than this" in capfd.readouterr().err
        assert "warning" in json.loads((tmp_path / "out" / "walk.done.json").read_text())


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="terminals and signals")
def test_ctrl_c_in_a_terminal(take, tmp_path):
    """A real one: progress in a line that is written over; the clip at hand is dropped, the rest kept."""
    import pty

    for number in range(8):
        shutil.copy(take, tmp_path / f"c{number}.npz")
    out = tmp_path / "out"
    words = [sys.executable, "-m", "blender_pose3d", "convert", str(tmp_path), "--out", str(out), "--bvh"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _FOREGROUND, *words, "--jobs", "2"],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    os.close(theirs)
    said, asked = b"", False
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:  # the terminal's other end is closed
            break
        if not asked and b"1 of 8 clips" in said:
            os.write(ours, b"\x03")
            asked, began = True, time.monotonic()
    assert process.wait(60) == 5, said
    assert time.monotonic() - began < 60
    assert b"\r\x1b[K0 of 8 clips" in said and b"[1/8]" not in said
    assert b"error: Cancelled; what is done stays" in said and b"Traceback" not in said
    done = [path.name for path in out.glob("*.done.json")]
    statuses = [row["status"] for row in json.loads((out / "pose3d-report.json").read_text())["clips"]]
    assert len(done) == 8 - statuses.count("not done") < 8
    assert not list(out.glob(".*"))


# Takes the terminal for its own, as a shell does for a command.
_FOREGROUND = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
