"""Files of motion that others write: read as tracks, written from a motion, refused where they are broken."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from blender_pose3d.batch.inputs import find
from blender_pose3d.batch.plan import clip_name
from blender_pose3d.bvh import JointMotion, bvh_text
from blender_pose3d.formats.motion_text import csv_text, json_text
from blender_pose3d.formats.points import FormatError, Points
from blender_pose3d.formats.reading import engine_command, read_any
from blender_pose3d.formats.trc import read_trc, trc_text
from blender_pose3d.formats.world_tracks import tracks_of_points
from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.proportions import Proportions, rest_bones
from blender_pose3d.quality import quality
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.tracks import TracksError, read_tracks, write_tracks
from tests import format_samples
from tests.walker import walk

WALK = walk(1.0)
AS_IT_IS = MotionSettings(filter="none", plant_feet=0.0, constant_bones=False, remove_outliers=False)
NAMES = H36M_19.joints


def at(joints: np.ndarray, name: str) -> np.ndarray:
    return joints[..., H36M_19.index(name), :]


def trc(path: Path, names=NAMES, joints=WALK) -> Path:
    path.write_text(trc_text(tuple(names), joints, 30.0, name=path.name))
    return path


def test_trc_comes_back(tmp_path):
    joints = WALK.copy()
    joints[3, 2] = np.nan
    path = trc(tmp_path / "walk.trc", joints=joints)
    lines = path.read_text().splitlines()
    # the published layout: three header lines, names each above three columns, axes, an empty line, rows
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    assert lines[1].split("\t")[:5] == ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units"]
    assert lines[2].split("\t")[2:5] == ["30", "19", "m"]
    assert lines[3].split("\t")[:6] == ["Frame#", "Time", "Hip", "", "", "RHip"]
    assert lines[4].split("\t")[2:6] == ["X1", "Y1", "Z1", "X2"] and not lines[5]
    assert len({len(line.split("\t")) for line in [lines[3], lines[4], *lines[6:]]}) == 1
    tracks = read_any(path)
    assert np.nanmax(np.abs(tracks.world3d[0] - joints)) < 1e-4
    assert np.isnan(tracks.world3d[0, 3, 2]).all() and tracks.score3d[0, 3, 2] == 0


def test_units_and_axes_of_a_trc(tmp_path):
    path = trc(tmp_path / "walk.trc")
    metres = read_trc(path)
    path.write_text(path.read_text().replace("\tm\t", "\tmm\t"))
    assert np.allclose(read_trc(path).positions, 1e-3 * metres.positions)
    with pytest.raises(FormatError, match="unit"):
        read_any(path)
    # a file with z up, against the format's habit, is seen to have it
    turned = Points(NAMES, WALK, 30.0, up="y")
    assert np.allclose(tracks_of_points(turned, "a").world3d[0], WALK, atol=1e-6)
    # and one that says so is believed though the body lies
    lying = Points(NAMES, WALK[..., [0, 2, 1]] * (1, -1, 1), 30.0, up="z", sure=True)
    assert np.allclose(tracks_of_points(lying, "a").world3d[0], lying.positions, atol=1e-6)


def test_known_places_make_the_motion_they_are(tmp_path):
    write_tracks(tmp_path / "w.npz", read_any(trc(tmp_path / "walk.trc")))
    tracks = read_tracks(tmp_path / "w.npz")
    assert np.array_equal(tracks.select([0]).world3d, tracks.world3d)
    motion = motion_from_tracks(tracks, 0, AS_IT_IS)
    moved = motion.joints - WALK
    assert np.abs(moved - moved[0, 0]).max() < 1e-4
    assert motion.notes == [] and np.allclose(motion.joints[0, 0, :2], 0)
    assert abs(motion.joints[..., 2].min()) < 0.03
    # a size that is asked for scales the person; ordinary settings leave them where they were
    tall = motion_from_tracks(tracks, 0, MotionSettings(height=2.0))
    usual = motion_from_tracks(tracks, 0)
    assert 1.1 < tall.joints[-1, 0, 0] / usual.joints[-1, 0, 0] < 1.25
    assert np.linalg.norm(at(usual.joints, "Hip") - at(motion.joints, "Hip"), axis=-1).max() < 0.02
    assert quality(usual, tracks, 0).totals()["after"]["reprojection"] is None


def test_the_gap_in_a_path_is_bridged():
    joints = WALK.copy()
    joints[10:14] = np.nan
    motion = motion_from_tracks(tracks_of_points(Points(NAMES, joints, 30.0, up="z"), "a"), 0, AS_IT_IS)
    assert np.isfinite(motion.joints).all() and motion.filled[10:14].all()
    off = motion.joints - motion.joints[0, 0] - (WALK - WALK[0, 0])
    assert np.linalg.norm(off[10:14, 0], axis=-1).max() < 0.02


# in the order of: hips, knees, ankles, toes, shoulders, elbows, wrists; left, then right
SETS = {
    "openpose": "{S}Hip {S}Knee {S}Ankle {S}BigToe {S}Shoulder {S}Elbow {S}Wrist",
    "mediapipe": "{side}_hip {side}_knee {side}_ankle {side}_foot_index {side}_shoulder"
    " {side}_elbow {side}_wrist",
    "subject": "Anna:{side} hip|Anna:{side} knee|Anna:{side} ankle|Anna:{side} big toe|Anna:{side} shoulder|"
    "Anna:{side} elbow|Anna:{side} wrist",
}


@pytest.mark.parametrize("name", SETS)
def test_names_of_others(name):
    split = "|" if "|" in SETS[name] else None
    ours = [f"{s}{j}" for s in "LR" for j in ("Hip", "Knee", "Ankle", "Toe", "Shoulder", "Elbow", "Wrist")]
    theirs = [
        word.format(S=side[0].upper(), side=side)
        for side in ("left", "right")
        for word in SETS[name].split(split)
    ]
    points = Points(tuple(theirs), np.stack([at(WALK, one) for one in ours], axis=1), 30.0, up="z")
    tracks = tracks_of_points(points, "a")
    made = tracks.world3d[0]
    assert all(np.allclose(at(made, one), at(WALK, one), atol=1e-5) for one in ours)
    assert np.linalg.norm(at(made, "Head") - at(WALK, "Head"), axis=-1).max() < 0.12
    with pytest.raises(FormatError, match=r"right hip.*docs/formats"):
        tracks_of_points(Points(tuple(theirs[:6]), points.positions[:, :6], 30.0), "a.trc")


def markers(names: dict[str, str]) -> Points:
    """Markers on the walker, who heads along +x with the left at +y."""
    width = 0.25
    hip = at(WALK, "Hip")
    front = hip + np.array([0.19 * width, 0, 0.30 * width])
    found = {
        names["asis"].format(s=s): front + np.array([0, y * width / 2, 0]) for s, y in (("L", 1), ("R", -1))
    }
    found |= {
        names["psis"].format(s=s): front + np.array([-0.15, y * 0.04, 0]) for s, y in (("L", 1), ("R", -1))
    }
    for s, y in (("L", 1), ("R", -1)):
        for joint, out in (("Knee", 0.055), ("Ankle", 0.04)):
            found[names[joint].format(s=s)] = at(WALK, s + joint) + np.array([0, y * out, 0])
        found[names["Toe"].format(s=s)] = at(WALK, s + "Toe") - [0.06, 0, 0]
        found[names["Shoulder"].format(s=s)] = at(WALK, s + "Shoulder") + np.array([0, 0, 0.045])
        found[names["Elbow"].format(s=s)] = at(WALK, s + "Elbow")
        for part, ahead in (("thumb", 0.03), ("little", -0.03)):
            found[names[part].format(s=s)] = at(WALK, s + "Wrist") + np.array([ahead, 0, 0])
    return Points(tuple(found), np.stack(list(found.values()), axis=1), 30.0, up="z")


PLUG_IN_GAIT = {
    "asis": "{s}ASI", "psis": "{s}PSI", "Knee": "{s}KNE", "Ankle": "{s}ANK", "Toe": "{s}TOE",
    "Shoulder": "{s}SHO", "Elbow": "{s}ELB", "thumb": "{s}WRA", "little": "{s}WRB",
}  # fmt: skip
OPENSIM = {
    "asis": "{s}.ASIS", "psis": "{s}.PSIS", "Knee": "{s}.Knee.Lat", "Ankle": "{s}.Ankle.Lat",
    "Toe": "{s}.Toe",
    "Shoulder": "{s}.Acromium", "Elbow": "{s}.Elbow", "thumb": "{s}.Wrist.Lat",
    "little": "{s}.Wrist.Med",
}  # fmt: skip


@pytest.mark.parametrize("names", [PLUG_IN_GAIT, OPENSIM], ids=["plug-in gait", "opensim"])
def test_joint_centres_from_markers(names):
    made = tracks_of_points(markers(names), "a").world3d[0]
    for joint in ("Hip", "Knee", "Ankle", "Toe", "Shoulder", "Elbow", "Wrist"):
        off = max(np.linalg.norm(at(made, s + joint) - at(WALK, s + joint), axis=-1).max() for s in "LR")
        # a pelvis 25 cm wide has hips 18 cm apart, as the walker's; the elbow's marker is on the joint
        assert off < (0.045 if joint == "Elbow" else 0.03), (joint, off)


def smpl(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


def test_smpl_parameters_move_our_own_body(tmp_path):
    frames = 12
    way = np.zeros((frames, 3))
    way[:, 2] = 0.1 * np.arange(frames)
    poses = np.zeros((frames, 72))
    poses[:, 16 * 3 + 2] = -np.pi / 2  # left shoulder: arm down at the side
    poses[:, 4 * 3] = np.pi / 2  # left knee bent
    made = read_any(smpl(tmp_path / "a.npz", poses=poses, trans=way, betas=np.zeros(10))).world3d[0]
    body = Proportions()
    arm = at(made, "LElbow") - at(made, "LShoulder")
    assert np.allclose(arm, [0, 0, -body.upper_arm], atol=0.01)  # facing -y, left at +x, z up
    assert np.allclose(at(made, "RElbow") - at(made, "RShoulder"), [-body.upper_arm, 0, 0], atol=0.01)
    shin = at(made, "LAnkle") - at(made, "LKnee")
    assert shin[0, 1] > 0.9 * body.shin  # backwards
    assert np.allclose(at(made, "Hip")[-1] - at(made, "Hip")[0], [0, -1.1, 0], atol=1e-5)
    # the same in z-up axes (AMASS), as root and body apart, gives the same
    turn = Rotation.from_euler("x", 90, degrees=True)
    root = turn.as_rotvec()[None].repeat(frames, 0)
    parts = {
        "root_orient": root,
        "pose_body": poses[:, 3:66],
        "trans": turn.apply(way),
        "mocap_framerate": 60,
    }
    apart = read_any(smpl(tmp_path / "b.npz", **parts))
    assert np.allclose(apart.world3d[0], made, atol=1e-5) and apart.meta["video"]["fps"] == 60
    matrices = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(frames, 24, 3, 3)
    third = read_any(smpl(tmp_path / "c.npz", poses=matrices, transl=way))
    assert np.allclose(third.world3d[0], made, atol=1e-5)


def body_bvh(scale: float) -> str:
    """Our own body, walking on the spot at a metre a second, in units of 1 / scale metres."""
    bones = rest_bones(Proportions())
    names = tuple(bone.name for bone in bones)
    parents = np.array([names.index(bone.parent) if bone.parent else -1 for bone in bones])
    rest = np.tile(np.eye(4), (len(bones), 1, 1))
    rest[:, :3, 3] = [bone.head * scale for bone in bones]
    world = np.tile(rest, (5, 1, 1, 1))
    world[:, :, 1, 3] -= scale * np.arange(5)[:, None] / 30
    return bvh_text(JointMotion(names, parents, rest, np.array([b.tail * scale for b in bones]), world), 30.0)


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_bvh_of_any_unit(tmp_path, scale):
    (tmp_path / "a.bvh").write_text(body_bvh(scale))
    tracks = read_any(tmp_path / "a.bvh")
    made, body = tracks.world3d[0], Proportions()
    assert np.allclose(np.linalg.norm(at(made, "LKnee") - at(made, "LHip"), axis=-1), body.thigh, atol=1e-3)
    assert np.allclose(at(made, "Head")[0, 2], body.height, atol=0.01)
    assert np.allclose(at(made, "Hip")[-1] - at(made, "Hip")[0], [0, -4 / 30, 0], atol=1e-4)
    assert at(made, "LShoulder")[0, 0] > 0.1 and abs(tracks.meta["video"]["fps"] - 30) < 1e-6


def test_json_and_csv(tmp_path):
    (tmp_path / "a.json").write_text(json_text("h36m-19", WALK, 30.0))
    assert engine_command(tmp_path / "a.json") is None
    assert np.abs(read_any(tmp_path / "a.json").world3d[0] - WALK).max() < 1e-4
    head, *rows = csv.reader(csv_text(NAMES, WALK, 30.0).splitlines())
    assert head[:5] == ["frame", "time", "Hip_x", "Hip_y", "Hip_z"]
    assert np.abs(np.array(rows, dtype=float)[:, 2:].reshape(WALK.shape) - WALK).max() < 1e-4


GOOD_TRC = trc_text(NAMES, WALK[:3], 30.0, name="a.trc")
BAD = {
    "empty.trc": b"", "empty.bvh": b"", "empty.json": b"", "empty.npz": b"",
    "words.trc": b"hello", "words.bvh": b"hello", "wrong.xyz": b"hello", "binary.trc": b"PathFileType\0\1\2",
    "cut.trc": GOOD_TRC.encode()[:-3000],
    "claims.trc": GOOD_TRC.replace("\t3\t19\t", "\t999999999999\t19\t").encode(),
    "markers.trc": GOOD_TRC.replace("\t3\t19\t", "\t3\t999999999\t").encode(),
    "rate.trc": GOOD_TRC.replace("30.000000", "nan").encode(),
    "text.trc": GOOD_TRC.replace("0.000000", "abc", 3).encode(),
    "unit.trc": GOOD_TRC.replace("\tm\t", "\tfurlongs\t").encode(),
    "cut.bvh": body_bvh(1.0).encode()[:-500],
    "nan.bvh": body_bvh(1.0).replace("Frame Time: 0.0333333333", "Frame Time: nan").encode(),
    "many.bvh": body_bvh(1.0).replace("Frames: 5", "Frames: 999999999").encode(),
    "dog.bvh": b"HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"
    b"End Site\n{\nOFFSET 0 1 0\n}\n}\nMOTION\nFrames: 1\nFrame Time: 0.1\n0 0 0\n",
    "cut.json": json_text("h36m-19", WALK[:3], 30.0).encode()[:-50],
    "shape.json": b'{"schema": "pose3d-motion/1", "fps": 30, "joints": ["Hip"], "positions": [[[0, 0]]]}',
    "rate.json": b'{"schema": "pose3d-motion/1", "fps": 1e999, "joints": ["a"], "positions": [[[0, 0, 0]]]}',
    "deep.json": b'{"schema": "pose3d-motion/1", "a": ' + b"[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BAD[name])
    if name == "empty.json":
        assert engine_command(path) == "lift"  # nothing tells it from keypoints; the engine refuses it
        return
    with pytest.raises(TracksError) as caught:
        read_any(path)
    assert name in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_bad_smpl(tmp_path):
    cases = {
        "pickled": {"poses": np.array([{}], dtype=object)},
        "nan": {"poses": np.full((2, 72), np.nan)},
        "odd": {"poses": np.zeros((2, 71))},
        "few": {"poses": np.zeros((2, 9))},
        "length": {"poses": np.zeros((2, 72)), "trans": np.zeros((3, 3))},
        "half": {"global_orient": np.zeros((2, 3))},
        "rate": {"poses": np.zeros((2, 72)), "mocap_framerate": np.array(-1.0)},
    }
    for name, arrays in cases.items():
        path = smpl(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(FormatError, match=name):
            read_any(path)
    # 10 GB that an array claims and does not hold
    good = smpl(tmp_path / "good.npz", poses=np.zeros((2, 72)))
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as made, zipfile.ZipFile(good) as source:
        made.writestr("poses.npy", source.read("poses.npy").replace(b"(2, 72)", b"(20000000, 72)"))
    cut = tmp_path / "cut.npz"
    cut.write_bytes(good.read_bytes()[:-40])
    for path in (tmp_path / "huge.npz", cut):
        with pytest.raises(TracksError, match=path.name):
            read_any(path)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_text_never_gets_further_than_a_refusal(tmp_path, data):
    name, text = data.draw(st.sampled_from([("a.trc", GOOD_TRC), ("a.bvh", body_bvh(1.0))]))
    where = data.draw(st.integers(0, len(text) - 1))
    what = data.draw(st.sampled_from(["", "\t", "\n", "nan", "}", "-", "9" * 40, "\0"]))
    path = tmp_path / name
    path.write_text(text[:where] + what + text[where + data.draw(st.integers(0, 40)) :])
    try:
        tracks = read_any(path)
    except TracksError as refused:
        assert "\n" not in str(refused)
    else:
        assert tracks.present.any()


def test_what_a_folder_holds(tmp_path):
    """Frames of OpenPose are one clip; results are no inputs; BVH is taken when it is named."""
    for name in ("a.trc", "b.bvh", "notes.json", "out/a.trc", "out/a.bvh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    for frame in range(3):
        (tmp_path / f"walk_{frame:012d}_keypoints.json").write_text("{}")
    (tmp_path / "out" / "a.done.json").write_text(json.dumps({"files": {"a.trc": 1, "a.bvh": 1}}))
    found = [one.path.relative_to(tmp_path).as_posix() for one in find([tmp_path])]
    assert found == ["a.trc", "walk_000000000000_keypoints.json"]
    assert [one.path.name for one in find([tmp_path / "b.bvh"])] == ["b.bvh"]
    pattern = [one.path.name for one in find([f"{tmp_path}/*_keypoints.json"])]
    assert [clip_name(Path(name)) for name in pattern] == ["walk"]


def test_the_samples_of_the_docs_are_those_of_the_tests():
    text = (Path(__file__).parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"<!-- sample (\S+) -->\n```\n(.*?)\n```\n", text, flags=re.DOTALL))
    made = format_samples.texts()
    assert set(shown) == set(made) - {"walk.trc"}
    for name, beginning in shown.items():
        for told, true in zip(beginning.split("\n"), made[name].split("\n"), strict=False):
            if told.endswith("..."):
                assert true.startswith(told[:-3].rstrip(" ")), name
            else:
                assert told == true, name
    assert {
        f"`{key}` {value.shape}" for key, value in format_samples.smpl_arrays().items() if value.shape
    } <= {*re.findall(r"`\w+` \([\d, ]+\)", text)}
