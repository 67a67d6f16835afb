"""All rigs of the tests by name: their rest pose and which bone plays which role, written by hand."""

from __future__ import annotations

from blender_pose3d.proportions import Proportions, rest_bones
from blender_pose3d.retarget import RestPose
from tests.rig_makers import engines, studios
from tests.rig_makers.build import Bone, assembled, sided_name
from tests.rig_makers.engines import truth
from tests.rig_makers.files import read_table

MADE = {
    "unreal4": engines.UNREAL4, "unreal5": engines.UNREAL5, "unity": engines.UNITY, "vroid": engines.VROID,
    "vrchat": engines.VRCHAT, "mmd": engines.MMD, "genesis8": studios.GENESIS8,
    "genesis9": studios.GENESIS9, "reallusion": studios.REALLUSION, "auto_rig_pro": studios.AUTO_RIG_PRO,
    "biped": studios.BIPED, "human_ik": studios.HUMAN_IK, "mixamo": studios.MIXAMO_FBX,
    "daz_bvh": studios.DAZ_BVH, "cmu_joints": studios.CMU_JOINTS,
}  # fmt: skip
_RIGIFY = truth(
    "spine spine.001 spine.003 spine.004 spine.006",
    "shoulder upper_arm forearm hand thigh shin foot toe",
    "*.{}",
)
_LEFT_RIGHT = "Shoulder Arm ForeArm Hand UpLeg Leg Foot ToeBase"
# Table → (truth, spelling of the sides).
TABLES = {
    "unreal_male": (engines.UNREAL4.truth, ("l", "r")),
    "mpfb_game_engine": (engines.UNREAL4.truth, ("l", "r")),
    "mpfb_mixamo": (studios.MIXAMO_FBX.truth, ("Left", "Right")),
    "mpfb_cmu_mb": (truth("Hips LowerBack Spine1 Neck Head", _LEFT_RIGHT, "{}*"), ("Left", "Right")),
    "mpfb_default": (
        truth(
            "root spine05 spine01 neck01 head",
            "clavicle upperarm01 lowerarm01 wrist upperleg01 lowerleg01 foot -", "*.{}",
        ),
        ("L", "R"),
    ),
    "rigify_metarig": (_RIGIFY, ("L", "R")),
    "rigify_generated": (
        truth(
            "torso spine_fk.002 spine_fk.003 neck head",
            "shoulder upper_arm_fk forearm_fk hand_fk thigh_fk shin_fk foot_fk toe_fk", "*.{}",
        ),
        ("L", "R"),
    ),
}  # fmt: skip
OWN = "pose3d"
NAMES = (OWN, *MADE, *TABLES)
# Controls of an animation rig: their hierarchy is not the body's, only names tell them.
CONTROLS = ("rigify_generated",)
# No humanoids.
BEASTS = ("rigify_quadruped", "rigify_wolf", "rigify_cat", "rigify_horse", "rigify_bird", "rigify_shark")


def rest(name: str, **pose: float) -> RestPose:
    """The rest pose of a rig; of those that are made here also in another pose, as of ``body.points``."""
    if name in MADE:
        return MADE[name].rest(**pose)
    if name == OWN:
        bones = [Bone(b.name, b.parent or "", b.head, b.tail, b.connected) for b in rest_bones(Proportions())]
        return assembled(bones, read_table("rigify_metarig").world)
    return read_table(name)


def mapping(name: str) -> dict[str, str]:
    """Role → bone as a person would say it."""
    if name in MADE:
        return MADE[name].mapping()
    if name == OWN:
        return {bone.name: bone.name for bone in rest_bones(Proportions())}
    found, sides = TABLES[name]
    sided = {
        f"{r}.{s}": sided_name(b, w)
        for r, b in found.items()
        if "{" in b
        for s, w in zip("LR", sides, strict=True)
    }
    return {r: b for r, b in found.items() if "{" not in b} | sided
