"""Rigs of character makers and animation packages, as they come into Blender."""

from __future__ import annotations

from tests.rig_makers.build import FINGERS, Maker, fingers
from tests.rig_makers.engines import truth

_FULL = ("Thumb", "Index", "Middle", "Ring", "Pinky")
_LOWER = ("thumb", "index", "mid", "ring", "pinky")
_MID = ("Thumb", "Index", "Mid", "Ring", "Pinky")

GENESIS8 = Maker(
    """hip | - | hips | waist
pelvis | hip | hips | crotch
abdomenLower | hip | waist | belly
abdomenUpper | abdomenLower | belly | ribs
chestLower | abdomenUpper | ribs | chest
chestUpper | chestLower | chest | throat
{}Pectoral | chestLower | chest>breast@0.5 | breast
neckLower | chestUpper | throat | nape
neckUpper | neckLower | nape | skull
head | neckUpper | skull | crown
upperFaceRig | head | skull>crown@0.3 | crown
{}Eye | head | eye | eye>jaw@-0.3
lowerJaw | head | jaw | chin
{}Collar | chestUpper | collar | shoulder
{}ShldrBend | {}Collar | shoulder | shoulder>elbow@0.45
{}ShldrTwist | {}ShldrBend | shoulder>elbow@0.45 | elbow
{}ForearmBend | {}ShldrTwist | elbow | elbow>wrist@0.5
{}ForearmTwist | {}ForearmBend | elbow>wrist@0.5 | wrist
{}Hand | {}ForearmTwist | wrist | knuckle
{}ThighBend | pelvis | hip | hip>knee@0.45
{}ThighTwist | {}ThighBend | hip>knee@0.45 | knee
{}Shin | {}ThighTwist | knee | ankle
{}Foot | {}Shin | ankle | ankle>ball@0.5
{}Metatarsals | {}Foot | ankle>ball@0.5 | ball
{}Toe | {}Metatarsals | ball | ball>toe@0.3
{}BigToe | {}Toe | ball>toe@0.3 | toe
{}SmallToe1 | {}Toe | ball>toe@0.4 | toe
{}SmallToe4 | {}Toe | ball>toe@0.2 | ball>toe@0.7
{}Heel | {}Foot | heel | ankle"""
    + fingers("{}{f}{n}", "{}Hand", _MID),
    truth(
        "hip abdomenLower chestUpper neckLower head",
        "{}Collar {}ShldrBend {}ForearmBend {}Hand {}ThighBend {}Shin {}Foot {}Toe",
    ),
    ("l", "r"), unit=0.01, y_up=True, roll=8, pose=(("arms", 42), ("stance", 6)),
)  # fmt: skip

GENESIS9 = Maker(
    """root | - | floor | floor>hips@0.1
hip | root | hips | waist
pelvis | hip | hips | crotch
spine1 | hip | waist | belly
spine2 | spine1 | belly | ribs
spine3 | spine2 | ribs | chest
spine4 | spine3 | chest | throat
{}_pectoral | spine4 | chest>breast@0.5 | breast
neck1 | spine4 | throat | nape
neck2 | neck1 | nape | skull
head | neck2 | skull | crown
{}_eye | head | eye | eye>jaw@-0.3
lowerjaw | head | jaw | chin
{}_shoulder | spine4 | collar | shoulder
{}_upperarm | {}_shoulder | shoulder | elbow
{}_upperarmtwist1 | {}_upperarm | shoulder>elbow@0.3 | shoulder>elbow@0.6
{}_upperarmtwist2 | {}_upperarm | shoulder>elbow@0.6 | elbow
{}_forearm | {}_upperarm | elbow | wrist
{}_forearmtwist1 | {}_forearm | elbow>wrist@0.3 | elbow>wrist@0.6
{}_forearmtwist2 | {}_forearm | elbow>wrist@0.6 | wrist
{}_hand | {}_forearm | wrist | knuckle
{}_thigh | pelvis | hip | knee
{}_thightwist1 | {}_thigh | hip>knee@0.3 | hip>knee@0.6
{}_thightwist2 | {}_thigh | hip>knee@0.6 | knee
{}_shin | {}_thigh | knee | ankle
{}_foot | {}_shin | ankle | ball
{}_metatarsal | {}_foot | ankle>ball@0.5 | ball
{}_toes | {}_foot | ball | ball>toe@0.3
{}_bigtoe1 | {}_toes | ball>toe@0.3 | toe
{}_midtoe1 | {}_toes | ball>toe@0.35 | toe"""
    + fingers("{}_{f}{n}", "{}_hand", _LOWER),
    truth(
        "hip spine1 spine4 neck1 head",
        "shoulder upperarm forearm hand thigh shin foot toes", "{}_*",
    ),
    ("l", "r"), unit=0.01, y_up=True, pose=(("arms", 40), ("stance", 7)),
)  # fmt: skip

