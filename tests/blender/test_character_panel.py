"""The bone map in the sidebar: what is found, what a person changes, what comes of it."""

import json

import bpy
import pytest

from blender_pose3d.blender.rig_map import KEY, roles_kept, told
from tests.blender.moving_rigs import mixamo
from tests.blender.registered import drawn, module
from tests.rig_makers.blender import armature_of
from tests.rig_makers.others import cubes

pytestmark = [pytest.mark.usefixtures("add_on"), pytest.mark.slow, pytest.mark.each_blender]


@pytest.fixture
def hero():
    armature = mixamo()
    bpy.context.scene.pose3d.armature = armature
    return armature


def rows():
    return bpy.context.scene.pose3d_character.roles


def choose(role: str, bone: str) -> None:
    rows()[role].bone = bone


def test_the_rows_show_what_was_found_and_keep_nothing(hero):
    assert {row.name: row.bone for row in rows() if row.bone} == told(hero).mapping
    assert KEY not in hero, "to look is not to change"
    shown = drawn("POSE3D_PT_character")
    assert any("Confidence" in text for text in shown.texts)
    bones = drawn("POSE3D_PT_bone_map")
    assert [name for name in bones.seen if name in rows()] == [row.name for row in rows()]
    assert not bones.alerts
    assert {"pose3d.take_bone", "pose3d.mirror_bone_map", "pose3d.load_bone_map"} <= {
        button.bl_idname for button in bones.buttons
    }


def test_the_roles_are_those_of_the_fit():
    from blender_pose3d.fit import REQUIRED, ROLES

    roles = module("operators.bone_roles")
    assert sorted(role for group in roles.GROUPS.values() for role in group) == sorted(ROLES)
    assert set(REQUIRED) == roles.NEEDED


def test_a_changed_row_counts_at_once(hero):
    settings = bpy.context.scene.pose3d
    choose("neck", "")
    assert "neck" not in told(hero).mapping
    assert settings.rig_info == "Rig: a map of its own, 20 bones"
    assert bpy.context.scene.pose3d_character.missing == "Neck"
    choose("neck", "mixamorig:Neck")
    assert told(hero).mapping["neck"] == "mixamorig:Neck"


def test_a_bone_used_twice_is_red_and_said(hero):
    settings = bpy.context.scene.pose3d
    choose("hand.L", "mixamorig:RightHand")
    assert "mapped to two roles" in settings.rig_problem
    assert roles_kept(hero)["hand.L"] == "mixamorig:RightHand", "the change is not lost meanwhile"
    shown = drawn("POSE3D_PT_bone_map")
    assert "Left Hand: mixamorig:RightHand is used twice." in " ".join(shown.alerts)
    assert {"hand.L", "hand.R"} <= set(shown.alerts)
    choose("hand.L", "mixamorig:LeftHand")
    assert not settings.rig_problem


def test_a_part_that_needs_a_bone_is_red(hero):
    choose("hips", "")
    assert "no bone is mapped to hips" in bpy.context.scene.pose3d.rig_problem
    assert "hips" in drawn("POSE3D_PT_bone_map").alerts
    hero.data.bones["mixamorig:Head"].name = "Skull"
    assert "head" in drawn("POSE3D_PT_bone_map").alerts, "renamed since, and seen without a click"


def test_the_eyedropper_takes_the_active_bone(hero):
    hero.data.bones.active = None
    with pytest.raises(RuntimeError, match="No bone of Mixamo is active"):
        bpy.ops.pose3d.take_bone(role="head")
    bpy.context.view_layer.objects.active = hero
    bpy.ops.object.mode_set(mode="POSE")
    hero.data.bones.active = hero.data.bones["mixamorig:Neck"]
    assert bpy.ops.pose3d.take_bone(role="head") == {"FINISHED"}
    assert told(hero).mapping["head"] == "mixamorig:Neck"
    assert "neck" not in told(hero).mapping, "who had it before gives it up"
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Go to Object Mode"):
        bpy.ops.pose3d.take_bone(role="neck")


def test_mirror_fills_the_other_side(hero):
    whole = told(hero).mapping
    for role in [row.name for row in rows() if row.name.endswith(".R")]:
        choose(role, "")
    assert bpy.context.scene.pose3d.rig_problem
    assert bpy.ops.pose3d.mirror_bone_map(side="L") == {"FINISHED"}
    assert told(hero).mapping == whole
    assert bpy.ops.pose3d.forget_bone_map() == {"FINISHED"}
    assert KEY not in hero


def test_somebody_unknown_is_mapped_by_hand():
    settings = bpy.context.scene.pose3d
    settings.armature = armature_of(cubes(), "Crane")
    assert "not a humanoid" in settings.rig_problem
    assert "Bone Map" in " ".join(drawn("POSE3D_PT_character").texts)
    bones = [bone.name for bone in settings.armature.data.bones]
    needed = sorted(module("operators.bone_roles").NEEDED)
    assert not any(row.bone for row in rows())
    for role, bone in zip(needed, bones, strict=False):
        choose(role, bone)
    kept = json.loads(settings.armature[KEY])["bones"]
    assert set(kept) == set(needed[: len(bones)])


def test_another_armature_has_rows_of_its_own(hero):
    choose("neck", "")
    bpy.context.scene.pose3d.armature = mixamo()
    assert rows()["neck"].bone == "mixamorig:Neck"
    bpy.context.scene.pose3d.armature = hero
    assert not rows()["neck"].bone


def test_the_map_is_saved_with_the_file(hero, tmp_path):
    choose("neck", "")
    path = str(tmp_path / "hero.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    settings = bpy.context.scene.pose3d
    assert not rows()["neck"].bone and rows()["head"].bone == "mixamorig:Head"
    assert "neck" not in told(settings.armature).mapping
