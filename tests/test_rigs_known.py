"""Every rig that people have, as it comes and as files change its names, against maps made by hand."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from blender_pose3d.fit import ROLES
from blender_pose3d.retarget import RestPose
from blender_pose3d.rig_files import IK_ROLES
from blender_pose3d.rig_maps import RigError, detect, known_rigs
from tests.rig_makers import others, rigs, vary

RIG = {
    "pose3d": "pose3d", "unreal4": "unreal", "unreal5": "unreal", "unity": "unity", "vroid": "vroid",
    "vrchat": "vrchat", "mmd": "mmd", "genesis8": "daz_genesis8", "genesis9": "daz_genesis9",
    "reallusion": "reallusion", "auto_rig_pro": "auto_rig_pro", "biped": "biped", "human_ik": "human_ik",
    "mixamo": "mixamo", "daz_bvh": "daz_genesis2", "cmu_joints": "joint_names", "unreal_male": "unreal",
    "mpfb_game_engine": "unreal", "mpfb_mixamo": "mixamo", "mpfb_cmu_mb": "cmu_bvh",
    "mpfb_default": "makehuman_default", "rigify_metarig": "rigify_metarig",
    "rigify_generated": "rigify_generated",
}  # fmt: skip
SPELLINGS = {
    "namespace and prefix": "scene:File|Hero_{}".format,
    "copy": "{}.001".format,
    "capitals": str.upper,
    "lower case": str.lower,
}
rest_of = functools.lru_cache(rigs.rest)


@pytest.mark.parametrize("name", rigs.NAMES)
def test_each_rig_is_mapped_with_nothing_wrong(name: str) -> None:
    found = detect(rest_of(name))
    assert found.rig == RIG[name]
    assert found.mapping == rigs.mapping(name)
    assert found.confidence >= 0.85
    assert set(found.missing) == set(ROLES) - set(found.mapping)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", rigs.NAMES)
def test_names_may_be_spelt_otherwise(name: str, spelling: str) -> None:
    change = SPELLINGS[spelling]
    rest = rest_of(name)
    names = list(dict.fromkeys(change(bone) for bone in rest.names))
    if len(names) < len(rest.names):
        pytest.skip("two bones of this rig differ by case alone")
    found = detect(vary.renamed(rest, change))
    assert found.mapping == {role: change(bone) for role, bone in rigs.mapping(name).items()}


@pytest.mark.parametrize("name", ["mixamo", "unreal5", "genesis8", "biped", "rigify_metarig", "unity"])
def test_bones_may_be_numbered(name: str) -> None:
    rest = rest_of(name)
    new = {bone: f"{bone}_{number:02d}" for number, bone in enumerate(rest.names, 2)}
    found = detect(vary.renamed(rest, new.__getitem__))
    assert found.mapping == {role: new[bone] for role, bone in rigs.mapping(name).items()}


@pytest.mark.parametrize("sides", ["left_{}", "{} (L)", "{}-Left", "L.{}", "{}_l", "Left {}"])
def test_sides_may_be_spelt_anyhow(sides: str) -> None:
    other = sides.replace("left", "right").replace("Left", "Right").replace("L", "R").replace("_l", "_r")
    parts = ("clavicle", "upper arm", "lower arm", "hand", "thigh", "calf", "foot", "toes")
    bones = ["pelvis", "spine", "chest", "neck", "head"]
    found = detect([*bones, *(side.format(part) for part in parts for side in (sides, other))])
    assert len(found.mapping) == 21
    assert found.mapping["forearm.L"] == sides.format("lower arm")
    assert found.mapping["shin.R"] == other.format("calf")


def test_bones_of_one_segment_are_listed_in_line() -> None:
    daz = detect(rest_of("genesis8"))
    assert daz.extras["upper_arm.L"] == ("lShldrTwist",)
    assert daz.extras["thigh.R"] == ("rThighTwist",)
    assert daz.extras["spine"] == ("abdomenUpper", "chestLower")
    assert daz.extras["neck"] == ("neckUpper",)
    assert not daz.twists
    assert detect(rest_of("auto_rig_pro")).extras["upper_arm.L"] == ("arm_stretch.l",)


def test_twist_bones_beside_a_segment_are_listed_by_their_place() -> None:
    found = detect(rest_of("reallusion"))
    assert found.twists["forearm.L"] == ("CC_Base_L_ForearmTwist01", "CC_Base_L_ForearmTwist02")
    assert "CC_Base_L_ElbowShareBone" in found.helpers
    assert "CC_Base_L_Thumb1" in found.unmapped
    unreal = detect(rest_of("unreal5"))
    assert unreal.twists["thigh.L"] == ("thigh_twist_01_l", "thigh_twist_02_l")
    assert {"ik_foot_l", "ik_hand_gun"} <= set(unreal.helpers)
    everything = [*unreal.mapping.values(), *unreal.helpers, *unreal.unmapped]
    everything += [
        bone for group in (unreal.extras, unreal.twists) for bones in group.values() for bone in bones
    ]
    assert sorted(everything) == sorted(rest_of("unreal5").names)


def test_controls_come_with_what_must_be_set() -> None:
    rest = vary.renamed(rest_of("rigify_generated"), "Hero_{}".format)
    found = detect(rest)
    assert found.properties["Hero_upper_arm_parent.L"]["IK_FK"] == 1.0
    assert found.ik_properties["Hero_thigh_parent.R"]["IK_FK"] == 0.0
    assert found.ik == {role: "Hero_" + bone for role, bone in detect(rest_of("rigify_generated")).ik.items()}
    assert set(found.ik) == set(IK_ROLES)
    assert found.ik["knee.L"] == "Hero_thigh_ik_target.L"
    assert not found.extras, "bones between controls are constraints' business"
    assert found.rest is not None
    arm = found.rest.index("Hero_MCH-upper_arm_parent.L")
    assert found.rest.names[found.rest.parents[arm]] == "Hero_shoulder.L"
    assert rest.names[rest.parents[arm]] == "Hero_ORG-shoulder.L"


def test_the_named_bones_of_all_rigs_exist() -> None:
    rig = next(rig for rig in known_rigs() if rig.name == "rigify_generated")
    names = {bone for bones in (*rig.bones.values(), *rig.ik.values()) for bone in bones}
    names |= {*rig.properties, *rig.ik_properties, *rig.follows, *rig.follows.values()}
    assert names <= set(rest_of("rigify_generated").names)


def test_a_beast_with_a_human_s_names_is_refused() -> None:
    dog, names = others.dog(), rigs.mapping("pose3d")
    human = {"back0": "hips", "back1": "spine", "back3": "chest", "neck0": "neck", "neck1": "head"}
    for x, side in ((1, "L"), (-1, "R")):
        human |= {f"hind{x}{n}": f"{part}.{side}" for n, part in enumerate(("thigh", "shin", "foot"))}
        human |= {f"fore{x}{n}": f"{part}.{side}" for n, part in enumerate(("upper_arm", "forearm", "hand"))}
    assert set(human.values()) <= set(names.values())
    with pytest.raises(RigError, match="Rex is not a humanoid this version knows: it stands on four legs"):
        detect(vary.renamed(dog, lambda name: human.get(name, name)), "Rex")


def test_human_names_on_bones_that_are_no_limbs_are_not_believed() -> None:
    rest = rest_of("mixamo")
    flat = RestPose(**{**rest.__dict__, "parents": np.where(rest.parents >= 0, 0, -1)})
    with pytest.raises(RigError, match="limbs do not hang together"):
        detect(flat)


def test_an_armature_without_bones_is_refused() -> None:
    with pytest.raises(RigError, match="Empty has no bones"):
        detect([], "Empty")
