"""What is known of the camera of a shot: its lens, and how it moved."""

from __future__ import annotations

import math

import numpy as np

from .picture import Picture
from .settings import MotionSettings
from .tracks import Tracks

_TURNED, _ZOOMED = 1.0, 0.03  # degrees, parts; less is not worth a sentence


def camera_of(tracks: Tracks, settings: MotionSettings) -> dict[str, float]:
    """fx, fy, cx, cy, width and height in px, of the first frame; the lens of the settings goes first.

    Raises ValueError with one line for tracks that hold no camera, or one that cannot be.
    """
    camera, video = tracks.meta.get("camera") or {}, tracks.meta.get("video") or {}
    size = {key: float(video.get(key) or 0) for key in ("width", "height")}
    try:
        values = {key: float(camera[key]) for key in ("fx", "fy", "cx", "cy")}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("The tracks do not say with what camera they were made. Capture again.") from error
    if not (np.isfinite(list(values.values())).all() and values["fx"] > 0 and values["fy"] > 0):
        raise ValueError("The tracks hold a camera that cannot be: its focal length is not above 0.")
    if settings.lens is not None:
        longer = max(size.values()) or 2.0 * max(values["cx"], values["cy"])
        values["fx"] = values["fy"] = 0.5 * longer / math.tan(math.radians(settings.lens) / 2)
    return {**values, **size}


def say_camera(tracks: Tracks, picture: Picture, settings: MotionSettings) -> list[str]:
    """Sentences for the user: what the lens was taken for, and how the camera moved, if it did."""
    return _say_lens(tracks, picture, settings) + _say_motion(tracks, picture)


def _say_lens(tracks: Tracks, picture: Picture, settings: MotionSettings) -> list[str]:
    source = (tracks.meta.get("camera") or {}).get("source")
    if settings.lens is not None or source not in {"assumed", "measured", "metadata"}:
        return []
    camera = picture.camera
    longer = max(camera["width"], camera["height"]) or 2.0 * max(camera["cx"], camera["cy"])
    view = f"{math.degrees(2 * math.atan(0.5 * longer / camera['fx'])):.0f}°"
    if source == "measured":
        return [f"The lens was measured from the way the camera turned: it sees {view}."]
    if source == "metadata":
        return [f"The lens is the one that the video file names: it sees {view}."]
    return [f"The lens is assumed to see {view}, as many do; set it if the way towards the camera is wrong."]


def _say_motion(tracks: Tracks, picture: Picture) -> list[str]:
    motion = (tracks.meta.get("camera") or {}).get("motion")
    if motion == "travelling":
        return [
            "The camera travelled during the shot, so the path through the room is a guess: "
            "film from a tripod, or turn on the spot."
        ]
    if motion == "unknown":
        return [
            "Whether the camera moved cannot be told, too little of the background is seen; "
            "it is taken to stand still."
        ]
    notes = []
    if picture.turns is not None:
        cosine = (np.trace(picture.turns, axis1=1, axis2=2) - 1.0) / 2.0
        degrees = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).max())
        if degrees >= _TURNED:
            notes.append(f"The camera turned by up to {degrees:.0f}°, which was taken out of the motion.")
    if picture.zoom is not None and np.ptp(picture.zoom) > _ZOOMED:
        least, most = float(picture.zoom.min()), float(picture.zoom.max())
        notes.append(
            f"The camera zoomed, {least:.2f} to {most:.2f} times, which was taken out of the motion."
        )
    return notes
