"""A video's frames on their way: decoded, watched for the camera's motion and looked at, all at once.

Decoding and the camera's watch run ahead in threads of their own; who is looked at, and where, follows from
the frame before, so the looking itself is one thread.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from . import trace
from .camera_watch import CameraWatch, Followed
from .errors import BadArguments, BadInput
from .overlap import ahead
from .pace import CALM, EVERY_FRAME
from .people import People2D, follow
from .progress import Progress
from .settings import Settings
from .video import VideoInfo, read_frames

if TYPE_CHECKING:
    from .models import Models

_MOST_AHEAD, _AHEAD_BYTES = 8, 48 << 20  # frames that wait before each stage, and their size as decoded


def look(
    info: VideoInfo, settings: Settings, models: Models, report: Progress, stop: Callable[[], bool]
) -> tuple[People2D, Sequence[Followed]]:
    """Everybody in a video, and points of its background in every frame.

    Raises BadArguments for a range without frames, BadInput where nobody is seen, Cancelled.
    """
    frames = read_frames(info.path, start_time=settings.start or 0.0, stop_time=settings.end)
    watch, depth = CameraWatch(), _depth(info)
    decoded = ahead(trace.over("decode", frames), depth, "decode")
    with contextlib.closing(ahead(watch.over(decoded), depth, "camera watch")) as watched:
        people = follow(
            watched,
            models.network,
            models.detector,
            total=_expected_frames(info, settings),
            progress=report,
            cancelled=stop,
            pace=EVERY_FRAME if settings.every_frame else CALM,
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
