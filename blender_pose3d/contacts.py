"""When heels and toes are on the ground: the most probable spans, from height, speed and score.

Each point of a foot is on the ground or off it. A frame speaks for one of the two by how fast the point is,
how high and how well it was seen; changing has a price. The most probable sequence of such a chain (Viterbi,
IEEE Transactions on Information Theory, 1967) is found for whole arrays: with two states the message that is
passed on is a sum clipped at the price of a change, and clipped sums can be composed in any order.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d, uniform_filter1d

from .bones import unit
from .feet import rests, sole_points, sole_scores
from .skeleton import Skeleton
from .spans import gaps, middles, trimmed

# Log-odds of a point that rests on the floor, and what each m/s and each metre of height takes away: logistic
# regression on lifted motions whose contacts are known, moved to what finds most of these contacts.
_AT_REST, _SIDEWAYS, _UPWARDS, _HEIGHT = 3.0, 3.0, 2.6, 24.0
_DEPTH = 1.0  # m/s towards the camera or away from it that a lifted point drifts and says nothing
_WILD = 5.0  # more than this no measure takes away
_PACE = 3.0  # m/s of the whole person at which a foot may move twice as fast
_SETTLE, _STRIDE = 0.07, 0.15  # seconds over which the speeds of a foot and of the person are measured
_PLACE, _SHIFT, _DEPTH_ERROR = 0.3, 0.08, 0.2  # seconds and metres (and in depth) that make another place
_STRAYS = 0.08  # metres from its middle (and as much more in depth) where a contact begins and ends
_GLITCH, _LIFT = 0.5, 0.1  # seconds and metres of a dart that is none
_NEARBY = 0.5  # seconds to either side whose lowest place is the ground, where no floor is known
_EVIDENCE = 0.04  # seconds that count once: neighbouring frames share their errors
_CHANGE = 1.5
_UNSEEN = -0.5  # of a frame that did not see the point; a gap of a moment changes nothing
SEEN = 0.1  # score from which a point counts as seen


def find_contacts(
    joints: np.ndarray,
    score: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    *,
    size: float = 1.0,
    seen_from: np.ndarray | None = None,
    floor: bool = True,
) -> np.ndarray:
    """(T, F) bool, when the ``feet.sole_points`` of joints (T, J, 3), metres, z up, are on the ground.

    score: (T, J), 0 where nobody saw the joint, and then it touches nothing. size: of the person, 1 for
    1.70 m. seen_from: (3,) the camera's place; a slow drift in depth is an error of lifting. floor: whether
    it lies at z = 0; otherwise each point's lowest place within half a second is the ground.
    """
    points = sole_points(joints, skeleton, size)
    height = points[..., 2] - rests(skeleton, size)
    if not floor:
        reach = 2 * round(_NEARBY * fps) + 1
        height = height - minimum_filter1d(height, reach, axis=0, mode="nearest")
    # A runner's sole rolls fast, but where the body is yet to be moved by its feet, only slow ones may do so.
    pace = _pace(joints[:, skeleton.index("Hip"), :2], fps) / size if floor else np.zeros(len(joints))
    say = _AT_REST - np.minimum(_HEIGHT * np.maximum(height, 0.0) / size, _WILD)
    say -= np.minimum(_motion(points, fps, seen_from) / size / (1.0 + (pace / _PACE) ** 2)[:, None], _WILD)
    seen = sole_scores(score, skeleton) >= SEEN
    say = np.where(seen, np.clip(say, -_AT_REST, _AT_REST), _UNSEEN)
    found = most_probable(say * min(1.0 / (fps * _EVIDENCE), 1.0), _CHANGE)
    found &= ~_shifts(points, fps, size, seen_from)
    found = _without_glitches(found, points, height, fps, size)
    ways = points[..., :2] - middles(points[..., :2], found)
    return trimmed(found, _over_the_floor(ways, points, seen_from, _STRAYS) < _STRAYS * size)


def _shifts(points: np.ndarray, fps: float, size: float, seen_from: np.ndarray | None) -> np.ndarray:
    """(T, F) bool, the moments at which points (T, F, 3) go from one place to another, however slowly."""
    half = max(round(_PLACE * fps), 1)
    before = uniform_filter1d(points[..., :2], half, axis=0, mode="nearest", origin=(half - 1) // 2)
    after = uniform_filter1d(points[..., :2], half, axis=0, mode="nearest", origin=-(half // 2))
    away = _over_the_floor(after - before, points, seen_from, _DEPTH_ERROR)
    farthest = maximum_filter1d(away, 2 * half + 1, axis=0, mode="nearest")
    return (away > _SHIFT * size) & (away >= farthest)


def _without_glitches(
    found: np.ndarray, points: np.ndarray, height: np.ndarray, fps: float, size: float
) -> np.ndarray:
    """Contacts (T, F) with gaps closed in which a foot seems to dart off and is back, low all the while."""
    places = middles(points[..., :2], found)
    closed = found.copy()
    for end in range(found.shape[1]):
        between = gaps(found[:, end])
        if not len(between):
            continue
        first, last = between.T
        apart = np.linalg.norm(places[last, end] - places[first - 1, end], axis=-1)
        highest = np.maximum.reduceat(height[:, end], between.ravel())[::2]
        same = (last - first <= _GLITCH * fps) & (apart < _SHIFT * size) & (highest < _LIFT * size)
        change = np.zeros(len(found) + 1, dtype=int)
        np.add.at(change, first[same], 1)
        np.add.at(change, last[same], -1)
        closed[:, end] |= np.cumsum(change)[:-1] > 0
    return closed


def _over_the_floor(
    ways: np.ndarray, points: np.ndarray, seen_from: np.ndarray | None, doubt: float
) -> np.ndarray:
    """(T, F) lengths of ways (T, F, 2 or 3) of points; of their depth only what is beyond doubt."""
    length = np.linalg.norm(ways[..., :2], axis=-1)
    if seen_from is None:
        return length
    depth = (ways[..., :2] * unit((points - seen_from)[..., :2])).sum(-1)
    across = np.sqrt(np.maximum(length**2 - depth**2, 0.0))
    return np.hypot(across, np.maximum(np.abs(depth) - doubt, 0.0))


def _motion(points: np.ndarray, fps: float, seen_from: np.ndarray | None) -> np.ndarray:
    """(T, F) what the motion of points (T, F, 3) takes from their log-odds."""
    if len(points) < 2:
        return np.zeros(points.shape[:-1])
    settled = gaussian_filter1d(points, _SETTLE * fps, axis=0, mode="nearest")
    speed = np.gradient(settled, axis=0) * fps
    flat = _over_the_floor(speed, points, seen_from, _DEPTH)
    return _SIDEWAYS * flat + _UPWARDS * np.abs(speed[..., 2])


def _pace(path: np.ndarray, fps: float) -> np.ndarray:
    """(T,) m/s at which somebody travels along a path (T, 2)."""
    if len(path) < 2:
        return np.zeros(len(path))
    settled = gaussian_filter1d(path, _STRIDE * fps, axis=0, mode="nearest")
    return np.linalg.norm(np.gradient(settled, axis=0), axis=-1) * fps


def most_probable(say: np.ndarray, change: float) -> np.ndarray:
    """(T, F) bool: the states that maximise the sum of what frames say for (or against) them, ``say`` (T, F),
    less ``change`` for each change. Log-odds, natural units. O(T log T) in whole arrays.
    """
    # Message m[t] = clip(m[t-1] + say[t]): each frame is a map x -> clip(x + a, low, high), and two such maps
    # one after the other are a third. A prefix scan composes all of them (Hillis and Steele 1986).
    shift = say.astype(np.float64)
    low, high = np.full_like(shift, -change), np.full_like(shift, change)
    step = 1
    while step < len(shift):
        add, least, most = shift[step:].copy(), low[step:].copy(), high[step:].copy()
        low[step:] = np.clip(low[:-step] + add, least, most)
        high[step:] = np.clip(high[:-step] + add, least, most)
        shift[step:] += shift[:-step].copy()
        step *= 2
    message = np.clip(shift, low, high)
    # A message at its bound decides its frame; frames that are not sure follow the next one that is.
    sure = np.abs(message) >= change - 1e-9
    if len(sure):
        sure[-1] = True
    frame = np.where(sure, np.arange(len(sure))[:, None], len(sure))
    follow = np.minimum.accumulate(frame[::-1], axis=0)[::-1]
    return np.take_along_axis(message, follow, axis=0) > 0 if len(sure) else sure
