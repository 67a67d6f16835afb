"""How the camera turned and zoomed, from points of the background that were followed through the video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .background import Background
from .camera_keeping import CameraKeeper
from .camera_turns import Points, carry, fit, gather
from .camera_watch import Followed

STILL, TURNING, TRAVELLING, UNKNOWN = "still", "turning", "travelling", "unknown"

_FEWEST = 12  # points of the background
_AT_ONCE = 512  # frames
_SHAKE = 0.0012  # of the picture's longer side; less is a tripod in the wind
_AROUND = 0.12  # of a person's height that the box round their joints is widened
_FITS = 0.003  # of the longer side, that a point may be off
_EXPLAINED = 0.6  # share of the background that turning and zooming must explain ...
_OFTEN = 0.3  # ... in all but this share of the frames; so too for frames with too few points
_UNMOVED, _SELDOM = (
    0.3,
    0.02,
)  # share of the background that stands still while the camera does, frames it may fail
_ZOOMED = 0.04
# Of a lens that is measured: logarithms of factors tried, frames looked at, degrees turned at least, and how
# much of the error at the ends of the range may be left.
_LENSES = np.linspace(np.log(0.5), np.log(2.2), 9)
_LENS_FRAMES, _LENS_TURN, _LENS_CLEAR, _LENS_ROUNDS = 8, 6.0, 0.5, 2


@dataclass(frozen=True)
class CameraMotion:
    """kind: still, turning (also zooming), travelling or unknown. rotation: (T, 3, 3) from each frame's
    camera axes to the first's. zoom: (T,) focal length over the first frame's. None where there is none.
    focal: px, of the first frame, where turning told it."""

    kind: str
    rotation: np.ndarray | None = None
    zoom: np.ndarray | None = None
    focal: float | None = None


def find_motion(
    rows: Sequence[Followed],
    boxes: np.ndarray,
    intrinsics: tuple[float, float, float, float],
    size: tuple[int, int],
    *,
    lens_known: bool = False,
    keeper: CameraKeeper | None = None,
) -> CameraMotion:
    """The camera's motion over T frames.

    rows: as CameraWatch left them. boxes: (P, T, 4) left, top, right, bottom of people in px, NaN where they
    are absent; what lies in one is no background. intrinsics: fx, fy, cx, cy px. size: width and height, px.
    lens_known: whether the focal length is more than a usual one; if not, a camera that turns without zooming
    tells its own. keeper: keeps how far the measuring has come.
    """
    if len(rows) < 2:
        return CameraMotion(STILL)
    longer = max(size)
    pairs = Background(rows, boxes)
    few = pairs.points < _FEWEST
    if few[1:].mean() > _OFTEN:
        return CameraMotion(UNKNOWN)
    moved = (pairs.middle_way > _SHAKE * longer) & ~few
    # where much of the background has not moved at all, what did was not the camera
    stays = pairs.share_within(_SHAKE * longer)
    if (stays[~few] < _UNMOVED).mean() < _SELDOM:
        return CameraMotion(STILL)
    from scipy.ndimage import median_filter  # most cameras are still, and it takes half a second

    kept = keeper or CameraKeeper()
    inliers = _inliers(pairs, _FITS * longer, kept)
    turns, zoom, share = _chain(rows, inliers, pairs, intrinsics, longer, kept=(kept, "first"), zooms=True)
    steady = median_filter(zoom, size=5, mode="nearest")
    if np.ptp(steady) < _ZOOMED:
        # a zoom that is not there would make distances shake
        turns, zoom, share = _chain(
            rows, inliers, pairs, intrinsics, longer, kept=(kept, "steady"), zooms=False
        )
    focal = None
    if np.ptp(steady) < _ZOOMED and not lens_known:
        factor = _measured_lens(pairs, inliers, intrinsics, kept)
        if factor is not None:
            intrinsics = (intrinsics[0] * factor, intrinsics[1] * factor, *intrinsics[2:])
            focal = intrinsics[0]
            turns, zoom, share = _chain(
                rows, inliers, pairs, intrinsics, longer, kept=(kept, "lens"), zooms=False
            )
    if moved.any() and (share[moved] < _EXPLAINED).mean() > _OFTEN:
        return CameraMotion(TRAVELLING)
    zoomed = np.ptp(steady) >= _ZOOMED
    return CameraMotion(TURNING, turns.astype(np.float32), zoom.astype(np.float32) if zoomed else None, focal)


def measure_lens(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    inliers: list[np.ndarray],
    intrinsics: tuple[float, float, float, float],
) -> float | None:
    """By what the focal length is to be multiplied so that a turning camera explains its background best.

    The farther off the axis, the more a turn stretches the picture, and the more so the wider the lens. None
    where the turns are too small or the answer is not clear.
    """
    focal, centre = np.array(intrinsics[:2]), np.array(intrinsics[2:])
    usable = [t for t, inlier in enumerate(inliers) if inlier.sum() >= 2 * _FEWEST]

    def of(t: int) -> tuple[np.ndarray, np.ndarray]:
        there, here = pairs[t]
        return there[inliers[t]], here[inliers[t]]

    ways = np.array([np.median(np.linalg.norm(np.subtract(*of(t)), axis=1)) for t in usable])
    far = np.argsort(-ways)[:_LENS_FRAMES]
    far = far[ways[far] > np.tan(np.radians(_LENS_TURN)) * focal[0]] if len(far) else far
    if len(far) < 3:
        return None

    seen = [of(usable[i]) for i in far]
    everyone = [np.ones(len(there), dtype=bool) for there, _ in seen]
    px = gather(seen, everyone, np.ones(2), centre)

    def off(log_factors: np.ndarray) -> np.ndarray:
        """Of each factor the px by which points are missed."""
        scales = focal * np.exp(log_factors)[:, None, None, None]
        there, here = ((flat / scales).reshape(-1, *flat.shape[1:]) for flat in (px.there, px.here))
        good, there_is = (np.tile(which, (len(log_factors), 1)) for which in (px.good, px.there_is))
        turn, zoom = fit(Points(there, here, good, there_is), zooms=False)
        missed = (carry(here, turn, zoom) - there).reshape(len(log_factors), *px.there.shape) * scales
        lost = np.linalg.norm(missed, axis=-1)
        return np.asarray(np.nanmedian(np.where(px.there_is, lost, np.nan), axis=2).mean(axis=1))

    tried, lost = _LENSES, off(_LENSES)
    best = int(np.argmin(lost))
    if not 0 < best < len(tried) - 1 or lost[best] > _LENS_CLEAR * min(lost[0], lost[-1]):
        return None
    for _ in range(_LENS_ROUNDS):
        tried = np.linspace(tried[best - 1], tried[best + 1], len(_LENSES))
        lost = off(tried)
        best = int(np.clip(np.argmin(lost), 1, len(tried) - 2))
    # the lowest point of a parabola through the best and its neighbours
    before, at, after = lost[best - 1 : best + 2]
    bend = before - 2.0 * at + after
    beside = 0.5 * (before - after) / bend if bend > 0 else 0.0
    step = tried[best] - tried[best - 1]
    return float(np.exp(tried[best] + step * np.clip(beside, -1.0, 1.0)))


def boxes_of(joints: np.ndarray, score: np.ndarray) -> np.ndarray:
    """(P, T, 4) boxes round people's joints (P, T, K, 2) px, widened, NaN where absent. score: (P, T, K)."""
    there = np.isfinite(joints).all(-1) & (np.nan_to_num(score) > 0.05)
    far = (
        np.where(there[..., None], joints, np.inf).min(axis=2),
        np.where(there[..., None], joints, -np.inf).max(axis=2),
    )
    absent = ~there.any(axis=-1)
    box = np.concatenate(far, axis=-1)
    box[absent] = np.nan
    margin = _AROUND * np.maximum(box[..., 3] - box[..., 1], box[..., 2] - box[..., 0])
    return box + margin[..., None] * np.array([-1.0, -1.0, 1.0, 1.0])


