"""How much a network's joints jump about by themselves, told from looks that were close in time.

Bodies cannot change their speed at will: what three looks within a tenth of a second differ from even motion
by, beyond what a body can do, is the network's. Joints of which much of it was seen lately are not believed
to move where they differ as much again.
"""

from __future__ import annotations

import numpy as np

from . import body2d
from .tracklet import Tracklet

_LATELY = 8.0  # seconds
_CLOSE = 0.1  # seconds from the first of three looks to the third, at most
_LEAST = 3  # such threes of looks, or nothing is known
_SHARPEST = 30.0  # statures a second, each second: limbs of runners and dancers are below it
_TIMES = 2.0  # what is told is a mean square's root: twice as much is common; with more, kicks are lost


def wobble(tracklet: Tracklet) -> np.ndarray:
    """(13,) over the stature: what wobble makes of second differences of body2d.CORE's joints.

    Zero where too few looks were close to each other lately.
    """
    times = tracklet.times.array
    none = np.zeros(len(body2d.CORE))
    first = int(np.searchsorted(times, times[-1] - _LATELY)) if len(times) else 0
    looked = np.flatnonzero(tracklet.looked.array[first:]) + first
    time = times[looked]
    close = np.flatnonzero(time[2:] - time[:-2] <= _CLOSE + 1e-6)
    if len(close) < _LEAST:
        return none
    joints = tracklet.joints.array[looked][:, body2d.indices(tracklet.skeleton)]
    start, middle, end = joints[close], joints[close + 1], joints[close + 2]
    before, after = time[close + 1] - time[close], time[close + 2] - time[close + 1]
    share = (before / (before + after))[:, None, None]
    bent = 2 * np.linalg.norm(middle - start - share * (end - start), axis=-1) / tracklet.stature
    beyond = np.maximum(bent - _SHARPEST * (before * after)[:, None], 0.0)
    return _TIMES * np.sqrt((beyond**2).mean(axis=0))
