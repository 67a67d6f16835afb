"""Armatures that cannot be animated: one clear line, and the file is as it was. Undo takes a bake back."""

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.animate import animate
from blender_pose3d.blender.armature import create_armature
from blender_pose3d.blender.errors import BadInput
from blender_pose3d.blender.target import cannot_be_animated
from tests.blender.registered import module
from tests.blender.test_bake_options import curves_hash, shape_hash
from tests.blender.test_sidebar import everything, refused, settings, tracks  # noqa: F401
from tests.synthetic_motion import motion_of, walker

pytestmark = [pytest.mark.slow, pytest.mark.each_blender]


def why_not(armature) -> str:
    return cannot_be_animated(armature, bpy.context.scene, bpy.context.view_layer)


@pytest.fixture
def library(tmp_path):
    """A file with a character in a collection."""
    collection = bpy.data.collections.new("Character")
    bpy.context.scene.collection.children.link(collection)
    create_armature("Hero", collection=collection, body=False)
    path = str(tmp_path / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.collections = ["Character"]
    return wanted.collections[0]


def armature_of(objects) -> bpy.types.Object:
    return next(found for found in objects if found.type == "ARMATURE")


def test_a_linked_armature_is_refused(library, settings, tracks):  # noqa: F811
    bpy.context.scene.collection.children.link(library)
    assert "library override" in why_not(armature_of(library.objects))
    before = everything()
    assert "library override" in refused(filepath=tracks, armature="Hero")
    assert everything() == before


@pytest.mark.parametrize("editable", [True, False])
def test_an_override_takes_keys_if_it_may(library, editable):
    arguments = {"do_fully_editable": True} if editable else {}
    library.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer, **arguments)
    armature = armature_of(bpy.context.scene.objects)
    bpy.context.view_layer.update()
    assert armature.override_library is not None
    assert ("may not be edited" in why_not(armature)) == (not editable)
    if editable:
        animate(armature, motion_of(walker(8)), name="Walk", start=1)
        assert armature.animation_data.action.library is None
        bpy.context.scene.frame_set(8)
        assert armature.pose.bones["thigh.L"].rotation_quaternion.angle > 0.05


def test_edit_mode(settings, tracks):  # noqa: F811
    armature = create_armature("Hero", body=False)
    other = create_armature("Other", body=False)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    before = everything()
    assert "Edit Mode" in why_not(armature) and not why_not(other)
    assert "Object Mode or Pose Mode" in refused(filepath=tracks, armature="Hero")
    assert everything() == before and armature.animation_data is None
    bpy.ops.object.mode_set(mode="OBJECT")
    assert not why_not(armature)


def test_pose_mode_is_fine_and_stays(settings, tracks):  # noqa: F811
    armature = create_armature("Hero", body=False)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="POSE")
    assert bpy.ops.pose3d.fit_tracks(filepath=tracks, armature="Hero") == {"FINISHED"}
    assert armature.mode == "POSE"
    bpy.ops.object.mode_set(mode="OBJECT")


def test_out_of_the_view_layer(settings, tracks):  # noqa: F811
    collection = bpy.data.collections.new("Away")
    bpy.context.scene.collection.children.link(collection)
    armature = create_armature("Hero", collection=collection, body=False)
    bpy.context.view_layer.layer_collection.children["Away"].exclude = True
    bpy.context.view_layer.update()
    before = everything()
    assert "view layer" in why_not(armature)
    assert "view layer" in refused(filepath=tracks, armature="Hero")
    assert everything() == before and armature.animation_data is None
    other = bpy.context.scene.view_layers.new("Other")
    assert not cannot_be_animated(armature, bpy.context.scene, other)


def test_a_monitor_switched_off(settings):  # noqa: F811
    armature = create_armature("Hero", body=False)
    armature.hide_viewport = True
    assert "hidden" in why_not(armature)


def test_an_object_without_size(settings, tracks):  # noqa: F811
    armature = create_armature("Hero", body=False)
    armature.scale = (0, 0, 0)
    before = everything(), shape_hash(armature)
    assert "scale of zero" in refused(filepath=tracks, armature="Hero")
    assert (everything(), shape_hash(armature)) == before and armature.animation_data is None