def _measured_lens(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    inliers: list[np.ndarray],
    intrinsics: tuple[float, float, float, float],
    keeper: CameraKeeper,
) -> float | None:
    """As measure_lens, once."""
    known = keeper.known("factor", 0)
    if known is not None:
        return None if np.isnan(known[0]) else float(known[0])
    factor = measure_lens(pairs, inliers, intrinsics)
    keeper.add("factor", 0, np.array(np.nan if factor is None else factor))
    return factor


def _inliers(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], limit: float, keeper: CameraKeeper
) -> list[np.ndarray]:
    """Of each frame (N,) bool: points of one plane."""
    found: list[np.ndarray] = []
    for first in range(0, len(pairs), _AT_ONCE):
        known = keeper.known("plane", first)
        if known is None:
            each = [_of_one_plane(*pairs[t], limit) for t in range(first, min(first + _AT_ONCE, len(pairs)))]
            known = [np.concatenate(each), np.array([len(one) for one in each])]
            keeper.add("plane", first, *known)
        found += np.split(known[0], np.cumsum(known[1])[:-1])
    return found


def _of_one_plane(there: np.ndarray, here: np.ndarray, limit: float) -> np.ndarray:
    """(N,) bool: points that one homography takes along (RANSAC); a turning camera's all do."""
    if len(there) < _FEWEST:
        return np.zeros(len(there), dtype=bool)
    _, mask = cv2.findHomography(here, there, cv2.RANSAC, limit)
    return np.zeros(len(there), dtype=bool) if mask is None else mask[:, 0].astype(bool)


