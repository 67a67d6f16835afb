"""Exports, read back by programs that are not Blender: hierarchy, rest, units, every joint in every frame."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.export import (
    PRESETS,
    ExportSettings,
    export_bvh,
    export_fbx,
    export_glb,
    save_blend,
)
from blender_pose3d.blender.scene import set_frame_rate, set_range
from tests.blender.exported_rigs import FRAMES, RIGS, animated, check, truth
from tests.blender.moving_rigs import generated, swinging
from tests.blender.readers import read_bvhio, read_fbx, read_glb, read_pybvh

FBX = [name for name, preset in PRESETS.items() if preset.format == "fbx"]


def everything() -> dict[str, list[str]]:
    """Names of the user's data."""
    kinds = ("scenes", "objects", "armatures", "meshes", "actions", "materials")
    return {kind: sorted(one.name for one in getattr(bpy.data, kind)) for kind in kinds}


@pytest.mark.slow
@pytest.mark.each_blender
@pytest.mark.parametrize("rig", RIGS)
def test_every_format_moves_as_in_blender(rig, tmp_path):
    armature, expected = animated(rig, start=7)
    before = everything()
    # evaluated and read slowly: one preset stands for the three
    for preset in FBX if rig != "rigify_generated" else ["unreal"]:
        read = read_fbx(export_fbx(armature, tmp_path / "clip.fbx", preset=preset))
        check(read, expected)
        assert read.clip == "clip"
        assert read.unit == 0.01
        assert read.scale < 1e-4, "a node is scaled"
        assert set(read.joints) - set(expected.places) <= {"root"}, "leaf bones or controls came along"
        assert read.nodes[0] == ("Armature" if preset == "unreal" else armature.name)
        assert sum(up is None for up in read.parents.values()) == 1
        if preset == "unreal":
            assert read.parents["root"] is None
            assert np.abs(read.rest["root"]).max() < 1e-6
    read = read_glb(export_glb(armature, tmp_path / "clip.glb"))
    check(read, expected)
    assert read.clip == "clip"
    assert read.scale < 1e-3
    path = export_bvh(armature, tmp_path / "clip.bvh")
    for reader in (read_bvhio, read_pybvh):
        check(reader(path), expected)
    assert everything() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["clip.bvh", "clip.fbx", "clip.glb"]


def test_unreal_stands_upright_in_centimetres_on_a_root_bone(tmp_path):
    armature, expected = animated("generated")
    bpy.data.scenes[0].name, armature.name = "clip", "Armature"  # names that the file needs are taken
    before = everything()
    read = read_fbx(export_fbx(armature, tmp_path / "clip.fbx", preset="unreal"))
    check(read, expected)
    assert (read.clip, read.nodes[0], read.unit) == ("clip", "Armature", 0.01)
    assert read.scale < 1e-4
    assert read.parents["root"] is None
    assert read.parents["hips"] == "root"
    assert read.rest["head"][2] > read.rest["hips"][2] > read.rest["toe.L"][2] > 0
    assert read.rest["toe.L"][1] < read.rest["foot.L"][1] - 0.05, "toes point to -y, z of the file"
    assert read.skins == 1
    assert everything() == before


@pytest.mark.slow
@pytest.mark.each_blender
def test_root_motion_on_and_off(tmp_path):
    armature, expected = animated("generated")
    on = export_fbx(armature, tmp_path / "on.fbx", preset="unreal", settings=ExportSettings(root_motion=True))
    off = export_fbx(
        armature, tmp_path / "off.fbx", preset="unreal", settings=ExportSettings(root_motion=False)
    )
    carried, still = read_fbx(on), read_fbx(off)
    check(carried, expected)
    way = carried.joints["root"] - carried.rest["root"]
    assert np.abs(way[:, 2]).max() < 1e-6
    assert np.ptp(way[:, 0]) > 0.1
    assert np.abs(still.joints["root"]).max() < 1e-6
    for name, place in expected.places.items():
        assert np.abs(still.joints[name] + way - place).max() < 1e-3


@pytest.mark.slow
@pytest.mark.each_blender
def test_rigify_goes_out_as_one_chain_of_deforming_bones(tmp_path):
    armature, expected = animated("rigify_generated")
    parents = read_fbx(export_fbx(armature, tmp_path / "clip.fbx")).parents
    assert parents["root"] is None
    assert parents["DEF-spine"] == "root"
    assert parents["DEF-thigh.L"] == "DEF-spine"
    assert parents["DEF-upper_arm.L"] == "DEF-shoulder.L"
    assert parents["DEF-shoulder.L"] == "DEF-spine.003"
    assert parents["DEF-foot.L"] == "DEF-shin.L.001"
    usual = read_bvhio(
        export_bvh(armature, tmp_path / "clip.bvh", settings=ExportSettings(bvh_names="usual"))
    )
    usual.rest = {}  # joints that move by themselves, as on stretching limbs, keep no place at rest in BVH
    named = {"DEF-spine": "Hips", "DEF-thigh.L": "LeftUpLeg", "DEF-hand.R": "RightHand"}
    check(usual, expected, named=named)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["XYZ", "ZYX", "YXZ"])
