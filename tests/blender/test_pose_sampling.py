"""Poses worked out from keys, or evaluated without meshes, are those of the scene."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender import pose_sampling
from blender_pose3d.blender.actions import curves_of
from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.plain_pose import plain_pose
from blender_pose3d.blender.pose_sampling import poses_of
from blender_pose3d.blender.scene import sample_pose
from tests.blender.moving_rigs import generated, mixamo, swinging

FRAMES = range(3, 23)


def moving(make=generated, modes=("QUATERNION",)):
    armature = make()
    for i, bone in enumerate(armature.pose.bones):
        bone.rotation_mode = modes[i % len(modes)]
    bake(armature, swinging(armature, 30), name="Swing", start=1)
    return armature


def differ(armature, poses):
    _, expected = sample_pose(armature, FRAMES)
    size = np.ptp(expected[..., :3, 3].reshape(-1, 3), axis=0).max()
    turned = np.abs(poses - expected)[..., :3, :3].max() / np.linalg.norm(expected[0, 0, :3, 0])
    return max(np.abs(poses - expected)[..., :3, 3].max() / size, turned)


def asked(monkeypatch, armature):
    """Poses as exports get them, and how many frames of which scene were evaluated for them."""
    frames = []

    def counted(armature, wanted):
        frames.append((bpy.context.scene.name, len(list(wanted))))
        return sample_pose(armature, wanted)

    monkeypatch.setattr(pose_sampling, "sample_pose", counted)
    worlds, poses = poses_of(armature, FRAMES)
    expected = sample_pose(armature, FRAMES)
    assert np.abs(worlds - expected[0]).max() < 1e-5
    assert np.abs(poses - expected[1]).max() < 1e-4
    return frames


@pytest.mark.each_blender
def test_keys_alone_tell_the_pose(monkeypatch):
    armature = moving(modes=("QUATERNION", "XYZ", "AXIS_ANGLE", "ZXY"))
    bone = armature.pose.bones["head"]
    bone.scale = (1.2, 0.8, 1.0)
    bone.location = (0.1, 0.0, 0.2)
    assert differ(armature, plain_pose(armature, FRAMES)) < 1e-5
    assert asked(monkeypatch, armature) == [("Scene", 6)]


@pytest.mark.slow
@pytest.mark.parametrize("interpolation", ["LINEAR", "BEZIER"])
def test_few_keys_and_centimetres(interpolation):
    armature = moving(mixamo)
    for curve in curves_of(armature.animation_data.action, armature):
        for key in curve.keyframe_points:
            key.interpolation = interpolation
        for _ in range(10):
            curve.keyframe_points.remove(curve.keyframe_points[5])
    assert differ(armature, plain_pose(armature, FRAMES)) < 1e-5


def test_what_an_armature_hangs_on(monkeypatch):
    armature = moving()
    above = bpy.data.objects.new("Above", None)
    bpy.context.scene.collection.objects.link(above)
    above.location, above.scale = (1, 2, 3), (2, 2, 2)
    armature.parent = above
    assert asked(monkeypatch, armature) == [("Scene", 6)]
    above.keyframe_insert("location", frame=1)
    above.location.x = 5
    above.keyframe_insert("location", frame=20)
    assert asked(monkeypatch, armature)[1:] == [("Pose3D", len(FRAMES))]


def constraint(armature):
    made = armature.pose.bones["head"].constraints.new("COPY_ROTATION")
    made.target, made.subtarget = armature, "hand.L"


def driver(armature):
    curve = armature.pose.bones["head"].driver_add("scale", 0)
    curve.driver.expression = "frame / 100"


def no_scale(armature):
    armature.data.bones["head"].inherit_scale = "NONE"


def object_moves(armature):
    armature.keyframe_insert("location", frame=1)
    armature.location.x = 3
    armature.keyframe_insert("location", frame=20)


def strip(armature):
    track = armature.animation_data.nla_tracks.new()
    track.strips.new("Swing", 5, armature.animation_data.action)
    armature.animation_data.action = None


@pytest.mark.slow
@pytest.mark.each_blender
@pytest.mark.parametrize("more", [constraint, driver, no_scale, object_moves, strip])
def test_more_than_keys_is_evaluated_without_meshes(more, monkeypatch):
    armature = moving()
    more(armature)
    assert plain_pose(armature, FRAMES) is None
    assert asked(monkeypatch, armature) == [("Scene", 6), ("Pose3D", len(FRAMES))]
    assert len(bpy.data.scenes) == 1


def test_what_hangs_on_the_scene_is_evaluated_there(monkeypatch):
    armature = moving()
    bpy.context.scene["lift"] = 0.5
    curve = armature.pose.bones["head"].driver_add("scale", 0)
    variable = curve.driver.variables.new()
    variable.type, variable.name = "CONTEXT_PROP", "lift"
    variable.targets[0].data_path = '["lift"]'
    curve.driver.expression = "lift"
    assert [frames for _, frames in asked(monkeypatch, armature)] == [6, len(FRAMES), len(FRAMES)]
