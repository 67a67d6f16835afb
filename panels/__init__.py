"""Panels: they draw, and nothing else. A module a part of the sidebar, each with its CLASSES."""

import bpy

from . import (
    bake,
    capture,
    character,
    engine,
    export,
    look,
    motion,
    preferences,
    presets,
    previews,
    sidebar,
    video,
)

# The panel that the others hang in comes first. bl_order says how they follow each other:
# Video 10, Capture 20, Motion 30, Look 40, Character 50, Bake 60, Export 70.
MODULES: tuple = (
    preferences,
    sidebar,
    engine,
    video,
    capture,
    motion,
    look,
    character,
    bake,
    export,
    presets,
)


def register() -> None:
    for module in MODULES:
        for cls in module.CLASSES:
            bpy.utils.register_class(cls)


def unregister() -> None:
    previews.forget()
    for module in reversed(MODULES):
        for cls in reversed(module.CLASSES):
            bpy.utils.unregister_class(cls)
