import json

import pytest

from blender_pose3d.fit import REQUIRED, ROLES
from blender_pose3d.rig_maps import RigError, detect, known_rigs, normalised, read_rig

MIXAMO = [
    "Hips", "Spine", "Spine1", "Spine2", "Neck", "Head", "HeadTop_End",
    *(s + part for s in ("Left", "Right") for part in
      ("Shoulder", "Arm", "ForeArm", "Hand", "HandIndex1", "UpLeg", "Leg", "Foot", "ToeBase", "Toe_End")),
]  # fmt: skip
UNREAL = [
    "root", "pelvis", "spine_01", "spine_02", "spine_03", "neck_01", "head",
    *(part + s for s in ("_l", "_r") for part in
      ("clavicle", "upperarm", "upperarm_twist_01", "lowerarm", "hand",
       "index_01", "thigh", "calf", "foot", "ball")),
]  # fmt: skip
RIGIFY = [
    "spine", *(f"spine.{i:03d}" for i in range(1, 7)), "face",
    *(part + s for s in (".L", ".R") for part in
      ("pelvis", "breast", "shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot",
       "toe", "heel.02")),
]  # fmt: skip


@pytest.mark.parametrize("name, side, core", [
    ("mixamorig:LeftUpLeg", "L", "upleg"),
    ("mixamorig12:RightToeBase", "R", "toebase"),
    ("mixamorig_LeftArm", "L", "arm"),
    ("Hero:rig|upper_arm.R", "R", "upperarm"),
    ("upperarm_l", "L", "upperarm"),
    ("LHipJoint", "L", "hipjoint"),
    ("spine_01", "", "spine1"),
    ("lShldr", "L", "shldr"),
    ("Lower_Leg-Left", "L", "lowerleg"),
    ("ball", "", "ball"),
])  # fmt: skip
def test_names_lose_namespace_and_spelling_of_side(name: str, side: str, core: str) -> None:
    assert normalised(name) == (side, core)


@pytest.mark.parametrize("rig", known_rigs(), ids=lambda rig: rig.name)
def test_each_rig_is_whole_and_finds_itself(rig) -> None:
    assert set(REQUIRED) <= set(rig.bones) <= set(ROLES)
    found = detect([names[0] for names in rig.bones.values()])
    assert found.mapping == {role: names[0] for role, names in rig.bones.items()}
    assert found.confidence >= 0.9


@pytest.mark.parametrize("bones, rig", [
    (["mixamorig:" + bone for bone in MIXAMO], "mixamo"),
    (["mixamorig7:" + bone for bone in MIXAMO], "mixamo"),
    (UNREAL, "unreal"),
    ([*UNREAL, "spine_04", "spine_05", "neck_02"], "unreal"),
    (RIGIFY, "rigify_metarig"),
])  # fmt: skip
def test_rigs_are_told_apart(bones: list[str], rig: str) -> None:
    found = detect(bones)
    assert found.rig == rig
    assert len(found.mapping) == 21
    assert found.confidence >= 0.9


def test_the_chest_is_the_highest_spine_bone() -> None:
    assert detect(UNREAL).mapping["chest"] == "spine_03"
    assert detect([*UNREAL, "spine_04", "spine_05"]).mapping["chest"] == "spine_05"
    assert detect(["mixamorig:" + b for b in MIXAMO if b != "Spine2"]).mapping["chest"] == "mixamorig:Spine1"


def test_sides_do_not_change_places() -> None:
    mapping = detect(["mixamorig:" + bone for bone in MIXAMO]).mapping
    assert mapping["upper_arm.L"] == "mixamorig:LeftArm" and mapping["shin.R"] == "mixamorig:RightLeg"


def test_common_names_in_other_spellings() -> None:
    bones = ["Pelvis", "Abdomen", "Chest", "Neck", "Head"]
    for side in "LR":
        bones += [f"{part}_{side}" for part in
                  ("Collar", "UpperArm", "LowerArm", "Hand", "Thigh", "Calf", "Foot", "Toes")]  # fmt: skip
    found = detect(bones)
    assert found.rig == "generic" and len(found.mapping) == 21
    assert found.confidence < detect(UNREAL).confidence


def test_optional_bones_may_be_missing() -> None:
    bones = [b for b in UNREAL if not b.startswith(("ball", "clavicle", "neck"))]
    found = detect(bones)
    assert found.rig == "unreal" and "toe.L" not in found.mapping and found.confidence < 0.9


def test_no_humanoid_is_refused_with_what_is_missing() -> None:
    with pytest.raises(RigError, match=r"Rex is not a humanoid this version knows: missing .*forearm\.L"):
        detect(["pelvis", "spine_01", "tail_01", "thigh_l", "thigh_r", "calf_l", "calf_r"], "Rex")
    with pytest.raises(RigError, match=r"missing hips, thigh\.L"):
        detect(["Bone", "Bone.001"])


def test_broken_rig_files_are_named(tmp_path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(RigError, match=r"broken\.json"):
        read_rig(path)
    path.write_text(json.dumps({"title": "Wings", "bones": {"wing.L": ["w"]}}))
    with pytest.raises(RigError, match=r"wing\.L"):
        read_rig(path)
