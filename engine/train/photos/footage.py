"""People out of free footage, labelled by the teacher alone: little trust, but pictures as users film them.

The engine follows everybody as it always does; in frames spread evenly over each video the teacher then looks
twice at each person, the second time mirrored. A joint counts where it finds it twice at the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import BadInput, EngineError
from ...pose2d.base import PoseNetwork, Region
from ..packs import PackWriter, encode
from .coco import crop_person
from .labelled import box_of_joints
from .repair import sizes
from .teacher import look

Tell = Callable[[str, int, int], None]

_TRUST = 0.4  # of a joint that the teacher is sure of
_SAME = 0.15  # of the person's size: how far the two views may differ
_LEAST_SCORE = 0.3
_FEWEST = 12  # joints of a person worth learning from
_SMALLEST = 64.0  # px of the longer side of a person's box
_PRESENT = 0.8
_HALF = 0.5  # from px counted at a pixel's corner to px counted at its centre

Labelled = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Joints (26, 2) px from the picture's corner, known (26,), score (26,) and box (4,)."""


def pack_footage(
    videos: list[Path], out: Path, teacher: PoseNetwork, most: int, tell: Tell = lambda *_: None
) -> dict[str, object]:
    """Write OUT/footage-*.npz with at most `most` people of each video; how many of each.

    Videos that show nobody count 0. Raises BadInput for a video that cannot be read.
    """
    counts: dict[str, int] = {}
    with PackWriter(out, "footage") as writer:
        for video in videos:
            counts[video.name] = _pack_video(writer, video, teacher, most, tell)
    return {"people": counts, "pieces": {path.name: path.stat().st_size for path in writer.pieces}}


def _pack_video(writer: PackWriter, video: Path, teacher: PoseNetwork, most: int, tell: Tell) -> int:
    from ...pipeline import track
    from ...video import probe, read_frames

    name = f"{video.stem}-{probe(video).sha256[:8]}"
    try:
        tracks = track(video)
    except BadInput as error:
        if "No person" not in error.message:
            raise
        return 0
    wanted = spread(tracks.present, most)
    regions = {
        (person, row): _region(teacher, tracks.joints2d[person, row], tracks.score2d[person, row])
        for person, row in wanted
    }
    row_of = {int(frame): row for row, frame in enumerate(tracks.frame)}
    found = done = 0
    for frame in read_frames(video):
        row = row_of.get(frame.index, -1)
        for person in sorted(p for p, r in wanted if r == row):
            labelled = label(frame.image, teacher, regions[person, row])
            done += 1
            tell(video.name, done, len(wanted))
            if labelled is not None:
                found += 1
                _add(writer, frame.image, labelled, f"{name}-p{person}-f{frame.index}")
    return found


def spread(present: np.ndarray, most: int) -> set[tuple[int, int]]:
    """At most `most` (person, frame) of those present (P, T), evenly over the video and its people."""
    frames, people = np.nonzero(present.T)
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int))
    return {(int(people[i]), int(frames[i])) for i in chosen}


def label(image: np.ndarray, teacher: PoseNetwork, region: Region) -> Labelled | None:
    """The person in a region; None for nobody, somebody small, or seen differently in the mirror."""
    (first, score, presence), (second, mirrored, again) = (look(teacher, image, region, v) for v in (0, 1))
    if min(presence, again) < _PRESENT:
        return None
    joints, score = (first + second) / 2, np.minimum(score, mirrored)
    height, width = image.shape[:2]
    inside = ((joints >= 0) & (joints <= [width, height])).all(axis=-1)
    size = sizes(joints[None], np.ones((1, len(joints)), bool))[0]
    same = np.linalg.norm(first - second, axis=-1) < _SAME * size
    known = (score >= _LEAST_SCORE) & same & inside
    if known.sum() < _FEWEST:
        return None
    box = box_of_joints(joints[None], known[None])[0]
    return (joints, known, score, box) if (box[2:] - box[:2]).max() >= _SMALLEST else None


def _region(teacher: PoseNetwork, joints: np.ndarray, score: np.ndarray) -> Region:
    if joints.shape[0] != len(teacher.skeleton) or not np.isfinite(joints).all():
        raise EngineError("The footage was followed with another skeleton than the teacher's.")
    return teacher.region(joints, score)


def _add(writer: PackWriter, image: np.ndarray, labelled: Labelled, identity: str) -> None:
    joints, known, score, box = labelled
    picture, corner, scale = crop_person(image, box)
    writer.add(
        encode(picture),
        joints=(joints - corner) * scale - _HALF,
        known=known,
        visible=score >= 0.5,
        weight=np.where(known, np.clip(score, 0, 1) * _TRUST, 0),
        box=(box - np.tile(corner, 2)) * np.tile(scale, 2) - _HALF,
        identity=identity,
    )
