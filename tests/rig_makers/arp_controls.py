"""A control rig with the bone names, parents, constraints and switches of Auto-Rig Pro, on a body of our own.

What is public of that rig: deforming bones copy FK controls or an IK chain, as ``ik_fk_switch`` says; upper
arms hang on the upper back and follow the shoulder's place alone; the head follows the neck's place and keeps
its own rotation. A stand-in, not the product.
"""

from __future__ import annotations

from typing import NamedTuple

import bpy
from mathutils import Matrix

from blender_pose3d.blender.armature import editing
from tests.rig_makers import rigs


class _Bone(NamedTuple):
    """role: of the body, whose place the bone has."""

    name: str
    parent: str
    role: str


_TRUNK = [
    _Bone("c_pos", "", "hips"), _Bone("c_traj", "c_pos", "hips"), _Bone("c_root_master.x", "c_traj", "hips"),
    _Bone("c_root.x", "c_root_master.x", "hips"), _Bone("root.x", "c_root.x", "hips"),
    _Bone("c_spine_01.x", "c_root_master.x", "spine"), _Bone("spine_01.x", "c_spine_01.x", "spine"),
    _Bone("c_spine_02.x", "c_spine_01.x", "chest"), _Bone("spine_02.x", "c_spine_02.x", "chest"),
    _Bone("c_neck.x", "spine_02.x", "neck"), _Bone("neck.x", "c_neck.x", "neck"),
    _Bone("head_scale_fix.x", "c_traj", "head"), _Bone("c_head.x", "head_scale_fix.x", "head"),
    _Bone("head.x", "c_head.x", "head"),
]  # fmt: skip
_SIDE = [
    _Bone("c_shoulder", "spine_02.x", "shoulder"), _Bone("shoulder", "c_shoulder", "shoulder"),
    _Bone("c_arm_fk", "c_spine_02.x", "upper_arm"), _Bone("c_forearm_fk", "c_arm_fk", "forearm"),
    _Bone("c_hand_fk", "c_forearm_fk", "hand"), _Bone("c_hand_ik", "c_traj", "hand"),
    _Bone("arm_ik", "shoulder", "upper_arm"), _Bone("forearm_ik", "arm_ik", "forearm"),
    _Bone("arm", "shoulder", "upper_arm"), _Bone("forearm", "arm", "forearm"),
    _Bone("hand", "forearm", "hand"),
    _Bone("c_thigh_b", "c_root.x", "thigh"), _Bone("c_thigh_fk", "c_thigh_b", "thigh"),
    _Bone("c_leg_fk", "c_thigh_fk", "shin"), _Bone("c_foot_fk", "c_leg_fk", "foot"),
    _Bone("c_toes_fk", "c_foot_fk", "toe"), _Bone("c_foot_ik", "c_traj", "foot"),
    _Bone("thigh_ik", "c_thigh_b", "thigh"), _Bone("leg_ik", "thigh_ik", "shin"),
    _Bone("thigh", "c_thigh_b", "thigh"), _Bone("leg", "thigh", "shin"), _Bone("foot", "leg", "foot"),
    _Bone("toes", "foot", "toe"),
]  # fmt: skip
# Deforming bone → FK control, IK bone, and the control that has the switch.
_DRIVEN = {
    "arm": ("c_arm_fk", "arm_ik", "c_hand_ik"), "forearm": ("c_forearm_fk", "forearm_ik", "c_hand_ik"),
    "hand": ("c_hand_fk", "c_hand_ik", "c_hand_ik"), "thigh": ("c_thigh_fk", "thigh_ik", "c_foot_ik"),
    "leg": ("c_leg_fk", "leg_ik", "c_foot_ik"), "foot": ("c_foot_fk", "c_foot_ik", "c_foot_ik"),
    "toes": ("c_toes_fk", "toes", "c_foot_ik"),
}  # fmt: skip
DEFORMING = {
    "hips": "root.x", "spine": "spine_01.x", "chest": "spine_02.x", "neck": "neck.x", "head": "head.x",
    **{f"{role}.{side}": f"{bone}.{side.lower()}" for side in "LR" for role, bone in (
        ("shoulder", "shoulder"), ("upper_arm", "arm"), ("forearm", "forearm"), ("hand", "hand"),
        ("thigh", "thigh"), ("shin", "leg"), ("foot", "foot"), ("toe", "toes"))},
}  # fmt: skip


def make(name: str = "ARP") -> bpy.types.Object:
    """The armature, its limbs in IK as the product has them at first."""
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.collection.objects.link(armature)
    bones = [*_TRUNK, *(_sided(bone, side) for side in "LR" for bone in _SIDE)]
    rest = rigs.rest(rigs.OWN)
    with editing(armature):
        for bone in bones:
            made = armature.data.edit_bones.new(bone.name)
            place = rest.index(bone.role)
            made.head, made.tail = (0, 0, 0), (0, float(rest.lengths[place]), 0)
            made.matrix = Matrix(rest.world @ rest.matrices[place])
            made.parent = armature.data.edit_bones.get(bone.parent)
    for bone in armature.pose.bones:
        bone.rotation_mode = "QUATERNION"
    _place_of(armature, "head_scale_fix.x", "neck.x")
    for side in "lr":
        _place_of(armature, f"c_arm_fk.{side}", f"shoulder.{side}")
        for control in ("c_hand_ik", "c_foot_ik"):
            armature.pose.bones[f"{control}.{side}"]["ik_fk_switch"] = 0.0
        for chain, target in (("forearm_ik", "c_hand_ik"), ("leg_ik", "c_foot_ik")):
            pull = armature.pose.bones[f"{chain}.{side}"].constraints.new("IK")
            pull.target, pull.subtarget, pull.chain_count = armature, f"{target}.{side}", 2
        for bone, (fk, ik, switch) in _DRIVEN.items():
            _blended(armature, side, bone, (fk, ik, switch))
    return armature


def _sided(bone: _Bone, side: str) -> _Bone:
    low = side.lower()
    parent = bone.parent if "." in bone.parent or bone.parent == "c_traj" else f"{bone.parent}.{low}"
    return _Bone(f"{bone.name}.{low}", parent, f"{bone.role}.{side}")


def _place_of(armature: bpy.types.Object, bone: str, leader: str) -> None:
    """A bone starts where another ends, and turns as it likes."""
    follow = armature.pose.bones[bone].constraints.new("COPY_LOCATION")
    follow.target, follow.subtarget, follow.head_tail = armature, leader, 1.0


def _blended(armature: bpy.types.Object, side: str, bone: str, by: tuple[str, str, str]) -> None:
    """A deforming bone turns as its IK bone, and over that as its control, as much as is switched."""
    fk, ik, switch = (f"{name}.{side}" for name in by)
    constraints = armature.pose.bones[f"{bone}.{side}"].constraints
    if ik != f"{bone}.{side}":
        first = constraints.new("COPY_ROTATION")
        first.target, first.subtarget = armature, ik
    second = constraints.new("COPY_ROTATION")
    second.target, second.subtarget = armature, fk
    driver = second.driver_add("influence").driver
    driver.type = "AVERAGE"
    value = driver.variables.new().targets[0]
    value.id, value.data_path = armature, f'pose.bones["{switch}"]["ik_fk_switch"]'
