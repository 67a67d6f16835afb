"""The mannequin as a mesh object on its armature."""

from __future__ import annotations

import bpy
import numpy as np

from ..mannequin import Part, mannequin
from ..proportions import RestBone

# Left a little warm, right a little cool: enough to tell the sides of a turning figure apart.
_TINTS = {
    "": ("Pose3D body", (0.50, 0.48, 0.45, 1.0)),
    "L": ("Pose3D left", (0.56, 0.33, 0.19, 1.0)),
    "R": ("Pose3D right", (0.19, 0.34, 0.54, 1.0)),
}


def add_body(armature: bpy.types.Object, bones: list[RestBone]) -> bpy.types.Object:
    """One mesh round the bones, a child of the armature and deformed by it, in the same collections."""
    parts = mannequin(bones)
    mesh = bpy.data.meshes.new(f"{armature.name} body")
    _fill(mesh, parts)
    body = bpy.data.objects.new(mesh.name, mesh)
    for collection in armature.users_collection:
        collection.objects.link(body)
    body.parent = armature
    _weigh(body, parts)
    modifier = body.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    return body


def _fill(mesh: bpy.types.Mesh, parts: list[Part]) -> None:
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    vertices = np.concatenate([part.vertices for part in parts])
    quads = np.concatenate([part.quads + start for part, start in zip(parts, starts[:-1], strict=True)])
    mesh.from_pydata(vertices.tolist(), [], quads.tolist())
    tints = list(_TINTS)
    for side in tints:
        mesh.materials.append(_material(*_TINTS[side]))
    slots = np.concatenate([np.full(len(part.quads), tints.index(part.side), np.int32) for part in parts])
    mesh.polygons.foreach_set("material_index", slots)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(quads), bool))
    mesh.validate()
    mesh.update()


def _weigh(body: bpy.types.Object, parts: list[Part]) -> None:
    start = 0
    for part in parts:
        for bone, weights in part.weights.items():
            group = body.vertex_groups.get(bone) or body.vertex_groups.new(name=bone)
            rounded = np.round(weights, 3)
            for weight in np.unique(rounded[rounded > 0]):
                group.add((start + np.flatnonzero(rounded == weight)).tolist(), float(weight), "REPLACE")
        start += len(part.vertices)


def _material(name: str, colour: tuple[float, float, float, float]) -> bpy.types.Material:
    material = bpy.data.materials.get(name)
    if material is None:
        material = bpy.data.materials.new(name)
        if bpy.app.version < (5, 0):  # from there on every material has nodes, and asking for them warns
            material.use_nodes = True
        material.diffuse_color = colour  # what the Workbench engine shows
        shader = material.node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = colour
        shader.inputs["Roughness"].default_value = 0.55
    return material
