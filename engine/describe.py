"""The header of a tracks file: what was looked at, with what, as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from blender_pose3d.skeleton import Skeleton
from blender_pose3d.tracks import Tracks

if TYPE_CHECKING:
    from .camera_motion import CameraMotion
    from .models import Models
    from .people import People2D
    from .video import VideoInfo


def meta(
    people: People2D, info: VideoInfo, models: Models, camera: dict[str, Any], *, whole: bool
) -> dict[str, Any]:
    """The header. whole: all frames were read, so their number is sure; containers miscount."""
    return {
        "video": {
            "name": info.path.name,
            "sha256": info.sha256,
            "width": info.width,
            "height": info.height,
            "fps": info.fps,
            "frames": len(people.time) if whole else info.frames,
        },
        "models": {
            "pose2d": {"name": models.network.name, "sha256": models.network.sha256},
            "lifter": {"name": models.lifter.name, "sha256": models.lifter.sha256},
        },
        "camera": camera,
        "skeleton2d": _named(models.network.skeleton),
        "skeleton3d": _named(models.lifter.skeleton),
        "people": len(people.present),
        **({} if people.looked is None else {"frames_looked_at": int(people.looked.sum())}),
    }


def camera(
    intrinsics: tuple[float, float, float, float],
    *,
    given: bool,
    in_file: bool = False,
    motion: CameraMotion | None = None,
) -> dict[str, Any]:
    """Intrinsics in px. given: the user stated the field of view; in_file: the video file did; else a usual
    one was assumed. Where nobody stated it turning may have told the lens. motion: what the background says
    of the camera, if anybody looked."""
    named = dict(zip(("fx", "fy", "cx", "cy"), intrinsics, strict=True))
    told = {} if motion is None else {"motion": motion.kind}
    measured = motion is not None and motion.focal is not None
    source = "given" if given else "measured" if measured else "metadata" if in_file else "assumed"
    return {**named, "source": source, **told}


def renamed(tracks: Tracks, name: str) -> Tracks:
    """The same tracks of the same video under another file name."""
    return replace(tracks, meta={**tracks.meta, "video": {**tracks.meta["video"], "name": name}})


def _named(skeleton: Skeleton) -> dict[str, Any]:
    return {"name": skeleton.name, "joints": list(skeleton.joints)}
