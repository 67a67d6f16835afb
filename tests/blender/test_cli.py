"""The command line, from tracks to files; bad input gives one line, its exit code and no files."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.cli import command
from blender_pose3d.blender.export import save_blend
from blender_pose3d.tracks import Tracks, write_tracks
from tests.blender.moving_rigs import generated, mixamo
from tests.blender.readers import read_bvhio, read_fbx, read_pybvh
from tests.rig_makers.blender import armature_of
from tests.rig_makers.others import cubes
from tests.walker import camera_at, film, walk

ROOT = Path(__file__).parents[2]
QUALITY = ["walk.done.json", "walk.quality.json", "walk.report.html", "walk.report.json"]

# Speaks the engine's protocol as far as one job needs it.
ENGINE = """
import json, os, shutil, sys, time
say = lambda **message: print(json.dumps(message), flush=True)
say(type="hello", protocol=1)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["command"] == "shutdown":
        break
    if asked["command"] == "cancel":
        say(type="error", id=1, code="cancelled", exit_code=5, message="Cancelled.", hint="")
    if asked["command"] == "track":
        mode = os.environ["FAKE_ENGINE"]
        if mode == "crash":
            print("Segmentation fault in layer 3", file=sys.stderr, flush=True)
            os._exit(7)
        for done in range(0, 101, 5):
            say(type="progress", id=1, stage="follow", done=done, total=100, fps=20.0, seconds_left=1.0)
        if mode == "weights":
            say(type="error", id=1, code="missing_weights", exit_code=4, message="No weights.", hint="Fetch.")
        elif mode != "wait":
            shutil.copy(mode, asked["output"])
            say(type="result", id=1, output=asked["output"], people=1)