REALLUSION = Maker(
    """CC_Base_BoneRoot | - | floor | floor>hips@0.1
CC_Base_Hip | CC_Base_BoneRoot | hips | waist
CC_Base_Pelvis | CC_Base_Hip | hips | crotch
CC_Base_{}_Thigh | CC_Base_Pelvis | hip | knee
CC_Base_{}_ThighTwist01 | CC_Base_{}_Thigh | hip | hip>knee@0.5
CC_Base_{}_ThighTwist02 | CC_Base_{}_ThighTwist01 | hip>knee@0.5 | knee
CC_Base_{}_Calf | CC_Base_{}_Thigh | knee | ankle
CC_Base_{}_KneeShareBone | CC_Base_{}_Calf | knee | knee>ankle@0.1
CC_Base_{}_CalfTwist01 | CC_Base_{}_Calf | knee | knee>ankle@0.5
CC_Base_{}_CalfTwist02 | CC_Base_{}_CalfTwist01 | knee>ankle@0.5 | ankle
CC_Base_{}_Foot | CC_Base_{}_Calf | ankle | ball
CC_Base_{}_ToeBaseShareBone | CC_Base_{}_Foot | ball | ball>toe@0.3
CC_Base_{}_ToeBase | CC_Base_{}_Foot | ball | ball>toe@0.4
CC_Base_{}_BigToe1 | CC_Base_{}_ToeBase | ball>toe@0.4 | toe
CC_Base_{}_PinkyToe1 | CC_Base_{}_ToeBase | ball>toe@0.1 | ball>toe@0.6
CC_Base_Waist | CC_Base_Hip | waist | belly
CC_Base_Spine01 | CC_Base_Waist | belly | ribs
CC_Base_Spine02 | CC_Base_Spine01 | ribs | throat
CC_Base_{}_RibsTwist | CC_Base_Spine02 | chest>breast@0.6 | breast
CC_Base_{}_Breast | CC_Base_{}_RibsTwist | breast | breast>chest@-0.3
CC_Base_NeckTwist01 | CC_Base_Spine02 | throat | nape
CC_Base_NeckTwist02 | CC_Base_NeckTwist01 | nape | skull
CC_Base_Head | CC_Base_NeckTwist02 | skull | crown
CC_Base_FacialBone | CC_Base_Head | skull | skull>crown@0.2
CC_Base_JawRoot | CC_Base_FacialBone | jaw | chin
CC_Base_Tongue01 | CC_Base_JawRoot | jaw>chin@0.4 | jaw>chin@0.8
CC_Base_{}_Eye | CC_Base_FacialBone | eye | eye>jaw@-0.3
CC_Base_{}_Clavicle | CC_Base_Spine02 | collar | shoulder
CC_Base_{}_Upperarm | CC_Base_{}_Clavicle | shoulder | elbow
CC_Base_{}_Forearm | CC_Base_{}_Upperarm | elbow | wrist
CC_Base_{}_ForearmTwist01 | CC_Base_{}_Forearm | elbow | elbow>wrist@0.5
CC_Base_{}_ForearmTwist02 | CC_Base_{}_ForearmTwist01 | elbow>wrist@0.5 | wrist
CC_Base_{}_ElbowShareBone | CC_Base_{}_Forearm | elbow | elbow>wrist@0.1
CC_Base_{}_Hand | CC_Base_{}_Forearm | wrist | knuckle
CC_Base_{}_UpperarmTwist01 | CC_Base_{}_Upperarm | shoulder | shoulder>elbow@0.5
CC_Base_{}_UpperarmTwist02 | CC_Base_{}_UpperarmTwist01 | shoulder>elbow@0.5 | elbow"""
    + fingers("CC_Base_{}_{f}{n}", "CC_Base_{}_Hand", _MID),
    truth(
        "CC_Base_Hip CC_Base_Waist CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_Head",
        "Clavicle Upperarm Forearm Hand Thigh Calf Foot ToeBase", "CC_Base_{}_*",
    ),
    ("L", "R"), unit=0.01, pose=(("arms", 40), ("stance", 4)),
)  # fmt: skip

