"""What on a rig would pull baked bones elsewhere: constraints, chains of inverse kinematics, drivers."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import bpy

_DRIVEN = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\.(?:location|rotation_\w+)$')
_TOLD = 5


class Fight(NamedTuple):
    """bone: that is pulled. what: what pulls it, in words. item: which can be muted."""

    bone: str
    what: str
    item: Any


def fights(armature: bpy.types.Object, bones: set[str], moves_object: bool = False) -> list[Fight]:
    """Constraints and drivers that are at work on the baked bones, or on the object if that is baked too."""
    found = []
    for owner in armature.pose.bones:
        for constraint in owner.constraints:
            if constraint.mute or constraint.influence == 0 or not constraint.is_valid:
                continue
            pulled = [bone for bone in _pulled(owner, constraint) if bone in bones]
            found += [Fight(pulled[0], f"the constraint {constraint.name}", constraint)] if pulled else []
    if moves_object:
        found += [
            Fight(armature.name, f"the constraint {constraint.name}", constraint)
            for constraint in armature.constraints
            if not constraint.mute and constraint.influence > 0
        ]
    drivers = armature.animation_data.drivers if armature.animation_data else ()
    for driver in drivers:
        match = _DRIVEN.match(driver.data_path)
        bone = bpy.utils.unescape_identifier(match[1]) if match else None
        if bone in bones and not driver.mute:
            found.append(Fight(bone, f"a driver of its {driver.data_path.rsplit('.', 1)[-1]}", driver))
    return found


def mute(found: list[Fight]) -> None:
    """Switch off what was found."""
    for fight in found:
        fight.item.mute = True


def say_fights(found: list[Fight], muted: bool) -> list[str]:
    """A note for the user; none if nothing was found."""
    if not found:
        return []
    named = [f"{fight.bone} ({fight.what})" for fight in found[:_TOLD]]
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    if muted:
        return [f"Muted what pulled at baked bones: {', '.join(named)}{more}."]
    return [
        f"Something on the rig pulls at baked bones: {', '.join(named)}{more}. If the pose looks wrong, mute"
        " constraints, too (Mute Constraints, --mute-constraints)."
    ]


def _pulled(owner: bpy.types.PoseBone, constraint: bpy.types.Constraint) -> list[str]:
    """Bones that a constraint moves: its owner; for inverse kinematics the chain above it."""
    if constraint.type not in ("IK", "SPLINE_IK"):
        return [owner.name]
    chain = [owner.name, *(bone.name for bone in owner.parent_recursive)]
    if constraint.type == "IK" and not constraint.use_tail:
        chain = chain[1:]
    return chain[: constraint.chain_count] if constraint.chain_count else chain
