"""What a user may decide about tracking a video."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import BadArguments
from .pose2d.default import default_pose2d

DEFAULT_POSE2D = default_pose2d()
DEFAULT_LIFTER = "gastnet-27f-19j"


@dataclass(frozen=True)
class Settings:
    """What decides the result, apart from the video.

    pose2d, lifter: names of networks, or paths of weight files. device: auto, cpu or cuda. start, end:
    seconds, None for the whole video. fov: the camera's field of view in degrees along the longer side,
    None for what the file says, else a usual one. every_frame: look at every frame, also where motion is slow
    enough to interpolate joints between two. flip: average with the mirrored picture, where the network can.
    precision: of HRNet: auto, float32, or int8, which is faster and nearly as exact.
    use_cache: read and keep tracks in the cache folder.
    """

    pose2d: str = DEFAULT_POSE2D
    lifter: str = DEFAULT_LIFTER
    device: str = "auto"
    start: float | None = None
    end: float | None = None
    fov: float | None = None
    every_frame: bool = False
    flip: bool = False
    precision: str = "auto"
    use_cache: bool = True

    def check(self) -> None:
        """Raises BadArguments for values that make no sense, before anything is loaded."""
        if self.start is not None and not (math.isfinite(self.start) and self.start >= 0):
            raise BadArguments(f"The start must be 0 seconds or more, not {self.start:g}.")
        if self.end is not None and not (math.isfinite(self.end) and self.end > (self.start or 0.0)):
            raise BadArguments(f"The end ({self.end:g} s) must be after the start ({self.start or 0:g} s).")
        if self.fov is not None and not 1 <= self.fov <= 170:
            raise BadArguments(
                f"A field of view of {self.fov:g} degrees is not possible.", "Usual are 40 to 90."
            )
