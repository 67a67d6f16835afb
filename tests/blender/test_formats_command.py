"""Motion of other programs through the one command: every format in, fitted, compared with the walk it is of;
and out again."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from blender_pose3d.blender.cli import command
from blender_pose3d.blender.engine_process import find_engine_python
from blender_pose3d.blender.errors import MissingEngine
from blender_pose3d.formats.reading import read_any
from blender_pose3d.formats.trc import read_trc
from blender_pose3d.skeleton import H36M_19
from tests import format_samples
from tests.blender.readers import read_pybvh
from tests.format_samples import ELBOW, KNEE, WALK, at

AS_MEASURED = ["--filter", "none", "--left-foot", "never", "--right-foot", "never"]
BONES = {"hips": "Hip"} | {
    f"{bone}.{side}": side + joint
    for side in "LR"
    for bone, joint in {
        "thigh": "Hip", "shin": "Knee", "foot": "Ankle", "upper_arm": "Shoulder", "forearm": "Elbow",
        "hand": "Wrist",
    }.items()
}  # fmt: skip
# What ezc3d itself makes of a file, in an environment that has it.
EZC3D = """
import json, sys, ezc3d
held = ezc3d.c3d(sys.argv[1])
point = held["parameters"]["POINT"]
told = {name: point[name]["value"] for name in ("LABELS", "UNITS", "RATE", "X_SCREEN", "Y_SCREEN")}
told["RATE"] = float(told["RATE"][0])
print(json.dumps({**told, "points": held["data"]["points"][:3].transpose(2, 1, 0).tolist()}))
"""


def character(path: Path) -> np.ndarray:
    """(T, J, 3) joints of the character in a BVH, in the order of BONES."""
    joints = read_pybvh(path).joints
    return np.stack([joints[bone] for bone in BONES], axis=1)


def person(path: Path) -> np.ndarray:
    """(T, 19, 3) joints that convert wrote of the person."""
    return np.array(json.loads(path.read_text())["positions"])


def bones_of(joints: np.ndarray) -> np.ndarray:
    return np.stack([at(joints, joint) for joint in BONES.values()], axis=1)


def apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(J,) metres, on average over time; where a motion starts does not count."""
    off = first - second
    return np.linalg.norm(off - off.mean(axis=(0, 1)), axis=-1).mean(axis=0)


def bend(joints: np.ndarray, *names: str) -> np.ndarray:
    """(T,) degrees between two bones that meet."""
    first, joint, last = (at(joints, name) for name in names)
    upper, lower = joint - first, last - joint
    lengths = np.linalg.norm(upper, axis=-1) * np.linalg.norm(lower, axis=-1)
    return np.degrees(np.arccos(np.clip((upper * lower).sum(-1) / lengths, -1, 1)))


def engine_python() -> Path:
    try:
        return find_engine_python()
    except MissingEngine as reason:
        pytest.skip(str(reason))


@pytest.mark.slow
def test_what_others_measured_moves_a_character(tmp_path, capsys):
    names = ("pose2sim.trc", "freemocap.trc", "walk.json", "motionbuilder.bvh", "smpl.npz")
    samples, out = format_samples.write(tmp_path, *names), tmp_path / "out"
    (tmp_path / "bad.trc").write_text(samples[0].read_text()[:900])
    asked = [*map(str, samples), str(tmp_path / "bad.trc"), "--out", str(out), "--bvh", "--json"]
    assert command(["convert", *asked, *AS_MEASURED]) == 6
    told = capsys.readouterr().err
    assert "5 done, 1 failed" in told and "bad.trc" in told and "Traceback" not in told
    for name in ("pose2sim", "freemocap", "walk"):
        made = character(out / f"{name}.bvh")
        assert len(made) == len(WALK)
        assert apart(made, bones_of(WALK)).max() < 0.012, name
        assert apart(person(out / f"{name}.json"), WALK)[:9].max() < 0.003, name
    for name, knee, elbow in (
        ("motionbuilder", np.full(len(WALK), 30.0), 0.0),
        ("smpl", np.degrees(KNEE), 60.0),
    ):
        moved = person(out / f"{name}.json")
        # the average body's own knees and elbows are bent by 1.6° at rest
        assert np.abs(bend(moved, "LHip", "LKnee", "LAnkle") - knee).max() < 2.0, name
        assert np.abs(bend(moved, "RShoulder", "RElbow", "RWrist") - elbow).max() < 2.0, name
        assert np.allclose(moved[-1, 0] - moved[0, 0], [0, -29 / 30, 0], atol=1e-3), name
        # a lifted foot lies 33 mm off
        assert apart(character(out / f"{name}.bvh"), bones_of(moved)).max() < 0.045, name
    assert np.degrees(ELBOW) == pytest.approx(60.0)