AUTO_RIG_PRO = Maker(
    """root.x | - | hips | waist
spine_01.x | root.x | waist | ribs
spine_02.x | spine_01.x | ribs | chest
spine_03.x | spine_02.x | chest | throat
neck.x | spine_03.x | throat | skull
head.x | neck.x | skull | crown
c_jawbone.x | head.x | jaw | chin
c_eye.{} | head.x | eye | eye>jaw@-0.3
shoulder.{} | spine_03.x | collar | shoulder
c_arm_twist_offset.{} | shoulder.{} | shoulder | shoulder>elbow@0.5
arm_stretch.{} | c_arm_twist_offset.{} | shoulder>elbow@0.5 | elbow
forearm_stretch.{} | arm_stretch.{} | elbow | elbow>wrist@0.5
forearm_twist.{} | forearm_stretch.{} | elbow>wrist@0.5 | wrist
hand.{} | forearm_twist.{} | wrist | knuckle
thigh_twist.{} | root.x | hip | hip>knee@0.5
thigh_stretch.{} | thigh_twist.{} | hip>knee@0.5 | knee
leg_stretch.{} | thigh_stretch.{} | knee | knee>ankle@0.5
leg_twist.{} | leg_stretch.{} | knee>ankle@0.5 | ankle
foot.{} | leg_twist.{} | ankle | ball
toes_01.{} | foot.{} | ball | toe"""
    + fingers("{f}{n}.{}", "hand.{}", FINGERS),
    truth(
        "root.x spine_01.x spine_03.x neck.x head.x",
        "shoulder c_arm_twist_offset forearm_stretch hand thigh_twist leg_stretch foot toes_01", "*.{}",
    ),
    ("l", "r"), pose=(("arms", 30), ("elbows", 10), ("knees", 6)), roll=2,
)  # fmt: skip

BIPED = Maker(
    """Bip01 | - | hips | waist
Bip01 Footsteps | Bip01 | floor | floor>hips@0.1
Bip01 Pelvis | Bip01 | hips | waist
Bip01 Spine | Bip01 Pelvis | waist | ribs
Bip01 Spine1 | Bip01 Spine | ribs | chest
Bip01 Spine2 | Bip01 Spine1 | chest | throat
Bip01 Neck | Bip01 Spine2 | throat | skull
Bip01 Head | Bip01 Neck | skull | crown
Bip01 HeadNub | Bip01 Head | crown | crown>skull@-0.2
Bip01 {} Clavicle | Bip01 Neck | collar | shoulder
Bip01 {} UpperArm | Bip01 {} Clavicle | shoulder | elbow
Bip01 {} Forearm | Bip01 {} UpperArm | elbow | wrist
Bip01 {} Hand | Bip01 {} Forearm | wrist | knuckle
Bip01 {} Thigh | Bip01 Pelvis | hip | knee
Bip01 {} Calf | Bip01 {} Thigh | knee | ankle
Bip01 {} Foot | Bip01 {} Calf | ankle | ball
Bip01 {} Toe0 | Bip01 {} Foot | ball | toe
Bip01 {} Toe0Nub | Bip01 {} Toe0 | toe | toe>ball@-0.3"""
    + fingers("Bip01 {} Finger{f}{n}", "Bip01 {} Hand", ("0", "1", "2", "3", "4")),
    {
        "hips": "Bip01 Pelvis", "spine": "Bip01 Spine", "chest": "Bip01 Spine2", "neck": "Bip01 Neck",
        "head": "Bip01 Head", "shoulder": "Bip01 {} Clavicle", "upper_arm": "Bip01 {} UpperArm",
        "forearm": "Bip01 {} Forearm", "hand": "Bip01 {} Hand", "thigh": "Bip01 {} Thigh",
        "shin": "Bip01 {} Calf", "foot": "Bip01 {} Foot", "toe": "Bip01 {} Toe0",
    },
    ("L", "R"), axes="across", unit=0.0254, pose=(("arms", 55), ("elbows", 8)),
)  # fmt: skip

HUMAN_IK = Maker(
    """Character1_Reference | - | floor | floor>hips@0.1
Character1_Hips | Character1_Reference | hips | waist
Character1_Spine | Character1_Hips | waist | belly
Character1_Spine1 | Character1_Spine | belly | ribs
Character1_Spine2 | Character1_Spine1 | ribs | throat
Character1_Neck | Character1_Spine2 | throat | skull
Character1_Head | Character1_Neck | skull | crown
Character1_{}Shoulder | Character1_Spine2 | collar | shoulder
Character1_{}Arm | Character1_{}Shoulder | shoulder | elbow
Character1_{}ArmRoll | Character1_{}Arm | shoulder>elbow@0.5 | elbow
Character1_{}ForeArm | Character1_{}ArmRoll | elbow | wrist
Character1_{}ForeArmRoll | Character1_{}ForeArm | elbow>wrist@0.5 | wrist
Character1_{}Hand | Character1_{}ForeArmRoll | wrist | knuckle
Character1_{}UpLeg | Character1_Hips | hip | knee
Character1_{}UpLegRoll | Character1_{}UpLeg | hip>knee@0.5 | knee
Character1_{}Leg | Character1_{}UpLegRoll | knee | ankle
Character1_{}Foot | Character1_{}Leg | ankle | ball
Character1_{}ToeBase | Character1_{}Foot | ball | toe"""
    + fingers("Character1_{}Hand{f}{n}", "Character1_{}Hand", _FULL),
    truth(
        "Character1_Hips Character1_Spine Character1_Spine2 Character1_Neck Character1_Head",
        "Shoulder Arm ForeArm Hand UpLeg Leg Foot ToeBase", "Character1_{}*",
    ),
    ("Left", "Right"), axes="upright", unit=0.01, y_up=True,
)  # fmt: skip

