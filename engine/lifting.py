"""People followed in a picture, to tracks in space: the camera, the lifter's joints, the lift itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from blender_pose3d.tracks import Tracks

from . import describe, trace
from .checkpoint import Checkpoint
from .errors import Cancelled
from .lift_keeping import LiftKeeper
from .progress import Progress
from .settings import Settings

if TYPE_CHECKING:
    from blender_pose3d.skeleton import Skeleton

    from .camera_motion import CameraMotion
    from .camera_watch import Followed
    from .lift.lifter import Lifter
    from .models import Models
    from .people import People2D
    from .video import VideoInfo

log = logging.getLogger(__name__)

_PIECE = 4096  # frames lifted at once, a multiple of the lifter's chunks
_GAP_FILLED = 0.3  # seconds that a joint may be missing and still be filled over time


@dataclass(frozen=True)
class Ready:
    """What is lifted, and how the camera looked at it: intrinsics are fx, fy, cx, cy px."""

    people: People2D
    intrinsics: tuple[float, float, float, float]
    moved: CameraMotion | None


@dataclass(frozen=True)
class Lifting:
    """One video's way from 2D to 3D. report: as pipeline.track's progress; stop: whether to give up.

    checkpoint: keeps how far it has come.
    """

    info: VideoInfo
    settings: Settings
    report: Progress
    stop: Callable[[], bool]
    checkpoint: Checkpoint | None = None

    def tracks(
        self, people: People2D, models: Models, background: Sequence[Followed] | None = None
    ) -> Tracks:
        """Tracks of everybody: ``ready``, then ``lifted``. Raises Cancelled."""
        return self.lifted(self.ready(people, models, background), models)

    def ready(self, people: People2D, models: Models, background: Sequence[Followed] | None = None) -> Ready:
        """All that can be told before the lift, for which neither argument is needed any more.

        background: of every frame, None for a camera that is known to be still.
        """
        people = _on_their_sides(people, models.network.skeleton)
        intrinsics = self._intrinsics()
        moved = None if background is None else self._camera_motion(people, background, intrinsics)
        if moved is not None and moved.focal is not None:
            intrinsics = (moved.focal, moved.focal, *intrinsics[2:])
        return Ready(people, intrinsics, moved)

    def lifted(self, ready: Ready, models: Models) -> Tracks:
        """Tracks of everybody. Raises Cancelled."""
        people, intrinsics, moved = ready.people, ready.intrinsics, ready.moved
        joints3d, score3d = self._lift(people, models, intrinsics)
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

    def _lift(
        self, people: People2D, models: Models, intrinsics: tuple[float, float, float, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """(P, T, J, 3) metres and (P, T, J), NaN where not present."""
        from .bridge import to_lifter

        frames, total = people.present.shape[1], people.present.size
        joints3d = np.full((*people.present.shape, len(models.lifter.skeleton), 3), np.nan, dtype=np.float32)
        score3d = np.full(joints3d.shape[:-1], np.nan, dtype=np.float32)
        kept = LiftKeeper(self.checkpoint, people.joints2d, people.score2d, intrinsics)
        self.report("lift", 0, total)
        # one after another: what is made on the way takes more room than a person's joints
        for p in range(len(people.present)):
            joints, score = to_lifter(
                people.joints2d[p],
                people.score2d[p],
                models.network.skeleton,
                (self.info.width, self.info.height),
                max_gap=round(_GAP_FILLED * self.info.fps),
            )
            for first, last in _runs(np.all(np.isfinite(joints), axis=(-1, -2))).tolist():
                for begin in range(first, last, _PIECE):
                    if self.stop():
                        raise Cancelled
                    part = slice(begin, min(begin + _PIECE, last))
                    piece = kept.known(p, begin)
                    if piece is None:
                        piece = _piece(models.lifter, (joints, score), part, (first, last), intrinsics)
                    joints3d[p, part], score3d[p, part] = piece
                    kept.add(p, begin, joints3d[p, part], score3d[p, part])
                    self.report("lift", p * frames + part.stop, total)
        self.report("lift", total, total)
        # the bridge fills short absences for the lifter's sake; to show them or not is for the reader to say
        joints3d[~people.present] = np.nan
        score3d[~people.present] = np.nan
        return joints3d, score3d

    def _camera_motion(
        self, people: People2D, background: Sequence[Followed], intrinsics: tuple[float, float, float, float]
    ) -> CameraMotion:
        from .camera_keeping import CameraKeeper
        from .camera_motion import boxes_of, find_motion
        from .camera_watch import Watched

        boxes = boxes_of(people.joints2d, people.score2d)
        known = self.settings.fov is not None
        size = self.info.width, self.info.height
        with trace.span("camera motion"):
            seen = background.columns(len(background)).values() if isinstance(background, Watched) else ()
            keeper = CameraKeeper(self.checkpoint, boxes, intrinsics, size, known, *seen)
            moved = find_motion(background, boxes, intrinsics, size, lens_known=known, keeper=keeper)
        log.info("The camera: %s.", moved.kind)
        return moved

    def _intrinsics(self) -> tuple[float, float, float, float]:
        from .lens_metadata import field_of_view
        from .lift.camera import default_intrinsics

        size, fov = (self.info.width, self.info.height), self.settings.fov
        if fov is None and self.info.lens is not None:
            fov = field_of_view(self.info.lens, *size)
        return default_intrinsics(*size, fov)


def _piece(
    lifter: Lifter,
    seen: tuple[np.ndarray, np.ndarray],
    part: slice,
    run: tuple[int, int],
    intrinsics: tuple[float, float, float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """A part of a run of frames, lifted as in the whole: memory does not grow with the clip. seen: joints and
    scores of all frames."""
    around = getattr(lifter, "context", 0)
    first, last = max(run[0], part.start - around), min(run[1], part.stop + around)
    with trace.span("lift"):
        lifted = lifter.lift(seen[0][first:last], seen[1][first:last], intrinsics)
    ours = slice(part.start - first, part.stop - first)
    return lifted[0][ours], lifted[1][ours]


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
