"""Characters that cannot be animated, through the operator and the command line: one clear line, and the file
is as it was."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import pytest

from blender_pose3d.blender.armature import create_armature, editing
from blender_pose3d.blender.cli import command
from blender_pose3d.blender.rig_map import keep_roles, told
from blender_pose3d.tracks import read_tracks, write_tracks
from tests.blender.file_state import file_state
from tests.blender.test_cli import blend_with
from tests.blender.test_cli import refused as told_by_command
from tests.blender.test_sidebar import refused, settings, tracks  # noqa: F401
from tests.rig_makers import others
from tests.rig_makers.blender import armature_of

pytestmark = [pytest.mark.slow, pytest.mark.each_blender]


def hero(body: bool = True) -> bpy.types.Object:
    return create_armature("Hero", body=body)


def dog() -> bpy.types.Object:
    return armature_of(others.dog(), "Hero")


def cubes() -> bpy.types.Object:
    return armature_of(others.cubes(), "Hero")


def without_bones() -> bpy.types.Object:
    armature = bpy.data.objects.new("Hero", bpy.data.armatures.new("Hero"))
    bpy.context.collection.objects.link(armature)
    return armature


def bones_of_no_length() -> bpy.types.Object:
    """Both arms' upper halves have shrunk to a thousandth of a millimetre."""
    armature = hero(body=False)
    with editing(armature):
        for side in "LR":
            bone = armature.data.edit_bones[f"upper_arm.{side}"]
            bone.tail = bone.head + (bone.tail - bone.head).normalized() * 2e-6
    return armature


def without_size() -> bpy.types.Object:
    armature = hero()
    armature.scale = (0, 0, 0)
    return armature


def below_something_without_size() -> bpy.types.Object:
    armature, above = hero(), bpy.data.objects.new("Above", None)
    bpy.context.collection.objects.link(above)
    above.scale = (0, 0, 0)
    armature.parent = above
    return armature


def flat() -> bpy.types.Object:
    armature = hero()
    armature.scale = (1, 1, 0)
    return armature


def map_of_bones_that_are_gone() -> bpy.types.Object:
    armature = hero()
    keep_roles(armature, told(armature).mapping)
    armature.data.bones["forearm.L"].name = "arm_lower"
    return armature


def map_with_a_bone_twice() -> bpy.types.Object:
    armature = hero()
    keep_roles(armature, {**told(armature).mapping, "forearm.L": "upper_arm.L"})
    return armature


def map_without_a_leg() -> bpy.types.Object:
    armature = hero()
    keep_roles(armature, {role: bone for role, bone in told(armature).mapping.items() if role != "thigh.R"})
    return armature


def monitor_off() -> bpy.types.Object:
    armature = hero()
    armature.hide_viewport = True
    return armature


def eye_closed() -> bpy.types.Object:
    armature = hero()
    armature.hide_set(True)
    return armature


def in_another_view_layer() -> bpy.types.Object:
    away = bpy.data.collections.new("Away")
    bpy.context.scene.collection.children.link(away)
    armature = create_armature("Hero", collection=away, body=False)
    bpy.context.view_layer.layer_collection.children["Away"].exclude = True
    return armature


def edited() -> bpy.types.Object:
    armature = hero()
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    return armature


CASES = {
    dog: ("not a humanoid", "four legs"),
    cubes: ("not a humanoid", "no two limbs match"),
    without_bones: ("no bones",),
    bones_of_no_length: ("length zero",),
    without_size: ("scale of zero",),
    below_something_without_size: ("scale of zero",),
    flat: ("scale of zero",),
    map_of_bones_that_are_gone: ("forearm.L", "not in the armature"),
    map_with_a_bone_twice: ("upper_arm.L", "two roles"),
    map_without_a_leg: ("no bone is mapped to thigh.R",),
    monitor_off: ("hidden",),
    eye_closed: ("hidden",),
    in_another_view_layer: ("view layer",),
    edited: ("Object Mode or Pose Mode first",),
}
Maker = Callable[[], bpy.types.Object]


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_the_operator_says_why_and_changes_nothing(settings, tracks, make: Maker):  # noqa: F811
    make()
    bpy.context.view_layer.update()
    before = file_state()
    said = refused(filepath=tracks, armature="Hero", frame_rate="VIDEO", start_at="FRAME", start_frame=7)
    assert all(words in said for words in CASES[make]), said
    assert file_state() == before


def test_what_is_compared_would_tell_a_bake(settings, tracks):  # noqa: F811
    hero()
    before = file_state()
    later = {"start_at": "FRAME", "start_frame": 300}
    assert bpy.ops.pose3d.fit_tracks(filepath=tracks, armature="Hero", **later) == {"FINISHED"}
    after = file_state()
    assert all(before[key] != after[key] for key in ("actions", "curves", "object data", "scene data"))


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_the_command_line_says_why_and_writes_nothing(tracks, tmp_path, capsys, make: Maker):  # noqa: F811
    blend = blend_with(tmp_path / "hero.blend", make)
    before, out = blend.read_bytes(), tmp_path / "out"
    capsys.readouterr()
    assert command(["convert", tracks, "--character", str(blend), "--out", str(out), "--blend"]) == 3
    told_by_command(capsys, 3, *CASES[make])
    assert blend.read_bytes() == before
    assert not out.exists() and sorted(p.name for p in tmp_path.iterdir()) == ["hero.blend"]


def test_nobody_there(settings, tracks, tmp_path, capsys):  # noqa: F811
    assert "no armature called Hero" in refused(filepath=tracks, armature="Hero")
    blend = blend_with(tmp_path / "empty.blend")
    assert command(["convert", tracks, "--character", str(blend), "--out", str(tmp_path / "out")]) == 3
    told_by_command(capsys, 3, "no armature")
    assert not (tmp_path / "out").exists()


def test_in_another_scene(settings, tracks):  # noqa: F811
    hero()
    bpy.context.window.scene = bpy.data.scenes.new("Other")
    before = file_state()
    assert "no armature called Hero" in refused(filepath=tracks, armature="Hero")
    assert file_state() == before


def test_a_person_who_is_never_in_view(settings, tracks, tmp_path, capsys):  # noqa: F811
    found = read_tracks(tracks)
    found.present[:] = False
    lost = tmp_path / "lost.npz"
    write_tracks(lost, found)
    hero()
    before = file_state()
    assert "Person 1 is in no frame" in refused(filepath=str(lost), armature="Hero")
    assert "no person 3" in refused(filepath=tracks, armature="Hero", person=3)
    assert file_state() == before
    for path, person, code, word in ((lost, "1", 3, "in no frame"), (tracks, "3", 2, "no person 3")):
        assert command(["convert", str(path), "--person", person, "--out", str(tmp_path / "out")]) == code
        told_by_command(capsys, code, word)
    assert not (tmp_path / "out").exists()
