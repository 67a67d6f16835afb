"""A video's frames on their way: decoded, watched for the camera's motion and looked at, all at once.

Decoding, the camera's watch and the detector run ahead in threads of their own; who is looked at, and where,
follows from the frame before, so the looking itself is one thread.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

import cv2

from . import trace
from .camera_watch import CameraWatch, Followed
from .checkpoint import Checkpoint
from .errors import BadArguments, BadInput
from .frame import Frame
from .keeping import Keeper
from .overlap import Backlog, ahead
from .pace import CALM, EVERY_FRAME
from .people import People2D, follow
from .progress import Progress
from .scout import Scout
from .settings import Settings
from .video import VideoInfo, read_frames

if TYPE_CHECKING:
    from .models import Models

_MOST_AHEAD, _AHEAD_BYTES = 8, 48 << 20  # frames that wait before each stage, and their size as decoded


def look(
    info: VideoInfo,
    settings: Settings,
    models: Models,
    report: Progress,
    stop: Callable[[], bool],
    *,
    checkpoint: Checkpoint | None = None,
    continued: Callable[[int], None] = lambda frame: None,
) -> tuple[People2D, Sequence[Followed]]:
    """Everybody in a video, and points of its background in every frame.

    checkpoint: keeps how far it has come; where it holds something already it goes on there, and `continued`
    is called with the number of the frame.
    Raises BadArguments for a range without frames, BadInput where nobody is seen, Cancelled.
    """
    # OpenCV's own threads would only be in the way of the stages'
    cv2.setNumThreads(1)
    watch, depth = CameraWatch(), _depth(info)
    first, end = settings.start or 0.0, settings.end

    def read(number: int, seek: bool) -> Generator[Frame, None, None]:
        frames = read_frames(info.path, number, start_time=first, stop_time=end, seek=seek)
        return ahead(trace.over("decode", frames), depth, "decode")

    keeper = None
    if checkpoint is not None:
        keeper = Keeper(checkpoint, watch, models.network.skeleton, continued)
    decoded = read(0, True) if keeper is None else keeper.frames(read)
    scout, backlog = Scout(models.detector), Backlog()
    watched = ahead(watch.over(decoded), depth, "camera watch")
    # what holds frames up is to be done ahead only where more of them wait than following takes meanwhile
    most = depth + depth // 2
    scouting = scout.over(watched, lambda: len(backlog) >= most)
    with contextlib.closing(ahead(scouting, most, "scout", backlog)) as scouted:
        people = follow(
            scouted,
            models.network,
            scout,
            total=_expected_frames(info, settings),
            progress=report,
            cancelled=stop,
            pace=EVERY_FRAME if settings.every_frame else CALM,
            keeper=keeper,
        )
    count = len(people.time)
    if not count:
        raise BadArguments(
            f"No frame of {info.path.name} lies in the range asked for.",
            f"The video lasts {info.duration:.2f} seconds.",
        )
    report("follow", count, count)
    if not len(people.present):
        raise BadInput(
            f"No person found in {info.path.name} ({count} frames).",
            "Somebody must be in view for at least half a second, most of the body visible.",
        )
    return people, watch.rows


def _depth(info: VideoInfo) -> int:
    decoded = max(1, info.width * info.height * 3 // 2)
    return max(2, min(_MOST_AHEAD, _AHEAD_BYTES // decoded))


def _expected_frames(info: VideoInfo, settings: Settings) -> int:
    end = info.duration if settings.end is None else min(settings.end, info.duration)
    return max(1, min(info.frames, math.ceil((end - (settings.start or 0.0)) * info.fps)))
