"""Files that only the engine reads and writes: C3D, and 2D keypoints of others, which it lifts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from blender_pose3d.formats.keypoints_json import read_keypoints
from blender_pose3d.formats.points import FormatError, Points
from blender_pose3d.formats.world_tracks import tracks_of_points
from blender_pose3d.skeleton import COCO_17, H36M_19, HALPE_26
from blender_pose3d.tracks import read_tracks
from engine.__main__ import main
from engine.c3d import read_c3d, write_c3d
from engine.keypoint_people import people_of

ROOT = Path(__file__).parents[2]
FRAMES = 12
# A person 300 px tall from the front, in Halpe's order, x right and y down from the hips' middle.
POSE = {
    "nose": (0, -140), "left_eye": (6, -146), "right_eye": (-6, -146), "left_ear": (14, -142),
    "right_ear": (-14, -142), "left_shoulder": (34, -95), "right_shoulder": (-34, -95),
    "left_elbow": (48, -45), "right_elbow": (-48, -45), "left_wrist": (52, 0), "right_wrist": (-52, 0),
    "left_hip": (18, 0), "right_hip": (-18, 0), "left_knee": (20, 75), "right_knee": (-20, 75),
    "left_ankle": (20, 145), "right_ankle": (-20, 145), "head": (0, -170), "neck": (0, -100), "hip": (0, 0),
    "left_big_toe": (28, 155), "right_big_toe": (-28, 155), "left_small_toe": (36, 153),
    "right_small_toe": (-36, 153), "left_heel": (18, 152), "right_heel": (-18, 152),
}  # fmt: skip
BODY_25 = [
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel",
    "right_big_toe", "right_small_toe", "right_heel",
]  # fmt: skip


def rows(order, x=300.0, score=0.9) -> list[float]:
    return [value for name in order for value in (POSE[name][0] + x, POSE[name][1] + 240.0, score)]


def place(keypoints, joint: str, row: int = 0) -> list[float]:
    return keypoints.joints[row, keypoints.skeleton.index(joint)].round(3).tolist()


def openpose(folder: Path) -> Path:
    for frame in range(FRAMES):
        people = [{"person_id": [-1], "pose_keypoints_2d": rows(BODY_25, x)} for x in (300.0 + frame, 500.0)]
        # OpenPose orders people anew in each frame, and writes zeros for what it did not see
        people[1]["pose_keypoints_2d"][0:3] = [0, 0, 0]
        name = folder / f"walk_{frame:012d}_keypoints.json"
        name.write_text(json.dumps({"version": 1.3, "people": people[:: 1 if frame % 2 else -1]}))
    return folder / "walk_000000000000_keypoints.json"


def test_openpose_frames_become_two_people(tmp_path):
    keypoints = read_keypoints(openpose(tmp_path))
    assert (
        keypoints.skeleton is HALPE_26 and keypoints.kind == "openpose" and len(keypoints.frame) == 2 * FRAMES
    )
    assert place(keypoints, "left_ankle") == [520, 385] and np.isnan(place(keypoints, "head")).all()
    people = people_of(keypoints, keypoints.joints, 30.0)
    assert people.present.shape == (2, FRAMES) and people.present.all()
    ways = np.ptp(people.joints2d[:, :, HALPE_26.index("hip"), 0], axis=1)
    assert sorted(ways.tolist()) == [0, FRAMES - 1]
    nose = people.joints2d[:, :, HALPE_26.index("nose")]
    assert np.isnan(nose).all(axis=(1, 2)).sum() == 1


def test_documents_of_others(tmp_path):
    path = tmp_path / "k.json"

    def read(document):
        path.write_text(json.dumps(document))
        return read_keypoints(path)

    coco = [
        {"image_id": f"f/{i:06d}.jpg", "category_id": 1, "keypoints": rows(COCO_17.joints)} for i in range(4)
    ]
    found = read(coco)
    assert (
        found.skeleton is COCO_17
        and found.frame.tolist() == [0, 1, 2, 3]
        and place(found, "nose") == [300, 100]
    )
    halpe = read([{"image_id": "7.jpg", "keypoints": rows(HALPE_26.joints), "idx": 5, "score": 2.9}])
    assert halpe.skeleton is HALPE_26 and halpe.track.tolist() == [5] and halpe.frame.tolist() == [7]
    images = [{"id": 30 - i, "file_name": f"{i}.jpg", "width": 640, "height": 480} for i in range(2)]
    labelled = read(
        {"images": images, "annotations": [{"image_id": 30, "keypoints": rows(COCO_17.joints, score=1)}]}
    )
    assert labelled.size == (640, 480) and labelled.frame.tolist() == [0] and labelled.score.max() == 0.5
    landmarks = [{"x": 0.5, "y": 0.25, "z": 0.0, "visibility": 0.8}] * 33
    seen = read(
        {"width": 640, "height": 480, "fps": 25, "frames": [{"landmarks": landmarks}, {"landmarks": []}]}
    )
    assert seen.relative and seen.size == (640, 480) and seen.fps == 25 and seen.kind == "mediapipe"


BAD = {
    "empty": "", "cut": '[{"image_id": 1, "keypoints": [1,', "other": '{"a": 1}', "nobody": "[]",
    "number": "3",
    "odd": '[{"image_id": 1, "keypoints": [1, 2, 3, 4]}]', "name": '[{"image_id": "x", "keypoints": []}]',
    "text": json.dumps([{"image_id": 1, "keypoints": ["a"] * 51}]),
    "far": json.dumps([{"image_id": i, "keypoints": [1] * 51} for i in (0, 10**12)]),
    "huge": json.dumps([{"image_id": 10**30, "keypoints": [1] * 51}]),
    "nan": '[{"image_id": 1, "keypoints": [' + ", ".join(["NaN"] * 51) + "]}]",
    "unseen": json.dumps([{"image_id": 1, "keypoints": [0] * 51}]), "deep": "[" * 100_000,
    "landmarks": '{"frames": [{"landmarks": [{"x": 1, "y": 1}]}]}', "people": '{"people": 3}',
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_keypoints_are_refused_in_one_line(tmp_path, name, capsys):
    path = tmp_path / f"{name}.json"
    path.write_text(BAD[name])
    assert main(["lift", str(path), "-o", str(tmp_path / "t.npz"), "--size", "640x480", "--fps", "30"]) == 3
    line = capsys.readouterr().err.strip()
    assert f"{name}.json" in line and "\n" not in line and not (tmp_path / "t.npz").exists()


@pytest.mark.slow
def test_lift(tmp_path, capsys):
    path, out = openpose(tmp_path), tmp_path / "t.npz"
    assert main(["lift", str(path), "-o", str(out)]) == 2
    assert "--size" in capsys.readouterr().err and not out.exists()
    assert main(["lift", str(path), "-o", str(out), "--size", "big", "--fps", "30"]) == 2
    assert main(["lift", str(path), "-o", str(out), "--size", "640x480", "--fps", "30"]) == 0
    tracks = read_tracks(out)
    assert tracks.people == 2 and tracks.meta["models"]["pose2d"]["name"] == "openpose"
    joints = tracks.joints3d[0, FRAMES // 2]
    head, foot = (joints[H36M_19.index(name)] for name in ("Head", "LAnkle"))
    assert head[1] < -0.5 and foot[1] > 0.6 and joints[H36M_19.index("LShoulder"), 0] > 0.1


def body(frames: int = 5) -> Points:
    """Somebody who stands and moves ahead: the 19 joints, z up."""
    heights = {"Hip": 0.9, "Knee": 0.5, "Ankle": 0.08, "Toe": 0.02, "Spine": 1.15, "Thorax": 1.4,
               "Neck": 1.55, "Head": 1.7, "Shoulder": 1.4, "Elbow": 1.1, "Wrist": 0.9}  # fmt: skip
    side = {"L": 0.15, "R": -0.15}
    one = [
        (side.get(n[0], 0.0), -0.1 * n.endswith("Toe"), heights.get(n, heights.get(n[1:])))
        for n in H36M_19.joints
    ]
    way = np.stack([np.zeros(frames), -0.03 * np.arange(frames), np.zeros(frames)], axis=-1)
    return Points(H36M_19.joints, np.array(one, dtype=float) + way[:, None], 120.0, up="z")


def test_c3d_comes_back(tmp_path):
    import ezc3d

    points = body()
    points.positions[2, 4] = np.nan
    write_c3d(tmp_path / "a.c3d", points)
    found = read_c3d(tmp_path / "a.c3d")
    assert found.names == points.names and found.fps == 120 and found.sure and found.up == "z"
    assert np.nanmax(np.abs(found.positions - points.positions)) < 1e-4
    assert np.isnan(found.positions[2, 4]).all() and np.isfinite(found.positions).all(-1).sum() == 5 * 19 - 1
    held = ezc3d.c3d(str(tmp_path / "a.c3d"))
    assert held["parameters"]["POINT"]["UNITS"]["value"] == ["mm"]
    assert held["data"]["meta_points"]["residuals"][0, 4, 2] < 0 and held["data"]["points"][2, 0, 0] == 900
    out = tmp_path / "t.npz"
    assert main(["import", str(tmp_path / "a.c3d"), "-o", str(out), "--here"]) == 0
    assert np.nanmax(np.abs(read_tracks(out).world3d[0] - points.positions)) < 1e-4


def test_export_reads_what_convert_writes(tmp_path, capsys):
    points = body()
    document = {"schema": "pose3d-motion/1", "fps": 120, "joints": list(points.names)}
    path, out = tmp_path / "m.json", tmp_path / "m.c3d"
    path.write_text(json.dumps({**document, "positions": points.positions.tolist()}))
    assert main(["export", str(path), "-o", str(out)]) == 0
    assert np.abs(read_c3d(out).positions - points.positions).max() < 1e-4
    path.write_text("{")
    assert main(["export", str(path), "-o", str(tmp_path / "n.c3d")]) == 3
    assert "m.json" in capsys.readouterr().err and not (tmp_path / "n.c3d").exists()


def test_screen_axes_and_body_tell_what_is_up(tmp_path):
    points = body()
    lain = Points(points.names, points.positions[..., [0, 2, 1]] * (1, 1, -1), 120.0, up="z")
    # y up in a file that says nothing
    assert np.allclose(tracks_of_points(lain, "a").world3d[0], points.positions, atol=1e-6)


def damaged(path: Path, at: int, what: bytes) -> bytes:
    data = path.read_bytes()
    return data[:at] + what + data[at + len(what) :]


def test_bad_c3d_is_refused(tmp_path):
    good, bad = tmp_path / "good.c3d", tmp_path / "bad.c3d"
    write_c3d(good, body())
    whole = good.read_bytes()
    cases = [
        b"",
        b"hello",
        whole[:100],
        whole[:700],
        whole[:-600],
        damaged(good, 1, b"\0"),
        damaged(good, 0, b"\x7f"),
    ]
    cases += [damaged(good, 2, b"\xff\xff"), damaged(good, 8, b"\xff\xff"), damaged(good, 16, b"\xff\xff")]
    cases += [damaged(good, 515, b"\0"), damaged(good, 516, b"\x7f\x7f\xff\x7f")]
    for number, data in enumerate(cases):
        bad.write_bytes(data)
        with pytest.raises(FormatError, match=r"bad\.c3d") as caught:
            read_c3d(bad)
        assert "\n" not in str(caught.value), number


@pytest.mark.slow
def test_a_reader_that_crashes_is_a_broken_file(tmp_path, monkeypatch, capfd):
    """ezc3d is native code: what it does with damage shows in a process of its own."""
    write_c3d(tmp_path / "bad.c3d", body())
    (tmp_path / "ezc3d.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert main(["import", str(tmp_path / "bad.c3d"), "-o", str(tmp_path / "t.npz")]) == 3
    line = capfd.readouterr().err.strip()
    assert "bad.c3d" in line and "crashed" in line and "\n" not in line
    assert not (tmp_path / "t.npz").exists()
