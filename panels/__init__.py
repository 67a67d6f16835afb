"""Panels: they draw, and nothing else."""

import bpy

from .keys import POSE3D_PT_keys
from .sidebar import POSE3D_PT_camera, POSE3D_PT_contacts, POSE3D_PT_sidebar, POSE3D_PT_smoothing

CLASSES = (POSE3D_PT_sidebar, POSE3D_PT_smoothing, POSE3D_PT_camera, POSE3D_PT_contacts, POSE3D_PT_keys)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
