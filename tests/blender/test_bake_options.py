"""Bake as asked: fewer keys, layers, who carries the way, what is told of the rig. What was there stays."""

import hashlib

import bpy
import numpy as np
import pytest

from blender_pose3d.bake_settings import BakeSettings
from blender_pose3d.blender.actions import curves_of
from blender_pose3d.blender.armature import create_armature, editing, rest_pose
from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.constraints import fights, mute, say_fights
from blender_pose3d.blender.errors import BadInput
from blender_pose3d.blender.layers import check_layers
from blender_pose3d.blender.object_path import standing_place
from blender_pose3d.blender.scene import sample_pose
from blender_pose3d.retarget import Animation
from blender_pose3d.root_motion import carry_root
from tests.blender.moving_rigs import mixamo, swinging

pytestmark = [pytest.mark.slow, pytest.mark.each_blender]

FRAMES = 24


def hero(mode: str = "QUATERNION", body: bool = False) -> bpy.types.Object:
    armature = create_armature("Hero", body=body)
    for bone in armature.pose.bones:
        bone.rotation_mode = mode
    return armature


def heads(armature, frames=FRAMES, start=1) -> np.ndarray:
    """(T, B, 3) heads of all bones in the world, as Blender evaluates them."""
    world, pose = sample_pose(armature, range(start, start + frames))
    return (world[:, None] @ pose)[..., :3, 3]


def curves_hash(action) -> str:
    """Of all keys of an action, in every Blender."""
    if hasattr(action, "slots"):
        bags = [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
        curves = [curve for bag in bags for curve in bag.fcurves]
    else:
        curves = list(action.fcurves)
    digest = hashlib.sha256()
    for curve in curves:
        digest.update(f"{curve.data_path} {curve.array_index}".encode())
        values = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        for name in ("co", "handle_left", "handle_right"):
            curve.keyframe_points.foreach_get(name, values)
            digest.update(values.tobytes())
    return digest.hexdigest()


def shape_hash(armature) -> str:
    """Of the rest pose and of the meshes on it."""
    digest = hashlib.sha256()
    for bone in armature.data.bones:
        digest.update(np.array(bone.matrix_local, dtype=np.float32).tobytes())
    for child in armature.children:
        values = np.empty(3 * len(child.data.vertices), dtype=np.float32)
        child.data.vertices.foreach_get("co", values)
        digest.update(values.tobytes())
        digest.update(str(sorted(group.name for group in child.vertex_groups)).encode())
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("mode", "curve"), [("QUATERNION", "bezier"), ("YXZ", "bezier"), ("AXIS_ANGLE", "linear")]
)
def test_fewer_keys_stay_within_the_bound_in_blender(mode, curve):
    armature = hero(mode)
    animation = swinging(armature, frames=60)
    settings = BakeSettings(reduce=0.5, reduce_location=2.0, curve=curve)
    action = bake(armature, animation, name="Few", settings=settings)
    matrices = [_basis(armature, animation.bone_names, frame) for frame in range(1, 61)]
    turned = np.array([[m.to_quaternion() for m in row] for row in matrices])
    dots = np.abs((turned * animation.rotations).sum(-1)).clip(max=1)
    assert np.degrees(2 * np.arccos(dots)).max() <= 0.51  # 0.01: the arc cosine of float32
    (bone, true) = next(iter(animation.locations.items()))
    column = animation.bone_names.index(bone)
    places = np.array([row[column].translation for row in matrices])
    assert np.linalg.norm(places - true, axis=-1).max() <= 0.00201
    curves = curves_of(action, armature)
    assert max(len(c.keyframe_points) for c in curves) < 45
    if curve == "bezier":
        assert np.mean([len(c.keyframe_points) for c in curves]) < 20
        assert {p.interpolation for p in curves[0].keyframe_points} == {"BEZIER"}


def _basis(armature, bones, frame):
    bpy.context.scene.frame_set(frame)
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return [evaluated.pose.bones[bone].matrix_basis.copy() for bone in bones]


def test_a_bone_that_stands_still_gets_two_keys():
    armature = hero()
    still = Animation(30.0, ("head",), np.tile([1.0, 0, 0, 0], (FRAMES, 1, 1)))
    action = bake(armature, still, name="Still", start=7)
    assert tuple(action.frame_range) == (7, 6 + FRAMES)
    assert {len(curve.keyframe_points) for curve in curves_of(action, armature)} == {2}