@pytest.mark.slow
@pytest.mark.each_blender
def test_the_person_goes_out_as_trc_csv_json_and_c3d(tmp_path):
    """And what went out comes in again as the same motion."""
    python = engine_python()
    (sample,), out = format_samples.write(tmp_path, "walk.json"), tmp_path / "out"
    asked = ["--out", str(out), "--bvh", "--trc", "--csv", "--json", "--c3d", *AS_MEASURED]
    assert command(["convert", str(sample), *asked]) == 0
    moved = person(out / "walk.json")
    assert np.abs((moved - moved[0, 0]) - (WALK - WALK[0, 0])).max() < 0.003
    assert np.abs(read_trc(out / "walk.trc").positions[..., [0, 2, 1]] * (1, -1, 1) - moved).max() < 1e-5
    rows = (out / "walk.csv").read_text().splitlines()
    assert rows[0].split(",")[:3] == ["frame", "time", "Hip_x"]
    numbers = np.array([row.split(",") for row in rows[1:]], dtype=float)
    assert np.abs(numbers[:, 2:].reshape(moved.shape) - moved).max() < 1e-5
    held = json.loads(subprocess.check_output([python, "-c", EZC3D, out / "walk.c3d"], text=True))
    assert (held["UNITS"], held["RATE"], held["X_SCREEN"], held["Y_SCREEN"]) == (["mm"], 30.0, ["+X"], ["+Z"])
    assert tuple(held["LABELS"]) == H36M_19.joints
    assert np.abs(np.array(held["points"]) / 1000 - moved).max() < 1e-5
    # the character was made to the person's measure: Blender's own evaluation lies where the C3D does
    assert apart(character(out / "walk.bvh"), bones_of(np.array(held["points"]) / 1000)).max() < 0.012

    again = tmp_path / "again"
    back = [str(out / f"walk.{kind}") for kind in ("c3d", "trc")]
    for path in back:
        assert command(["convert", path, "--out", str(again), "--json", "--again", *AS_MEASURED]) == 0
        assert np.abs(person(again / "walk.json") - moved).max() < 2e-5, path


@pytest.mark.slow
def test_keypoints_are_lifted_and_move_a_character(tmp_path):
    engine_python()
    samples = format_samples.write(tmp_path, "walk_000000000000_keypoints.json", "halpe.json")
    pictures = ["--picture-size", "1280x720", "--picture-rate", "30"]
    asked = ["--out", str(tmp_path / "out"), "--bvh", "--left-foot", "never", "--right-foot", "never"]
    assert command(["convert", *map(str, samples), *asked, *pictures]) == 0
    for name in ("walk", "halpe"):
        off = apart(character(tmp_path / "out" / f"{name}.bvh"), bones_of(WALK))
        # one camera, and a network that has never seen this figure
        assert off.mean() < 0.06 and off.max() < 0.10, off
    assert command(["convert", str(samples[1]), "--out", str(tmp_path / "none"), "--bvh"]) == 2
    assert not (tmp_path / "none").exists()


def test_a_result_is_never_written_over_what_it_is_made_from(tmp_path, capsys):
    (sample,) = format_samples.write(tmp_path, "walk.trc")
    before = sample.read_bytes()
    assert command(["convert", str(sample), "--out", str(tmp_path), "--trc"]) == 2
    assert "walk.trc would be written over" in capsys.readouterr().err
    assert sample.read_bytes() == before and read_any(sample).people == 1