def test_bvh_in_usual_names_and_any_order(order, tmp_path):
    armature, expected = animated("mixamo")
    settings = ExportSettings(bvh_names="usual", bvh_order=order, bvh_unit="cm")
    path = export_bvh(armature, tmp_path / "clip.bvh", settings=settings)
    text = path.read_text()
    assert text.startswith("HIERARCHY\nROOT Hips")
    names = [line.split()[1] for line in text.splitlines() if line.split()[0] in ("ROOT", "JOINT")]
    assert names[:3] == ["Hips", "LeftUpLeg", "LeftLeg"]
    assert names.index("Spine") > names.index("RightToeBase")
    assert "{}rotation {}rotation {}rotation".format(*order) in text
    for read in (read_bvhio(path), read_pybvh(path)):
        read.joints = {name: place / 100 for name, place in read.joints.items()}
        read.rest = {name: place / 100 for name, place in read.rest.items()}
        named = {f"mixamorig:{name}": name for name in ("Hips", "LeftFoot", "RightHand", "Head")}
        check(read, expected, named=named)


def test_bvh_of_several_roots_and_of_bones_that_move_by_themselves(tmp_path):
    armature = generated()
    lost = armature.data.bones["head"].name
    animation = swinging(armature, FRAMES)
    animation.locations[lost] = animation.locations["hips"] * 0.2
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    armature.data.edit_bones["head"].use_connect = False
    armature.data.edit_bones["shin.L"].parent = None
    bpy.ops.object.mode_set(mode="OBJECT")
    bake(armature, animation, name="Swing")
    set_frame_rate(bpy.context.scene, 30)
    set_range(bpy.context.scene, 1, FRAMES)
    read = read_bvhio(export_bvh(armature, tmp_path / "clip.bvh"))
    expected = truth(armature)
    read.rest = {}  # of several roots, none keeps its place at rest
    check(read, expected)
    assert (tmp_path / "clip.bvh").read_text().count("CHANNELS 6") == 3, "root, hips and head"


@pytest.mark.slow
@pytest.mark.each_blender
def test_animation_or_character_alone_and_frames_beyond_the_action(tmp_path):
    armature, _ = animated("generated")
    set_range(bpy.context.scene, 1, FRAMES + 8)
    bare = read_fbx(export_fbx(armature, tmp_path / "a.fbx", settings=ExportSettings(content="animation")))
    check(bare, truth(armature), frames=FRAMES + 8)
    assert bare.skins == 0
    body = read_fbx(export_fbx(armature, tmp_path / "b.fbx", settings=ExportSettings(content="character")))
    assert (body.frames, body.clip, body.skins) == (0, "", 1)
    glb = read_glb(export_glb(armature, tmp_path / "a.glb", settings=ExportSettings(content="animation")))
    check(glb, truth(armature), frames=FRAMES + 8)
    assert glb.nodes == (armature.name,), "a mesh came along"


@pytest.mark.slow
@pytest.mark.each_blender
def test_meshes_lie_at_rest_in_metres_whatever_their_objects(tmp_path):
    import pygltflib

    armature, _ = animated("mixamo")
    bone = armature.pose.bones["mixamorig:Head"]
    armature.data.pose_position = "REST"
    bpy.context.view_layer.update()
    mesh = bpy.data.meshes.new("Hat")
    mesh.from_pydata([(0, 0, 0), (0.2, 0, 0), (0, 0.1, 0.3)], [], [(0, 1, 2)])
    hat = bpy.data.objects.new("Hat", mesh)
    bpy.context.scene.collection.objects.link(hat)
    hat.parent, hat.parent_type, hat.parent_bone = armature, "BONE", bone.name
    hat.location, hat.scale = (3, 4, 5), (100, 100, 50)
    hat.modifiers.new("Array", "ARRAY").count = 2
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    local = [v.co for v in hat.evaluated_get(graph).to_mesh().vertices]
    expected = np.array([hat.matrix_world @ co for co in local])
    armature.data.pose_position = "POSE"
    bpy.context.view_layer.update()
    file = pygltflib.GLTF2().load(str(export_glb(armature, tmp_path / "clip.glb")))
    (primitive,) = file.meshes[0].primitives
    box = file.accessors[primitive.attributes.POSITION]
    low, high = np.array(box.min), np.array(box.max)
    assert np.abs(np.array([low[0], -high[2], low[1]]) - expected.min(axis=0)).max() < 1e-4
    assert np.abs(np.array([high[0], -low[2], high[1]]) - expected.max(axis=0)).max() < 1e-4
    assert len(file.skins) == 1


@pytest.mark.slow
def test_glb_and_blend_and_selection(tmp_path):
    armature, _ = animated("generated")
    bystander = bpy.data.objects.new("Bystander", bpy.data.meshes.new("Bystander"))
    bpy.context.scene.collection.objects.link(bystander)
    bystander.select_set(True)
    path = export_glb(armature, tmp_path / "clip.glb")
    assert path.read_bytes()[:4] == b"glTF"
    assert bystander.select_get()
    assert b"Bystander" not in path.read_bytes()
    action = armature.animation_data.action
    saved = save_blend(tmp_path / "clip.blend", assets=[action])
    assert action.asset_data is None, "the session's action became an asset"
    assert not bpy.data.filepath, "the open file took another name"
    with bpy.data.libraries.load(str(saved), assets_only=True) as (there, _):
        assert there.actions == [action.name]
