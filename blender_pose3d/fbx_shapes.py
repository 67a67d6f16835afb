"""Shape keys of meshes in an FBX file, and the channels by which a clip moves them."""

from __future__ import annotations

import numpy as np

from .fbx_curves import Channel
from .fbx_nodes import FbxFile
from .joint_clip import ShapeMotion

_NAME = "DeformPercent"


def shape_channels(file: FbxFile, shapes: ShapeMotion) -> list[Channel]:
    """A channel for each of the file's shapes that moves.

    shapes: (mesh's node, shape) → (T,) values, 1 for the whole shape. Those that the file does not have, as
    the shape that all others are told from, stay out.
    """
    if not shapes:
        return []
    objects = {one.values[0]: one for one in file.root.child(b"Objects").children}
    above = {}
    for one in file.root.child(b"Connections").children:
        kind, source, target = one.values[:3]
        if kind == b"OO":
            above[source] = target
    found = []
    for number, one in objects.items():
        _, name, kind = one.values
        if kind != b"BlendShapeChannel":
            continue
        at = number
        for _ in range(3):  # the mesh's shapes, its geometry, its node
            at = above.get(at, 0)
        if at not in objects:
            continue
        values = shapes.get((_plain(objects[at].values[1]), _plain(name)))
        if values is not None:
            percent = 100.0 * values[:, None]
            found.append(Channel(number, _NAME, _NAME, (f"d|{_NAME}",), percent, np.zeros(1)))
    return found


def _plain(name: bytes) -> str:
    return name.split(b"\x00")[0].decode()
