"""A stage for exporters: a scene of its own with nothing in it but a clean copy of the character.

Exporters of Blender write what they find: control bones, objects that are scaled and turned, everything that
must be evaluated in each frame. The copy has the joints of the export alone, keyed in every frame, all nodes
unscaled. Nothing of the user's file is changed; names are lent to the copy, since files go by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from mathutils import Matrix

from ..joint_clip import STILL, in_file
from ..joint_motion import JointMotion, local_matrices
from ..retarget import Animation
from ..rotations import continuous, quaternions_from
from .armature import editing
from .bake import bake
from .export_meshes import mesh_copy, meshes_of
from .export_skeleton import Skeleton

_KINDS = ("scenes", "objects", "armatures", "meshes", "actions")
# The frame before the clip, in which the copy stands at rest.
_AT_REST = -1


@contextmanager
def stage(
    armature: bpy.types.Object,
    skeleton: Skeleton,
    axes: np.ndarray,
    *,
    clip: str,
    called: str | None = None,
    meshes: bool = True,
    animation: bool = True,
) -> Iterator[bpy.types.Object]:
    """The copy of an armature, selected and active in a scene of its own, which is open meanwhile.

    axes: (4, 4) from Blender's world to the file's space; the copy's data are in the file's units, and its
    object turns and scales them back. clip: name of the scene and the action; its first frame is 0. called:
    name of the armature.
    """
    window, before = bpy.context.window, bpy.context.scene
    originals = meshes_of(armature) if meshes else []
    name, data_name = called or armature.name, called or armature.data.name
    names = {
        "scenes": {clip},
        "actions": {clip},
        "objects": {name, *(o.name for o in originals)},
        "armatures": {data_name},
        "meshes": {o.data.name for o in originals},
    }
    known = {kind: set(getattr(bpy.data, kind)) for kind in _KINDS}
    titles = [(original.name, original.data.name) for original in originals]
    with _lent(names, known):
        try:
            # meshes are evaluated in the user's scene, before it is left
            taken = [mesh_copy(mesh, armature, skeleton, axes) for mesh in originals]
            scene = _scene(clip, before, skeleton.motion.frames)
            window.scene = scene
            copy = _armature(skeleton.motion, axes, name, data_name)
            for made, (own, data) in zip(taken, titles, strict=True):
                made.name, made.data.name = own, data
                scene.collection.objects.link(made)
                made.parent = copy
                made.modifiers.new("Armature", "ARMATURE").object = copy
                made.select_set(True)
            if animation:
                _animate(copy, skeleton.motion, axes, clip, scene.render.fps / scene.render.fps_base)
            copy.select_set(True)
            scene.view_layers[0].objects.active = copy
            yield copy
        finally:
            window.scene = before
            for kind in _KINDS:
                bpy.data.batch_remove(set(getattr(bpy.data, kind)) - known[kind])


def _scene(clip: str, before: bpy.types.Scene, frames: int) -> bpy.types.Scene:
    scene = bpy.data.scenes.new(clip)
    scene.render.fps, scene.render.fps_base = before.render.fps, before.render.fps_base
    scene.frame_start, scene.frame_end = 0, max(frames - 1, 0)
    return scene


def _armature(motion: JointMotion, axes: np.ndarray, name: str, data_name: str) -> bpy.types.Object:
    data = bpy.data.armatures.new(data_name)
    made = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(made)
    made.matrix_world = Matrix(np.linalg.inv(axes))
    unit = np.linalg.norm(axes[:3, 0])
    rest = in_file(axes, motion.rest)
    lengths = np.linalg.norm(motion.tails - motion.rest[:, :3, 3], axis=1)
    with editing(made):
        bones = [data.edit_bones.new(bone) for bone in motion.names]
        for bone, matrix, length in zip(bones, rest, lengths, strict=True):
            bone.head, bone.tail = (0, 0, 0), (0, unit * max(float(length), 1e-3), 0)
            bone.matrix = Matrix(matrix)
        for bone, parent in zip(bones, motion.parents, strict=True):
            if parent >= 0:
                bone.parent = bones[parent]
    for pose_bone in made.pose.bones:
        pose_bone.rotation_mode = "QUATERNION"
    return made


def _animate(made: bpy.types.Object, motion: JointMotion, axes: np.ndarray, clip: str, fps: float) -> None:
    """Key every joint in every frame; keys make up for bones that came out a hair different."""
    rest = np.array([made.data.bones[name].matrix_local for name in motion.names], dtype=np.float64)
    local_pose = local_matrices(in_file(axes, motion.world), motion.parents)
    basis = np.linalg.inv(local_matrices(rest, motion.parents)) @ local_pose
    # exporters write nodes as they stand in the current frame, and engines take that for the rest pose
    basis = np.concatenate([np.broadcast_to(np.eye(4), (1, *basis.shape[1:])), basis])
    rotations = continuous(quaternions_from(basis[..., :3, :3]))
    strays = np.abs(basis[..., :3, 3]).max(axis=(0, 2)) > STILL * np.linalg.norm(axes[:3, 0])
    locations = {motion.names[j]: basis[:, j, :3, 3] for j in np.flatnonzero(strays)}
    bake(made, Animation(fps, motion.names, rotations, locations), name=clip, start=_AT_REST)
    bpy.context.scene.frame_set(_AT_REST)


@contextmanager
def _lent(names: dict[str, set[str]], known: dict[str, set[bpy.types.ID]]) -> Iterator[None]:
    """Names of the user's data, free meanwhile."""
    lenders = [
        (one, one.name)
        for kind, wanted in names.items()
        for one in known[kind]
        if one.name in wanted and one.library is None
    ]
    for one, name in lenders:
        one.name = f"{name[:40]}.lent"
    try:
        yield
    finally:
        for one, name in lenders:
            one.name = name
