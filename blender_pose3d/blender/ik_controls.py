"""Controls for hands, feet, elbows and knees that make a rig's inverse kinematics take the pose that FK has.

A control rig's constraints decide where a limb is, so the pose that the FK controls make is asked from
Blender, frame by frame, and the IK controls are put there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import bpy
import numpy as np

from ..retarget import Animation
from ..rotations import continuous, quaternions_from, smoothstep, unit
from .scene import sample_pose

# role of a pole → the limb it belongs to: upper bone, lower bone, end
_LIMBS = {"elbow": ("upper_arm", "forearm", "hand"), "knee": ("thigh", "shin", "foot")}
# Of a limb's length, how far its joint must stand out before it tells where the limb bends to.
_STRAIGHT, _BENT = 0.02, 0.08


def ik_animation(
    armature: bpy.types.Object,
    mapping: Mapping[str, str],
    controls: Mapping[str, str],
    frames: Iterable[int],
    fps: float,
) -> Animation:
    """Channels of IK controls with which they hold the limbs as they are in these frames of the scene.

    mapping: role → FK bone. controls: role (hand, foot, elbow or knee, with side) → control bone. Controls
    whose limb is not mapped are left out.
    """
    pose = _Pose(armature, frames)
    names, rotations, locations = [], [], {}
    for role, control in controls.items():
        part, side = role.split(".")
        limb = [mapping.get(f"{bone}.{side}") for bone in _LIMBS.get(part, (part,))]
        if control not in armature.pose.bones or None in limb:
            continue
        if part in _LIMBS:
            place = _pole(pose, control, *limb)
            basis = pose.basis(control, place, None)
        else:
            carried = pose.moved(limb[0]) @ pose.rest[control]
            basis = pose.basis(control, carried[:, :3, 3], carried[:, :3, :3])
            names.append(control)
            rotations.append(quaternions_from(basis[:, :3, :3]))
        locations[control] = basis[:, :3, 3]
    turned = np.stack(rotations, axis=1) if rotations else np.zeros((pose.count, 0, 4))
    return Animation(fps, tuple(names), continuous(turned), locations)


def joined(first: Animation, second: Animation) -> Animation:
    """Both animations of different bones, of the same frames, as one."""
    return Animation(
        first.fps,
        first.bone_names + second.bone_names,
        np.concatenate([first.rotations, second.rotations], axis=1),
        {**first.locations, **second.locations},
        [*first.notes, *second.notes],
    )


class _Pose:
    """Bones of an armature in some frames, armature space: as Blender evaluates them."""

    def __init__(self, armature: bpy.types.Object, frames: Iterable[int]) -> None:
        bones = armature.data.bones
        self.rest = {bone.name: np.array(bone.matrix_local, dtype=np.float64) for bone in bones}
        self._parents = {bone.name: bone.parent.name if bone.parent else None for bone in bones}
        self._local = {bone.name: bone.use_local_location for bone in bones}
        self._index = {bone.name: index for index, bone in enumerate(armature.pose.bones)}
        _, self._matrices = sample_pose(armature, frames)
        self.count = len(self._matrices)

    def of(self, bone: str) -> np.ndarray:
        """(T, 4, 4) matrix of a bone."""
        return self._matrices[:, self._index[bone]]

    def moved(self, bone: str) -> np.ndarray:
        """(T, 4, 4) how a bone is moved away from its rest place."""
        return self.of(bone) @ np.linalg.inv(self.rest[bone])

    def basis(self, bone: str, place: np.ndarray, turned: np.ndarray | None) -> np.ndarray:
        """(T, 4, 4) channels of a bone, as a matrix, that put it to (T, 3) places and (T, 3, 3) axes."""
        parent = self._parents[bone]
        still = np.broadcast_to(self.rest[bone], (self.count, 4, 4))
        still = still if parent is None else self.moved(parent) @ still
        wanted = still.copy()
        wanted[:, :3, 3] = place
        if turned is not None:
            wanted[:, :3, :3] = turned
        basis = np.linalg.inv(still) @ wanted
        basis[:, :3, :3] /= np.linalg.norm(basis[:, :3, :3], axis=-2, keepdims=True)
        if not self._local[bone]:
            axes = np.eye(3) if parent is None else self.of(parent)[:, :3, :3]
            way = (place - still[:, :3, 3])[..., None]
            basis[:, :3, 3] = (np.linalg.inv(axes) @ way)[..., 0]
        return basis


def _pole(pose: _Pose, control: str, upper: str, lower: str, end: str) -> np.ndarray:
    """(T, 3) place of a pole: as far from the joint as at rest, on the side to which the limb bends.

    Where the limb is straight its upper bone tells that side, since it is turned with the joint's plane.
    """
    start, joint, tip = (pose.of(bone)[:, :3, 3] for bone in (upper, lower, end))
    out, length = _out(start, joint, tip)
    rest = [pose.rest[bone][None, :3, 3] for bone in (upper, lower, end, control)]
    away = rest[3] - rest[1]
    axis = unit(rest[2] - rest[0])
    aside = unit(away - (away * axis).sum(-1, keepdims=True) * axis)
    carried = (pose.moved(upper)[:, :3, :3] @ aside[0][:, None])[..., 0]
    along = unit(tip - start)
    carried = unit(carried - (carried * along).sum(-1, keepdims=True) * along)
    tells = smoothstep(np.linalg.norm(out, axis=-1, keepdims=True) / length, _STRAIGHT, _BENT)
    side = unit(tells * unit(out) + (1 - tells) * carried)
    return joint + side * np.linalg.norm(away)


def _out(start: np.ndarray, joint: np.ndarray, tip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 3) how far the joint stands out from the line between the ends, and (T, 1) the limb's length."""
    along = unit(tip - start)
    arm = joint - start
    length = np.linalg.norm(arm, axis=-1, keepdims=True) + np.linalg.norm(tip - joint, axis=-1, keepdims=True)
    return arm - (arm * along).sum(-1, keepdims=True) * along, length
