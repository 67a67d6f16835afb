"""The footage in step with a motion: which of its frames is seen when, and with what lens it was filmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .camera import Camera
from .motion import Motion
from .reprojection import camera_axes
from .tracks import Tracks

SENSOR = 36.0  # mm, along the side of the picture that fits the frame


@dataclass(frozen=True)
class Lens:
    """Of a Blender camera whose frame the picture fits into: fit ("HORIZONTAL" or "VERTICAL"), the side
    that meets the frame; focal (mm) for a sensor of ``SENSOR`` along it; shift (x, y)."""

    fit: str
    focal: float
    shift: tuple[float, float]


def lens(camera: Camera, aspect: float) -> Lens:
    """The lens that shows what a camera saw in a frame ``aspect`` times as wide as high."""
    wide = camera.width / camera.height >= aspect
    side, focal = (camera.width, camera.fx) if wide else (camera.height, camera.fy)
    shift = (camera.width / 2 - camera.cx) / side, (camera.cy - camera.height / 2) / side
    return Lens("HORIZONTAL" if wide else "VERTICAL", SENSOR * focal / side, shift)


def frames_of(motion: Motion, tracks: Tracks) -> np.ndarray:
    """(T,) int: the footage's frame, from 0, on the screen at each frame of the motion.

    By time, as players step through a video: where stamps are uneven, and where frame rates differ.
    """
    video = tracks.meta.get("video") or {}
    fps = float(video.get("fps") or motion.fps)
    begin = float(tracks.time[0]) - float(tracks.frame[0]) / fps
    return np.maximum(np.round((motion.time - begin) * fps), 0.0).astype(np.int64)


def cameras(motion: Motion) -> np.ndarray:
    """(T, 4, 4) as ``Object.matrix_world`` of a Blender camera; (1, 4, 4) if it stands still."""
    turning = motion.turns is not None
    axes = camera_axes(motion) if turning else motion.camera.rotation[None]
    matrices = np.tile(np.eye(4), (len(axes), 1, 1))
    matrices[:, :3, :3] = axes * (1.0, -1.0, -1.0)
    matrices[:, :3, 3] = motion.camera.origin
    return matrices


def zooms(motion: Motion, tracks: Tracks) -> np.ndarray:
    """(T,) focal length over that of the first frame; (1,) if it stays."""
    if tracks.camera_zoom is None:
        return np.ones(1)
    return np.interp(motion.time, tracks.time, np.asarray(tracks.camera_zoom, dtype=np.float64))


def wrong_video(size: tuple[int, int], video: Mapping[str, Any]) -> str:
    """Why a picture of this size (px) is not of the video the tracks were made of; empty if it may be."""
    width, height = int(video.get("width") or 0), int(video.get("height") or 0)
    if not all(size):
        return "Blender cannot play this video: convert it to MP4 (H.264)."
    if not width or not height or abs(size[0] * height - size[1] * width) <= 0.01 * size[0] * height:
        return ""
    turned = size[0] * width == size[1] * height
    told = f"This video is {size[0]} x {size[1]} pixels, the captured one {width} x {height}"
    if turned:
        return f"{told}: it was filmed on its side, and Blender does not turn it. Convert it upright first."
    return f"{told}: choose the video that was captured."
