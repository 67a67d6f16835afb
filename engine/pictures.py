"""Small pictures of a video and of the people found in it, for whoever chooses among them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from blender_pose3d.tracks import Tracks

from .errors import EngineError
from .video import Frame, read_frames

log = logging.getLogger(__name__)

_SEEN = 0.2  # score from which a joint tells where somebody is
_ROOM = 0.15  # of a person's size, around them
_LONGEST = 256  # px
_MOST = 12  # people; nobody chooses among more by their pictures
_FAR = 300  # frames, beyond which seeking is quicker than decoding


def thumbnail(video: Path, path: Path) -> None:
    """Write the first frame of a video as a small PNG. Raises BadInput, EngineError."""
    for frame in read_frames(video, 0, 1):
        write_png(path, frame.image)


def people_pictures(video: Path, tracks: Tracks, folder: Path) -> list[str]:
    """Write ``person-1.png`` ... of each person, most prominent first; returns the names that were written.

    Each is cut out of the frame that shows the person best: large and clearly seen. What cannot be read or
    written is left out, with a line in the log: pictures are a help, not the result.
    """
    moments = {p: best_frame(tracks, p) for p in range(min(tracks.people, _MOST))}
    written = []
    try:
        for frame in _wanted(video, tracks, set(moments.values())):
            for p in [p for p, t in moments.items() if tracks.frame[t] == frame.index]:
                name = f"person-{p + 1}.png"
                write_png(folder / name, cut_out(frame.image, *_box(tracks, p, moments[p])))
                written.append(name)
    except EngineError as error:
        log.warning("Pictures of people are missing: %s", error)
    return sorted(written, key=lambda name: int(name[7:-4]))


def best_frame(tracks: Tracks, person: int) -> int:
    """Index of the frame in which most of a person is seen large: mean score times height of the joints."""
    joints, score = tracks.joints2d[person], np.nan_to_num(tracks.score2d[person])
    known = tracks.present[person] & np.isfinite(joints).all(axis=(-1, -2))
    height = np.where(known, np.ptp(np.nan_to_num(joints[..., 1]), axis=-1), 0.0)
    return int(np.argmax(height * score.mean(axis=-1)))


def cut_out(image: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A square part of an (H, W, 3) picture around the corners low and high, (2,) px; edges are repeated."""
    centre, half = (low + high) / 2, max(*(high - low), 8.0) * (0.5 + _ROOM)
    x, y = (np.arange(int(2 * half)) + (middle - half) for middle in centre)
    rows = np.clip(y.astype(int), 0, image.shape[0] - 1)
    columns = np.clip(x.astype(int), 0, image.shape[1] - 1)
    return image[rows[:, None], columns]


def write_png(path: Path, image: np.ndarray) -> None:
    """Write an (H, W, 3) uint8 RGB picture, made small, under its name when it is whole.

    Raises EngineError when the disk refuses.
    """
    import cv2

    scale = _LONGEST / max(image.shape[:2])
    if scale < 1:
        size = [max(1, round(scale * side)) for side in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR))
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise EngineError(f"{path} could not be written: {error.strerror}.") from error


def _box(tracks: Tracks, person: int, moment: int) -> tuple[np.ndarray, np.ndarray]:
    joints, score = tracks.joints2d[person, moment], tracks.score2d[person, moment]
    seen = joints[score >= _SEEN] if (score >= _SEEN).sum() >= 2 else joints
    return seen.min(axis=0), seen.max(axis=0)


def _wanted(video: Path, tracks: Tracks, moments: set[int]) -> Iterator[Frame]:
    numbers = np.unique([int(tracks.frame[t]) for t in moments])
    # moments far apart are read one by one: what lies between may be an hour
    for near in np.split(numbers, np.flatnonzero(np.diff(numbers) > _FAR) + 1):
        if len(near):
            frames = read_frames(video, int(near[0]), int(near[-1]) + 1)
            yield from (frame for frame in frames if frame.index in near)
