"""Pose3D, the Blender add-on: what Blender calls when it turns the add-on on and off.

Test runners import a root's ``__init__`` too, where there is no bpy: so the parts load when asked for.
"""


def register() -> None:
    from . import operators, panels

    operators.register()
    panels.register()


def unregister() -> None:
    from . import operators, panels

    panels.unregister()
    operators.unregister()
