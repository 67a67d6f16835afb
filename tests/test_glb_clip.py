"""A clip as a GLB's animation: keys where something moves, shapes of a mesh in one channel."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.glb_clip import with_clip
from blender_pose3d.glb_file import Glb, GlbError, read_glb, written
from blender_pose3d.joint_clip import JointClip

FRAMES = 25


def character() -> bytes:
    """Hips with a thigh, and a mesh with three shapes: what an exporter writes, without animation."""
    told = {
        "asset": {"version": "2.0"},
        "nodes": [
            {"name": "thigh", "translation": [0, -0.4, 0]},
            {"name": "hips", "children": [0]},
            {"name": "Körper", "mesh": 0, "skin": 0},
        ],
        "skins": [{"joints": [1, 0]}],
        "meshes": [{"extras": {"targetNames": ["smile", "wide", "frown"]}, "weights": [0, 0.25, 0]}],
    }
    return written(Glb(told, bytearray(b"mesh!")))


def clip() -> JointClip:
    rest = np.tile(np.eye(4), (2, 1, 1))
    rest[1, 1, 3] = -0.4
    local = np.tile(rest, (FRAMES, 1, 1, 1))
    local[:, 1, :3, :3] = Rotation.from_euler("z", np.linspace(0, 400, FRAMES), degrees=True).as_matrix()
    local[:, 0, 0, 3] = np.linspace(0, 1, FRAMES)
    shapes = {("Körper", "smile"): np.linspace(0, 1, FRAMES), ("Körper", "frown"): np.zeros(FRAMES)}
    return JointClip("walk", 24.0, ("hips", "thigh"), np.array([True, False]), rest, local, 1.0, shapes)


def array(glb: Glb, number: int) -> np.ndarray:
    accessor = glb.told["accessors"][number]
    view = glb.told["bufferViews"][accessor["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    at = view["byteOffset"] + accessor["byteOffset"]
    assert at % 4 == 0
    return np.frombuffer(glb.binary, "<f4", width * accessor["count"], at).reshape(-1, width)


def test_keys_where_something_moves():
    glb = read_glb(with_clip(character(), clip()))
    (animation,) = glb.told["animations"]
    assert animation["name"] == "walk"
    found = {}
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        target = channel["target"]
        found[target["node"], target["path"]] = (array(glb, sampler["input"]), array(glb, sampler["output"]))
    assert set(found) == {(0, "rotation"), (1, "rotation"), (1, "translation"), (2, "weights")}
    times, turned = found[0, "rotation"]
    assert np.allclose(times[:, 0], np.arange(FRAMES) / 24)
    assert (np.abs(np.diff(turned, axis=0)).max(axis=1) < 0.2).all(), "the sign of a quaternion jumps"
    assert Rotation.from_quat(turned[-1]).as_euler("xyz", degrees=True)[2] == pytest.approx(40, abs=1e-3)
    assert found[1, "rotation"][0][:, 0].tolist() == [0, 1]
    assert found[1, "translation"][1][-1].tolist() == [1, 0, 0]
    weights = found[2, "weights"][1].reshape(FRAMES, 3)
    assert np.allclose(
        weights, np.stack([np.linspace(0, 1, FRAMES), np.full(FRAMES, 0.25), np.zeros(FRAMES)], 1)
    )
    assert glb.binary[:5] == b"mesh!"
    assert glb.told["buffers"] == [{"byteLength": len(glb.binary)}]


def test_a_single_frame():
    one = clip()
    glb = read_glb(with_clip(character(), replace(one, local=one.local[:1], shapes={})))
    (animation,) = glb.told["animations"]
    assert {glb.told["accessors"][s["input"]]["count"] for s in animation["samplers"]} == {1}


def test_files_that_are_not_as_expected():
    with pytest.raises(GlbError, match="no joint tail"):
        with_clip(character(), replace(clip(), joints=("hips", "tail")))
    with pytest.raises(GlbError, match="rest pose"):
        with_clip(character(), replace(clip(), rest=np.tile(np.eye(4), (2, 1, 1))))
    with pytest.raises(GlbError, match="animation already"):
        with_clip(with_clip(character(), clip()), clip())
    for data in (b"", b"glTF", b"solid" * 20, character()[:60]):
        with pytest.raises(GlbError, match=r"no (whole )?GLB"):
            read_glb(data)
