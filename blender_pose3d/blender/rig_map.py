"""Which bone of an armature object plays which role: by the map kept with it in its file, else detected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import bpy

from ..retarget import RestPose
from ..rig_files import Rig, RigError, load_map, problems_of, rig_of, save_map, text_of
from ..rig_maps import Detection, as_map, detect, with_map
from .armature import rest_pose
from .errors import BadInput

# Custom property of the object: the map as JSON, as in a file.
KEY = "pose3d_bone_map"


def told(armature: bpy.types.Object, rest: RestPose | None = None, called: str = "") -> Detection:
    """What is known of an armature's bones: the map kept with it goes before what can be found out.

    rest: its rest pose, if it is known already. called: what messages call it, else its name. Raises
    RigError when it is no humanoid or the map kept with it does not suit it any more; ValueError when it has
    no bones or is no armature.
    """
    called = called or armature.name
    rest = rest or rest_pose(armature)
    kept = armature.get(KEY)
    if kept is None:
        return detect(rest, called)
    rig = rig_of(str(kept), f"Map of {armature.name}")
    problems = problems_of({role: names[0] for role, names in rig.bones.items() if names}, rest.names)
    if problems:
        raise RigError(f"the bone map of {called} needs a change: {'; '.join(problems)}")
    return with_map(rig, rest)


def roles_kept(armature: bpy.types.Object) -> dict[str, str]:
    """Role → bone of the map kept with an armature, be it right or wrong; empty without one."""
    kept = _rig_kept(armature)
    return {role: names[0] for role, names in kept.bones.items() if names} if kept else {}


def keep_roles(armature: bpy.types.Object, mapping: Mapping[str, str]) -> None:
    """Keep a map of one's own with an armature, even one that is not whole yet: ``told`` says what it lacks.

    mapping: role → bone. What else is known of the rig (switches, IK controls) stays. Raises BadInput for an
    armature that is linked.
    """
    _must_be_editable(armature)
    rig = _rig_kept(armature)
    if rig is None:
        try:
            rig = as_map(detect(rest_pose(armature), armature.name), armature.name)
        except ValueError:  # nobody known: all that is known is what the user says
            rig = Rig(armature.name, f"Map of {armature.name}", {}, armature=armature.name)
    armature[KEY] = text_of(replace(rig, bones={role: (bone,) for role, bone in mapping.items()}))


def _rig_kept(armature: bpy.types.Object) -> Rig | None:
    """The map kept with an armature; None without one, or where its text is damaged."""
    kept = armature.get(KEY)
    try:
        return None if kept is None else rig_of(str(kept), f"Map of {armature.name}")
    except RigError:
        return None


def _must_be_editable(armature: bpy.types.Object) -> None:
    if not armature.is_editable:
        raise BadInput(f"{armature.name} is linked from another file: make an override or a copy.")


def keep_map(armature: bpy.types.Object, path: str | Path) -> int:
    """Read a map and keep it with an armature; returns how many bones have a role. Raises BadInput."""
    _must_be_editable(armature)
    try:
        rig = load_map(path, rest_pose(armature).names)
    except ValueError as error:
        raise BadInput(f"{'; '.join(str(error).splitlines())}.") from error
    armature[KEY] = text_of(rig)
    return len(rig.bones)


def write_map(armature: bpy.types.Object, path: str | Path) -> int:
    """Write the map that an armature is animated by, to be changed and read again. Raises BadInput."""
    try:
        found = told(armature)
        save_map(path, as_map(found, armature.name))
    except ValueError as error:
        raise BadInput(f"{'; '.join(str(error).splitlines())}.") from error
    return len(found.mapping)


def forget_map(armature: bpy.types.Object) -> None:
    """Go back to what can be found out about an armature's bones."""
    if armature.get(KEY) is not None:
        del armature[KEY]
