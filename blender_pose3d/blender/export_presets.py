"""What each reader of an FBX wants of Blender's exporter. Loads nothing, so that panels can list them."""

from __future__ import annotations

from typing import Any

# Everybody: bones as they are (no leaf bones), one clip with a key a frame, y up, z forward.
FBX: dict[str, Any] = {
    "use_selection": True,
    "object_types": {"ARMATURE", "MESH"},
    "add_leaf_bones": False,
    "bake_anim": True,
    "bake_anim_use_all_bones": True,
    "bake_anim_use_nla_strips": False,
    "bake_anim_use_all_actions": False,
    "bake_anim_force_startend_keying": True,
    "bake_anim_step": 1.0,
    "bake_anim_simplify_factor": 0.0,
    "axis_forward": "-Z",
    "axis_up": "Y",
}
PRESETS: dict[str, dict[str, Any]] = {
    # the file says that its unit is the metre: objects keep a scale of 1 on arrival
    "generic": {"apply_scale_options": "FBX_SCALE_ALL"},
    # the same; Unity reads the unit and bakes nothing
    "unity": {"apply_scale_options": "FBX_SCALE_ALL"},
    # Unreal counts in centimetres and takes the hundredfold scale on the root
    "unreal": {"apply_scale_options": "FBX_SCALE_NONE", "mesh_smooth_type": "FACE"},
}
