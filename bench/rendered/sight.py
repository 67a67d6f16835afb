"""Which points of a body the camera sees, by casting a ray to each."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

# metres that may lie before a point and still be its own flesh and clothes
_DEEP, _FACE_DEEP = 0.14, 0.05
_FACE = 5  # of Halpe's points, the first


def visible(
    person: bpy.types.Object, things: list[bpy.types.Object], body: dict[str, np.ndarray], frame: int
) -> dict[str, np.ndarray]:
    """Of "joints" (19,) and "keypoints" (26,): bool, nothing but their own flesh stands before them."""
    graph = bpy.context.evaluated_depsgraph_get()
    trees = [(BVHTree.FromObject(person, graph), person.matrix_world)]
    trees += [(BVHTree.FromObject(thing, graph), thing.matrix_world) for thing in things]
    return {
        name: np.array(
            [
                _seen(p, body["origin"], trees, _FACE_DEEP if name == "keypoints" and n < _FACE else _DEEP)
                for n, p in enumerate(body[name][frame])
            ]
        )
        for name in ("joints", "keypoints")
    }


def _seen(place: np.ndarray, origin: np.ndarray, trees: list, deep: float) -> bool:
    start, end = Vector(origin), Vector(place)
    reach = (end - start).length - deep
    for tree, matrix in trees:
        inverse = matrix.inverted()
        local, towards = inverse @ start, inverse @ end
        hit = tree.ray_cast(local, towards - local)[0]
        if hit is not None and (matrix @ hit - start).length < reach:
            return False
    return True
