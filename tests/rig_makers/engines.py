"""Rigs of game engines and avatars, as they come into Blender."""

from __future__ import annotations

from tests.rig_makers.build import Maker, fingers

_LIMBS = ("shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
_BACK = ("hips", "spine", "chest", "neck", "head")


def truth(back: str, limbs: str, pattern: str = "*") -> dict[str, str]:
    """Role → bone from two lines of names; - where there is none. pattern: how a limb's name is made."""
    found = {role: name for role, name in zip(_BACK, back.split(), strict=True) if name != "-"}
    names = zip(_LIMBS, limbs.split(), strict=True)
    return found | {role: pattern.replace("*", name) for role, name in names if name != "-"}


def _unreal(spine: list[str], neck: list[str], twists: int) -> str:
    back = ["pelvis", *spine]
    rows = "root | - | floor | floor>hips@0.1\npelvis | root | hips | waist"
    for i, name in enumerate(spine):
        start = f"waist>throat@{i / len(spine) * 0.9}"
        rows += f"\n{name} | {back[i]} | {start} | waist>throat@{(i + 1) / len(spine) * 0.9}"
    for i, name in enumerate(neck):
        above = ([spine[-1], *neck])[i]
        rows += f"\n{name} | {above} | throat>skull@{i / len(neck)} | throat>skull@{(i + 1) / len(neck)}"
    rows += f"\nhead | {neck[-1]} | skull | crown"
    rows += f"""
clavicle_{{}} | {spine[-1]} | collar | shoulder
upperarm_{{}} | clavicle_{{}} | shoulder | elbow
lowerarm_{{}} | upperarm_{{}} | elbow | wrist
hand_{{}} | lowerarm_{{}} | wrist | knuckle
thigh_{{}} | pelvis | hip | knee
calf_{{}} | thigh_{{}} | knee | ankle
foot_{{}} | calf_{{}} | ankle | ball
ball_{{}} | foot_{{}} | ball | toe"""
    for limb, first, last in (("upperarm", "shoulder", "elbow"), ("lowerarm", "elbow", "wrist"),
                              ("thigh", "hip", "knee"), ("calf", "knee", "ankle")):  # fmt: skip
        for n in range(1, twists + 1):
            at = f"{first}>{last}@{n / (twists + 1)}"
            rows += f"\n{limb}_twist_{n:02d}_{{}} | {limb}_{{}} | {at} | {last}"
    rows += fingers("{f}_0{n}_{}", "hand_{}")
    rows += "ik_foot_root | root | floor | floor>hips@0.1\nik_foot_{} | ik_foot_root | ankle | ball\n"
    rows += "ik_hand_root | root | floor | floor>hips@0.1\nik_hand_gun | ik_hand_root | wrist.R | knuckle.R\n"
    return rows + "ik_hand_{} | ik_hand_gun | wrist | knuckle"


_UNREAL_LIMBS = "clavicle_{} upperarm_{} lowerarm_{} hand_{} thigh_{} calf_{} foot_{} ball_{}"
UNREAL4 = Maker(
    _unreal(["spine_01", "spine_02", "spine_03"], ["neck_01"], 1),
    truth("pelvis spine_01 spine_03 neck_01 head", _UNREAL_LIMBS),
    ("l", "r"), axes="across", unit=0.01, pose=(("arms", 50), ("elbows", 20), ("stance", 5)),
)  # fmt: skip
UNREAL5 = Maker(
    _unreal([f"spine_0{n}" for n in range(1, 6)], ["neck_01", "neck_02"], 2),
    truth("pelvis spine_01 spine_05 neck_01 head", _UNREAL_LIMBS),
    ("l", "r"), axes="across", unit=0.01, pose=(("arms", 45), ("elbows", 25), ("stance", 8)),
)  # fmt: skip

UNITY = Maker(
    """Hips | - | hips | waist
Spine | Hips | waist | ribs
Chest | Spine | ribs | chest
UpperChest | Chest | chest | throat
Neck | UpperChest | throat | skull
Head | Neck | skull | crown
{} Eye | Head | eye | eye>jaw@-0.3
Jaw | Head | jaw | chin
{} Shoulder | UpperChest | collar | shoulder
{} Upper Arm | {} Shoulder | shoulder | elbow
{} Lower Arm | {} Upper Arm | elbow | wrist
{} Hand | {} Lower Arm | wrist | knuckle
{} Upper Leg | Hips | hip | knee
{} Lower Leg | {} Upper Leg | knee | ankle
{} Foot | {} Lower Leg | ankle | ball
{} Toes | {} Foot | ball | toe"""
    + fingers("{} {f} {n}", "{} Hand", ("Thumb", "Index", "Middle", "Ring", "Little")),
    {
        "hips": "Hips", "spine": "Spine", "chest": "UpperChest", "neck": "Neck", "head": "Head",
        "shoulder": "{} Shoulder", "upper_arm": "{} Upper Arm", "forearm": "{} Lower Arm",
        "hand": "{} Hand", "thigh": "{} Upper Leg", "shin": "{} Lower Leg", "foot": "{} Foot",
        "toe": "{} Toes",
    },
    ("Left", "Right"), axes="upright", y_up=True,
)  # fmt: skip

VROID = Maker(
    """Root | - | floor | floor>hips@0.2
J_Bip_C_Hips | Root | hips | waist
J_Bip_C_Spine | J_Bip_C_Hips | waist | belly
J_Bip_C_Chest | J_Bip_C_Spine | belly | ribs
J_Bip_C_UpperChest | J_Bip_C_Chest | ribs | throat
J_Bip_C_Neck | J_Bip_C_UpperChest | throat | skull
J_Bip_C_Head | J_Bip_C_Neck | skull | crown
J_Adj_{}_FaceEye | J_Bip_C_Head | eye | eye>jaw@-0.3
J_Sec_Hair1_{} | J_Bip_C_Head | hair | hair>hair_end@0.3
J_Sec_Hair2_{} | J_Sec_Hair1_{} | hair>hair_end@0.3 | hair>hair_end@0.6
J_Sec_Hair3_{} | J_Sec_Hair2_{} | hair>hair_end@0.6 | hair_end
J_Sec_{}_Bust1 | J_Bip_C_UpperChest | chest | breast
J_Sec_{}_Bust2 | J_Sec_{}_Bust1 | breast | breast>chest@-0.4
J_Bip_{}_Shoulder | J_Bip_C_UpperChest | collar | shoulder
J_Bip_{}_UpperArm | J_Bip_{}_Shoulder | shoulder | elbow
J_Bip_{}_LowerArm | J_Bip_{}_UpperArm | elbow | wrist
J_Bip_{}_Hand | J_Bip_{}_LowerArm | wrist | knuckle
J_Bip_{}_UpperLeg | J_Bip_C_Hips | hip | knee
J_Bip_{}_LowerLeg | J_Bip_{}_UpperLeg | knee | ankle
J_Bip_{}_Foot | J_Bip_{}_LowerLeg | ankle | ball
J_Bip_{}_ToeBase | J_Bip_{}_Foot | ball | toe
J_Sec_{}_Skirt1 | J_Bip_C_Hips | skirt | skirt>skirt_end@0.33
J_Sec_{}_Skirt2 | J_Sec_{}_Skirt1 | skirt>skirt_end@0.33 | skirt>skirt_end@0.66
J_Sec_{}_Skirt3 | J_Sec_{}_Skirt2 | skirt>skirt_end@0.66 | skirt_end"""
    + fingers("J_Bip_{}_{f}{n}", "J_Bip_{}_Hand", ("Thumb", "Index", "Middle", "Ring", "Little")),
    truth(
        "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head",
        "Shoulder UpperArm LowerArm Hand UpperLeg LowerLeg Foot ToeBase",
        "J_Bip_{}_*",
    ),
    ("L", "R"),
)  # fmt: skip

VRCHAT = Maker(
    """Armature | - | floor | floor>hips@0.1
Hips | Armature | hips | waist
Spine | Hips | waist | ribs
Chest | Spine | ribs | throat
Neck | Chest | throat | skull
Head | Neck | skull | crown
{} shoulder | Chest | collar | shoulder
{} arm | {} shoulder | shoulder | elbow
{} elbow | {} arm | elbow | wrist
{} wrist | {} elbow | wrist | knuckle
{} leg | Hips | hip | knee
{} knee | {} leg | knee | ankle
{} ankle | {} knee | ankle | ball
{} toe | {} ankle | ball | toe
Tail | Hips | tail | tail>tail_end@0.3
Tail.001 | Tail | tail>tail_end@0.3 | tail>tail_end@0.6
Tail.002 | Tail.001 | tail>tail_end@0.6 | tail_end""",
    {
        "hips": "Hips", "spine": "Spine", "chest": "Chest", "neck": "Neck", "head": "Head",
        "shoulder": "{} shoulder", "upper_arm": "{} arm", "forearm": "{} elbow", "hand": "{} wrist",
        "thigh": "{} leg", "shin": "{} knee", "foot": "{} ankle", "toe": "{} toe",
    },
    ("Left", "Right"), roll=5, pose=(("arms", 40),),
)  # fmt: skip

MMD = Maker(
    """全ての親 | - | floor | floor>hips@0.1
センター | 全ての親 | floor>hips@0.7 | hips
グルーブ | センター | hips | waist
腰 | グルーブ | hips | waist
下半身 | 腰 | waist | crotch
上半身 | 腰 | waist | ribs
上半身2 | 上半身 | ribs | throat
首 | 上半身2 | throat | skull
頭 | 首 | skull | crown
{}肩 | 上半身2 | collar | shoulder
{}腕 | {}肩 | shoulder | elbow
{}腕捩 | {}腕 | shoulder>elbow@0.6 | elbow
{}ひじ | {}腕捩 | elbow | wrist
{}手捩 | {}ひじ | elbow>wrist@0.6 | wrist
{}手首 | {}手捩 | wrist | knuckle
{}足 | 下半身 | hip | knee
{}ひざ | {}足 | knee | ankle
{}足首 | {}ひざ | ankle | ball
{}つま先 | {}足首 | ball | toe
{}足ＩＫ | 全ての親 | ankle | ankle>heel@-1
{}つま先ＩＫ | {}足ＩＫ | ball | toe""",
    {
        "hips": "腰", "spine": "上半身", "chest": "上半身2", "neck": "首", "head": "頭",
        "shoulder": "{}肩", "upper_arm": "{}腕", "forearm": "{}ひじ", "hand": "{}手首",
        "thigh": "{}足", "shin": "{}ひざ", "foot": "{}足首", "toe": "{}つま先",
    },
    ("左", "右"), unit=0.08, pose=(("arms", 38),),
)  # fmt: skip
