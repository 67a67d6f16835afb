"""A video in, tracks out: probe, follow people, bridge to the lifter's joints, lift to 3D."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from blender_pose3d.tracks import Tracks

from . import cache, describe, trace
from .errors import BadArguments, BadInput, Cancelled
from .pose2d.default import default_pose2d
from .progress import Progress

if TYPE_CHECKING:
    from blender_pose3d.skeleton import Skeleton

    from .camera_motion import CameraMotion
    from .camera_watch import Followed
    from .models import Models
    from .people import People2D
    from .video import VideoInfo

log = logging.getLogger(__name__)

DEFAULT_POSE2D = default_pose2d()
DEFAULT_LIFTER = "gastnet-27f-19j"

_GAP_FILLED = 0.3  # seconds that a joint may be missing and still be filled over time


@dataclass(frozen=True)
class Settings:
    """What decides the result, apart from the video.

    pose2d, lifter: names of networks, or paths of weight files. device: auto, cpu or cuda. start, end:
    seconds, None for the whole video. fov: the camera's field of view in degrees along the longer side,
    None for what the file says, else a usual one. use_cache: read and keep tracks in the cache folder.
    """

    pose2d: str = DEFAULT_POSE2D
    lifter: str = DEFAULT_LIFTER
    device: str = "auto"
    start: float | None = None
    end: float | None = None
    fov: float | None = None
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


def track(
    video: str | Path,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Tracks:
    """Tracks of everybody in a video, most prominent first.

    progress(stage, done, total) is called with the stages load, follow and lift. cancelled is asked before
    every frame. Raises BadInput for a video that cannot be read or shows nobody, BadArguments,
    MissingWeights, Cancelled.
    """
    from . import video as video_module

    settings = settings or Settings()
    settings.check()
    with trace.span("probe"):
        info = video_module.probe(Path(video))
    log.info("%s: %dx%d, %d frames, %.3f fps", info.path.name, info.width, info.height, info.frames, info.fps)
    run = _Run(info, settings, progress or (lambda *_: None), cancelled or (lambda: False))
    with trace.span("load"):
        models = run.load()
    name = run.cache_key(models)
    if settings.use_cache and (stored := cache.load(name)) is not None:
        log.info("The tracks come from the cache.")
        # the same bytes may have been seen under another name
        return describe.renamed(stored, info.path.name)
    people, background = run.follow(models)
    tracks = run.lift(people, models, background)
    if settings.use_cache:
        cache.store(name, tracks)
    return tracks


def choose(tracks: Tracks, person: int | None = None) -> Tracks:
    """Only one person: number from 1 by prominence, None for the most prominent.

    Raises BadArguments for a number that nobody has.
    """
    number = 1 if person is None else person
    if not 1 <= number <= tracks.people:
        found = "1 person was" if tracks.people == 1 else f"{tracks.people} people were"
        raise BadArguments(
            f"There is no person {number}: {found} found.", "They count from 1, largest first."
        )
    return tracks.select([number - 1])


def lift_people(people: People2D, info: VideoInfo, models: Models, settings: Settings) -> Tracks:
    """Tracks of people who were followed already, without the cache: for measuring lifters."""
    return _Run(info, settings, lambda *_: None, lambda: False).lift(people, models)


@dataclass(frozen=True)
class _Run:
    """One video on its way through the stages."""

    info: VideoInfo
    settings: Settings
    report: Progress
    stop: Callable[[], bool]

    def load(self) -> Models:
        from . import models

        settings = self.settings
        return models.load(settings.pose2d, settings.lifter, settings.device, self.report, self.stop)

    def cache_key(self, models: Models) -> str:
        settings = self.settings
        return cache.key(
            {
                "video": self.info.sha256,
                "models": models.fingerprint(),
                "range": [settings.start, settings.end],
                "fov": settings.fov,
                **({} if self.info.lens is None else {"lens": self.info.lens}),
            }
        )

    def follow(self, models: Models) -> tuple[People2D, list[Followed]]:
        """Everybody in the video, and points of its background."""
        from .camera_watch import CameraWatch
        from .people import follow
        from .video import read_frames

        settings = self.settings
        frames = read_frames(self.info.path, start_time=settings.start or 0.0, stop_time=settings.end)
        watch = CameraWatch()
        people = follow(
            watch.over(trace.over("decode", frames)),
            models.network,
            models.detector,
            total=self._expected_frames(),
            progress=self.report,
            cancelled=self.stop,
        )
        count = len(people.time)
        if not count:
            raise BadArguments(
                f"No frame of {self.info.path.name} lies in the range asked for.",
                f"The video lasts {self.info.duration:.2f} seconds.",
            )
        self.report("follow", count, count)
        if not len(people.present):
            raise BadInput(
                f"No person found in {self.info.path.name} ({count} frames).",
                "Somebody must be in view for at least half a second, most of the body visible.",
            )
        return people, watch.rows

    def _expected_frames(self) -> int:
        info, settings = self.info, self.settings
        end = info.duration if settings.end is None else min(settings.end, info.duration)
        return max(1, min(info.frames, math.ceil((end - (settings.start or 0.0)) * info.fps)))

    def lift(self, people: People2D, models: Models, background: list[Followed] | None = None) -> Tracks:
        from .bridge import to_lifter

        people = _on_their_sides(people, models.network.skeleton)
        intrinsics = self._intrinsics()
        moved = None if background is None else self._camera_motion(people, background, intrinsics)
        if moved is not None and moved.focal is not None:
            intrinsics = (moved.focal, moved.focal, *intrinsics[2:])
        size = (self.info.width, self.info.height)
        joints, score = to_lifter(
            people.joints2d,
            people.score2d,
            models.network.skeleton,
            size,
            max_gap=round(_GAP_FILLED * self.info.fps),
        )
        frames, total = people.present.shape[1], people.present.size
        joints3d = np.full((*people.present.shape, len(models.lifter.skeleton), 3), np.nan, dtype=np.float32)
        score3d = np.full(joints3d.shape[:-1], np.nan, dtype=np.float32)
        self.report("lift", 0, total)
        for p, known in enumerate(np.all(np.isfinite(joints), axis=(-1, -2))):
            for first, last in _runs(known):
                if self.stop():
                    raise Cancelled
                run = slice(first, last)
                with trace.span("lift"):
                    joints3d[p, run], score3d[p, run] = models.lifter.lift(
                        joints[p, run], score[p, run], intrinsics
                    )
                self.report("lift", p * frames + int(last), total)
        self.report("lift", total, total)
        # the bridge fills short absences for the lifter's sake; to show them or not is for the reader to say
        joints3d[~people.present] = np.nan
        score3d[~people.present] = np.nan
        whole = self.settings.start is None and self.settings.end is None
        given, in_file = self.settings.fov is not None, self.info.lens is not None
        camera = describe.camera(intrinsics, given=given, in_file=in_file, motion=moved)
        return Tracks(
            meta=describe.meta(people, self.info, models, camera, whole=whole),
            frame=people.frame,
            time=people.time,
            present=people.present,
            joints2d=people.joints2d,
            score2d=people.score2d,
            joints3d=joints3d,
            score3d=score3d,
            camera_rotation=None if moved is None else moved.rotation,
            camera_zoom=None if moved is None else moved.zoom,
        )

    def _camera_motion(
        self, people: People2D, background: list[Followed], intrinsics: tuple[float, float, float, float]
    ) -> CameraMotion:
        from .camera_motion import boxes_of, find_motion

        boxes = boxes_of(people.joints2d, people.score2d)
        known = self.settings.fov is not None
        size = self.info.width, self.info.height
        with trace.span("camera motion"):
            moved = find_motion(background, boxes, intrinsics, size, lens_known=known)
        log.info("The camera: %s.", moved.kind)
        return moved

    def _intrinsics(self) -> tuple[float, float, float, float]:
        from .lens_metadata import field_of_view
        from .lift.camera import default_intrinsics

        size, fov = (self.info.width, self.info.height), self.settings.fov
        if fov is None and self.info.lens is not None:
            fov = field_of_view(self.info.lens, *size)
        return default_intrinsics(*size, fov)


def _on_their_sides(people: People2D, skeleton: Skeleton) -> People2D:
    from .swaps2d import undo_swaps

    joints, score, changed = undo_swaps(people.joints2d, people.score2d, skeleton, people.time)
    if changed.any():
        log.info("Left and right were put back in %d poses.", int(changed.sum()))
    return replace(people, joints2d=joints, score2d=score)


def _runs(mask: np.ndarray) -> np.ndarray:
    """(R, 2) first and last + 1 index of each run of True in a (T,) mask."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)
