"""A user's own map: saved, loaded, and what is wrong with it in one line each."""

from __future__ import annotations

import json

import pytest

from blender_pose3d.rig_files import RigError, load_map, read_rig, save_map
from blender_pose3d.rig_maps import with_map
from tests.rig_makers import rigs

BONES = rigs.rest("reallusion").names
MAP = rigs.mapping("reallusion")


def test_a_map_comes_back_as_it_was_saved(tmp_path) -> None:
    path = save_map(tmp_path / "hero.json", MAP, "Hero")
    assert load_map(path, BONES) == MAP
    assert read_rig(path).armature == "Hero"
    assert [file.name for file in tmp_path.iterdir()] == ["hero.json"]


def test_a_map_of_one_s_own_goes_before_any_other(tmp_path) -> None:
    mapping = {**MAP, "hips": "CC_Base_Pelvis"}
    found = with_map(save_map(tmp_path / "hero.json", mapping), rigs.rest("reallusion"))
    assert found.rig == "hero" and found.mapping == mapping and found.confidence == 1.0
    assert found.twists["thigh.L"] == ("CC_Base_L_ThighTwist01", "CC_Base_L_ThighTwist02")


def test_maps_have_the_format_of_the_rigs_that_ship(tmp_path) -> None:
    content = json.loads(save_map(tmp_path / "hero.json", MAP).read_text())
    assert content["title"] == "hero"
    assert content["bones"]["hips"] == ["CC_Base_Hip"]


def test_each_fault_is_one_line(tmp_path) -> None:
    path = save_map(tmp_path / "hero.json", MAP)
    content = json.loads(path.read_text())
    content["bones"]["foot.L"] = ["CC_Base_L_Calf"]
    content["bones"]["hips"] = ["Gone"]
    del content["bones"]["thigh.R"]
    path.write_text(json.dumps(content))
    with pytest.raises(RigError) as error:
        load_map(path, BONES)
    assert sorted(str(error.value).splitlines()) == [
        "hero.json: bone CC_Base_L_Calf is mapped to two roles: shin.L, foot.L",
        "hero.json: bone Gone, mapped to hips, is not in the armature",
        "hero.json: no bone is mapped to thigh.R",
    ]


def test_unknown_roles_and_other_files_are_refused(tmp_path) -> None:
    path = tmp_path / "wings.json"
    path.write_text(json.dumps({"title": "Wings", "bones": {"wing.L": ["w"]}}))
    with pytest.raises(RigError, match=r"wings\.json has roles that do not exist: wing\.L"):
        load_map(path, BONES)
    path.write_text(json.dumps({"title": "Wings", "bones": {"hips": "w"}}))
    with pytest.raises(RigError, match="not a rig file"):
        load_map(path, BONES)
    with pytest.raises(RigError, match="not a rig file"):
        load_map(tmp_path / "none.json", BONES)


def test_a_map_that_could_not_be_loaded_is_not_saved(tmp_path) -> None:
    with pytest.raises(RigError, match="there is no role called wing"):
        save_map(tmp_path / "x.json", {**MAP, "wing": "Wing"})
    with pytest.raises(RigError, match="no bone is mapped to hips"):
        save_map(tmp_path / "x.json", {r: b for r, b in MAP.items() if r != "hips"})
    with pytest.raises(RigError, match="cannot write"):
        save_map(tmp_path / "none" / "x.json", MAP)
    assert not list(tmp_path.iterdir())
