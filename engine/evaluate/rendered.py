"""The whole engine on rendered clips: pictures in, 3D out, against exact truth, beside BlazePose's own 3D."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import H36M_19, HALPE_26

from ..bridge import to_lifter
from ..errors import BadInput
from ..lift.camera import default_intrinsics
from ..lift.lifter import STATURE, Lifter
from ..models import Models
from ..pipeline import Settings, lift_people
from .blazepose_world import SHARED, shared_joints, towards
from .lifter_metrics import aligned_errors, joint_errors, scaled_errors, velocity_errors
from .seen import Seen, match, see
from .truth import Truth, read_truth

MEASURES = ("MPJPE", "P-MPJPE", "N-MPJPE", "MPJVE")
METHODS = ("ours", "ours, shared joints", "BlazePose 3D, shared joints", "ours, exact 2D")
_SHARED = list(SHARED)


def figures(prediction: np.ndarray, target: np.ndarray, row: np.ndarray) -> dict[str, float]:
    """Means over frames and joints in mm of poses (T, J, 3) in metres, hip first; MPJVE in mm a frame.

    row: (T,) frame numbers, so that no velocity is taken over a hole. Nothing seen gives NaN.
    """
    if not len(prediction):
        return dict.fromkeys(MEASURES, float("nan"))
    velocity = velocity_errors(prediction, target)[np.diff(row) == 1]
    values = (
        joint_errors(prediction, target).mean(),
        aligned_errors(prediction, target).mean(),
        scaled_errors(prediction, target).mean(),
        velocity.mean() if len(velocity) else float("nan"),
    )
    return {name: 1000 * float(value) for name, value in zip(MEASURES, values, strict=True)}


@dataclass(frozen=True)
class Clip:
    """What was measured of one clip. frames: of the clip; followed: those in which the person was.

    others: how many people were found besides. pixels: median distance of 2D keypoints from the
    truth, as a fraction of the person's height. figures: by METHODS.
    """

    name: str
    frames: int
    followed: int
    others: int
    pixels: float
    figures: dict[str, dict[str, float]]


def find_clips(folder: Path) -> list[Path]:
    """Folders with video.mp4 and truth.npz, sorted. Raises BadInput where there is none."""
    found = sorted(p.parent for p in folder.rglob("truth.npz") if (p.parent / "video.mp4").is_file())
    if not found:
        raise BadInput(
            f"{folder} holds no rendered clips.", "Make them with `python -m bench.rendered_clips`."
        )
    return found


def evaluate(
    folders: list[Path], models: Models, tell: Callable[[int, int], None] = lambda done, total: None
) -> list[Clip]:
    """Measure every clip. Raises BadInput for a broken video or truth file, or a lifter of 17 joints."""
    if models.lifter.skeleton != H36M_19:
        raise BadInput(f"{models.lifter.name} is for {models.lifter.skeleton.name}, not {H36M_19.name}.")
    clips = []
    for number, folder in enumerate(folders, start=1):
        clips.append(_measure(folder, models))
        tell(number, len(folders))
    return clips


def _measure(folder: Path, models: Models) -> Clip:
    truth = read_truth(folder / "truth.npz")
    seen, info = see(folder / "video.mp4", models.network, models.detector)
    if seen.present.shape[1] != truth.frames:
        raise BadInput(f"{folder.name}: the video has {seen.present.shape[1]} frames, not {truth.frames}.")
    # lifters and networks give the lengths of somebody of one stature: one camera cannot tell
    target = (truth.joints3d - truth.joints3d[:, :1]) * STATURE / float(truth.stature)
    rows = np.arange(truth.frames)
    exact = _lift_exact(truth, models.lifter)
    result = {"ours, exact 2D": figures(exact, target, rows)}
    person = match(seen, truth.keypoints2d)
    followed = np.flatnonzero(seen.present[person]) if person is not None else rows[:0]
    nobody = np.zeros((0, target.shape[1], 3))
    ours, theirs = nobody, nobody[:, _SHARED]
    pixels = float("nan")
    if person is not None:
        ours = lift_people(seen.people, info, models, Settings()).joints3d[person, followed].astype(float)
        theirs = _own_3d(seen, person, followed, (info.width, info.height))
        pixels = _pixel_error(seen, person, truth)
    result["ours"] = figures(ours, target[followed], followed)
    result["ours, shared joints"] = figures(ours[:, _SHARED], target[followed][:, _SHARED], followed)
    known = np.isfinite(theirs).all(axis=(1, 2))
    result["BlazePose 3D, shared joints"] = figures(
        theirs[known], target[followed[known]][:, _SHARED], followed[known]
    )
    others = len(seen.present) - (person is not None)
    return Clip(folder.name, truth.frames, len(followed), others, pixels, result)


def _lift_exact(truth: Truth, lifter: Lifter) -> np.ndarray:
    """(T, 19, 3): what the lifter makes of the surface's true keypoints, hidden or not."""
    width, height = (float(n) for n in truth.size)
    score = np.isfinite(truth.keypoints2d[..., 0]).astype(float)
    joints, score = to_lifter(truth.keypoints2d, score, HALPE_26, (width, height))
    return lifter.lift(joints, score, default_intrinsics(width, height))[0].astype(float)


def _own_3d(seen: Seen, person: int, followed: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    world = seen.world[person, followed].astype(float)
    hip = seen.joints2d[person, followed][:, [11, 12]].mean(axis=1).astype(float)
    return shared_joints(towards(world, hip, default_intrinsics(*map(float, size))))


def _pixel_error(seen: Seen, person: int, truth: Truth) -> float:
    height = float(truth.intrinsics[1] * truth.stature / np.median(truth.joints3d[:, 0, 2]))
    points = truth.keypoints2d[:, : seen.joints2d.shape[-2]]
    inside = ((points >= 0) & (points < truth.size)).all(axis=-1)
    away = np.linalg.norm(seen.joints2d[person] - points, axis=-1)
    known = inside & truth.keypoints_visible[:, : points.shape[1]] & np.isfinite(away)
    known &= seen.score2d[person] > 0
    return float(np.median(away[known]) / height) if known.any() else float("nan")
