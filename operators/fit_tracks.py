"""A captured tracks file onto an armature of the scene, or onto a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from . import bake_properties as keys
from . import motion_properties as motion
from . import settings as asked
from .open_motion import FILTER, look_at_tracks
from .settings import look_at_armature
from .shared import RELATIVE, missing_package, translated


class POSE3D_OT_fit_tracks(bpy.types.Operator):
    bl_idname = "pose3d.fit_tracks"
    bl_label = "Fit Tracks"
    bl_description = "Animate the armature with the person of the tracks. Undo takes it back in one step"
    bl_options = {"REGISTER", "UNDO"}

    # what to do with which file is said each time: the last run's would surprise
    filepath: StringProperty(
        name="Tracks",
        description="Motion captured from a video: the .npz file that the Pose3D engine wrote",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", *RELATIVE},
    )
    filter_glob: StringProperty(default=FILTER, options={"HIDDEN"})
    armature: StringProperty(
        name="Armature",
        description="Name of the armature to animate. Empty: the active one, or a new one if none is active",
        options={"SKIP_SAVE"},
    )
    new_armature: BoolProperty(
        name="New Armature",
        description="Make an armature with the person's proportions, even if one is active",
        default=False,
        options={"SKIP_SAVE"},
    )
    person: asked.person()
    height: asked.height()
    smoothing: asked.smoothing()
    smoothing_filter: motion.smoothing_filter()
    smooth_torso: motion.part("torso")
    smooth_head: motion.part("head")
    smooth_arms: motion.part("arms")
    smooth_hands: motion.part("hands")
    smooth_legs: motion.part("legs")
    smooth_feet: motion.part("feet")
    find_camera: motion.find_camera()
    camera_tilt: motion.camera_tilt()
    camera_roll: motion.camera_roll()
    know_lens: motion.know_lens()
    lens: motion.lens()
    fit_picture: motion.fit_picture()
    fix_swaps: motion.fix_swaps()
    left_foot: asked.foot("Left Foot")
    right_foot: asked.foot("Right Foot")
    ground_jumps: asked.ground_jumps()
    hold_hands: asked.hold_hands()
    action_name: keys.action_name()
    frame_rate: keys.frame_rate()
    start_at: keys.start_at()
    start_frame: keys.start_frame()
    use_range: keys.use_range()
    first_frame: keys.first_frame()
    last_frame: keys.last_frame()
    root_motion: keys.root_motion()
    root_turns: keys.root_turns()
    layer: keys.layer()
    reduce_keys: keys.reduce_keys()
    reduce_angle: keys.reduce_angle()
    reduce_distance: keys.reduce_distance()
    curve: keys.curve()
    limbs: keys.limbs()
    mute_constraints: keys.mute_constraints()
    refine: keys.refine()
    mark_asset: keys.mark_asset()

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode in {"OBJECT", "POSE"}:
            return True
        cls.poll_message_set("Go to Object Mode or Pose Mode first")
        return False

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "person")
        layout.prop(self, "height")
        layout.prop(self, "smoothing")
        for name in (*motion.MOTION, *asked.CONTACTS):
            layout.prop(self, name)
        keys.draw_keys(layout, self)
        layout.prop(self, "new_armature")
        row = layout.row()
        row.enabled = not self.new_armature
        row.prop_search(self, "armature", context.scene, "objects")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        if not self.filepath:
            return self._refuse("No tracks file chosen.")
        armature = self._target(context)
        if isinstance(armature, str):
            return self._refuse(armature)
        try:
            from ..blender_pose3d.bake_settings import BakeSettings
            from ..blender_pose3d.blender.apply import apply_tracks
            from ..blender_pose3d.blender.asset import mark_actions
            from ..blender_pose3d.blender.errors import Pose3DError
            from ..blender_pose3d.blender.scene import frame_rate
            from ..blender_pose3d.settings import MotionSettings
        except ImportError as error:
            return self._refuse(missing_package(error))
        try:
            baking = BakeSettings(**keys.bake_values(self, context.scene))
        except ValueError as error:
            return self._refuse(str(error))
        settings = MotionSettings(
            fps=frame_rate(context.scene) if self.frame_rate == "SCENE" else None,
            height=self.height,
            strength=self.smoothing,
            **motion.motion_values(self),
            **{name: getattr(self, name) for name in asked.CONTACTS},
        )
        path, before = bpy.path.abspath(self.filepath), set(bpy.data.actions)
        try:
            applied = apply_tracks(
                context, path, self.person, armature, settings, baking=baking, name=self.action_name.strip()
            )
        except Pose3DError as error:
            self._look_again(context)
            return self._refuse(str(error))
        if self.mark_asset:
            mark_actions(set(bpy.data.actions) - before, f"Captured by Pose3D from {Path(path).name}")
        self._remember(context, applied.armature, applied.notes)
        for note in applied.notes:
            self.report({"INFO"}, note)
        self.report(
            {"INFO"},
            translated("{name}: {frames} frames.", name=applied.armature.name, frames=applied.frames),
        )
        return {"FINISHED"}

    def _target(self, context: bpy.types.Context) -> bpy.types.Object | str | None:
        """The armature to animate, None for a new one, or why it cannot be."""
        if self.new_armature:
            return None
        if self.armature:
            named = context.scene.objects.get(self.armature)
            if named is None or named.type != "ARMATURE":
                return translated(
                    "There is no armature called {armature} in this scene.", armature=self.armature
                )
            return cannot_be_animated(context, named) or named
        active = context.active_object
        if active is None or active.type != "ARMATURE":
            return None
        return cannot_be_animated(context, active) or active

    def _remember(self, context: bpy.types.Context, armature: bpy.types.Object, notes: list[str]) -> None:
        """The sidebar shows what was done, so that the next try starts from it."""
        settings = context.scene.pose3d
        settings.tracks, settings.armature = self.filepath, armature
        settings.person, settings.height, settings.smoothing = self.person, self.height, self.smoothing
        for name in (*motion.MOTION, *asked.CONTACTS, *keys.BAKE):
            setattr(settings, name, getattr(self, name))
        settings.notes = "\n".join(notes)

    def _look_again(self, context: bpy.types.Context) -> None:
        """File or armature may have changed since they were chosen."""
        settings = context.scene.pose3d
        if self.filepath == settings.tracks:
            look_at_tracks(settings)
            look_at_armature(settings)

    def _refuse(self, message: str) -> Any:
        self.report({"ERROR"}, message)
        return {"CANCELLED"}


def cannot_be_animated(context: bpy.types.Context, armature: bpy.types.Object) -> str:
    """Why an armature cannot get keys now, and what to do; empty if it can."""
    from ..blender_pose3d.blender.target import cannot_be_animated as why_not

    return why_not(armature, context.scene, context.view_layer)
