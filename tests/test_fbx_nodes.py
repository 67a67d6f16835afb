"""Binary FBX is read without its values, and what is written is what was read."""

import struct

import numpy as np
import pytest

from blender_pose3d.fbx_nodes import FbxError, FbxFile, Node, node, read_fbx, written


def small(version: int = 7400) -> FbxFile:
    root = Node(b"", closed=True)
    root.children = [
        node("Empty", closed=True),
        node(
            "Objects", children=[node("Model", np.int64(7), "a\x00\x01Model", children=[node("Leaf", 1.5)])]
        ),
        node("Numbers", np.int32(-3), b"raw", np.arange(100.0), np.arange(5, dtype=np.float32)),
    ]
    return FbxFile(version, root, bytes(range(20)), bytes(140))


@pytest.mark.parametrize("version", [7400, 7500])
def test_a_tree_comes_back(version):
    data = written(small(version))
    file = read_fbx(data)
    assert written(file) == data
    assert file.version == version
    assert [one.name for one in file.root.children] == [b"Empty", b"Objects", b"Numbers"]
    model = file.root.child(b"Objects").child(b"Model")
    assert model.values == [7, b"a\x00\x01Model"]
    assert model.child(b"Leaf").values == [1.5]
    number, raw, long, short = file.root.child(b"Numbers").values
    assert (number, raw) == (-3, b"raw")
    assert long.dtype == np.float64
    assert (long == np.arange(100)).all()
    assert (short == np.arange(5)).all()
    # the footer is padded to sixteen, by one at least
    assert (len(data) - 140) % 16 == 0


def test_every_record_says_where_it_ends():
    data = written(small())
    (end,) = struct.unpack_from("<I", data, 27)
    assert data[end + 12 : end + 20] == b"\x07Objects"


def test_what_is_inside_moves_with_what_is_before():
    file = read_fbx(written(small()))
    file.root.children.insert(0, node("Before", "x" * 1000))
    again = read_fbx(written(file))
    assert again.root.child(b"Objects").child(b"Model").child(b"Leaf").values == [1.5]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"; FBX 7.4.0 project file" + bytes(300),
        written(small())[:200],
        written(small())[:27] + b"\xff" * 400,
    ],
)
def test_what_is_no_binary_fbx_is_refused(data):
    with pytest.raises(FbxError):
        read_fbx(data)


def test_broken_values_are_refused():
    for encoded in (
        b"Z\x00\x00",
        b"S\xff\xff\xff\xff",
        b"D\x00",
        b"f\x09\x00\x00\x00\x01\x00\x00\x00\x02\x00",
    ):
        with pytest.raises(FbxError, match="broken"):
            _ = Node(b"x", 2, encoded).values
    with pytest.raises(FbxError, match="no Objects in the file"):
        Node(b"").child(b"Objects")
