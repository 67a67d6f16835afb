"""A bone map of one's own on the command line and in job files: it counts, and its faults are named."""

import json

import bpy
import pytest

from blender_pose3d.blender.actions import curves_of
from blender_pose3d.blender.cli import command
from blender_pose3d.blender.rig_map import told, write_map
from tests.blender.moving_rigs import generated
from tests.blender.test_cli import blend_with, clip, refused, tracks  # noqa: F401

pytestmark = pytest.mark.slow


def run(*arguments) -> int:
    return command(["convert", *(str(argument) for argument in arguments)])


@pytest.fixture
def character(tmp_path):
    """A character's file, and the map of its armature as it is found."""
    blend = blend_with(tmp_path / "hero.blend", generated)
    write_map(next(found for found in bpy.data.objects if found.type == "ARMATURE"), tmp_path / "hero.json")
    return blend, tmp_path / "hero.json"


def changed(path, **roles) -> None:
    """Other bones for some roles; None takes a role away."""
    content = json.loads(path.read_text())
    bones = content["bones"] | {role.replace("_L", ".L"): [bone] for role, bone in roles.items()}
    content["bones"] = {role: names for role, names in bones.items() if names != [None]}
    path.write_text(json.dumps(content))


def keyed_bones(path) -> set[str]:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    armature = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    curves = curves_of(armature.animation_data.action, armature)
    return {curve.data_path.split('"')[1] for curve in curves if '"' in curve.data_path}


@pytest.mark.parametrize("how", ["option", "job file"])
def test_the_bones_of_a_map_move(character, clip, tmp_path, how):  # noqa: F811
    blend, bones = character
    changed(bones, head=None)
    out = tmp_path / "out"
    if how == "option":
        assert run(clip, "--character", blend, "--map", bones, "--blend", "--out", out) == 0
    else:
        (tmp_path / "night.toml").write_text(
            f'out = "out"\ncharacter = "{blend.name}"\nmap = "{bones.name}"\nblend = true\n'
            f'[[clip]]\ninput = "{clip.name}"\n'
        )
        assert run(tmp_path / "night.toml") == 0
    keyed = keyed_bones(out / "walk.blend")
    assert "head" not in keyed and {"hips", "neck", "forearm.L"} <= keyed
    armature = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    assert "head" not in told(armature).mapping, "the map is kept with the armature in the results"


def test_another_map_makes_a_clip_anew(character, clip, tmp_path, capsys):  # noqa: F811
    blend, bones = character
    asked = [clip, "--character", blend, "--map", bones, "--blend", "--out", tmp_path / "out"]
    assert run(*asked) == 0
    capsys.readouterr()
    assert run(*asked) == 0
    assert "up to date" in capsys.readouterr().err
    changed(bones, head=None)
    assert run(*asked) == 0
    assert "up to date" not in capsys.readouterr().err
    assert "head" not in keyed_bones(tmp_path / "out" / "walk.blend")


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({"forearm_L": "Ghost"}, ("Ghost", "forearm.L", "not in the armature")),
        ({"forearm_L": "upper_arm.L"}, ("upper_arm.L", "two roles")),
        ({"thigh_L": None}, ("no bone is mapped to thigh.L",)),
        ({"wing": "head"}, ("roles that do not exist", "wing")),
    ],
)
def test_faults_of_a_map(character, clip, tmp_path, capsys, roles, words):  # noqa: F811, PLR0917
    blend, bones = character
    changed(bones, **roles)
    before = blend.read_bytes()
    assert run(clip, "--character", blend, "--map", bones, "--out", tmp_path / "out") == 3
    refused(capsys, 3, "hero.json", *words)
    assert not (tmp_path / "out").exists() and blend.read_bytes() == before


def test_maps_that_are_none_or_nobodys(character, clip, tmp_path, capsys):  # noqa: F811
    blend, bones = character
    out = tmp_path / "out"
    text = tmp_path / "words.json"
    text.write_text("hips: pelvis")
    cases = [
        (["--character", blend, "--map", tmp_path / "none.json"], 3, "No such bone map"),
        (["--character", blend, "--map", text], 3, "words.json is not a bone map"),
        (["--character", blend, "--rig", "pose3d", "--map", bones], 2, "belongs to a character"),
    ]
    for arguments, code, word in cases:
        assert run(clip, "--out", out, *arguments) == code
        refused(capsys, code, word)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert run(clip, "--out", out, "--map", bones) == 2
    refused(capsys, 2, "--character")
    assert not out.exists()
