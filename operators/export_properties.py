"""What an animator may say about an export, once for the operator and the sidebar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import EnumProperty, StringProperty

from .shared import RELATIVE

if TYPE_CHECKING:
    from ..blender_pose3d.blender.export_presets import ExportSettings

_PLACE = ("preset", "folder", "file_name", "span")
_INSIDE = ("content", "root_motion")
_BVH = ("bvh_names", "bvh_order", "bvh_unit")
EXPORT = (*_PLACE, *_INSIDE, *_BVH)
"""Names of the properties that both the operator and the scene's settings have."""


def _choices() -> tuple[tuple[str, str, str], ...]:
    """All presets there are, with what each is for. What this loads has no numpy in it."""
    from ..blender_pose3d.blender.export_motion import ACTION
    from ..blender_pose3d.blender.export_presets import PRESETS

    alone = (
        ACTION,
        "Blender Action",
        "A .blend file with the action alone, to append or for an asset library",
    )
    return (*((name, one.title, one.why.rstrip(".")) for name, one in PRESETS.items()), alone)


def preset() -> Any:
    return EnumProperty(
        name="Preset", description="What the file is for", items=_choices(), default="generic"
    )


def folder() -> Any:
    return StringProperty(
        name="Folder",
        description="Where the file goes. // is the folder of the .blend file",
        subtype="DIR_PATH",
        default="//",
        options=RELATIVE,
    )


def file_name() -> Any:
    return StringProperty(
        name="File Name",
        description="Name of the file and of the clip in it, without ending. Empty: the name of the action",
    )


def span() -> Any:
    return EnumProperty(
        name="Frames",
        description="Which frames are written",
        items=(
            ("MOTION", "Whole Motion", "From the first to the last frame of the armature's animation"),
            ("SCENE", "Scene Range", "The frames that the scene plays"),
        ),
        default="MOTION",
    )


def content() -> Any:
    return EnumProperty(
        name="Content",
        description="What the file holds",
        items=(
            ("all", "Character and Motion", "Skeleton, meshes and animation"),
            ("animation", "Motion Only", "Skeleton and animation, for a character the engine has already"),
            ("character", "Character Only", "Skeleton and meshes at rest"),
        ),
        default="all",
    )


def root_motion() -> Any:
    return EnumProperty(
        name="Root Motion",
        description="What carries the way over the floor in the file. The scene stays as it is",
        items=(
            ("AS_IS", "As It Is", "As it was baked"),
            ("ROOT", "Root Bone", "The topmost bone, which engines read as root motion"),
            ("IN_PLACE", "In Place", "Nothing does: the character walks on the spot"),
        ),
        default="AS_IS",
    )


def bvh_names() -> Any:
    return EnumProperty(
        name="Joint Names",
        description="What joints are called in a BVH file",
        items=(
            ("rig", "The Rig's", "As the bones are called here"),
            ("usual", "The Usual", "Hips, LeftUpLeg and so on, in the order that most programs expect"),
        ),
        default="rig",
    )


def bvh_order() -> Any:
    from ..blender_pose3d.blender.export_presets import BVH_ORDERS

    return EnumProperty(
        name="Rotation Order",
        description="Order of the rotation channels of a BVH file, the outermost first",
        items=tuple((order, order, f"Rotations about {', '.join(order)}") for order in BVH_ORDERS),
        default="ZXY",
    )


def bvh_unit() -> Any:
    return EnumProperty(
        name="Unit",
        description="What lengths in a BVH file are counted in",
        items=(
            ("m", "Metres", "As Blender counts"),
            ("cm", "Centimetres", "As most motion capture programs count"),
            ("inch", "Inches", "As older motion capture libraries count"),
        ),
        default="m",
    )


def export_values(owner: bpy.types.bpy_struct) -> ExportSettings:
    """What the properties of an operator or a scene stand for."""
    from ..blender_pose3d.blender.export_presets import ExportSettings

    return ExportSettings(
        content=owner.content,
        root_motion={"AS_IS": None, "ROOT": True, "IN_PLACE": False}[owner.root_motion],
        bvh_names=owner.bvh_names,
        bvh_order=owner.bvh_order,
        bvh_unit=owner.bvh_unit,
    )


def shown(owner: bpy.types.bpy_struct) -> tuple[str, ...]:
    """Names of the properties that count for the preset, the name of the file left out."""
    from ..blender_pose3d.blender.export_presets import PRESETS

    kind = PRESETS[owner.preset].format if owner.preset in PRESETS else "blend"
    if kind == "blend":
        return ()
    return ("span", "root_motion", *_BVH) if kind == "bvh" else ("span", *_INSIDE)
