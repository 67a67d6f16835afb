"""A night's clips by one command: folders, job files, what fails, what is done already, several at a time."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.kills import killed
from blender_pose3d.blender.cli import command
from blender_pose3d.tracks import write_tracks
from tests.blender.readers import read_pybvh
from tests.walker import camera_at, film, walk

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def takes(tmp_path_factory) -> Path:
    """Two good takes and a broken one, in folders."""
    folder = tmp_path_factory.mktemp("takes")
    tracks = film(walk(0.5), camera_at()).tracks
    for name in ("monday/walk.npz", "tuesday/walk.npz"):
        (folder / name).parent.mkdir()
        write_tracks(folder / name, tracks)
    (folder / "tuesday" / "broken.npz").write_text("no tracks")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_folder_with_a_broken_clip(takes, tmp_path, capsys):
    out = tmp_path / "out"
    assert command(["convert", str(takes), "--out", str(out), "--bvh"]) == 6
    captured = capsys.readouterr()
    assert "3 clips: 2 done, 1 failed." in captured.err
    assert "broken.npz" in captured.err and "Traceback" not in captured.err
    assert read_pybvh(out / "monday" / "walk.bvh").frames == read_pybvh(out / "tuesday" / "walk.bvh").frames
    report = json.loads((out / "pose3d-report.json").read_text())
    rows = {row["clip"]: row for row in report["clips"]}
    assert rows["tuesday/broken"]["exit_code"] == 3
    assert rows["monday/walk"]["people"][0]["quality"]["after"]["missing"] == 0
    assert not [name for name in names(out) if "broken" in name]

    # the second run does only what is missing, and says the same
    (out / "tuesday" / "walk.bvh").unlink()
    kept = (out / "monday" / "walk.bvh").stat().st_mtime_ns
    assert command(["convert", str(takes), "--out", str(out), "--bvh"]) == 6
    assert "1 done, 1 up to date, 1 failed" in capsys.readouterr().err
    assert (out / "monday" / "walk.bvh").stat().st_mtime_ns == kept


def test_a_dry_run_does_nothing(takes, tmp_path, capsys):
    assert command(["convert", str(takes), "--out", str(tmp_path / "out"), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("to do") == 3
    assert not (tmp_path / "out").exists()


def test_a_job_file(takes, tmp_path, capsys):
    (tmp_path / "night.toml").write_text(
        f'out = "clips"\nbvh = true\n[[clip]]\ninput = "{(takes / "monday" / "walk.npz").as_posix()}"\n'
        f'name = "tall"\nheight = 2.0\n[[clip]]\ninput = "{(takes / "monday" / "walk.npz").as_posix()}"\n'
        'name = "small"\nheight = 1.0\n'
    )
    assert command(["convert", str(tmp_path / "night.toml")]) == 0
    clips = tmp_path / "clips"
    small, tall = (read_pybvh(clips / f"{name}.bvh") for name in ("small", "tall"))
    heights = [motion.joints["head"][:, 2].max() for motion in (small, tall)]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.02)
    (tmp_path / "bad.toml").write_text('out = "clips"\nhieght = 2.0\n')
    capsys.readouterr()
    assert command(["convert", str(tmp_path / "bad.toml")]) == 2
    assert "did you mean height" in capsys.readouterr().err


def test_all_failing_alike_have_their_code(takes, tmp_path):
    (tmp_path / "a.npz").write_text("no tracks")
    (tmp_path / "b.npz").write_text("no tracks")
    assert command(["convert", str(tmp_path), "--out", str(tmp_path / "out")]) == 3


def program(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "blender_pose3d", "convert", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
def test_kill_at_random_moments_and_start_again(tmp_path):
    """Every clip is done exactly once, and no broken file has a final name; bench.kills kills more often."""
    tally = killed(tmp_path, kills=3, clips=6, jobs=2, seed=5)
    assert tally.faults == [] and tally.clips == 6
    assert tally.at_work > 0, "every kill met a batch that was idle: nothing is tested"


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.slow
def test_an_interrupt_drops_the_clip_and_keeps_the_rest(takes, tmp_path):
    process = program(takes, "--out", tmp_path / "out", "--bvh", "--report", tmp_path / "r.json")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("[1/"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 5, err
    assert "error: Cancelled" in err
    statuses = [row["status"] for row in json.loads((tmp_path / "r.json").read_text())["clips"]]
    assert statuses[0] == "done" and "not done" in statuses
    assert not [n for n in names(tmp_path / "out") if n.rsplit("/", 1)[-1].startswith(".")]
