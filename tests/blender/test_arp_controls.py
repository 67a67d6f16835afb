"""A rig with Auto-Rig Pro's controls: known, switched to FK, and what deforms goes where the person does."""

import numpy as np
import pytest

from bench.retarget_kinematics import directions, joints_of, level_toes
from bench.retarget_motions import made_up
from bench.retarget_rigs import BenchRig
from bench.round_trip import clip_of
from blender_pose3d.blender.animate import animate
from blender_pose3d.blender.armature import rest_pose
from blender_pose3d.blender.scene import sample_pose
from blender_pose3d.rig_maps import detect
from tests.rig_makers import arp_controls

pytestmark = [pytest.mark.slow, pytest.mark.each_blender]
FRAMES = 20


def test_its_controls_are_told_from_what_deforms():
    found = detect(rest_pose(arp_controls.make()))
    assert found.rig == "auto_rig_pro_controls" and found.control
    assert found.mapping["hips"] == "c_root_master.x" and found.mapping["chest"] == "c_spine_02.x"
    assert found.mapping["upper_arm.L"] == "c_arm_fk.l" and found.mapping["shin.R"] == "c_leg_fk.r"
    assert not found.missing


def test_what_deforms_follows_the_person():
    armature, motion = arp_controls.make(), clip_of("walk", made_up()["walk"][:FRAMES]).motion
    deforming = set(arp_controls.DEFORMING.values())
    animate(armature, motion, name="Walk", start=1)
    assert armature.pose.bones["c_hand_ik.l"]["ik_fk_switch"] == 1.0
    rest = rest_pose(armature)
    world, pose = sample_pose(armature, range(1, 1 + FRAMES))
    pose = world[:, None] @ pose[:, [armature.pose.bones.find(bone) for bone in rest.names]]
    rig = BenchRig("deforming", rest, arp_controls.DEFORMING)
    angles = np.concatenate(list(directions(joints_of(rig, pose), level_toes(motion, rig), rig).values()))
    assert angles.mean() < 1.5 and np.percentile(angles, 99) < 8.0
    moved = np.ptp(pose[:, [rest.index(bone) for bone in deforming], :3, 3], axis=0).max()
    assert moved > 0.1
    assert not [c for b in armature.pose.bones for c in b.constraints if c.mute]
