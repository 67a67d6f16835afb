"""Which bone plays which role, as the sidebar shows and changes it: one row a role, kept with the scene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import bpy
from bpy.props import CollectionProperty, FloatProperty, StringProperty

from .shared import translated

if TYPE_CHECKING:
    from ..blender_pose3d.rig_maps import Detection
    from .settings import POSE3D_PG_settings

_TRUNK = ("hips", "spine", "chest", "neck", "head")
_LIMBS = ("shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
GROUPS = {"": _TRUNK, "L": tuple(f"{p}.L" for p in _LIMBS), "R": tuple(f"{p}.R" for p in _LIMBS)}
"""Side ("" for the trunk) → its roles, in the order of the body. Loads no numpy, as fit.ROLES would."""
NEEDED = {"hips", *(f"{p}.{s}" for p in ("thigh", "shin", "upper_arm", "forearm") for s in "LR")}
_filling = False


@contextmanager
def _as_it_is() -> Iterator[None]:
    """Rows that are set meanwhile only show a map; nothing is kept with the armature."""
    global _filling  # noqa: PLW0603, an update callback of Blender's knows of nothing else
    _filling = True
    try:
        yield
    finally:
        _filling = False


def keep_rows(row: POSE3D_PG_bone_role, context: bpy.types.Context) -> None:
    """What a person sets in a row counts at once: the whole map goes to the armature."""
    if _filling:
        return
    scene = row.id_data
    keep(scene.pose3d, {each.name: each.bone for each in scene.pose3d_character.roles if each.bone})


def keep(settings: POSE3D_PG_settings, mapping: dict[str, str]) -> None:
    """Make a map, role → bone, the chosen armature's own, and look what becomes of it. Raises BadInput."""
    from ..blender_pose3d.blender.rig_map import keep_roles
    from .settings import look_at_armature

    keep_roles(settings.armature, mapping)
    look_at_armature(settings)


def show_roles(settings: POSE3D_PG_settings, found: Detection | None) -> None:
    """Fill the rows with what is known of the chosen armature.

    found: None where nothing fits; the rows then show the armature's own map, which may be half done.
    """
    from ..blender_pose3d.blender.rig_map import roles_kept

    shown = settings.id_data.pose3d_character
    mapping = found.mapping if found else roles_kept(settings.armature)
    roles = [role for group in GROUPS.values() for role in group]
    if [row.name for row in shown.roles] != roles:
        shown.roles.clear()
        for role in roles:
            shown.roles.add().name = role
    with _as_it_is():
        for row in shown.roles:
            bone = mapping.get(row.name, "")
            if row.bone != bone:
                row.bone = bone
    shown.confidence = found.confidence if found else 0.0
    shown.notes = "\n".join(found.notes) if found else ""
    shown.missing = ", ".join(title(role) for role in found.missing) if found else ""
    shown.helpers = ", ".join(found.helpers) if found else ""
    shown.unmapped = ", ".join(found.unmapped) if found else ""


def title(role: str) -> str:
    """upper_arm.L → Left Upper Arm."""
    side = {"L": "Left ", "R": "Right "}.get(role.rpartition(".")[2], "")
    return f"{side}{part_title(role)}"


def part_title(role: str) -> str:
    """upper_arm.L → Upper Arm."""
    return role.partition(".")[0].replace("_", " ").title()


def faults(roles: bpy.types.bpy_prop_collection, bones: bpy.types.bpy_prop_collection) -> dict[str, str]:
    """Role → what is wrong with its row; only rows that are wrong. Cheap: panels ask while they draw."""
    count = Counter(row.bone for row in roles if row.bone)
    found = {}
    for row in roles:
        if not row.bone:
            if row.name in NEEDED:
                found[row.name] = "needs a bone"
        elif row.bone not in bones:
            found[row.name] = translated("{bone} is no bone of this armature", bone=row.bone)
        elif count[row.bone] > 1:
            found[row.name] = translated("{bone} is used twice", bone=row.bone)
    return found


class POSE3D_PG_bone_role(bpy.types.PropertyGroup):
    """name is the role."""

    name: StringProperty(name="Role", description="Part of the body")
    bone: StringProperty(
        name="Bone",
        description="Bone that plays this part. Empty: none does. A change counts at once and stays with the "
        "armature in its .blend file",
        update=keep_rows,
    )


class POSE3D_PG_character(bpy.types.PropertyGroup):
    """What was found out about the chosen armature, so that a panel only has to draw."""

    roles: CollectionProperty(type=POSE3D_PG_bone_role, options={"HIDDEN"})
    confidence: FloatProperty(options={"HIDDEN"})
    missing: StringProperty(options={"HIDDEN"})
    helpers: StringProperty(options={"HIDDEN"})
    unmapped: StringProperty(options={"HIDDEN"})
    notes: StringProperty(options={"HIDDEN"})


CLASSES = (POSE3D_PG_bone_role, POSE3D_PG_character)


def register() -> None:
    bpy.types.Scene.pose3d_character = bpy.props.PointerProperty(type=POSE3D_PG_character)


def unregister() -> None:
    del bpy.types.Scene.pose3d_character