def test_a_root_bone_that_is_not_there(settings, tracks):  # noqa: F811
    armature = create_armature("Hero", body=False)
    assert "no root bone" in refused(filepath=tracks, armature="Hero", root_motion="ROOT_BONE")
    assert armature.animation_data is None


def test_a_new_armature_that_cannot_be_baked_is_not_left(settings, tracks):  # noqa: F811
    before = everything()
    assert "no root bone" in refused(filepath=tracks, new_armature=True, root_motion="ROOT_BONE")
    assert "no frame 900" in refused(
        filepath=tracks, new_armature=True, use_range=True, first_frame=900, last_frame=950
    )
    assert everything() == before


def test_a_person_who_is_not_there(settings, tracks):  # noqa: F811
    create_armature("Hero", body=False)
    before = everything()
    assert "no person 4" in refused(filepath=tracks, armature="Hero", person=4)
    assert everything() == before


def test_a_dog_is_refused(settings):  # noqa: F811
    dog = create_armature("Dog", body=False)
    for number, bone in enumerate(dog.data.bones):
        bone.name = f"cube.{number:03d}"
    for bone in dog.pose.bones:
        bone.bone.use_deform = True
    before = shape_hash(dog)
    chain = bpy.data.armatures.new("Chain")
    rope = bpy.data.objects.new("Rope", chain)
    bpy.context.collection.objects.link(rope)
    bpy.context.view_layer.objects.active = rope
    bpy.ops.object.mode_set(mode="EDIT")
    last = None
    for number in range(12):
        bone = chain.edit_bones.new(f"link {number}")
        bone.head, bone.tail, bone.parent = (0, 0, number), (0, 0, number + 1), last
        last = bone
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(BadInput, match="not a humanoid"):
        animate(rope, motion_of(walker(5)), name="Rope", start=1)
    assert rope.animation_data is None and shape_hash(dog) == before


def test_one_undo_takes_it_all_back(settings, tracks):  # noqa: F811
    armature = create_armature("Hero")
    first = bpy.ops.pose3d.fit_tracks(filepath=tracks, armature="Hero")
    assert first == {"FINISHED"}
    bpy.context.scene.frame_end = 10
    bpy.ops.ed.undo_push(message="before")
    kept = everything(), curves_hash(armature.animation_data.action), shape_hash(armature)
    for options in (
        {"layer": "REPLACE"},
        {"root_motion": "OBJECT", "root_turns": True},
        {"new_armature": True},
    ):
        target = {} if "new_armature" in options else {"armature": "Hero"}
        assert bpy.ops.pose3d.fit_tracks(filepath=tracks, **target, **options) == {"FINISHED"}
        assert bpy.context.scene.frame_end > 10
        bpy.ops.ed.undo_push(message="after")  # in a window Blender does this, for the operator has UNDO
        assert bpy.ops.ed.undo() == {"FINISHED"}
        armature = bpy.data.objects["Hero"]
        action = armature.animation_data.action
        assert (everything(), curves_hash(action), shape_hash(armature)) == kept
        assert bpy.context.scene.frame_end == 10
    assert "UNDO" in module("operators.fit_tracks").POSE3D_OT_fit_tracks.bl_options


def test_time_as_asked(settings, tracks):  # noqa: F811
    scene = bpy.context.scene
    armature = create_armature("Hero", body=False)
    scene.frame_set(33)
    whole = {"filepath": tracks, "armature": "Hero"}
    assert bpy.ops.pose3d.fit_tracks(**whole, start_at="CURRENT") == {"FINISHED"}
    assert tuple(armature.animation_data.action.frame_range) == (33, 56), "24 frames a second of one second"
    bpy.ops.pose3d.fit_tracks(
        **whole, start_at="FRAME", start_frame=-5, use_range=True, first_frame=4, last_frame=9
    )
    assert tuple(armature.animation_data.action.frame_range) == (-5, 0)
    assert scene.render.fps == 24
    bpy.ops.pose3d.fit_tracks(**whole, frame_rate="VIDEO")
    assert scene.render.fps == 30
    assert "The scene now plays 30" in scene.pose3d.notes
    first, last = armature.animation_data.action.frame_range
    assert last - first == 29
    assert np.isfinite(first)
