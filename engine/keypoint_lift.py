"""2D keypoints that others detected, lifted as our own are: sides put right, bridged, GAST-Net."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from blender_pose3d.formats.frame_files import clip_name, frame_files
from blender_pose3d.formats.keypoints_json import read_keypoints
from blender_pose3d.formats.points import FormatError, checked_rate
from blender_pose3d.tracks import Tracks

from . import weights
from .device import resolve
from .errors import BadArguments, BadInput
from .keypoint_people import people_of
from .pipeline import Settings, lift_people
from .video import VideoInfo

if TYPE_CHECKING:
    from blender_pose3d.skeleton import Skeleton

    from .models import Models


@dataclass(frozen=True)
class _Network:
    """Who detected: what describe and the bridge ask of a 2D network."""

    name: str
    sha256: str
    skeleton: Skeleton


def picture_size(text: str) -> tuple[int, int]:
    """``1920x1080`` → (1920, 1080). Raises BadArguments."""
    found = re.fullmatch(r"(\d{2,5})[x×](\d{2,5})", text.strip().lower())
    if found is None:
        raise BadArguments(f"A picture's size is WIDTHxHEIGHT in pixels, such as 1920x1080, not {text!r}.")
    return int(found[1]), int(found[2])


def lift_keypoints(
    path: Path, settings: Settings, *, size: tuple[int, int] | None = None, fps: float | None = None
) -> Tracks:
    """Tracks of everybody in a keypoint file. size: of the pictures, px, and fps: where the file lacks them.

    Raises BadInput, BadArguments for a size or rate that nobody tells, MissingWeights.
    """
    settings.check()
    try:
        keypoints = read_keypoints(path)
        # who types a size or a rate knows better than the file
        wide, rate = size or keypoints.size, fps or keypoints.fps
        missing = [
            option
            for option, value in (
                ("--size 1920x1080, of its pictures,", wide),
                ("--fps 30, of its frames,", rate),
            )
            if value is None
        ]
        if wide is None or rate is None:
            raise BadArguments(
                f"{path.name} does not say what it was made from: give {' and '.join(missing)} too."
            )
        rate = checked_rate(rate, path.name)
    except FormatError as error:
        raise BadInput(str(error)) from error
    if min(wide) < 16 or max(wide) > 100_000:
        raise BadInput(
            f"{path.name} says that its pictures have {wide[0]} x {wide[1]} pixels, which cannot be."
        )
    joints = keypoints.joints * wide if keypoints.relative else keypoints.joints
    people = people_of(keypoints, joints, rate)
    frames = len(people.time)
    digest = weights.sha256(frame_files(path)[0])
    named = f"{clip_name(path)}.json" if len(frame_files(path)) > 1 else path.name
    info = VideoInfo(Path(named), digest, *wide, fps=rate, frames=frames, duration=frames / rate)
    return lift_people(people, info, _models(keypoints.kind, keypoints.skeleton, settings), settings)


def _models(kind: str, skeleton: Skeleton, settings: Settings) -> Models:
    from .lift.lifter import load_lifter
    from .models import Models

    lifter = load_lifter(settings.lifter, resolve(settings.device))
    # nobody detects anything any more
    return Models(
        network=cast("Any", _Network(kind, "", skeleton)), detector=cast("Any", None), lifter=lifter
    )