def test_nothing_else_changes():
    armature = hero(body=True)
    animation = swinging(armature, frames=FRAMES)
    first = bake(armature, animation, name="First")
    before = curves_hash(first), shape_hash(armature)
    for layer in ("new", "replace", "add"):
        settings = BakeSettings(layer=layer, reduce=1.0)
        bake(armature, swinging(armature, frames=9, size=0.3), name="Next", start=5, settings=settings)
    assert (curves_hash(first), shape_hash(armature)) == before
    assert first.users > 0


def test_a_layer_replaces_for_its_frames_alone():
    armature = hero()
    bake(armature, swinging(armature, frames=40), name="Below")
    below = heads(armature, 40)
    few = swinging(armature, frames=10, size=-0.5)
    fresh = hero()
    bake(fresh, few, name="Alone")
    action = bake(armature, few, name="Above", start=11, settings=BakeSettings(layer="replace"))
    both = heads(armature, 40)
    assert np.allclose(both[:10], below[:10], atol=1e-5) and np.allclose(both[20:], below[20:], atol=1e-5)
    assert np.allclose(both[10:20], heads(fresh, 10), atol=1e-5)
    tracks = armature.animation_data.nla_tracks
    assert [strip.action.name for track in tracks for strip in track.strips] == ["Below", action.name]
    assert armature.animation_data.action is None


def test_an_added_layer_adds():
    armature = hero()
    turn = np.tile([np.cos(0.2), np.sin(0.2), 0, 0], (FRAMES, 1, 1))
    way = {"hips": np.tile([0.1, 0.2, 0.3], (FRAMES, 1))}
    bake(armature, Animation(30.0, ("head",), turn, way), name="Below")
    bake(armature, Animation(30.0, ("head",), turn, way), name="Above", settings=BakeSettings(layer="add"))
    bpy.context.scene.frame_set(9)
    head = armature.pose.bones["head"]
    assert head.rotation_quaternion.angle == pytest.approx(0.8, abs=1e-4)
    assert np.allclose(armature.pose.bones["hips"].location, [0.2, 0.4, 0.6], atol=1e-5)


def test_a_layer_over_nothing_is_an_action():
    armature = hero()
    action = bake(armature, swinging(armature, frames=9), name="One", settings=BakeSettings(layer="replace"))
    assert armature.animation_data.action == action
    assert not armature.animation_data.nla_tracks


def test_layers_that_would_not_be_seen():
    armature = hero()
    bake(armature, swinging(armature, frames=9), name="Below")
    bake(armature, swinging(armature, frames=9), name="Above", settings=BakeSettings(layer="replace"))
    check_layers(armature)
    armature.animation_data.nla_tracks[0].is_solo = True
    with pytest.raises(BadInput, match="solo"):
        check_layers(armature)
    armature.animation_data.nla_tracks[0].is_solo = False
    armature.animation_data.use_nla = False
    with pytest.raises(BadInput, match="switched off"):
        check_layers(armature)


def walking(armature, root: str = "hips") -> Animation:
    """The hips go two metres and turn; all else stands."""
    time = np.linspace(0, 1, FRAMES)
    turn = np.stack([np.cos(time), 0 * time, 0 * time, np.sin(time)], axis=-1)[:, None]
    rest = rest_pose(armature)
    axes = rest.matrices[rest.index(root), :3, :3]
    back = np.linalg.inv(armature.matrix_world.to_3x3())
    way = np.stack([2 * time, -time, 0.1 * np.sin(9 * time)], axis=-1) @ np.array(back).T @ axes
    return Animation(30.0, (root,), turn, {root: way})


@pytest.mark.parametrize(("mode", "turns"), [("QUATERNION", False), ("XYZ", True), ("AXIS_ANGLE", True)])
def test_the_object_carries(mode, turns):
    armature = mixamo()
    parent = bpy.data.objects.new("Stage", None)
    bpy.context.collection.objects.link(parent)
    parent.location, parent.rotation_euler = (1, 2, 0), (0, 0, 0.7)
    armature.parent = parent
    armature.rotation_mode = mode
    armature.delta_location = (0.5, 0, 0)
    bpy.context.view_layer.update()
    animation = walking(armature, "mixamorig:Hips")
    bake(armature, animation, name="Hips")
    wanted = heads(armature)
    rest = rest_pose(armature)
    carried = carry_root(animation, rest, "mixamorig:Hips", "object", turns)
    action = bake(armature, carried.animation, name="Object", travel=carried.travel)
    assert np.abs(heads(armature) - wanted).max() < 1e-4
    paths = {curve.data_path for curve in curves_of(action, armature) if "pose" not in curve.data_path}
    assert ("location" in paths) and (len(paths) == 2) == turns