"""


@pytest.fixture(scope="module")
def tracks() -> Tracks:
    return film(walk(1.0), camera_at()).tracks


@pytest.fixture
def clip(tracks, tmp_path) -> Path:
    write_tracks(tmp_path / "walk.npz", tracks)
    return tmp_path / "walk.npz"


@pytest.fixture
def fake_engine(tmp_path, monkeypatch) -> Path:
    """A Python that runs the fake in place of ``-m engine serve``, and a video for it."""
    (tmp_path / "engine.py").write_text(ENGINE)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{tmp_path / 'engine.py'}'\n")
    python.chmod(0o755)
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", str(python))
    (tmp_path / "film.mp4").write_bytes(b"frames")
    return tmp_path / "film.mp4"


def blend_with(path: Path, *makers) -> Path:
    bpy.ops.wm.read_homefile(use_empty=True)
    for make in makers:
        make()
    return save_blend(path)


def refused(capsys, code: int, *words: str) -> None:
    """The one line that was printed holds these words."""
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, captured.err
    assert all(word in lines[0] for word in words), lines[0]
    assert "Traceback" not in captured.err
    assert code in (2, 3, 4, 5, 1)


def test_tracks_become_files_without_a_character(clip, tmp_path, capsys):
    assert command(["convert", str(clip), "--out", str(tmp_path / "new" / "out")]) == 0
    printed = [Path(line) for line in capsys.readouterr().out.splitlines()]
    made = ["walk.fbx", "walk.bvh", "walk.blend", "walk.report.json", "walk.quality.json", "walk.report.html"]
    assert [path.name for path in printed] == made
    there = sorted(p.name for p in printed[0].parent.iterdir())
    assert there == sorted(["walk.done.json", *(p.name for p in printed)])
    fbx, bvh = read_fbx(printed[0]), read_bvhio(printed[1])
    assert fbx.frames == bvh.frames == 30
    assert fbx.fps == pytest.approx(30)
    for name, place in fbx.joints.items():
        assert np.abs(bvh.joints[name] - place).max() < 1e-3
    (person,) = json.loads(printed[3].read_text())["people"]
    assert person["rig"] == "pose3d"
    assert person["frames"] == 30
    assert person["quality"]["after"]["missing"] == 0
    (numbers,) = json.loads(printed[4].read_text())["people"]
    assert len(numbers["after"]["jitter"]["along"]) == 30
    assert printed[5].read_text().startswith("<!DOCTYPE html>")


def test_feet_are_held_as_asked(clip, tmp_path):
    def travelled(*asked: str) -> float:
        assert command(["convert", str(clip), "--out", str(tmp_path / "out"), "--blend", *asked]) == 0
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out/walk.blend"))
        foot = next(o for o in bpy.data.objects if o.type == "ARMATURE").pose.bones["foot.L"]
        places = []
        for frame in (1, 10, 20, 30):
            bpy.context.scene.frame_set(frame)
            places.append(foot.head.copy())
        bpy.ops.wm.read_homefile(use_empty=True)  # else the result would be the next one's character
        return max((place - places[0]).length for place in places)

    assert travelled("--left-foot", "always", "--right-foot", "never") < 0.05 < travelled()
    assert command(["convert", str(clip), "--out", str(tmp_path / "out"), "--left-foot", "sometimes"]) == 2


def test_a_character_of_a_file(clip, tmp_path):
    character = blend_with(tmp_path / "hero.blend", mixamo)
    before = character.read_bytes()
    out = tmp_path / "out"
    assert command(["convert", str(clip), "--out", str(out), "--character", str(character), "--fbx"]) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(["walk.fbx", *QUALITY])
    assert "mixamorig:LeftForeArm" in read_fbx(out / "walk.fbx").joints
    assert character.read_bytes() == before


def test_several_inputs_leave_nothing_in_each_other(clip, tmp_path, tracks):
    write_tracks(tmp_path / "again.npz", tracks)
    out = tmp_path / "out"
    assert command(["convert", str(clip), str(tmp_path / "again.npz"), "--out", str(out), "--blend"]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out / "again.blend"))
    assert [action.name for action in bpy.data.actions] == ["again"]
    assert [armature.name for armature in bpy.data.armatures] == ["again"]


def test_everybody(tracks, tmp_path):
    two = {
        key: np.concatenate([getattr(tracks, key)] * 2)
        for key in ("present", "joints2d", "score2d", "joints3d", "score3d")
    }
    write_tracks(tmp_path / "two.npz", replace(tracks, meta={**tracks.meta, "people": 2}, **two))
    out = tmp_path / "out"
    assert command(["convert", str(tmp_path / "two.npz"), "--out", str(out), "--people", "all", "--fbx"]) == 0
    quality = [name.replace("walk", "two") for name in QUALITY]
    assert sorted(p.name for p in out.iterdir()) == sorted(["two.fbx", *quality, "two_person2.fbx"])


def test_a_clip_is_as_long_as_its_person_was_in_view(tracks, tmp_path):
    keys = ("present", "joints2d", "score2d", "joints3d", "score3d")
    two = {key: np.concatenate([getattr(tracks, key)] * 2) for key in keys}
    late = len(tracks.frame) // 3
    two["present"][1, :late] = False
    for key in keys[1:]:
        two[key][1, :late] = np.nan
    write_tracks(tmp_path / "two.npz", replace(tracks, meta={**tracks.meta, "people": 2}, **two))
    out = tmp_path / "out"
    chosen = ["--people", "all", "--bvh", "--blend"]
    assert command(["convert", str(tmp_path / "two.npz"), "--out", str(out), *chosen]) == 0
    whole = len(tracks.frame)
    assert read_pybvh(out / "two.bvh").frames == whole
    assert read_pybvh(out / "two_person2.bvh").frames == whole - late
    bpy.ops.wm.open_mainfile(filepath=str(out / "two.blend"))
    assert bpy.context.scene.frame_end == whole
    first, last = bpy.data.objects["two_person2"].animation_data.action.frame_range
    assert (first, last) == (1 + late, whole)


@pytest.mark.parametrize(
    ("makers", "extra", "code", "words"),
    [
        ((), (), 3, ("no armature", "--rig pose3d")),
        ((generated, mixamo), (), 2, ("--armature", "Walker", "Mixamo")),
        ((generated,), ("--armature", "Hero"), 2, ("Hero", "Walker")),
        ((generated,), ("--rig", "unreal"), 3, ("unreal",)),
    ],
)
def test_characters_that_will_not_do(  # noqa: PLR0917
    makers, extra, code, words, clip, tmp_path, capsys
):
    character = blend_with(tmp_path / "hero.blend", *makers)
    out = tmp_path / "out"
    assert command(["convert", str(clip), "--out", str(out), "--character", str(character), *extra]) == code
    refused(capsys, code, *words)
    assert not out.exists(), "not even an empty folder"


def test_an_armature_that_is_no_humanoid(clip, tmp_path, capsys):
    character = blend_with(tmp_path / "crane.blend", lambda: armature_of(cubes(), "Crane"))
    assert command(["convert", str(clip), "--out", str(tmp_path / "o"), "--character", str(character)]) == 3
    refused(capsys, 3, "not a humanoid")
    assert not (tmp_path / "o").exists()


def test_bad_inputs(clip, tmp_path, tracks, capsys):
    out = str(tmp_path / "out")
    np.savez(tmp_path / "future.npz", meta=np.array(json.dumps({**tracks.meta, "schema": "pose3d-tracks/9"})))
    (tmp_path / "text.npz").write_text("no tracks")
    (tmp_path / "broken.blend").write_text("no blend")
    (tmp_path / "taken").write_text("a file")
    other = tmp_path / "other" / "walk.npz"
    other.parent.mkdir()
    write_tracks(other, tracks)
    cases = [
        (["nowhere.npz", "--out", out], 3, "nowhere.npz"),
        ([str(tmp_path / "future.npz"), "--out", out], 3, "pose3d-tracks/9"),
        ([str(tmp_path / "text.npz"), "--out", out], 3, "text.npz"),
        ([str(clip), "--out", str(tmp_path / "taken" / "deep")], 1, "taken"),
        ([str(clip), "--out", out, "--person", "4"], 2, "person 4"),
        ([str(clip), "--out", out, "--person", "0"], 2, "from 1"),
        ([str(clip), "--out", out, "--fps", "-3"], 2, "fps"),
        ([str(clip), str(other), "--out", out], 2, "walk"),
        ([str(clip)], 2, "--out"),
        ([str(clip), "--out", out, "--character", str(tmp_path / "broken.blend")], 3, "broken.blend"),
        ([str(clip), "--out", out, "--character", "gone.blend"], 3, "gone.blend"),
    ]
    for arguments, code, word in cases:
        assert command(["convert", *arguments]) == code, arguments
        refused(capsys, code, word)
    assert command(["convert", str(clip), "--out", out, "--preset", "doom"]) == 2
    assert not Path(out).exists(), "not even an empty folder"


@pytest.mark.skipif(os.name != "posix", reason="the fake engine is a shell script")
def test_a_video_goes_through_the_engine(fake_engine, clip, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FAKE_ENGINE", str(clip))
    assert command(["convert", str(fake_engine), "--out", str(tmp_path / "out"), "--bvh"]) == 0
    captured = capsys.readouterr()
    assert "follow" in captured.err
    assert "100 %" in captured.err
    assert (tmp_path / "out" / "film.bvh").is_file()


@pytest.mark.skipif(os.name != "posix", reason="the fake engine is a shell script")
@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (("--smooth-part", "tail=1"), "tail"),
        (("--smooth-part", "hands"), "hands"),
        (("--smooth-part", "feet=9"), "feet"),
        (("--lens", "200"), "lens"),
        (("--camera-roll", "90"), "camera_roll"),
        (("--filter", "kalman"), "kalman"),
    ],
)
def test_numbers_about_camera_and_smoothing_that_cannot_be(wrong, word, clip, tmp_path, capsys):
    assert command(["convert", str(clip), "--out", str(tmp_path / "out"), *wrong]) == 2
    assert word in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("mode", "code", "word"), [("crash", 1, "unexpectedly"), ("weights", 4, "No weights. Fetch.")]
)
def test_what_the_engine_cannot_do(  # noqa: PLR0917
    mode, code, word, fake_engine, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("FAKE_ENGINE", mode)
    assert command(["convert", str(fake_engine), "--out", str(tmp_path / "out")]) == code
    printed = capsys.readouterr().err
    assert word in printed
    assert ("Segmentation fault in layer 3" in printed) == (mode == "crash")
    assert not (tmp_path / "out").exists()


def test_no_engine(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("POSE3D_ENGINE_PYTHON", str(tmp_path / "nothing"))
    (tmp_path / "film.mp4").write_bytes(b"frames")
    assert command(["convert", str(tmp_path / "film.mp4"), "--out", str(tmp_path / "out")]) == 4
    refused(capsys, 4, "POSE3D_ENGINE_PYTHON")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_cancels(fake_engine, tmp_path):
    environment = {**os.environ, "FAKE_ENGINE": "wait", "PYTHONPATH": str(ROOT)}
    arguments = [
        sys.executable,
        "-m",
        "blender_pose3d",
        "convert",
        str(fake_engine),
        "--out",
        str(tmp_path / "o"),
    ]
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "100 %" in line:
                break
        process.send_signal(2)
        rest = process.stderr.read()
        assert process.wait(timeout=20) == 5, rest
    assert "error: Cancelled." in rest
    assert not (tmp_path / "o").exists()


def test_as_a_program(clip, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "blender_pose3d", "convert", clip, "--out", tmp_path / "out", "--glb"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "walk.glb").is_file()
