"""Keeps how far following people has come, and goes on from there after an interruption."""

from __future__ import annotations

import itertools
import logging
import time
import zipfile
import zlib
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from .backtrack import PastFrame
from .checkpoint import Checkpoint
from .columns import Column
from .follower_state import Recorder, State, put_together

if TYPE_CHECKING:
    from blender_pose3d.skeleton import Skeleton

    from .camera_watch import CameraWatch
    from .follower import Follower
    from .frame import PictureFrame

log = logging.getLogger(__name__)

EVERY = 20.0  # seconds of work between two parts
_SMALL = 160  # px of the picture whose check is kept

Frames = Generator["PictureFrame", None, None]


class Keeper:
    """For one run of ``people.follow``: tells it where to go on, and keeps how far it has come.

    continued: called with the number of the frame where an interrupted run goes on.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        watch: CameraWatch,
        skeleton: Skeleton,
        continued: Callable[[int], None] = lambda frame: None,
    ) -> None:
        self._checkpoint, self._watch, self._skeleton = checkpoint, watch, skeleton
        self._continued = continued
        self._state: State | None = None
        self._again: list[PastFrame] = []
        self._recorder = Recorder()
        self._last = time.monotonic()

    def frames(self, read: Callable[[int, bool], Frames]) -> Frames:
        """The frames that are still to be taken. read: gives those from a number on, by seeking or not."""
        state = self._stored()
        if state is not None:
            for seek in (True, False):
                frames = read(int(state.numbers[state.first_needed]), seek)
                again = list(itertools.islice(frames, len(state.numbers) - state.first_needed))
                if _same(again, state):
                    self._go_on(state, again)
                    return frames
                frames.close()
            log.warning("The video reads otherwise than before it was interrupted: it begins anew.")
            self._checkpoint.forget_after(0)
        return read(0, True)

    def hand_over(self, follower: Follower) -> tuple[Column, Column, tuple[int, int]]:
        """Put a new follower where the interrupted one was. Call after ``frames``.

        Returns numbers and times of the frames taken already, and the picture's width and height.
        """
        if self._state is None:
            return Column("int32"), Column("float64"), (1, 1)
        self._state.hand_to(follower, self._again)
        height, width = self._again[-1].frame.shape
        self._again = []
        return self._state.numbers, self._state.times, (width, height)

    def after(
        self, follower: Follower, numbers: Column, times: Column, frame: PictureFrame, *, now: bool = False
    ) -> None:
        """A frame was taken, the last one of the columns. now: keep it at once, not only when it is time."""
        if follower.waiting or not (now or time.monotonic() - self._last >= EVERY):
            return
        part = self._recorder.part(follower, numbers, times, self._watch.rows, _check(frame))
        if not self._checkpoint.write(part):
            # without this part those after it would be of no use
            self._checkpoint.__exit__()
        self._last = time.monotonic()

    def _stored(self) -> State | None:
        parts = self._checkpoint.load(holding="frame")
        if not parts:
            return None
        try:
            return put_together(parts, self._skeleton)
        except (ValueError, KeyError, IndexError, zlib.error, zipfile.BadZipFile) as error:
            log.warning("A checkpoint is of no use: %s. The video begins anew.", error)
            self._checkpoint.forget_after(0)
            return None

    def _go_on(self, state: State, again: list[PictureFrame]) -> None:
        first = state.first_needed
        self._state, self._recorder = state, state.recorder
        self._again = [PastFrame(first + i, frame) for i, frame in enumerate(again)]
        if state.watched is not None:
            self._watch.go_on(state.watched, again[-1])
        number = int(state.numbers[-1]) + 1
        log.info("An interrupted run goes on at frame %d.", number)
        self._continued(number)


def _same(again: list[PictureFrame], state: State) -> bool:
    """Whether the frames are those that were taken before."""
    first = state.first_needed
    numbers, times = state.numbers.array[first:], state.times.array[first:]
    return (
        [frame.index for frame in again] == numbers.tolist()
        and [frame.time for frame in again] == times.tolist()
        and _check(again[-1]) == state.check
    )


def _check(frame: PictureFrame) -> int:
    return zlib.crc32(frame.grey(_SMALL).tobytes())