MIXAMO_FBX = Maker(
    """mixamorig:Hips | - | hips | waist
mixamorig:Spine | mixamorig:Hips | waist | belly
mixamorig:Spine1 | mixamorig:Spine | belly | ribs
mixamorig:Spine2 | mixamorig:Spine1 | ribs | throat
mixamorig:Neck | mixamorig:Spine2 | throat | skull
mixamorig:Head | mixamorig:Neck | skull | crown
mixamorig:HeadTop_End | mixamorig:Head | crown | crown>skull@-0.3
mixamorig:{}Shoulder | mixamorig:Spine2 | collar | shoulder
mixamorig:{}Arm | mixamorig:{}Shoulder | shoulder | elbow
mixamorig:{}ForeArm | mixamorig:{}Arm | elbow | wrist
mixamorig:{}Hand | mixamorig:{}ForeArm | wrist | knuckle
mixamorig:{}UpLeg | mixamorig:Hips | hip | knee
mixamorig:{}Leg | mixamorig:{}UpLeg | knee | ankle
mixamorig:{}Foot | mixamorig:{}Leg | ankle | ball
mixamorig:{}ToeBase | mixamorig:{}Foot | ball | toe
mixamorig:{}Toe_End | mixamorig:{}ToeBase | toe | toe>ball@-0.3"""
    + fingers("mixamorig:{}Hand{f}{n}", "mixamorig:{}Hand", _FULL),
    truth(
        "mixamorig:Hips mixamorig:Spine mixamorig:Spine2 mixamorig:Neck mixamorig:Head",
        "Shoulder Arm ForeArm Hand UpLeg Leg Foot ToeBase", "mixamorig:{}*",
    ),
    ("Left", "Right"), unit=0.01, y_up=True, roll=4,
)  # fmt: skip

DAZ_BVH = Maker(
    """hip | - | hips | waist
abdomen | hip | waist | ribs
chest | abdomen | ribs | throat
neck | chest | throat | skull
head | neck | skull | crown
{}Eye | head | eye | eye>jaw@-0.3
{}Collar | chest | collar | shoulder
{}Shldr | {}Collar | shoulder | elbow
{}ForeArm | {}Shldr | elbow | wrist
{}Hand | {}ForeArm | wrist | knuckle
{}Buttock | hip | buttock | hip
{}Thigh | {}Buttock | hip | knee
{}Shin | {}Thigh | knee | ankle
{}Foot | {}Shin | ankle | toe"""
    + fingers("{}{f}{n}", "{}Hand", _MID, joints=2),
    truth("hip abdomen chest neck head", "{}Collar {}Shldr {}ForeArm {}Hand {}Thigh {}Shin {}Foot -"),
    ("l", "r"), unit=0.01, y_up=True,
)  # fmt: skip

CMU_JOINTS = Maker(
    """Hips | - | hips | waist
{2}HipJoint | Hips | hips | hip
{}Hip | {2}HipJoint | hip | knee
{}Knee | {}Hip | knee | ankle
{}Ankle | {}Knee | ankle | ball
{}Toe | {}Ankle | ball | toe
lowerback | Hips | hips | waist
Chest | lowerback | waist | ribs
Chest2 | Chest | ribs | throat
lowerneck | Chest2 | throat | nape
Neck | lowerneck | nape | skull
Head | Neck | skull | crown
{}Collar | Chest2 | throat | shoulder
{}Shoulder | {}Collar | shoulder | elbow
{}Elbow | {}Shoulder | elbow | wrist
{}Wrist | {}Elbow | wrist | knuckle
{2}Fingers | {}Wrist | knuckle | tip
{2}Thumb | {}Wrist | wrist | tip_thumb""",
    truth("Hips lowerback Chest2 lowerneck Head", "Collar Shoulder Elbow Wrist Hip Knee Ankle Toe", "{}*"),
    ("Left", "Right"), y_up=True, unit=0.056, pose=(("arms", 88),),
)  # fmt: skip
