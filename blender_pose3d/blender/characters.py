"""Which armature a conversion moves: the one named, the only one, or one made for the person."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..proportions import Proportions
from .armature import create_armature
from .blend_version import can_read, refusal, version_in, warning
from .errors import BadArguments, BadInput
from .rig_map import keep_map, told
from .target import cannot_be_animated

GENERATED = "pose3d"


def open_file(blend: str | None) -> str | None:
    """The character's file as it is on disk, or an empty one; returns a line of warning, if one is due.

    Raises BadInput, also for a file of a Blender so new that this one does not understand it.
    """
    if blend is None:
        bpy.ops.wm.read_homefile(use_empty=True)
        return None
    own = (bpy.app.version[0], bpy.app.version[1])
    saved = version_in(Path(blend))
    if saved is not None and not can_read(saved, own):
        raise BadInput(refusal(blend, saved, own))
    try:
        bpy.ops.wm.open_mainfile(filepath=blend, load_ui=False)
    except RuntimeError as error:
        cause = [line for line in str(error).splitlines() if line.strip()][-1].removeprefix("Error: ")
        raise BadInput(f"Cannot open {blend}: {cause}") from error
    # of a compressed file only this tells
    saved = (bpy.data.version[0], bpy.data.version[1])
    if not can_read(saved, own):
        raise BadInput(refusal(blend, saved, own))
    return warning(blend, saved, own) if saved > own else None


def choose_armature(
    name: str | None, rig: str | None, blend: str | None, bone_map: str | None = None
) -> bpy.types.Object | None:
    """The armature to animate; None to make one. bone_map: file of a map of one's own, which is kept with it.

    Raises BadArguments or BadInput.
    """
    if name is None and (rig == GENERATED or blend is None):
        if bone_map:
            raise BadArguments("A bone map belongs to a character of a file, not to an armature made here.")
        return None
    found = [o for o in bpy.context.scene.objects if o.type == "ARMATURE"]
    known = ", ".join(o.name for o in found) or "none"
    if name is not None:
        named = [o for o in found if o.name == name]
        if not named:
            raise BadArguments(f"There is no armature called {name} in the scene; there is: {known}.")
        return _humanoid(named[0], bone_map)
    if not found:
        raise BadInput(f"{blend} has no armature; give another file, or --rig {GENERATED} to make one.")
    if rig is not None:
        found = [o for o in found if _rig_of(o) == rig]
        if not found:
            raise BadInput(f"No armature of {blend} is a {rig} rig; there is: {known}.")
    if len(found) > 1:
        raise BadArguments(f"Choose one of {len(found)} armatures with --armature: {known}.")
    return _humanoid(found[0], bone_map)


def make_armature(name: str, proportions: Proportions) -> bpy.types.Object:
    """An armature with a body, in the scene's own collection, whatever the view layer shows."""
    return create_armature(name, proportions, bpy.context.scene.collection)


def _rig_of(armature: bpy.types.Object) -> str | None:
    try:
        return told(armature).rig
    except ValueError:  # no bones, or a RigError
        return None


def _humanoid(armature: bpy.types.Object, bone_map: str | None) -> bpy.types.Object:
    if bone_map:
        keep_map(armature, bone_map)
    try:
        told(armature, called=f"armature {armature.name}")
    except ValueError as error:  # no bones, or a RigError
        raise BadInput(f"{error}.") from error
    reason = cannot_be_animated(armature, bpy.context.scene, bpy.context.view_layer)
    if reason:
        raise BadInput(reason)
    return armature
