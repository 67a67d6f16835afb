"""Several people of one shot: one camera, so one tilt, and places beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .motion import Motion, motion_from_tracks
from .settings import MotionSettings
from .tracks import Tracks


def motions_together(
    tracks: Tracks, people: Sequence[int], settings: MotionSettings
) -> tuple[list[Motion], np.ndarray]:
    """Motion of each person (indices from 0) and where each starts on the floor: (P, 2) metres.

    Each motion starts at the world's origin; moved to its start, everybody is seen by the first one's
    camera. A tilt that is not given is the mean of what each person's motion tells, by frames.
    Raises MotionError as motion_from_tracks does.
    """
    motions = [motion_from_tracks(tracks, person, settings) for person in people]
    if len(motions) > 1 and settings.camera_tilt == "auto":
        tilt = np.average([m.camera.tilt for m in motions], weights=[m.frames for m in motions])
        shared = replace(settings, camera_tilt=float(tilt))
        motions = [motion_from_tracks(tracks, person, shared) for person in people]
    cameras = np.array([motion.camera.origin[:2] for motion in motions])
    return motions, cameras[0] - cameras
