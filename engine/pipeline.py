"""A video in, tracks out: probe, follow people, bridge to the lifter's joints, lift to 3D."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blender_pose3d.tracks import Tracks

from . import cache, describe, trace
from .checkpoint import Checkpoint
from .errors import BadArguments, Cancelled, EngineError
from .progress import Progress
from .settings import DEFAULT_LIFTER, DEFAULT_POSE2D, Settings

if TYPE_CHECKING:
    from .models import Models
    from .people import People2D
    from .video import VideoInfo

__all__ = ["DEFAULT_LIFTER", "DEFAULT_POSE2D", "Settings", "choose", "lift_people", "track"]

log = logging.getLogger(__name__)


def track(
    video: str | Path,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    continued: Callable[[int], None] | None = None,
) -> Tracks:
    """Tracks of everybody in a video, most prominent first.

    progress(stage, done, total) is called with the stages load, follow and lift. cancelled is asked before
    every frame. continued is called with the number of the frame where an interrupted run goes on. Raises
    BadInput for a video that cannot be read or shows nobody, BadArguments, MissingWeights, Cancelled.
    """
    from . import models as models_module
    from . import video as video_module

    settings = settings or Settings()
    settings.check()
    with trace.span("probe"):
        info = video_module.probe(Path(video))
    log.info("%s: %dx%d, %d frames, %.3f fps", info.path.name, info.width, info.height, info.frames, info.fps)
    report, stop = progress or (lambda *_: None), cancelled or (lambda: False)
    with trace.span("load"):
        models = models_module.load(
            settings.pose2d,
            settings.lifter,
            settings.device,
            report,
            stop,
            flip=settings.flip,
            precision=settings.precision,
        )
    depends_on = _depends_on(info, settings, models)
    name = cache.key(depends_on)
    if settings.use_cache and (stored := cache.load(name)) is not None:
        log.info("The tracks come from the cache.")
        # the same bytes may have been seen under another name
        return describe.renamed(stored, info.path.name)
    work = _Work(info, settings, models, report, stop)
    if not settings.use_cache:
        return work.tracks()
    going_on = _GoingOn(continued)
    with Checkpoint(cache.key(depends_on, code=False), cache.code_fingerprint()) as checkpoint:
        try:
            tracks = work.tracks(checkpoint, going_on)
        except Cancelled:
            raise
        except Exception as error:
            # there is nothing to go on with; and what a checkpoint led to must not come back each time
            if isinstance(error, EngineError) or going_on.frame is not None:
                checkpoint.done()
            raise
        cache.store(name, tracks)
        checkpoint.done()
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
    from .lifting import Lifting

    return Lifting(info, settings, lambda *_: None, lambda: False).tracks(people, models)


class _GoingOn:
    """Remembers whether an interrupted run was gone on with, and tells who wants to know."""

    def __init__(self, tell: Callable[[int], None] | None) -> None:
        self.frame: int | None = None
        self._tell = tell

    def __call__(self, frame: int) -> None:
        self.frame = frame
        if self._tell is not None:
            self._tell(frame)


@dataclass(frozen=True)
class _Work:
    """What is to be done where no tracks are known yet."""

    info: VideoInfo
    settings: Settings
    models: Models
    report: Progress
    stop: Callable[[], bool]

    def tracks(
        self, checkpoint: Checkpoint | None = None, continued: Callable[[int], None] | None = None
    ) -> Tracks:
        from .lifting import Lifting
        from .looking import look

        given = (self.info, self.settings, self.models, self.report, self.stop)
        people, background = look(*given, checkpoint=checkpoint, continued=continued or (lambda frame: None))
        lifting = Lifting(self.info, self.settings, self.report, self.stop, checkpoint)
        ready = lifting.ready(people, self.models, background)
        # the background alone is as large as what the lift needs
        del people, background
        return lifting.lifted(ready, self.models)


def _depends_on(info: VideoInfo, settings: Settings, models: Models) -> dict[str, Any]:
    return {
        "video": info.sha256,
        "models": models.fingerprint(),
        "range": [settings.start, settings.end],
        "fov": settings.fov,
        "every_frame": settings.every_frame,
        "flip": settings.flip,
        **({} if info.lens is None else {"lens": info.lens}),
    }
