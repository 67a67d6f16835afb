"""The command line's options about keys: what they say is in the files, and what they refuse is told."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.actions import curves_of
from blender_pose3d.blender.arguments import parser
from blender_pose3d.blender.bake import bake
from blender_pose3d.blender.cli import command
from blender_pose3d.blender.job import job_of
from tests.blender.moving_rigs import generated, mixamo, swinging
from tests.blender.test_cli import blend_with, clip, refused, tracks  # noqa: F401


def run(*arguments) -> int:
    return command(["convert", *(str(argument) for argument in arguments)])


def opened(path) -> bpy.types.Object:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return next(found for found in bpy.data.objects if found.type == "ARMATURE")


@pytest.mark.slow
def test_frames_start_fewer_keys_and_in_place(clip, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    chosen = ["--frames", "5:24", "--start", 101, "--in-place", "--reduce-keys", 1, "--blend", "--bvh"]
    assert run(clip, "--out", out, *chosen) == 0
    (person,) = json.loads((out / "walk.report.json").read_text())["people"]
    assert (person["start"], person["frames"]) == (101, 20)
    armature = opened(out / "walk.blend")
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end) == (101, 120)
    action = armature.animation_data.action
    assert tuple(action.frame_range) == (101, 120)
    assert np.mean([len(curve.keyframe_points) for curve in curves_of(action, armature)]) < 15
    hips = []
    for frame in (101, 110, 120):
        scene.frame_set(frame)
        hips.append(np.array(armature.matrix_world @ armature.pose.bones["hips"].head))
    assert np.ptp(hips, axis=0)[:2].max() < 0.1


@pytest.mark.slow
def test_a_layer_on_a_character_at_the_scenes_rate(clip, tmp_path):  # noqa: F811
    def character():
        armature = mixamo()
        bake(armature, swinging(armature, frames=9), name="Before")
        bpy.context.scene.render.fps = 24

    blend = blend_with(tmp_path / "hero.blend", character)
    out = tmp_path / "out"
    assert (
        run(clip, "--character", blend, "--out", out, "--fps", "scene", "--layer", "replace", "--blend") == 0
    )
    (person,) = json.loads((out / "walk.report.json").read_text())["people"]
    assert (person["fps"], person["frames"]) == (24, 24)
    armature = opened(out / "walk.blend")
    assert bpy.context.scene.render.fps == 24
    strips = [strip for track in armature.animation_data.nla_tracks for strip in track.strips]
    assert [strip.name for strip in strips] == ["Before", "walk"]


@pytest.mark.slow
def test_the_object_carries_into_the_fbx(clip, tmp_path):  # noqa: F811
    from tests.blender.readers import read_fbx

    places = {}
    for how in ("hips", "object"):
        assert run(clip, "--out", tmp_path / how, "--root-motion", how, "--root-turns", "--fbx") == 0
        places[how] = read_fbx(tmp_path / how / "walk.fbx").joints
    for name, place in places["hips"].items():
        assert np.abs(places["object"][name] - place).max() < 2e-3, name


def test_the_refinement_can_be_left_out():
    asked = ["convert", "a.npz", "--out", "b"]
    for words, refine in (([], True), (["--no-refine"], False)):
        assert job_of(parser().parse_args([*asked, *words]), Path("b")).baking.refine is refine


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--frames", "9:3"], "9:3"), (["--reduce-keys", "0"], "reduce"),
        (["--reduce-keys", "nan"], "reduce"), (["--reduce-mm", "-1"], "reduce_location"),
    ],
)  # fmt: skip
def test_options_out_of_bounds(clip, tmp_path, capsys, arguments, word):  # noqa: F811
    assert run(clip, "--out", tmp_path / "out", *arguments) == 2
    refused(capsys, 2, word)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--frames", "x"],
        ["--fps", "fast"],
        ["--root-motion", "knee"],
        ["--in-place", "--root-motion", "hips"],
    ],
)
def test_options_that_are_none(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        parser().parse_args(["convert", "a.npz", "--out", "b", *arguments])
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--root-motion", "root-bone"], ("no root bone",)), (["--frames", "900:"], ("30 frames", "900"))],
)
def test_what_the_character_cannot_do(clip, tmp_path, capsys, arguments, words):  # noqa: F811
    blend = blend_with(tmp_path / "hero.blend", generated)
    assert run(clip, "--character", blend, "--out", tmp_path / "out", *arguments) == 3
    refused(capsys, 3, *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_hidden_armature(clip, tmp_path, capsys):  # noqa: F811
    def character():
        generated().hide_viewport = True

    blend = blend_with(tmp_path / "hero.blend", character)
    assert run(clip, "--character", blend, "--armature", "Walker", "--out", tmp_path / "out") == 3
    refused(capsys, 3, "Walker", "hidden")
