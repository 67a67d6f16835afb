"""Meshes of a character as exports need them: at rest, in the file's space, bound by weights alone."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from .export_skeleton import Skeleton


def meshes_of(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """Meshes of the scene that an armature deforms or carries."""
    return [
        o
        for o in bpy.context.scene.objects
        if o.type == "MESH"
        and (o.parent == armature or any(getattr(m, "object", None) == armature for m in o.modifiers))
    ]


def mesh_copy(
    mesh: bpy.types.Object, armature: bpy.types.Object, skeleton: Skeleton, axes: np.ndarray
) -> bpy.types.Object:
    """A mesh with its modifiers applied, at rest, its data in the file's space; in no scene yet.

    Shape keys stay, and then modifiers are not applied. What only hangs on a bone or the armature gets
    its whole weight on that bone or on the root.
    """
    data: Any = mesh.data.copy() if mesh.data.shape_keys else _applied(mesh)
    place = axes @ _rest_place(mesh, armature, skeleton.base)
    data.transform(Matrix(place), shape_keys=True)
    if np.linalg.det(place[:3, :3]) < 0:
        data.flip_normals()
    made = bpy.data.objects.new(mesh.name, data)
    for slot, kept in zip(made.material_slots, mesh.material_slots, strict=False):
        slot.link, slot.material = kept.link, kept.material
    if not _deformed(mesh, armature):
        made.vertex_groups.clear()
        joint = skeleton.joint.get(mesh.parent_bone, skeleton.motion.names[0])
        made.vertex_groups.new(name=joint).add(range(len(data.vertices)), 1.0, "REPLACE")
    return made


def _deformed(mesh: bpy.types.Object, armature: bpy.types.Object) -> bool:
    bound = any(m.type == "ARMATURE" and m.object == armature for m in mesh.modifiers)
    return bound or (mesh.parent == armature and mesh.parent_type == "ARMATURE")


def _applied(mesh: bpy.types.Object) -> Any:
    """The mesh's data with what its modifiers make of it, all but the armature's deformation."""
    bends = [m for m in mesh.modifiers if m.type == "ARMATURE" and m.show_viewport]
    if len(mesh.modifiers) == sum(m.type == "ARMATURE" for m in mesh.modifiers):
        return mesh.data.copy()
    try:
        for modifier in bends:
            modifier.show_viewport = False
        depsgraph = bpy.context.evaluated_depsgraph_get()
        return bpy.data.meshes.new_from_object(
            mesh.evaluated_get(depsgraph), preserve_all_data_layers=True, depsgraph=depsgraph
        )
    finally:
        for modifier in bends:
            modifier.show_viewport = True


def _rest_place(mesh: bpy.types.Object, armature: bpy.types.Object, base: np.ndarray) -> np.ndarray:
    """(4, 4) of the mesh's object in the world while the armature is at rest."""
    inside = np.linalg.inv(np.array(armature.matrix_world)) @ np.array(mesh.matrix_world)
    bone = armature.pose.bones.get(mesh.parent_bone) if mesh.parent == armature else None
    if bone is not None and mesh.parent_type == "BONE" and not _deformed(mesh, armature):
        inside = np.array(bone.bone.matrix_local) @ np.linalg.inv(np.array(bone.matrix)) @ inside
    return base @ inside
