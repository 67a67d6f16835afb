from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from blender_pose3d.fit import fit
from blender_pose3d.proportions import Proportions, measure, rest_bones
from blender_pose3d.retarget import Animation
from blender_pose3d.rig_maps import detect
from blender_pose3d.rotations import matrices_from
from blender_pose3d.skeleton import H36M_19
from tests.synthetic_motion import LIMBS, dancer, motion_of, walker
from tests.synthetic_rigs import angles_between, joints_of, posed

bpy = pytest.importorskip("bpy")
from mathutils import Matrix

from blender_pose3d.blender.armature import create_armature, editing, rest_pose

UNREAL_MALE = Path(__file__).parents[3] / "shared" / "rigs" / "human-male.glb"
MIXAMO = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine2", "neck": "Neck", "head": "Head",
    **{f"{part}.{s}": side + name for s, side in (("L", "Left"), ("R", "Right")) for part, name in (
        ("shoulder", "Shoulder"), ("upper_arm", "Arm"), ("forearm", "ForeArm"), ("hand", "Hand"),
        ("thigh", "UpLeg"), ("shin", "Leg"), ("foot", "Foot"), ("toe", "ToeBase"))},
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_file() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


def create_mixamo_armature() -> bpy.types.Object:
    """As a Mixamo FBX comes in: centimetres and y up in the data, the object scaled 0.01 and turned."""
    armature = bpy.data.objects.new("Armature", bpy.data.armatures.new("Armature"))
    bpy.context.collection.objects.link(armature)
    armature.scale, armature.rotation_euler = (0.01,) * 3, (math.pi / 2, 0, 0)
    bpy.context.view_layer.update()
    inverse = armature.matrix_world.inverted()
    bones = rest_bones(Proportions())
    middle = next((b.head + b.tail) / 2 for b in bones if b.name == "spine")
    with editing(armature):
        made = armature.data.edit_bones
        for i, bone in enumerate(bones):
            new = made.new("mixamorig:" + MIXAMO[bone.name])
            new.head, new.tail = inverse @ _vector(bone.head), inverse @ _vector(bone.tail)
            new.roll = 0.3 + 0.7 * i
            if bone.parent:
                new.parent = made["mixamorig:" + MIXAMO[bone.parent]]
        spine, chest = made["mixamorig:Spine"], made["mixamorig:Spine2"]
        between = made.new("mixamorig:Spine1")
        between.head, between.tail, between.roll = inverse @ _vector(middle), spine.tail, -1.2
        spine.tail = between.head
        between.parent, chest.parent = spine, between
    return armature


def create_parented_armature() -> bpy.types.Object:
    """The same on an object that is moved and turned, itself beside it; thighs that do not inherit rotation,
    bones that do not inherit scale."""
    armature = create_mixamo_armature()
    above = bpy.data.objects.new("Stage", None)
    bpy.context.collection.objects.link(above)
    above.location, above.rotation_euler = (3.0, -2.0, 0.0), (0.0, 0.0, 0.7)
    armature.parent, armature.location = above, (0.2, 0.1, 0.0)
    with editing(armature):
        for bone in armature.data.edit_bones:
            bone.use_inherit_rotation = not bone.name.endswith("UpLeg")
            bone.inherit_scale = "NONE" if "Arm" in bone.name else "FULL"
    bpy.context.view_layer.update()
    return armature


def _vector(point: np.ndarray):
    return Matrix.Translation(point).translation


def evaluated(armature: bpy.types.Object, animation: Animation, frames: list[int]) -> np.ndarray:
    """(n, B, 4, 4) world matrices of the pose bones as Blender evaluates them, ordered as ``rest_pose``."""
    matrices = matrices_from(animation.rotations)
    names = rest_pose(armature).names
    out = []
    for frame in frames:
        for name in {*animation.bone_names, *animation.locations}:
            basis = np.eye(4)
            if name in animation.bone_names:
                basis[:3, :3] = matrices[frame, animation.bone_names.index(name)]
            basis[:3, 3] = animation.locations[name][frame] if name in animation.locations else 0.0
            armature.pose.bones[name].matrix_basis = Matrix(basis)
        real = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        out.append([np.array(real.matrix_world @ real.pose.bones[name].matrix) for name in names])
    return np.array(out)


@pytest.mark.parametrize("joints", [walker(60, heading=35), dancer(60, seed=3)], ids=["walk", "dance"])
@pytest.mark.parametrize(
    "create",
    [create_armature, create_mixamo_armature, pytest.param(create_parented_armature, marks=pytest.mark.slow)],
)
def test_blender_poses_bones_as_the_person(create: Callable, joints: np.ndarray) -> None:
    armature = create()
    rest = rest_pose(armature)
    found = detect(rest.names)
    animation = fit(motion_of(joints), rest, found.mapping)
    frames = [0, 7, 22, 41, 59]
    real = evaluated(armature, animation, frames)
    heads = {role: real[:, rest.index(bone), :3, 3] for role, bone in found.mapping.items()}
    error = limb_errors(heads, joints[frames])
    assert error.mean() < 0.1 and error.max() < 0.5
    assert np.abs(real - posed(rest, animation)[frames]).max() < 2e-4  # the tests' own posing is Blender's
    middle = (heads["thigh.L"] + heads["thigh.R"]) / 2
    scale = (0.245 + 0.246) * 1.70 / 0.83
    way, true = middle - middle[0], scale * (joints[frames, 0] - joints[frames[0], 0])
    assert np.abs(way - true).max() < 0.002