def test_the_next_bake_starts_where_the_object_stood():
    armature = hero()
    armature.location = (3, 0, 0)
    bpy.context.view_layer.update()
    place = np.array(armature.matrix_world)
    animation = walking(armature)
    carried = carry_root(animation, rest_pose(armature), "hips", "object", True)
    bake(armature, carried.animation, name="Once", travel=carried.travel)
    once = heads(armature)
    bpy.context.scene.frame_set(FRAMES)
    assert np.linalg.norm(np.array(armature.matrix_world)[:2, 3] - place[:2, 3]) > 1
    assert np.allclose(standing_place(armature), place, atol=1e-5)
    bake(armature, carried.animation, name="Twice", travel=carried.travel)
    assert np.abs(heads(armature) - once).max() < 1e-5
    bpy.context.scene.frame_set(FRAMES)
    bake(armature, animation, name="By the hips")
    bpy.context.view_layer.update()
    assert np.allclose(np.array(armature.matrix_world), place, atol=1e-5)
    assert np.abs(heads(armature) - once).max() < 1e-4


def test_the_root_bone_carries():
    armature = hero()
    with editing(armature):
        root = armature.data.edit_bones.new("root")
        root.head, root.tail = (0, 0, 0), (0, 0.3, 0)
        armature.data.edit_bones["hips"].parent = root
    animation = walking(armature)
    bake(armature, animation, name="Hips")
    names = [bone.name for bone in armature.pose.bones]
    wanted = np.delete(heads(armature), names.index("root"), axis=1)
    carried = carry_root(animation, rest_pose(armature), "hips", "root_bone", True)
    bake(armature, carried.animation, name="Root", settings=BakeSettings(reduce=0.05, reduce_location=0.1))
    found = heads(armature)
    assert np.abs(np.delete(found, names.index("root"), axis=1) - wanted).max() < 2e-3
    assert np.linalg.norm(np.ptp(found[:, names.index("root")], axis=0)) > 1


def test_what_pulls_at_baked_bones_is_told_and_muted():
    armature = hero()
    bones = armature.pose.bones
    ik = bones["hand.L"].constraints.new("IK")
    ik.target, ik.subtarget, ik.chain_count, ik.use_tail = armature, "head", 2, False
    bones["head"].constraints.new("LIMIT_ROTATION").name = "Neck Limits"
    off = bones["chest"].constraints.new("COPY_ROTATION")
    off.mute = True
    driver = bones["shin.R"].driver_add("rotation_quaternion", 1)
    found = fights(armature, {"forearm.L", "head", "chest", "shin.R"})
    assert {fight.bone for fight in found} == {"forearm.L", "head", "shin.R"}
    (told,) = say_fights(found, False)
    assert all(word in told for word in ("forearm.L", "Neck Limits", "driver", "--mute-constraints"))
    assert not ik.mute and not driver.mute
    mute(found)
    assert ik.mute and driver.mute
    assert fights(armature, {"forearm.L", "head", "chest", "shin.R"}) == []
    assert say_fights([], True) == []


def test_a_chain_of_ik_ends_where_it_says():
    armature = hero()
    ik = armature.pose.bones["hand.L"].constraints.new("IK")
    ik.target, ik.subtarget, ik.chain_count = armature, "head", 2
    assert fights(armature, {"upper_arm.L"}) == []
    ik.chain_count = 0
    assert [fight.bone for fight in fights(armature, {"hips"})] == ["hips"]
    ik.influence = 0
    assert fights(armature, {"hips"}) == []


def test_object_constraints_count_when_the_object_moves():
    armature = hero()
    armature.constraints.new("LIMIT_LOCATION")
    assert fights(armature, set()) == []
    assert len(fights(armature, set(), moves_object=True)) == 1


def test_a_switch_of_the_rig_is_keyed_and_holds():
    armature = hero()
    armature.pose.bones["hips"]["IK_FK"] = 0.0
    animation = swinging(armature, frames=FRAMES)
    action = bake(
        armature,
        animation,
        name="Switched",
        start=3,
        switches={"hips": {"IK_FK": 1.0, "gone": 1.0}, "no": {"x": 1}},
    )
    keyed = [curve for curve in curves_of(action, armature) if "IK_FK" in curve.data_path]
    assert [tuple(p.co) for p in keyed[0].keyframe_points] == [(3, 1), (2 + FRAMES, 1)]
    bpy.context.scene.frame_set(10)
    assert armature.pose.bones["hips"]["IK_FK"] == 1.0
    assert "gone" not in armature.pose.bones["hips"]
