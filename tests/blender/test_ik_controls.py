"""IK controls that hold a limb as the FK controls have it."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.actions import trying_out
from blender_pose3d.blender.armature import create_armature, editing
from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.ik_controls import ik_animation, joined
from blender_pose3d.blender.scene import sample_pose
from tests.blender.moving_rigs import swinging
from tests.blender.test_bake_options import curves_hash

pytestmark = [pytest.mark.slow, pytest.mark.each_blender]

FRAMES = range(1, 25)
LEG = ("thigh.L", "shin.L", "foot.L")


def rig(rolled: bool) -> bpy.types.Object:
    """A leg with controls: foot_ik, knee pole, and a switch on the hips from FK (1) to IK (0)."""
    armature = create_armature("Rig", body=False)
    with editing(armature):
        bones = armature.data.edit_bones
        root = bones.new("root")
        root.head, root.tail, root.roll = (0, 0, 0), (0, 0.2, 0.1), 0.4
        bones["shin.L"].head.y -= 0.02  # a knee that is bent a little, as rigs for IK have it
        foot = bones.new("foot_ik.L")
        foot.head, foot.tail, foot.parent = bones["foot.L"].head, bones["foot.L"].tail, root
        foot.roll = 0.7 if rolled else 0.0
        pole = bones.new("knee_pole.L")
        pole.head = bones["shin.L"].head + bones["shin.L"].head.__class__((0, -0.5, 0))
        foot.use_local_location = not rolled
        pole.use_local_location = False
        pole.tail, pole.parent = pole.head + pole.head.__class__((0, -0.1, 0)), root
    pose = armature.pose.bones
    pose["hips"]["IK_FK"] = 1.0
    limb = pose["shin.L"].constraints.new("IK")
    limb.target, limb.subtarget, limb.chain_count = armature, "foot_ik.L", 2
    limb.pole_target, limb.pole_subtarget = armature, "knee_pole.L"
    end = pose["foot.L"].constraints.new("COPY_ROTATION")
    end.target, end.subtarget = armature, "foot_ik.L"
    end.target_space = end.owner_space = "POSE"
    return armature


def weigh(armature, influence: float) -> None:
    for bone in ("shin.L", "foot.L"):
        for constraint in armature.pose.bones[bone].constraints:
            constraint.influence = influence


def bent(armature):
    """The leg swings, and the knee only bends as knees do."""
    animation = swinging(armature, frames=len(FRAMES), size=0.4)
    chosen = [animation.bone_names.index(name) for name in ("hips", "thigh.L", "shin.L")]
    rotations = animation.rotations[:, chosen].copy()
    half = -np.radians(20 + 15 * np.sin(np.arange(len(FRAMES)) / 4))
    rotations[:, 2] = np.stack([np.cos(half), np.sin(half), 0 * half, 0 * half], axis=-1)
    way = {"hips": np.cumsum(np.full((len(FRAMES), 3), 0.01), axis=0)}
    return type(animation)(30.0, ("hips", "thigh.L", "shin.L"), rotations, way)


def test_ik_takes_the_pose_of_fk():
    armature = rig(rolled=False)
    weigh(armature, 0.0)
    animation = bent(armature)
    bake(armature, animation, name="FK")
    _, fk = sample_pose(armature, FRAMES)
    mapping = {"thigh.L": "thigh.L", "shin.L": "shin.L", "foot.L": "foot.L"}
    controls = {"foot.L": "foot_ik.L", "knee.L": "knee_pole.L", "hand.R": "not there"}
    ik = ik_animation(armature, mapping, controls, FRAMES, 30.0)
    assert ik.bone_names == ("foot_ik.L",) and set(ik.locations) == {"foot_ik.L", "knee_pole.L"}
    bake(armature, joined(animation, ik), name="Both")
    names = [bone.name for bone in armature.pose.bones]
    _, both = sample_pose(armature, FRAMES)
    legs = [names.index(bone) for bone in LEG]
    assert np.abs(both[:, legs] - fk[:, legs]).max() < 1e-4, "FK is what it was"
    weigh(armature, 1.0)
    limb = armature.pose.bones["shin.L"].constraints["IK"]

    def error(degrees: float, frames=range(10, 11)) -> float:
        limb.pole_angle = np.radians(degrees)
        _, moved = sample_pose(armature, frames)
        wanted = fk[[frame - 1 for frame in frames]]
        return float(np.abs(moved[:, legs, :3, 3] - wanted[:, legs, :3, 3]).max())

    # the pole angle that suits the roll of this rig's bones: riggers set it once, for all poses
    angle = min(range(-180, 180, 15), key=error)
    angle = min(np.arange(angle - 15, angle + 15.1, 1.0), key=error)
    angle = min(np.arange(angle - 1, angle + 1.1, 0.1), key=error)
    assert error(angle, FRAMES) < 5e-3


@pytest.mark.parametrize("rolled", [False, True])
def test_the_end_of_the_limb_keeps_its_orientation(rolled):
    armature = rig(rolled)
    weigh(armature, 0.0)
    animation = bent(armature)
    bake(armature, animation, name="FK")
    _, fk = sample_pose(armature, FRAMES)
    ik = ik_animation(armature, {"foot.L": "foot.L"}, {"foot.L": "foot_ik.L"}, FRAMES, 30.0)
    bake(armature, joined(animation, ik), name="Both")
    names = [bone.name for bone in armature.pose.bones]
    _, both = sample_pose(armature, FRAMES)
    foot, control = (names.index(name) for name in ("foot.L", "foot_ik.L"))
    assert np.abs(both[:, control, :3, 3] - fk[:, foot, :3, 3]).max() < 1e-4
    rest = [np.array(armature.data.bones[name].matrix_local) for name in ("foot.L", "foot_ik.L")]
    wanted = fk[:, foot] @ np.linalg.inv(rest[0]) @ rest[1]
    assert np.abs(both[:, control] - wanted).max() < 1e-4


def test_what_was_tried_out_is_gone():
    armature = create_armature("Rig", body=False)
    first = bake(armature, swinging(armature, frames=5), name="First")
    before = curves_hash(first)
    with trying_out(armature):
        bake(armature, swinging(armature, frames=9), name="Trial")
        assert armature.animation_data.action.name == "Trial"
    assert armature.animation_data.action == first and not first.use_fake_user
    assert [action.name for action in bpy.data.actions] == ["First"] and curves_hash(first) == before
    bpy.context.scene.frame_set(3)
    assert armature.pose.bones["head"].rotation_quaternion.angle > 0
