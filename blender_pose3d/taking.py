"""One person out of tracks, at uniform times: what the stages of a motion begin with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .bones import bone_lengths, stature
from .picture import Picture
from .resample import frame_rate, nearest_rotations, resample, uniform_time
from .settings import STATURE, MotionSettings
from .shot import camera_of
from .skeleton import Skeleton
from .tracks import Tracks
from .world import LEVEL


class MotionError(ValueError):
    """Tracks from which no motion can be made. One line, for people."""


@dataclass(frozen=True)
class Taken:
    """raw: (T, J, 3) hip-relative, metres of somebody 1.70 m tall. score: (T, J). size: of the person, 1 for
    1.70 m, where it was measured, else None. path: (T, 3) the hips' places in the world, of somebody 1.70 m
    tall, NaN where missing; None where there is only a picture to tell them."""

    fps: float
    source_fps: float
    start_frame: int
    time: np.ndarray
    raw: np.ndarray
    score: np.ndarray
    picture: Picture
    size: float | None = None
    path: np.ndarray | None = None


def take(tracks: Tracks, person: int, settings: MotionSettings) -> Taken:
    """One person (index from 0) at the rate, with the gaps and the lens of the settings; no other counts.

    Raises MotionError with one line if there is no such person, or nothing of them to go by.
    """
    first, last = _present_range(tracks, person)
    cut = slice(first, last + 1)
    time = tracks.time[cut]
    video = tracks.meta.get("video") or {}
    source_fps = frame_rate(time, tracks.frame[cut], video.get("fps"))
    fps = settings.fps or source_fps
    wanted = uniform_time(time, fps)
    present = tracks.present[person, cut, None]
    longest = max(settings.max_gap, 1.5 / source_fps)

    def taken(values: np.ndarray) -> np.ndarray:
        return resample(np.asarray(values, dtype=np.float64), time, wanted, longest)

    def scores(values: np.ndarray) -> np.ndarray:
        return np.nan_to_num(taken(np.where(present, values[person, cut], 0.0)))

    def places(values: np.ndarray) -> np.ndarray:
        return taken(np.where(present[..., None], values[person, cut], np.nan))

    try:
        camera = camera_of(tracks, settings)
    except ValueError as error:
        raise MotionError(str(error)) from error
    turns, zoom = (
        None if moved is None else taken(moved[cut]) for moved in (tracks.camera_rotation, tracks.camera_zoom)
    )
    turns = None if turns is None else nearest_rotations(turns)
    seen = places(tracks.joints2d), scores(tracks.score2d)
    picture = Picture(*seen, tracks.skeleton2d, camera, turns, zoom)
    raw = places(tracks.joints3d if tracks.world3d is None else tracks.world3d)
    raw = np.where(np.isfinite(raw), raw, np.nan)
    score = scores(tracks.score3d)
    one = Taken(fps, source_fps, int(tracks.frame[first]), wanted, raw, score, picture)
    return one if tracks.world3d is None else _from_world(one, tracks.skeleton3d)


def _from_world(taken: Taken, skeleton: Skeleton) -> Taken:
    """From joints in the world, in ``raw``, to a pose relative to the hips and their path, at 1.70 m."""
    world = taken.raw
    height = stature(bone_lengths(world, np.isfinite(world).all(-1) * taken.score, skeleton), skeleton)
    if not height > 0:
        raise MotionError(
            "The joints of these tracks lie in one place, or too few of them are ever seen at once."
        )
    hip = world[:, [skeleton.index("Hip")]]
    size = STATURE / height
    pose = size * (world - hip) @ LEVEL
    return replace(taken, raw=pose, size=1.0 / size, path=size * hip[:, 0])


def _present_range(tracks: Tracks, person: int) -> tuple[int, int]:
    if not 0 <= person < tracks.people:
        people = f"{tracks.people} {'person' if tracks.people == 1 else 'people'}"
        raise MotionError(f"There is no person {person + 1}: the tracks hold {people}.")
    finite = np.isfinite(tracks.joints3d[person]).any(axis=(1, 2))
    there = np.flatnonzero(tracks.present[person] & finite)
    if not len(there):
        raise MotionError(
            f"Person {person + 1} is in no frame of these tracks, so there is nothing to animate."
        )
    return int(there[0]), int(there[-1])
