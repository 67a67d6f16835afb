"""Joints to tracks to motion to fit to bake, judged by the pose that Blender itself evaluates.

The large form, with motion capture and more rigs, is ``python -m bench.round_trip``.
"""

import bpy
import numpy as np
import pytest

from bench.retarget_motions import made_up
from bench.round_trip import clip_of, figures, measured
from blender_pose3d.bake_settings import BakeSettings
from blender_pose3d.blender.animate import animate
from blender_pose3d.blender.scene import sample_pose
from tests.rig_makers import blender as makers
from tests.synthetic_motion import motion_of, walker

CLIPS = ("walk", "turn on the spot", "dance")
FRAMES = 45


@pytest.fixture(scope="module")
def clips():
    return [clip_of(name, made_up()[name][:FRAMES]) for name in CLIPS]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pose3d", "mixamo", "unreal4", "genesis8", "mpfb_default"])
def test_bones_go_where_the_person_s_do(name, clips):
    armature = makers.make(name)
    found = figures([measured(armature, clip) for clip in clips])
    assert found["motion"]["mean"] < 1.0
    assert found["motion"]["p99"] < 8.0
    assert found["locks_mm"]["within_5"] > 0.95
    assert found["own_jumps"] == 0


@pytest.mark.slow
def test_a_rigify_rig_moves_by_its_controls():
    armature = makers.make("rigify_generated")
    motion = motion_of(walker(20))
    deform = ["DEF-upper_arm.L", "DEF-forearm.L", "DEF-thigh.R", "DEF-shin.R", "DEF-foot.L"]
    names = [bone.name for bone in armature.pose.bones]
    done = animate(armature, motion, name="FK", start=1)
    assert done.rig == "rigify_generated"
    assert armature.pose.bones["thigh_parent.L"]["IK_FK"] == 1.0
    at = [names.index(name) for name in deform]
    _, fk = sample_pose(armature, range(1, 21))
    assert np.ptp(fk[:, at, :3, 3], axis=0).max() > 0.1, "the controls move what deforms the mesh"
    animate(armature, motion, name="IK", start=1, baking=BakeSettings(limbs="ik"))
    bpy.context.scene.frame_set(7)
    assert armature.pose.bones["thigh_parent.L"]["IK_FK"] == 0.0
    _, ik = sample_pose(armature, range(1, 21))
    assert np.linalg.norm(ik[:, at, :3, 3] - fk[:, at, :3, 3], axis=-1).max() < 0.03
    tips = [names.index(name) for name in ("DEF-foot.L", "DEF-foot.R")]
    assert np.linalg.norm(ik[:, tips, :3, 3] - fk[:, tips, :3, 3], axis=-1).max() < 0.005
