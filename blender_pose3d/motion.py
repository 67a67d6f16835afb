"""From tracks to motion: one person, uniform frames, clean, in the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .bones import bone_lengths, stature
from .camera import Camera
from .clean import Cleaned, clean, fill_gaps
from .filters import smooth_parts
from .footing import stand
from .picture import Picture, look
from .refine import onto_picture, upright
from .resample import frame_rate, nearest_rotations, resample, uniform_time
from .settings import STATURE, MotionSettings
from .shot import camera_of, say_camera
from .skeleton import Skeleton
from .tracks import Tracks
from .world import LEVEL, Placed, place_in_world, place_measured

_TELLS_STEPS = 8.0  # frames a second, below which a foot that stands cannot be told from one that steps


class MotionError(ValueError):
    """Tracks from which no motion can be made. One line, for people."""


@dataclass(frozen=True)
class Motion:
    """Joints in Blender's world: metres, z up, floor at 0, the first hip above the origin, never NaN.

    fps: uniform. start_frame: source frame of the first. time: (T,) source seconds. joints: (T, J, 3).
    score: (T, J) 0 to 1, 0 where nothing was captured; filled: (T, J) bool, those. raw: (T, J, 3) the
    hip-relative joints before cleaning, camera axes, NaN where missing. notes: sentences for the user.
    contacts: (T, 4) bool, when left heel, left toe, right heel, right toe are on the ground, if it is known.
    hands: (T, 2) bool, when left and right hand rest in one place, where that was asked for.
    """

    fps: float
    start_frame: int
    time: np.ndarray
    joints: np.ndarray
    score: np.ndarray
    skeleton: Skeleton
    camera: Camera
    filled: np.ndarray
    raw: np.ndarray
    notes: list[str] = field(default_factory=list)
    contacts: np.ndarray | None = None
    turns: np.ndarray | None = None
    hands: np.ndarray | None = None

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return int(self.joints.shape[0])


def motion_from_tracks(tracks: Tracks, person: int = 0, settings: MotionSettings | None = None) -> Motion:
    """Motion of one person (index from 0), from the first to the last frame they are present in.

    Of tracks with ``world3d`` path, up and size are known: they are cleaned, and feet held, as the settings
    say. Raises MotionError with one line if there is no such person, or nothing of them to go by.
    """
    asked = settings or MotionSettings()
    taken = _take(tracks, person, asked)
    # Everybody is 1.70 m tall until the end: what is known of feet and floors is known of that size.
    settings = replace(asked, height=None)
    if taken.fps < _TELLS_STEPS:
        settings = replace(settings, plant_feet=0.0)
    try:
        cleaned = _cleaned(taken, tracks.skeleton3d, settings)
        path = _measured_path(taken, tracks.skeleton3d, settings)
    except ValueError as error:
        raise MotionError(f"Person {person + 1} cannot be animated. {error}") from error
    skeleton, score, fps = tracks.skeleton3d, cleaned.score, taken.fps
    placed: Placed
    if path is None:
        placed = place_in_world(cleaned.joints, score, skeleton, taken.picture, fps=fps, settings=settings)
    else:
        camera = taken.picture.camera
        placed = place_measured(cleaned.joints, path, skeleton, camera, fps=fps, size=settings.size)
    if not placed.stands:
        settings = replace(settings, plant_feet=0.0)
    seen_from = placed.camera.origin if path is None else None
    footing = stand(placed.joints, score, skeleton, fps, settings, seen_from=seen_from)
    start = np.array([*footing.joints[0, skeleton.index("Hip"), :2], 0.0])
    return Motion(
        fps=fps,
        start_frame=taken.start_frame,
        time=taken.time,
        joints=taken.size * (footing.joints - start),
        score=score,
        skeleton=skeleton,
        camera=replace(placed.camera, origin=taken.size * (placed.camera.origin - start)),
        filled=cleaned.filled,
        raw=taken.size * taken.raw,
        notes=_notes(taken, asked, cleaned)
        + (say_camera(tracks, taken.picture, asked) if path is None else [])
        + placed.notes,
        turns=taken.picture.turns,
        contacts=footing.contacts,
        hands=footing.hands,
    )


@dataclass(frozen=True)
class _Taken:
    """One person at uniform times. raw: (T, J, 3) metres of somebody 1.70 m tall. score: (T, J). size: what
    these lengths are multiplied with at the end. path: (T, 3) the hips' places in the world, of somebody
    1.70 m tall, NaN where missing; None where there is only a picture to tell them."""

    fps: float
    source_fps: float
    start_frame: int
    time: np.ndarray
    raw: np.ndarray
    score: np.ndarray
    picture: Picture
    size: float
    path: np.ndarray | None = None


def _take(tracks: Tracks, person: int, settings: MotionSettings) -> _Taken:
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
    taken_ = _Taken(fps, source_fps, int(tracks.frame[first]), wanted, raw, score, picture, settings.size)
    return taken_ if tracks.world3d is None else _from_world(taken_, tracks.skeleton3d, settings)


def _from_world(taken: _Taken, skeleton: Skeleton, settings: MotionSettings) -> _Taken:
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
    own = settings.size if settings.height is not None else 1.0 / size
    return replace(taken, raw=pose, size=own, path=size * hip[:, 0])


def _measured_path(taken: _Taken, skeleton: Skeleton, settings: MotionSettings) -> np.ndarray | None:
    """(T, 3) the hips' path, filled and smoothed as they are; None where it is to be found."""
    if taken.path is None:
        return None
    known = np.isfinite(taken.path).all(-1)[:, None]
    filled, _ = fill_gaps(taken.path[:, None], known, round(settings.max_gap * taken.fps), taken.fps)
    hip = replace(skeleton, joints=("Hip",), parents=(-1,))
    weight = np.where(known, 1.0, 0.0)
    return smooth_parts(
        filled,
        weight,
        hip,
        taken.fps,
        name=settings.filter,
        strength=settings.strength,
        factors=settings.parts,
    )[:, 0]


def _cleaned(taken: _Taken, skeleton: Skeleton, settings: MotionSettings) -> Cleaned:
    def correct(joints: np.ndarray, score: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        sight = look(taken.picture, score, skeleton)
        return onto_picture(upright(joints), sight, lengths, skeleton, taken.fps)

    how = correct if settings.fit_picture else None
    if taken.path is not None:
        return clean(taken.raw, taken.score, skeleton, taken.fps, settings, measured=True)
    return clean(taken.raw, taken.score, skeleton, taken.fps, settings, correct=how)


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


def _notes(taken: _Taken, settings: MotionSettings, cleaned: Cleaned) -> list[str]:
    notes = []
    fps, source_fps = taken.fps, taken.source_fps
    if settings.height is None and taken.path is None:
        notes.append(f"The person is assumed to be {STATURE:.2f} m tall; set the height for a true scale.")
    if abs(fps - source_fps) > 1e-6 * fps:
        notes.append(f"The motion has {fps:g} frames a second, the footage {source_fps:g}.")
    gone = cleaned.filled.all(axis=1)
    held = cleaned.held.all(axis=1)
    if gone.any():
        text = f"The person was out of sight in {int(gone.sum())} {_frames(gone.sum())}"
        end = (
            ", held and blended where it was long." if held.any() else ", filled from the frames around them."
        )
        notes.append(text + end)
    swapped = int(cleaned.swapped.any(axis=1).sum())
    if swapped:
        notes.append(f"Left and right were exchanged in {swapped} {_frames(swapped)}, and were put back.")
    return notes


def _frames(count: int) -> str:
    return "frame" if count == 1 else "frames"
