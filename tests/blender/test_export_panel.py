"""Export from the sidebar: what is written, over which frames, and what is said where it cannot be."""

from pathlib import Path

import bpy
import pytest

from blender_pose3d.blender.actions import new_action
from blender_pose3d.blender.armature import create_armature
from blender_pose3d.blender.export import PRESETS
from blender_pose3d.blender.export_motion import ENDINGS, motion_range
from tests.blender.registered import a_context, drawn, module

pytestmark = [pytest.mark.usefixtures("add_on"), pytest.mark.slow, pytest.mark.each_blender]
FIRST, LAST = 11, 16


@pytest.fixture
def hero():
    """Somebody whose head nods from frame 11 to 16."""
    armature = create_armature("Hero", body=False)
    _, make = new_action(armature, "Nod")
    curve = make('pose.bones["head"].rotation_quaternion', 1, "head")
    for frame, value in ((FIRST, 0.0), (LAST, 0.3)):
        curve.keyframe_points.insert(frame, value)
    bpy.context.scene.pose3d.armature = armature
    return armature


def why_not() -> str:
    return module("operators.export_motion").why_not(bpy.context, bpy.context.scene.pose3d_export)


def refused(**properties) -> str:
    with pytest.raises(RuntimeError) as error:
        bpy.ops.pose3d.export_motion(**properties)
    return str(error.value)


def test_reasons_in_the_order_of_the_work(tmp_path):
    settings = bpy.context.scene.pose3d_export
    assert "Choose an armature" in why_not()
    armature = create_armature("Hero", body=False)
    bpy.context.scene.pose3d.armature = armature
    assert "no animation yet" in why_not()
    assert "no animation yet" in refused(folder=str(tmp_path))
    new_action(armature, "Nod")
    assert "save the .blend" in why_not()
    settings.folder = str(tmp_path)
    assert not why_not()
    assert why_not() in drawn("POSE3D_PT_export").texts or not why_not()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("preset", ENDINGS)
def test_each_preset_writes_one_whole_file(hero, preset, tmp_path):
    scene = bpy.context.scene
    before = scene.frame_start, scene.frame_end, scene.name, bpy.context.view_layer.objects.active
    folder = tmp_path / "für Spiele"
    assert bpy.ops.pose3d.export_motion(preset=preset, folder=str(folder)) == {"FINISHED"}
    assert [path.name for path in folder.iterdir()] == [f"Nod{ENDINGS[preset]}"]
    assert Path(scene.pose3d_export.written) == folder / f"Nod{ENDINGS[preset]}"
    assert (scene.frame_start, scene.frame_end, scene.name, bpy.context.view_layer.objects.active) == before
    assert "wm.path_open" in [button.bl_idname for button in drawn("POSE3D_PT_export").buttons]


def test_all_presets_of_the_exporter_are_offered():
    offered = bpy.types.Scene.bl_rna.properties["pose3d_export"].fixed_type.properties["preset"]
    assert set(PRESETS) < set(offered.enum_items.keys()) == set(ENDINGS)
    assert len({item.name for item in offered.enum_items}) == len(ENDINGS)
    assert all(item.description for item in offered.enum_items)


def test_the_motion_s_own_frames_or_the_scene_s(hero, tmp_path):
    assert motion_range(hero) == (FIRST, LAST)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 3
    for span, frames in (("MOTION", LAST - FIRST + 1), ("SCENE", 3)):
        bpy.ops.pose3d.export_motion(preset="bvh", folder=str(tmp_path), file_name=span, span=span)
        assert f"Frames: {frames}\n" in (tmp_path / f"{span}.bvh").read_text()
    assert (bpy.context.scene.frame_start, bpy.context.scene.frame_end) == (1, 3)


def test_strips_of_the_nla_count_too(hero):
    action = hero.animation_data.action
    track = hero.animation_data.nla_tracks.new()
    strip = track.strips.new("Nod", 100, action)
    hero.animation_data.action = None
    assert motion_range(hero) == (100, round(strip.frame_end))
    track.mute = True
    assert motion_range(hero) is None


def test_the_action_comes_back_from_its_file(hero, tmp_path):
    hero.animation_data.action.asset_mark()
    bpy.ops.pose3d.export_motion(preset="action", folder=str(tmp_path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "Nod.blend")) as (there, here):
        assert list(there.actions) == ["Nod"] and not there.objects
        here.actions = ["Nod"]
    assert bpy.data.actions["Nod"].asset_data is not None
    assert tuple(bpy.data.actions["Nod"].frame_range) == (FIRST, LAST)


def test_in_pose_mode_and_with_a_name_of_one_s_own(hero, tmp_path):
    bpy.context.view_layer.objects.active = hero
    bpy.ops.object.mode_set(mode="POSE")
    assert bpy.ops.pose3d.export_motion(folder=str(tmp_path), file_name="a/b: c") == {"FINISHED"}
    assert [path.name for path in tmp_path.iterdir()] == ["a_b__c.fbx"]
    safe = module("operators.export_motion").file_safe
    assert safe("Übung – 舞.v2") == "Übung_–_舞.v2" and safe(" ..") == "motion"
    assert bpy.context.mode == "POSE"


def test_a_place_that_cannot_be_written(hero, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert "Cannot write to" in refused(folder=str(tmp_path / "file"))
    (tmp_path / "Nod.fbx").mkdir()
    assert "there is a folder of that name" in refused(folder=str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Nod.fbx", "file"]


def test_the_panel_draws_in_every_state(hero, tmp_path):
    assert "preset" in drawn("POSE3D_PT_export").seen
    bpy.context.scene.pose3d_export.folder = str(tmp_path)
    context = a_context()
    assert "Go to Object Mode" not in " ".join(drawn("POSE3D_PT_export", context).texts)
    context.mode = "EDIT_ARMATURE"
    assert "Go to Object Mode" in " ".join(drawn("POSE3D_PT_export", context).texts)
