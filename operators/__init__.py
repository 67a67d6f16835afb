"""Operators: each validates, calls one function of blender_pose3d.blender, reports."""

import bpy

from .fit_tracks import POSE3D_OT_fit_tracks
from .settings import POSE3D_PG_settings

CLASSES = (POSE3D_PG_settings, POSE3D_OT_fit_tracks)
_commands: list[object] = []


def command_line(argv: list[str]) -> int:
    """``blender --command pose3d``; loaded when it is called, so that Blender's start stays quick."""
    from ..blender_pose3d.blender import cli

    return cli.command(argv)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.pose3d = bpy.props.PointerProperty(type=POSE3D_PG_settings)
    _commands.append(bpy.utils.register_cli_command("pose3d", command_line))


def unregister() -> None:
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    del bpy.types.Scene.pose3d
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
