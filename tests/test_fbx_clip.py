"""A clip as FBX records: keys where something moves, times, names, and files that are not as expected."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.fbx_clip import with_clip
from blender_pose3d.fbx_nodes import FbxError, FbxFile, Node, node, read_fbx, written
from blender_pose3d.joint_clip import JointClip

SECOND = 46186158000
FRAMES = 25


def character(version: int = 7400) -> bytes:
    """Hips with a thigh, and a mesh with a shape: what an exporter writes, without animation."""
    place = node("P", "Lcl Translation", "Lcl Translation", "", "A", 0.0, -40.0, 0.0)
    hips = [node("Properties70", children=[node("P", "InheritType", "enum", "", "", np.int32(1))])]
    objects = [
        node("Model", np.int64(10), "hips\x00\x01Model", "LimbNode", children=hips),
        node(
            "Model",
            np.int64(11),
            "thigh\x00\x01Model",
            "LimbNode",
            children=[node("Properties70", children=[place])],
        ),
        node("Model", np.int64(12), "body\x00\x01Model", "Mesh"),
        node("Geometry", np.int64(13), "body\x00\x01Geometry", "Mesh"),
        node("Deformer", np.int64(14), "body\x00\x01Deformer", "BlendShape"),
        node("Deformer", np.int64(15), "smile\x00\x01SubDeformer", "BlendShapeChannel"),
    ]
    links = [(10, 0), (11, 10), (12, 0), (13, 12), (14, 13), (15, 14)]
    span = [
        node("P", "TimeSpanStart", "KTime", "Time", "", np.int64(5)),
        node("P", "TimeSpanStop", "KTime", "Time", "", np.int64(SECOND)),
    ]
    root = Node(b"", closed=True)
    root.children = [
        node("GlobalSettings", children=[node("Properties70", children=span)]),
        node("Definitions", children=[node("Count", np.int32(6))]),
        node("Objects", children=objects),
        node("Connections", children=[node("C", "OO", *map(np.int64, link)) for link in links]),
        node("Takes", children=[node("Current", "")]),
    ]
    return written(FbxFile(version, root, bytes(20), bytes(140)))


def clip() -> JointClip:
    rest = np.tile(np.eye(4), (2, 1, 1))
    rest[1, 1, 3] = -40.0
    local = np.tile(rest, (FRAMES, 1, 1, 1))
    turn = np.linspace(0, 400, FRAMES)
    local[:, 1, :3, :3] = Rotation.from_euler("z", turn, degrees=True).as_matrix()
    local[:, 0, 0, 3] = np.linspace(0, 100, FRAMES)
    smile = {("body", "smile"): np.linspace(0, 1, FRAMES), ("body", "Basis"): np.zeros(FRAMES)}
    return JointClip("walk", 24.0, ("hips", "thigh"), np.array([True, False]), rest, local, 100.0, smile)


def channels(file: FbxFile) -> dict[tuple[int, bytes, bytes], tuple[np.ndarray, np.ndarray]]:
    """(target, property, component) → times and values of its curve."""
    objects = {one.values[0]: one for one in file.root.child(b"Objects").children}
    links = [one.values for one in file.root.child(b"Connections").children]
    owner = {link[1]: (link[2], link[3]) for link in links if link[0] == b"OP"}
    found = {}
    for number, one in objects.items():
        if one.name == b"AnimationCurve":
            above, component = owner[number]
            times, values = (one.child(key).values[0] for key in (b"KeyTime", b"KeyValueFloat"))
            assert one.child(b"KeyAttrRefCount").values[0].tolist() == [len(times)]
            found[(*owner[above], component)] = (times, values)
    return found


def test_keys_where_something_moves():
    found = channels(read_fbx(with_clip(character(), clip())))
    assert {key[:2] for key in found} == {
        (10, b"Lcl Translation"),
        (10, b"Lcl Rotation"),
        (11, b"Lcl Rotation"),
        (15, b"DeformPercent"),
    }
    times, turned = found[11, b"Lcl Rotation", b"d|Z"]
    assert np.abs(turned - np.linspace(0, 400, FRAMES)).max() < 1e-4, "angles run on beyond 360 degrees"
    assert (times == np.rint(np.arange(FRAMES) * SECOND / 24)).all()
    times, still = found[11, b"Lcl Rotation", b"d|X"]
    assert times.tolist() == [0, SECOND]
    assert np.abs(still).max() < 1e-4
    assert found[10, b"Lcl Translation", b"d|X"][1][-1] == 100
    assert found[15, b"DeformPercent", b"d|DeformPercent"][1][-1] == 100


def test_the_take_and_what_the_file_says_of_itself():
    file = read_fbx(with_clip(character(), clip()))
    new = file.root.child(b"Objects").children[6:]
    assert new[0].values[1:] == [b"walk\x00\x01AnimStack", b""]
    numbers = [one.values[0] for one in file.root.child(b"Objects").children]
    assert len(set(numbers)) == len(numbers)
    definitions = file.root.child(b"Definitions")
    assert definitions.child(b"Count").values == [6 + len(new)]
    counted = {one.values[0]: one.child(b"Count").values[0] for one in definitions.children[1:]}
    assert counted == {
        b"AnimationStack": 1,
        b"AnimationLayer": 1,
        b"AnimationCurveNode": 4,
        b"AnimationCurve": 10,
    }
    span = file.root.child(b"GlobalSettings").child(b"Properties70").children
    assert [one.values[4] for one in span] == [0, SECOND]
    takes = file.root.child(b"Takes")
    assert takes.child(b"Current").values == [b"walk"]
    assert takes.child(b"Take").child(b"LocalTime").values == [0, SECOND]
    marked = file.root.child(b"Objects").children[0].child(b"Properties70").children
    assert [one.values[0] for one in marked if one.values[3] == b"A+"] == [
        b"Lcl Translation",
        b"Lcl Rotation",
    ]


def test_a_single_frame():
    one = clip()
    one = replace(one, local=one.local[:1], shapes={})
    found = channels(read_fbx(with_clip(character(), one)))
    assert all(times.tolist() == [0] for times, _ in found.values())


def test_files_that_are_not_as_expected():
    with pytest.raises(FbxError, match="no joint tail"):
        with_clip(character(), replace(clip(), joints=("hips", "tail")))
    with pytest.raises(FbxError, match="rest pose"):
        with_clip(character(), replace(clip(), rest=np.tile(np.eye(4), (2, 1, 1))))
    with pytest.raises(FbxError, match=r"FBX 7\.7"):
        with_clip(character(7700), clip())
    with pytest.raises(FbxError, match="no binary FBX"):
        with_clip(b"solid", clip())
