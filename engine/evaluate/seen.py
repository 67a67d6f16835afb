"""What following makes of a rendered clip, kept beside it: finding people is slow, lifting is not.

The network's own 3D landmarks, where it has some, are kept as well: they are the yardstick for a lifter.
"""

from __future__ import annotations

import ast
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from ..partly import Image
from ..people import People2D, follow
from ..pose2d.base import PersonDetector, PoseNetwork, Region
from ..video import VideoInfo, probe, read_frames

_ENGINE = Path(__file__).parents[1]
_WORLD = 33


@dataclass(frozen=True)
class Seen:
    """People2D of a clip, P people and T frames, and world: (P, T, 33, 3) metres as BlazePose gives them.

    world is NaN where nobody was followed and for networks that know no 3D. key: what it was made by.
    """

    frame: np.ndarray
    time: np.ndarray
    present: np.ndarray
    joints2d: np.ndarray
    score2d: np.ndarray
    world: np.ndarray
    key: np.ndarray

    @property
    def people(self) -> People2D:
        return People2D(self.frame, self.time, self.present, self.joints2d, self.score2d)


class _Listener:
    """A pose network that remembers which 3D landmarks came with which pose."""

    def __init__(self, network: PoseNetwork) -> None:
        self._network = network
        self.name, self.sha256, self.skeleton = network.name, network.sha256, network.skeleton
        self.region, self.region_from_box = network.region, network.region_from_box
        self.region_from_circle = getattr(network, "region_from_circle", None)
        self.presence: np.ndarray = np.zeros(0, dtype=np.float32)
        self.heard: dict[bytes, np.ndarray] = {}

    def predict(self, image: Image, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        joints, score = self._network.predict(image, regions)
        presence = getattr(self._network, "presence", None)
        self.presence = np.ones(len(regions)) if presence is None else np.array(presence)
        for pose, world in zip(joints, getattr(self._network, "world", []), strict=False):
            self.heard[_key(pose)] = world
        return joints, score


def _key(pose: np.ndarray) -> bytes:
    return np.ascontiguousarray(pose, dtype=np.float32).tobytes()


def see(video: Path, network: PoseNetwork, detector: PersonDetector) -> tuple[Seen, VideoInfo]:
    """Everybody in a video, from its folder where they are kept already. Raises BadInput as probe."""
    info = probe(video)
    key = hashlib.sha256("/".join([info.sha256, network.name, network.sha256, _code()]).encode()).hexdigest()
    path = video.with_name(f"seen.{network.name}.npz")
    stored = _read(path)
    if stored is not None and str(stored.key) == key:
        return stored, info
    listener = _Listener(network)
    people = follow(read_frames(video), listener, detector)
    world = np.full((*people.present.shape, _WORLD, 3), np.nan, dtype=np.float32)
    for person, frame in zip(*np.nonzero(people.present), strict=True):
        if (found := listener.heard.get(_key(people.joints2d[person, frame]))) is not None:
            world[person, frame] = found
    seen = Seen(
        people.frame, people.time, people.present, people.joints2d, people.score2d, world, np.array(key)
    )
    part = path.with_name(f".{path.stem}.part.npz")
    np.savez_compressed(part, **asdict(seen))
    part.replace(path)
    return seen, info


def _code() -> str:
    """A hash of the source that decides who is seen where."""
    begin = [_ENGINE / "people.py", _ENGINE / "video.py", *(_ENGINE / "pose2d").glob("*.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(imported(begin)))).hexdigest()


def imported(begin: list[Path]) -> set[Path]:
    """These files and all of ours that they import, however indirectly."""
    waiting, known = list(begin), set()
    while waiting:
        path = waiting.pop()
        if path not in known:
            known.add(path)
            waiting += [file for name in _names(path) if (file := name.with_suffix(".py")).is_file()]
    return known


def _names(path: Path) -> Iterator[Path]:
    """What a file's imports may stand for, those within functions too."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".")
            module = (path.parents[node.level - 1] if node.level else _ENGINE.parent).joinpath(*parts)
            yield from (module, *(module / name.name for name in node.names))


def _read(path: Path) -> Seen | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Seen(**{field.name: stored[field.name] for field in fields(Seen)})
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # made anew


def match(seen: Seen, keypoints: np.ndarray) -> int | None:
    """Which of the people is the one whose true keypoints (T, K, 2) px are known; None where nobody is.

    Nearest in the mean over frames, within the person's own height in the picture.
    """
    if not len(seen.present):
        return None
    # COCO's joints are the first of Halpe's
    keypoints = keypoints[..., : seen.joints2d.shape[-2], :]
    away = np.linalg.norm(seen.joints2d - keypoints, axis=-1).mean(axis=-1)
    height = np.nanmedian(np.ptp(keypoints[..., 1], axis=-1))
    away = np.array([np.nanmedian(row) if np.isfinite(row).any() else np.inf for row in away])
    best = int(away.argmin())
    return best if away[best] < height else None
