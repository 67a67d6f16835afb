"""Which frames are looked at: every one where motion is quick, some where it is slow.

After a stretch of frames that nobody looked at, what is seen is compared with where the motion before would
have led. The difference grows with the square of the stretch and of how sharply the motion bends, as what is
lost by interpolation does, which is an eighth of it at most. Where it is small, joints between are
interpolated; where not, somebody looks at the frames between after all. bench/pace.py measures what that
costs; docs/speed.md has the figures that the limits were chosen by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import body2d
from .tracklet import Pose, Tracklet

_SURE = 0.5  # joints with a lower score jump about by themselves
_FAR_BACK = 64  # poses, more than two stretches hold
_MEMORY = 0.25  # seconds: a pose from longer ago tells nothing about this motion


@dataclass(frozen=True)
class Pace:
    """longest: seconds from one look to the next, at most; 0 looks at every frame.

    surprise: how far a joint may be from where its motion led, over the person's stature, for the frames
    between to be interpolated.
    """

    longest: float = 0.0
    surprise: float = 0.0

    def stretch(self, frames: int, surprise: float, interval: float) -> int:
        """How many frames on to look next, 1 for the next one.

        frames: of the stretch that ended now. surprise: the largest of anybody at its end. interval: seconds
        from frame to frame. A stretch grows by one frame at most.
        """
        if interval <= 0:
            return 1
        # bends alone would grow with the square, the network's wobble not at all
        calm = frames * (self.surprise / max(surprise, 1e-9)) ** (1 / 1.5)
        return max(1, int(min(frames + 1, calm, self.longest / interval + 1e-6)))


EVERY_FRAME = Pace()
CALM = Pace(longest=0.1, surprise=0.16)
"""Chosen by bench/pace.py: errors against the truth are no larger than with every frame."""


def surprise(tracklet: Tracklet, pose: Pose, time: float) -> float:
    """The largest distance of a sure joint from where the last two looks lead, over the person's stature.

    Infinite where there are no two looks of the last moments, or hardly a sure joint.
    """
    before = [i for i in range(len(tracklet.rows) - 1, -1, -1)[:_FAR_BACK] if tracklet.looked[i]][:2]
    if len(before) < 2 or time - tracklet.times[before[1]] > 2 * _MEMORY:
        return float("inf")
    last, earlier = before
    step = (time - tracklet.times[last]) / (tracklet.times[last] - tracklet.times[earlier])
    led = tracklet.joints[last] + step * (tracklet.joints[last] - tracklet.joints[earlier])
    core = body2d.indices(tracklet.skeleton)
    scores = np.stack([pose.score, tracklet.score[last], tracklet.score[earlier]])[:, core]
    sure = (scores >= _SURE).all(axis=0)
    if sure.sum() < 4:
        return float("inf")
    away = np.linalg.norm((pose.joints - led)[core[sure]], axis=-1)
    return float(away.max()) / tracklet.stature
