"""From tracks to motion: one person, uniform frames, clean, in the world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .camera import Camera
from .clean import Cleaned, calm, fill_gaps, mend
from .filters import smooth_parts
from .footing import Footing, stand
from .picture import look
from .refine import onto_picture, upright
from .settings import STATURE, MotionSettings
from .shot import say_camera
from .skeleton import Skeleton
from .stages import Chain, Stages
from .taking import MotionError, Taken, take
from .tracks import Tracks
from .world import Placed, find_path, place_in_world, place_measured, settled

__all__ = ["Motion", "MotionError", "motion_from_tracks"]

_TELLS_STEPS = 8.0  # frames a second, below which a foot that stands cannot be told from one that steps


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


def motion_from_tracks(
    tracks: Tracks,
    person: int = 0,
    settings: MotionSettings | None = None,
    *,
    stages: Stages | None = None,
) -> Motion:
    """Motion of one person (index from 0), from the first to the last frame they are present in.

    Of tracks with ``world3d`` path, up and size are known: they are cleaned, and feet held, as the settings
    say. stages: what an earlier call made of the same tracks; only what hangs on a changed setting is made
    anew. Raises MotionError with one line if there is no such person, or nothing of them to go by.
    """
    asked = settings or MotionSettings()
    # Everybody is 1.70 m tall until the end: what is known of feet and floors is known of that size.
    own, skeleton = replace(asked, height=None), tracks.skeleton3d
    chain = (stages or Stages(keeps=False)).chain(tracks, person, asked)
    taken = chain.of("take", lambda: take(tracks, person, own))
    chain.count(len(taken.time))
    if taken.fps < _TELLS_STEPS:
        own = replace(own, plant_feet=0.0)
    try:
        cleaned = _cleaned(chain, taken, skeleton, own)
        placed = _placed(chain, taken, cleaned, skeleton, own)
    except ValueError as error:
        raise MotionError(f"Person {person + 1} cannot be animated. {error}") from error
    footing = chain.of("stand", lambda: _footing(placed, taken, cleaned.score, skeleton, own))
    start = np.array([*footing.joints[0, skeleton.index("Hip"), :2], 0.0])
    size = asked.size if taken.size is None or asked.height is not None else taken.size
    return Motion(
        fps=taken.fps,
        start_frame=taken.start_frame,
        time=taken.time,
        joints=size * (footing.joints - start),
        score=cleaned.score,
        skeleton=skeleton,
        camera=replace(placed.camera, origin=size * (placed.camera.origin - start)),
        filled=cleaned.filled,
        raw=size * taken.raw,
        notes=_notes(taken, asked, cleaned)
        + (say_camera(tracks, taken.picture, asked) if taken.path is None else [])
        + placed.notes,
        turns=taken.picture.turns,
        contacts=footing.contacts,
        hands=footing.hands,
    )


def _cleaned(chain: Chain, taken: Taken, skeleton: Skeleton, settings: MotionSettings) -> Cleaned:
    """Mended and calm; what was mended is let go of again, unless it is kept."""
    mended = chain.of("mend", lambda: _mended(taken, skeleton, settings))
    return chain.of("calm", lambda: calm(mended, skeleton, taken.fps, settings))


def _mended(taken: Taken, skeleton: Skeleton, settings: MotionSettings) -> Cleaned:
    def correct(joints: np.ndarray, score: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        sight = look(taken.picture, score, skeleton)
        return onto_picture(upright(joints), sight, lengths, skeleton, taken.fps)

    measured = taken.path is not None
    how = correct if settings.fit_picture and not measured else None
    return mend(taken.raw, taken.score, skeleton, taken.fps, settings, correct=how, measured=measured)


def _placed(
    chain: Chain, taken: Taken, cleaned: Cleaned, skeleton: Skeleton, settings: MotionSettings
) -> Placed:
    """The pose in the world, on its feet as a whole."""
    fps, score, camera = taken.fps, cleaned.score, taken.picture.camera
    hips = taken.path
    if hips is not None:
        path = chain.of("path", lambda: _measured_path(hips, skeleton, fps, settings))
        return chain.of(
            "place",
            lambda: place_measured(cleaned.joints, path, skeleton, camera, fps=fps, size=settings.size),
        )
    seen = chain.of("path", lambda: find_path(cleaned.joints, score, skeleton, taken.picture, fps=fps))
    placed = chain.of(
        "place", lambda: place_in_world(seen, score, skeleton, camera, fps=fps, settings=settings)
    )
    return chain.of("settle", lambda: settled(placed, score, skeleton, fps=fps, settings=settings))


def _footing(
    placed: Placed, taken: Taken, score: np.ndarray, skeleton: Skeleton, settings: MotionSettings
) -> Footing:
    if not placed.stands:
        settings = replace(settings, plant_feet=0.0)
    seen_from = placed.camera.origin if taken.path is None else None
    return stand(placed.joints, score, skeleton, taken.fps, settings, seen_from=seen_from)


def _measured_path(hips: np.ndarray, skeleton: Skeleton, fps: float, settings: MotionSettings) -> np.ndarray:
    """The hips' measured path (T, 3), NaN where missing, filled and smoothed as they are."""
    known = np.isfinite(hips).all(-1)[:, None]
    filled, _ = fill_gaps(hips[:, None], known, round(settings.max_gap * fps), fps)
    alone, weight = replace(skeleton, joints=("Hip",), parents=(-1,)), np.where(known, 1.0, 0.0)
    name, strength, parts = settings.filter, settings.strength, settings.parts
    return smooth_parts(filled, weight, alone, fps, name=name, strength=strength, factors=parts)[:, 0]


def _notes(taken: Taken, settings: MotionSettings, cleaned: Cleaned) -> list[str]:
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
