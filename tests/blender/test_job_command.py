"""A studio's job file through the one command: every setting of a clip, several characters of one capture,
every preset, several at a time, parts; read back by programs that are not Blender."""

import json
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from blender_pose3d.blender.cli import command
from blender_pose3d.blender.export import PRESETS, save_blend
from blender_pose3d.tracks import write_tracks
from tests.blender.exported_rigs import truth
from tests.blender.moving_rigs import generated, mixamo
from tests.blender.readers import read_bvhio, read_fbx, read_glb, read_pybvh
from tests.walker import camera_at, film, walk

KEYS = ("present", "joints2d", "score2d", "joints3d", "score3d")
FRAMES = 24
NIGHT = """
out = "clips"
fbx = true
character = "hero.blend"
filter = "none"

[[folder]]
path = "takes"
animation-only = true
frames = "1:20"

[[clip]]
input = "takes/two.npz"
name = "hero_walk"
person = 1

[[clip]]
input = "takes/two.npz"
name = "villain_walk"
person = 2
character = "villain.blend"
preset = "unreal"
frames = "5:12"

[[clip]]
input = "takes/two.npz"
name = "nobody_walk"
rig = "pose3d"
preset = "godot"
glb = true
fbx = false

[[clip]]
input = "elsewhere/walk.npz"
"""


@pytest.fixture
def night(tmp_path) -> Path:
    """Footage of two people, one walking the other way; characters; the job."""
    one, other = (film(walk(FRAMES / 30, heading=h), camera_at()).tracks for h in (0.0, 180.0))
    both = {key: np.concatenate([getattr(one, key), getattr(other, key)]) for key in KEYS}
    for name, tracks in (
        ("takes/two.npz", replace(one, meta={**one.meta, "people": 2}, **both)),
        ("takes/one.npz", one),
        ("elsewhere/walk.npz", one),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_tracks(tmp_path / name, tracks)
    for name, maker in (("hero", mixamo), ("villain", generated)):
        bpy.ops.wm.read_homefile(use_empty=True)
        maker()
        save_blend(tmp_path / f"{name}.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    (tmp_path / "night.toml").write_text(NIGHT)
    return tmp_path / "night.toml"


@pytest.mark.slow
@pytest.mark.each_blender
def test_a_night_of_several_characters(night, capsys):
    clips = night.parent / "clips"
    assert command(["convert", str(night), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("to do") == 5 and not clips.exists()
    assert command(["convert", str(night), "--report", str(night.parent / "r.json")]) == 0
    said = capsys.readouterr()
    assert "5 clips: 5 done." in said.err and said.out.count(".fbx") == 4

    hero, villain = read_fbx(clips / "hero_walk.fbx"), read_fbx(clips / "villain_walk.fbx")
    assert (hero.frames, villain.frames, hero.clip) == (20, 8, "hero_walk")
    assert hero.skins == villain.skins == 0, "animation only"
    assert "mixamorig:Hips" in hero.joints and {"root", "hips"} <= set(villain.joints)
    way = {read: np.ptp(one.joints[hips][:, 0]) for read, one, hips in
           (("hero", hero, "mixamorig:Hips"), ("villain", villain, "hips"))}  # fmt: skip
    assert way["hero"] > 0.3 and way["villain"] > 0.1
    heads = hero.joints["mixamorig:Hips"], villain.joints["hips"]
    assert [float(np.sign(one[-1, 0] - one[0, 0])) for one in heads] == [1.0, -1.0], "each their own person"
    nobody = read_glb(clips / "nobody_walk.glb")
    assert nobody.frames == 20 and "thigh.L" in nobody.joints
    assert not (clips / "nobody_walk.fbx").exists()
    assert read_fbx(clips / "one.fbx").frames == 20, "the folder's range"
    walked = read_fbx(clips / "walk.fbx")
    assert walked.frames == FRAMES, "outside the folder the whole clip"
    report = json.loads((night.parent / "r.json").read_text())
    assert [row["clip"] for row in report["clips"]] == [
        "hero_walk", "villain_walk", "nobody_walk", "walk", "one",
    ]  # fmt: skip
    assert report["clips"][1]["people"][0]["person"] == 2
    assert all(row["people"][0]["quality"]["after"]["missing"] == 0 for row in report["clips"])

    # a second run does nothing, another character's bytes bring back its clip alone, --again brings all
    assert command(["convert", str(night)]) == 0
    assert "5 clips: 5 up to date." in capsys.readouterr().err
    bpy.ops.wm.read_homefile(use_empty=True)
    generated().name = "Other"
    save_blend(night.parent / "villain.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    assert command(["convert", str(night), "--part", "2/5"]) == 0
    assert command(["convert", str(night), "--part", "1/5", "--again"]) == 0
    assert capsys.readouterr().err.count("1 up to date") == 0
    assert sorted(path.name for path in clips.glob("*report*.json") if "pose3d" in path.name) == [
        "pose3d-report.json"
    ]


@pytest.mark.slow
@pytest.mark.each_blender
def test_every_preset_moves_as_blender_does(tmp_path):
    """A clip of each preset through the command: its own file, BVH and .blend, which is what Blender makes
    of it. The walker heads along x, so hips are turned and stay turned."""
    write_tracks(tmp_path / "walk.npz", film(walk(0.5), camera_at()).tracks)
    clip = '[[clip]]\ninput = "walk.npz"\nname = "{0}"\npreset = "{0}"\n'
    (tmp_path / "all.toml").write_text('out = "o"\n' + "".join(clip.format(name) for name in PRESETS))
    assert command(["convert", str(tmp_path / "all.toml")]) == 0
    for name, preset in PRESETS.items():
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "o" / f"{name}.blend"))
        expected = truth(next(one for one in bpy.data.objects if one.type == "ARMATURE"))
        files = {".fbx": read_fbx, ".glb": read_glb}
        read = {path.suffix: files[path.suffix](path) for path in (tmp_path / "o").glob(f"{name}.[fg]*")}
        assert list(read) == ([f".{preset.format}"] if preset.format in ("fbx", "glb") else [])
        bvh = tmp_path / "o" / f"{name}.bvh"
        for one in (*read.values(), read_bvhio(bvh), read_pybvh(bvh)):
            assert one.frames == 15 and abs(one.fps - 30) < 1e-3
            far = {bone: np.abs(one.joints[bone] - place).max() for bone, place in expected.places.items()}
            assert max(far.values()) < 1e-3, (name, far)


@pytest.mark.slow
def test_several_at_a_time_and_a_file_of_the_night_that_is_broken(night, capsys):
    """The same through worker processes; what one clip says it says there, too."""
    (night.parent / "villain.blend").write_bytes(b"BLENDER17-01v0900" + bytes(900))
    assert command(["convert", str(night), "--jobs", "2"]) == 6
    said = capsys.readouterr()
    assert "4 done, 1 failed" in said.err and "Blender 9.0 saved it" in said.err
    assert "Traceback" not in said.err
    assert read_fbx(night.parent / "clips" / "hero_walk.fbx").frames == 20
