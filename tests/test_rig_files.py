"""A user's own map: saved, loaded, and what is wrong with it in one line each."""

from __future__ import annotations

import json

import pytest

from blender_pose3d.rig_files import Rig, RigError, load_map, read_rig, save_map
from blender_pose3d.rig_maps import as_map, detect, with_map
from tests.rig_makers import rigs

BONES = rigs.rest("reallusion").names
MAP = rigs.mapping("reallusion")


def own(mapping: dict[str, str]) -> Rig:
    return Rig("hero", "hero", {role: (bone,) for role, bone in mapping.items()}, armature="Hero")


def test_a_map_comes_back_as_it_was_saved(tmp_path) -> None:
    path = save_map(tmp_path / "hero.json", own(MAP))
    assert load_map(path, BONES).bones == own(MAP).bones
    assert read_rig(path).armature == "Hero"
    assert [file.name for file in tmp_path.iterdir()] == ["hero.json"]


def test_a_map_of_one_s_own_goes_before_any_other(tmp_path) -> None:
    mapping = {**MAP, "hips": "CC_Base_Pelvis"}
    path = save_map(tmp_path / "hero.json", own(mapping))
    found = with_map(load_map(path, BONES), rigs.rest("reallusion"))
    assert found.rig == "hero" and found.mapping == mapping and found.confidence == 1.0
    assert found.twists["thigh.L"] == ("CC_Base_L_ThighTwist01", "CC_Base_L_ThighTwist02")


def test_maps_have_the_format_of_the_rigs_that_ship(tmp_path) -> None:
    content = json.loads(save_map(tmp_path / "hero.json", own(MAP)).read_text())
    assert content["title"] == "hero"
    assert content["bones"]["hips"] == ["CC_Base_Hip"]


def test_each_fault_is_one_line(tmp_path) -> None:
    path = save_map(tmp_path / "hero.json", own(MAP))
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
    with pytest.raises(RigError, match="not a bone map: bones must be lists"):
        load_map(path, BONES)
    path.write_text('{"title": "Wings"}')
    with pytest.raises(RigError, match="not a bone map: 'bones' is missing"):
        load_map(path, BONES)
    path.write_text("{bones")
    with pytest.raises(RigError, match=r"not a bone map: .* line 1"):
        load_map(path, BONES)
    path.write_bytes(bytes([0xFF, 0xFE, 0x00]))
    with pytest.raises(RigError, match="it is no text"):
        load_map(path, BONES)
    with pytest.raises(RigError, match=r"cannot read the bone map .*none\.json: No such file"):
        load_map(tmp_path / "none.json", BONES)


def test_a_map_that_could_not_be_loaded_is_not_saved(tmp_path) -> None:
    with pytest.raises(RigError, match="there is no role called wing"):
        save_map(tmp_path / "x.json", own({**MAP, "wing": "Wing"}))
    with pytest.raises(RigError, match="no bone is mapped to hips"):
        save_map(tmp_path / "x.json", own({r: b for r, b in MAP.items() if r != "hips"}))
    with pytest.raises(RigError, match="cannot write"):
        save_map(tmp_path / "none" / "x.json", own(MAP))
    assert not list(tmp_path.iterdir())


def test_controls_stay_controls_in_a_map_of_one_s_own(tmp_path) -> None:
    rest = rigs.rest("rigify_generated")
    found = detect(rest)
    again = with_map(load_map(save_map(tmp_path / "hero.json", as_map(found, "Hero")), rest.names), rest)
    assert again.mapping == found.mapping and again.ik == found.ik and again.control
    assert again.properties == found.properties and again.ik_properties == found.ik_properties
    assert again.rest is not None and found.rest is not None
    assert (again.rest.parents == found.rest.parents).all()
    assert again.extras == found.extras