def limb_errors(heads: dict[str, np.ndarray], joints: np.ndarray) -> np.ndarray:
    """(n, 8) degrees between limbs by bone heads and the person's."""
    roles = {"Shoulder": "upper_arm", "Elbow": "forearm", "Wrist": "hand", "Hip": "thigh", "Knee": "shin",
             "Ankle": "foot"}  # fmt: skip
    found = np.zeros((len(joints), len(H36M_19), 3))
    for joint, role in roles.items():
        for side in "LR":
            found[:, H36M_19.index(side + joint)] = heads[f"{role}.{side}"]
    return angles_between(found, joints, tuple(pair for pair in LIMBS if not pair[1].endswith("Toe")))


def test_a_connected_hip_bone_moves_by_its_root() -> None:
    armature = create_armature(body=False)
    with editing(armature):
        bones = armature.data.edit_bones
        root = bones.new("root")
        root.head, root.tail = (0, 0, 0), bones["hips"].head
        root.roll = 0.8
        bones["hips"].parent, bones["hips"].use_connect = root, True
        armature.data.edit_bones["spine"].use_inherit_rotation = False
        bones["chest"].use_local_location = False
    rest = rest_pose(armature)
    joints = walker(30)
    animation = fit(motion_of(joints), rest, {n: n for n in rest.names if n != "root"})
    assert list(animation.locations) == ["root"]
    real = evaluated(armature, animation, [0, 29])
    assert np.abs(real - posed(rest, animation)[[0, 29]]).max() < 1e-5
    error = angles_between(joints_of(rest, real), joints[[0, 29]], LIMBS)
    assert error.max() < 0.5


def test_location_without_local_axes() -> None:
    armature = create_armature(body=False)
    armature.data.bones["hips"].use_local_location = False
    rest = rest_pose(armature)
    animation = fit(motion_of(walker(30)), rest, {n: n for n in rest.names})
    real = evaluated(armature, animation, [0, 29])
    assert np.abs(real - posed(rest, animation)[[0, 29]]).max() < 1e-5
    travelled = real[1, rest.index("hips"), :3, 3] - real[0, rest.index("hips"), :3, 3]
    assert travelled[1] < -1.0


def test_the_person_s_own_proportions() -> None:
    body = measure(motion_of(walker(10)))
    assert body.thigh == pytest.approx(0.42) and body.forearm == pytest.approx(0.25)
    armature = create_armature("Own", body)
    rest = rest_pose(armature)
    animation = fit(motion_of(walker(10)), rest, {n: n for n in rest.names})
    joints = joints_of(rest, posed(rest, animation))
    limbs = [H36M_19.index(s + n) for s in "LR" for n in ("Knee", "Ankle", "Shoulder", "Elbow", "Wrist")]
    assert np.abs(joints - walker(10))[:, limbs].max() < 0.04


def test_the_armature_stands_on_the_floor_and_wears_a_body() -> None:
    armature = create_armature()
    (body,) = armature.children
    points = np.array([v.co for v in body.data.vertices])
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.005)
    assert points[:, 2].max() == pytest.approx(1.70, abs=0.01)
    assert points[:, 0].max() == pytest.approx(-points[:, 0].min(), abs=0.002)
    groups = [sum(g.weight for g in v.groups) for v in body.data.vertices]
    assert min(groups) > 0.99 and max(groups) < 1.01
    assert {g.name for g in body.vertex_groups} <= {b.name for b in armature.data.bones if b.use_deform}
    assert detect([b.name for b in armature.data.bones]).rig == "pose3d"


def test_the_body_follows_the_pose() -> None:
    armature = create_armature()
    (body,) = armature.children
    armature.pose.bones["upper_arm.L"].matrix_basis = Matrix.Rotation(math.pi / 2, 4, "X")
    real = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    moved = np.array([v.co for v in real.data.vertices]) - np.array([v.co for v in body.data.vertices])
    assert np.abs(moved).max() > 0.3


def test_selection_active_object_and_mode_come_back() -> None:
    mesh = bpy.data.objects.new("Prop", bpy.data.meshes.new("Prop"))
    other = create_armature("Other", body=False)
    bpy.context.collection.objects.link(mesh)
    bpy.context.view_layer.objects.active = other
    mesh.select_set(True)
    bpy.ops.object.mode_set(mode="POSE")
    create_armature("New")
    assert bpy.context.view_layer.objects.active == other and other.mode == "POSE"
    assert [o.name for o in bpy.context.view_layer.objects if o.select_get()] == ["Prop"]


def test_what_is_no_armature_is_refused() -> None:
    with pytest.raises(ValueError, match="Prop is not an armature but a mesh"):
        rest_pose(bpy.data.objects.new("Prop", bpy.data.meshes.new("Prop")))
    with pytest.raises(ValueError, match="Empty has no bones"):
        rest_pose(bpy.data.objects.new("Empty", bpy.data.armatures.new("Empty")))


@pytest.mark.skipif(not UNREAL_MALE.exists(), reason="no rig with Unreal's names at hand")
def test_a_made_character_with_unreal_names() -> None:
    bpy.ops.import_scene.gltf(filepath=str(UNREAL_MALE))
    armature = next(o for o in bpy.data.objects if o.type == "ARMATURE")
    rest = rest_pose(armature)
    found = detect(rest.names)
    assert found.rig == "unreal" and len(found.mapping) == 21
    joints = dancer(60, seed=3)
    animation = fit(motion_of(joints), rest, found.mapping)
    real = evaluated(armature, animation, [0, 30, 59])
    heads = {role: real[:, rest.index(bone), :3, 3] for role, bone in found.mapping.items()}
    assert limb_errors(heads, joints[[0, 30, 59]]).max() < 0.5
