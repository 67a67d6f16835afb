"""Who reads an export, and what each wants of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Preset:
    """title: what people call it. why: one line. format: the file it writes first. root: the skeleton gets a
    root bone on the floor where it has none. armature: what the armature's node is called, else as in
    Blender. fbx: options of Blender's FBX exporter."""

    title: str
    why: str
    format: str = "fbx"
    root: bool = False
    armature: str | None = None
    fbx: dict[str, Any] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "generic": Preset(
        "Generic FBX",
        "Centimetres, y up, z forward, no node turned or scaled: as Maya and the FBX SDK count.",
    ),
    "unity": Preset(
        "Unity humanoid",
        "As generic: Unity reads the unit and the axes, and finds no turned or scaled node to make up for.",
    ),
    "unreal": Preset(
        "Unreal",
        "Centimetres, and a root bone at the origin to carry root motion; the armature is called Armature,"
        " which Unreal leaves out, so that no second root comes in.",
        root=True,
        armature="Armature",
        # Unreal warns of missing smoothing groups without it
        fbx={"mesh_smooth_type": "FACE"},
    ),
    "godot": Preset(
        "Godot (glTF)",
        "One GLB in metres, y up: Godot's own format, so nothing is converted on import.",
        format="glb",
    ),
    "bvh": Preset(
        "BVH",
        "The skeleton and its motion as text, which every animation program reads.",
        format="bvh",
    ),
    "blend": Preset(
        "Blender asset",
        "A .blend whose Action is marked as an asset: drag it onto the character from the asset browser.",
        format="blend",
    ),
}


# What a file holds.
CONTENTS = ("all", "animation", "character")
# Joint names of a BVH file.
BVH_NAMES = ("rig", "usual")
BVH_ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
BVH_UNITS = {"m": 1.0, "cm": 100.0, "inch": 1 / 0.0254}


@dataclass(frozen=True)
class ExportSettings:
    """content: one of CONTENTS: both, the animation without meshes, or meshes and skeleton at rest.
    root_motion: the root bone carries the way over the floor, or (False) the clip stays in place; None: as it
    is.
    bvh_names: the rig's own joint names, or the usual ones (Hips, LeftUpLeg ...) in the usual order.
    bvh_order: Euler order of BVH's channels, the first one outermost. bvh_unit: one of BVH_UNITS.
    Raises ValueError for other values."""

    content: str = "all"
    root_motion: bool | None = None
    bvh_names: str = "rig"
    bvh_order: str = "ZXY"
    bvh_unit: str = "m"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("content", CONTENTS),
            ("bvh_names", BVH_NAMES),
            ("bvh_order", BVH_ORDERS),
            ("bvh_unit", tuple(BVH_UNITS)),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is one of {', '.join(allowed)}, not {getattr(self, name)!r}.")
