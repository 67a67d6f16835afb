"""What the sidebar asks for about the video and its capture, kept with the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from .shared import RELATIVE

VIDEO_TYPES = (
    ".mp4",
    ".mov",
    ".m4v",
    ".mkv",
    ".webm",
    ".avi",
    ".mts",
    ".m2ts",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".3gp",
)


def _video_changed(settings: POSE3D_PG_capture, context: bpy.types.Context) -> None:
    from .choose_video import look_at_video

    look_at_video(context)


class POSE3D_PG_capture(bpy.types.PropertyGroup):
    video: StringProperty(
        name="Video",
        description="The video of a person or of several, filmed in one shot. It is only read",
        subtype="FILE_PATH",
        options=RELATIVE,
        update=_video_changed,
    )
    use_range: BoolProperty(
        name="Part of the Video",
        description="Capture only a part: faster, and the rest of the video cannot confuse",
        default=False,
    )
    range_in: EnumProperty(
        name="Range In",
        description="How the part is given",
        items=(("SECONDS", "Seconds", "Of the video"), ("FRAMES", "Frames", "Of the video, the first is 1")),
        default="SECONDS",
    )
    start: FloatProperty(
        name="Start", description="Second of the video to begin with", default=0.0, min=0.0, precision=2
    )
    end: FloatProperty(
        name="End", description="Second of the video to end before", default=10.0, min=0.01, precision=2
    )
    first_frame: IntProperty(
        name="First", description="First frame of the video to capture", default=1, min=1
    )
    last_frame: IntProperty(name="Last", description="Last frame of the video to capture", default=300, min=1)
    quality: EnumProperty(
        name="Quality",
        description="How carefully the pictures are looked at",
        items=(
            ("fast", "Fast", "The small network; looks closer where motion is quick. Good for a first look"),
            (
                "balanced",
                "Balanced",
                "The large network, steadier in hard poses; looks closer where motion is quick",
            ),
            ("best", "Best", "The network that is best on real photos, at every frame: takes its time"),
        ),
        default="balanced",
    )


def video_path(settings: POSE3D_PG_capture) -> Path | None:
    """The chosen video; None if there is none."""
    return Path(bpy.path.abspath(settings.video)).absolute() if settings.video else None


def request_of(context: bpy.types.Context) -> Any:
    """The capture that the sidebar asks for (a captures.Request), or why there is none, for people."""
    from ..blender_pose3d.blender.capture_desk import DESK
    from ..blender_pose3d.blender.captures import Request
    from ..blender_pose3d.blender.preferences import engine_options

    settings = context.scene.pose3d_capture
    video = video_path(settings)
    if video is None:
        return "Choose a video first."
    network = engine_options(context)["fields"].get("pose2d")
    if not settings.use_range:
        return Request(video, settings.quality, network=network)
    if settings.range_in == "SECONDS":
        start, end = round(settings.start, 4), round(settings.end, 4)
    else:
        look = DESK.look
        if look is None or look.facts is None or look.facts.fps <= 0:
            return "Give the part in seconds: how many frames a second the video has is not known yet."
        # halves of a frame, so that rounding never takes or leaves one
        start = round(max(0.0, (settings.first_frame - 1.5) / look.facts.fps), 4)
        end = round((settings.last_frame - 0.5) / look.facts.fps, 4)
    if end <= start:
        return "The part of the video ends before it starts."
    return Request(video, settings.quality, start or None, end, network)


CLASSES = (POSE3D_PG_capture,)


def register() -> None:
    bpy.types.Scene.pose3d_capture = bpy.props.PointerProperty(type=POSE3D_PG_capture)


def unregister() -> None:
    del bpy.types.Scene.pose3d_capture
