"""Operators: each validates, calls one function of blender_pose3d.blender, reports."""

import bpy

from . import (
    bone_map,
    bone_roles,
    capture,
    capture_list,
    capture_properties,
    choose_video,
    engine_cache,
    export_motion,
    fit_everybody,
    fit_tracks,
    look,
    map_editor,
    open_motion,
    presets,
    settings,
    setup_engine,
)

CLASSES = (
    settings.POSE3D_PG_settings,
    fit_tracks.POSE3D_OT_fit_tracks,
    bone_map.POSE3D_OT_save_bone_map,
    bone_map.POSE3D_OT_load_bone_map,
    bone_map.POSE3D_OT_forget_bone_map,
)
# each has CLASSES, and may have register() and unregister() for what is more than classes
MODULES: tuple = (
    bone_roles,
    map_editor,
    export_motion,
    presets,
    capture_properties,
    choose_video,
    open_motion,
    capture_list,
    capture,
    fit_everybody,
    look,
    setup_engine,
    engine_cache,
)
_commands: list[object] = []


def command_line(argv: list[str]) -> int:
    """``blender --command pose3d``; loaded when it is called, so that Blender's start stays quick."""
    from ..blender_pose3d.blender import cli

    return cli.command(argv)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.pose3d = bpy.props.PointerProperty(type=settings.POSE3D_PG_settings)
    for module in MODULES:
        for cls in module.CLASSES:
            bpy.utils.register_class(cls)
        getattr(module, "register", _nothing)()
    _commands.append(bpy.utils.register_cli_command("pose3d", command_line))


def unregister() -> None:
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    for module in reversed(MODULES):
        getattr(module, "unregister", _nothing)()
        for cls in reversed(module.CLASSES):
            bpy.utils.unregister_class(cls)
    del bpy.types.Scene.pose3d
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


def _nothing() -> None:
    """For modules that are classes alone."""
