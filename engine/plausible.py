"""Which finds are people: noise is brief, scattered over its frames, or doubted by the network itself."""

from __future__ import annotations

import numpy as np

from . import body2d
from .tracklet import Tracklet

_SHORT_CLIP = 1.0  # seconds; who is seen in half of so short a video, or of a still, is there
_LEAST_SEEN = 0.5  # seconds in view, all in all, below which a find is taken for noise
_LEAST_FRAMES = 5  # and frames, for few frames a second
_LEAST_RUN = 3  # frames of one run
_SURE_FROM = 2.0  # seconds of a run above which it need be neither dense nor sure: nothing else lasts
# measured on the footage of a room: false finds have a mean presence of 0.72 to 0.84, people 0.98 and more
_LEAST_PRESENCE = 0.88
_LEAST_DENSITY = 0.7
_BRIEF_END = 0.5  # seconds seen before or after a gap that is longer still: not worth having
_LEAST_SCORE = 0.3
_AT_ONCE = 4096  # poses
_LEAST_STATURE = 16.0  # px: below it no joint can be told from the next


class Evidence:
    """What can be demanded in a video of `frames` frames and `duration` seconds."""

    def __init__(self, frames: int, duration: float) -> None:
        self.frame_time = duration / (frames - 1) if frames > 1 else 0.0
        self.strict = duration >= _SHORT_CLIP
        wanted = max(_LEAST_FRAMES, _LEAST_SEEN / self.frame_time) if self.frame_time else 1.0
        self.least_frames = min(wanted, 0.5 * frames)

    def solid(self, run: Tracklet) -> bool:
        """Whether one run may be a person's: false finds must not join two people's runs."""
        count = len(run.rows)
        if not self.strict or count * self.frame_time >= _SURE_FROM:
            return True
        density = count / (run.rows[-1] - run.rows[0] + 1)
        sure = float(np.mean(run.presence)) >= _LEAST_PRESENCE
        return count >= _LEAST_RUN and density >= _LEAST_DENSITY and sure

    def trimmed(self, person: list[Tracklet]) -> list[Tracklet]:
        """Without a few last or first frames that a longer gap parts from the others; [] if that is all."""
        rows = np.concatenate([run.rows for run in person])
        gap = np.diff(rows) - 1
        before = np.arange(1, len(rows))
        after = len(rows) - before
        head = np.flatnonzero((before < gap) & (before * self.frame_time < _BRIEF_END))
        tail = np.flatnonzero((after < gap) & (after * self.frame_time < _BRIEF_END))
        first = rows[head[-1] + 1] if len(head) else rows[0]
        last = rows[tail[0]] if len(tail) else rows[-1]
        return [part for run in person if (part := run.between(first, last)).rows]

    def enough(self, person: list[Tracklet]) -> bool:
        """Whether all runs together show a person long, clearly and large enough."""
        if sum(len(run.rows) for run in person) < self.least_frames or not person:
            return False
        core = body2d.indices(person[0].skeleton)
        parts = [part for run in person for part in _parts(run)]
        score = np.concatenate([part.score.array[:, core].mean(axis=1) for part in parts])
        tall = [body2d.stature(part.joints.array, part.skeleton) for part in parts]
        sure = float(np.median(score)) >= _LEAST_SCORE
        return bool(sure and np.median(np.concatenate(tall)) >= _LEAST_STATURE)


def _parts(run: Tracklet) -> list[Tracklet]:
    """A run a few thousand poses at a time, for the sake of memory."""
    begins = range(0, len(run.rows), _AT_ONCE)
    return [run.between(run.rows[i], run.rows[min(i + _AT_ONCE, len(run.rows)) - 1]) for i in begins]
