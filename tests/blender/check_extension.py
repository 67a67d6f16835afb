"""Run inside Blender or with the bpy module: the extension is on; use it, turn it off and on again.

    check_extension.py -- [--install ZIP] TRACKS

Ends with exit code 0 and "extension works", or with a traceback.
"""

import importlib
import os
import sys

import bpy

addon_utils = importlib.import_module("addon_utils")  # found once bpy is loaded

MODULE = "bl_ext.user_default.pose3d"


def registered() -> bool:
    """Whether operator and panel are known to Blender."""
    return hasattr(bpy.types, "POSE3D_PT_sidebar") and hasattr(bpy.types, "POSE3D_OT_fit_tracks")


def refused(**properties: object) -> str:
    """The message with which the operator refuses."""
    try:
        bpy.ops.pose3d.fit_tracks(**properties)
    except RuntimeError as error:
        return str(error)
    raise AssertionError(f"not refused: {properties}")


arguments = sys.argv[sys.argv.index("--") + 1 :]
if "--install" in arguments:
    assert not registered()
    bpy.ops.extensions.package_install_files(
        filepath=arguments[arguments.index("--install") + 1], repo="user_default", enable_on_install=True
    )
tracks = arguments[-1]

assert MODULE in bpy.context.preferences.addons, "not enabled"
assert registered()
print("Blender", bpy.app.version_string, "Python", sys.version.split()[0])

assert "No such tracks file" in refused(filepath="/no/such/tracks.npz"), "a missing file"
assert "person" in refused(filepath=tracks, person=7).lower(), "a person who is not there"

for data in (bpy.data.objects, bpy.data.actions):
    for item in list(data):
        data.remove(item)
assert bpy.ops.pose3d.fit_tracks(filepath=tracks) == {"FINISHED"}
armature = next(item for item in bpy.data.objects if item.type == "ARMATURE")
assert armature.animation_data.action in list(bpy.data.actions)
start, end = armature.animation_data.action.frame_range
assert end - start > 10, (start, end)
bpy.context.view_layer.objects.active = armature
assert bpy.ops.pose3d.fit_tracks(filepath=tracks) == {"FINISHED"}
assert len([item for item in bpy.data.objects if item.type == "ARMATURE"]) == 1, "the active one is used"

for _ in range(2):
    addon_utils.disable(MODULE, default_set=True)
    assert not registered(), "still registered"
    assert addon_utils.enable(MODULE, default_set=True) is not None
    assert registered()

scipy = importlib.import_module("scipy")  # after the add-on was turned on: it brings scipy
print("scipy", scipy.__version__, scipy.__file__)
addon_utils.disable(MODULE, default_set=True)
assert not registered()
print("extension works", flush=True)
if not bpy.app.binary_path:
    os._exit(0)  # the module may crash (4.2) or hang (4.5) when Python ends it