def _chain(
    rows: Sequence[Followed],
    inliers: list[np.ndarray],
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    intrinsics: tuple[float, float, float, float],
    longer: float,
    *,
    kept: tuple[CameraKeeper, str],
    zooms: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotations (T, 3, 3) to the first frame, zooms (T,), and the share (T,) of points explained.

    kept: where it is kept, and under which name.
    """
    keeper, name = kept
    frames = len(rows)
    turns, zoom, share = np.tile(np.eye(3), (frames, 1, 1)), np.ones(frames), np.ones(frames)
    focal, centre = np.array(intrinsics[:2]), np.array(intrinsics[2:])
    keys = np.array([row.key for row in rows])
    for key in np.unique(keys[1:]):
        all_of_key = np.flatnonzero(keys == key)
        all_of_key = all_of_key[all_of_key > 0]
        before = all_of_key[0] - 1
        # a camera that stands for an hour has one key frame: some frames at a time, for the sake of memory
        for ours in np.split(all_of_key, range(_AT_ONCE, len(all_of_key), _AT_ONCE)):
            known = keeper.known(name, int(ours[0]))
            if known is None:
                points = gather([pairs[t] for t in ours], [inliers[t] for t in ours], focal, centre)
                told = points.good.sum(axis=1) >= _FEWEST
                turn, scale = fit(points[told], zoom=float(zoom[key]), zooms=zooms)
                zoom[ours[told]] = scale
                turns[ours[told]] = turns[key] @ turn
                off = carry(points.here[told], turn, scale) - points.there[told] / zoom[key]
                close = np.linalg.norm(off * focal * zoom[key], axis=-1) < _FITS * longer
                there_is = points.there_is.sum(axis=1)
                share[ours] = points.good.sum(axis=1) / np.maximum(there_is, 1)
                share[ours[there_is == 0]] = 1.0
                share[ours[told]] = (close & points.there_is[told]).sum(axis=1) / there_is[told]
                # what cannot be told is as it was before
                last = np.maximum.accumulate(np.where(told, ours, before))
                turns[ours], zoom[ours] = turns[last], zoom[last]
                keeper.add(name, int(ours[0]), turns[ours], zoom[ours], share[ours])
            else:
                turns[ours], zoom[ours], share[ours] = known
            before = ours[-1]
    return turns, zoom, share
