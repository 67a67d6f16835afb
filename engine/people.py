"""Finds people in a video and follows each: one pass over the frames, memory bounded by the poses kept.

Top-down: each followed person is looked for where the last pose and the motion say, the detector looks for
new people where the picture changed (search.py), sooner while nobody is followed or somebody has just been
lost. Who is found is then followed back through the frames before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from . import trace
from .columns import Column
from .errors import Cancelled
from .follower import Follower
from .frame import PictureFrame
from .keeping import Keeper
from .pace import EVERY_FRAME, Pace
from .pose2d.base import PersonDetector, PoseNetwork
from .scout import Scout
from .stitch import arrange, stitch

Progress = Callable[[str, int, int], None]

STAGE = "follow"


@dataclass(frozen=True)
class People2D:
    """Everybody in a video, most prominent first.

    frame: (T,) int32 source frame numbers. time: (T,) float64 seconds. present: (P, T) bool.
    joints2d: (P, T, K, 2) float32 px, score2d: (P, T, K) float32; NaN where not present.
    A joint outside the picture keeps the network's coordinates, outside the picture, with a score of at most
    body2d.OUTSIDE_SCORE; an occluded one lies inside it with a low score. looked: (T,) bool, frames whose
    picture was looked at for somebody; in others joints are interpolated, or nobody is. None: not known.
    """

    frame: np.ndarray
    time: np.ndarray
    present: np.ndarray
    joints2d: np.ndarray
    score2d: np.ndarray
    looked: np.ndarray | None = None


def follow(
    frames: Iterable[PictureFrame],
    network: PoseNetwork,
    detector: PersonDetector | Scout,
    *,
    total: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    pace: Pace = EVERY_FRAME,
    keeper: Keeper | None = None,
) -> People2D:
    """Follow everybody through the frames.

    pace: which frames are looked at; in those between two looks joints are interpolated. keeper: keeps how
    far it has come; the frames are then those that its ``frames`` gave.

    total: number of frames expected, for progress("follow", done, total). cancelled: asked before every
    frame. Raises Cancelled when it says so. A video with nobody in it gives zero people.
    """
    follower = Follower(network, detector, pace)
    numbers, times, size = Column(np.int32), Column(np.float64), (1, 1)
    if keeper is not None:
        numbers, times, size = keeper.hand_over(follower)
    if progress is not None:
        progress(STAGE, len(numbers), max(total, len(numbers)))
    frame = None
    for frame in frames:
        if cancelled is not None and cancelled():
            raise Cancelled
        height, width = frame.shape
        size = (width, height)
        with trace.span("follow"):
            follower.take(len(numbers), frame)
        numbers.append(frame.index)
        times.append(frame.time)
        if keeper is not None:
            keeper.after(follower, numbers, times, frame)
        if progress is not None:
            progress(STAGE, len(numbers), max(total, len(numbers)))
    with trace.span("follow"):
        follower.finish()
    if keeper is not None and frame is not None:
        keeper.after(follower, numbers, times, frame, now=True)
    time = np.array(times)
    looked = np.zeros(len(time), dtype=bool)
    looked[follower.looked] = True
    with trace.span("stitch"):
        for tracklet in follower.all:
            tracklet.bend()
        people = stitch(follower.all, time, size)
        present, joints, score = arrange(people, len(time), network.skeleton, size)
    return People2D(np.array(numbers), time, present, joints, score, looked)
