"""How much keypoints tremble on somebody who stands still in real footage, where nobody knows the truth.

Stretches are chosen once, by the joints of the engine's default network, whoever is measured: low-passed over
half a second, they must move slowly. Then every network looks at the same frames. What is measured lies far
above the low-pass: the third difference from frame to frame, which a smooth motion hardly has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import convolve1d

from blender_pose3d.skeleton import HALPE_26, Skeleton

from .. import body2d
from ..people import People2D, follow
from ..pose2d.base import PersonDetector, PoseNetwork
from ..video import file_sha256, read_frames
from ..weights import cache_dir
from .card import write_json
from .pose2d_look import known_joints
from .pose2d_metrics import LIMBS
from .pose2d_sets import on_halpe

LOW_PASS = 0.5  # seconds of the Hann window
SLOW = 0.2  # heights of the person a second; somebody who walks makes 0.6 to 0.9
SHORTEST = 1.0  # seconds of a stretch
LONGEST = 60  # frames of a stretch; the rest of a longer one tells nothing new
_RULE = 1  # to be counted up when the rule changes in more than these numbers
_ORDER = 3
_STILL = [j for j in LIMBS if not HALPE_26.joints[j].endswith(("elbow", "wrist"))]
_AROUND = 0.08  # of the joints' extent: the box of a followed person
_FEET = [j for j, name in enumerate(HALPE_26.joints) if name.endswith(("toe", "heel"))]


@dataclass(frozen=True)
class Still:
    """A stretch in which one person stands.

    video, sha256: of the footage. rows: (T,) frame numbers, one after another. box: (4,) px round the person
    in the first of them. height: px.
    """

    video: Path
    sha256: str
    rows: np.ndarray
    box: np.ndarray
    height: float

    def images(self) -> Iterator[np.ndarray]:
        """(H, W, 3) uint8 RGB of each frame."""
        for frame in read_frames(self.video, int(self.rows[0]), int(self.rows[-1]) + 1):
            yield frame.image

    @staticmethod
    def key(stretches: Sequence[Still]) -> str:
        """A hash of which frames of which footage these are."""
        said = [f"{s.sha256} {s.rows[0]} {s.rows[-1]} {np.round(s.box).tolist()}" for s in stretches]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def choose(
    video: Path,
    network: PoseNetwork,
    detector: PersonDetector,
    tell: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> list[Still]:
    """The stretches of a video in which somebody stands: shoulders, hips, knees and ankles all slower than
    SLOW after LOW_PASS, for SHORTEST seconds and more.

    Following takes minutes, so what was chosen is kept in the cache folder, for this footage and network.
    Raises BadInput for a broken video.
    """
    sha256 = file_sha256(video)
    kept = cache_dir() / "still" / f"{_key(sha256, network.sha256)}.json"
    if (chosen := _read(kept, video, sha256)) is not None:
        return chosen
    chosen = of_people(
        follow(read_frames(video), network, detector, progress=tell), network.skeleton, video, sha256
    )
    rows = [[int(s.rows[0]), len(s.rows), s.box.round(2).tolist(), round(s.height, 2)] for s in chosen]
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_json(kept, {"stretches": rows})
    return _read(kept, video, sha256) or []


def of_people(people: People2D, skeleton: Skeleton, video: Path, sha256: str) -> list[Still]:
    """The stretches of a video whose people were followed."""
    found = []
    for joints, present in zip(people.joints2d, people.present, strict=True):
        pose = on_halpe(joints, skeleton.joints)
        for first, last in _runs(present):
            step = float(np.median(np.diff(people.time[first:last]))) if last - first > 1 else 0.0
            for a, b in still_stretches(pose[first:last], 1 / step if step > 0 else 1.0):
                part, rows = pose[first + a : first + b], people.frame[first + a : first + b]
                found.append(Still(video, sha256, rows, _box(part[0]), _height(part)))
    return found


def _key(*hashes: str) -> str:
    rule = [_RULE, LOW_PASS, SLOW, SHORTEST, LONGEST]
    return hashlib.sha256("/".join(map(str, [*hashes, *rule])).encode()).hexdigest()[:32]


def _read(path: Path, video: Path, sha256: str) -> list[Still] | None:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["stretches"]
        return [
            Still(video, sha256, np.arange(a, a + n), np.array(b, float), float(h)) for a, n, b, h in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # chosen anew


def still_stretches(joints: np.ndarray, rate: float) -> list[tuple[int, int]]:
    """First and last + 1 frame of the stretches of an unbroken run of poses (T, 26, 2) px at `rate` fps."""
    shortest = max(round(SHORTEST * rate), _ORDER + 2)
    if len(joints) < shortest:
        return []
    window = np.hanning(2 * (int(LOW_PASS * rate) // 2) + 3)[1:-1]
    smooth = convolve1d(joints[:, _STILL], window / window.sum(), axis=0, mode="nearest")
    speed = np.linalg.norm(np.diff(smooth, axis=0), axis=-1).max(axis=1) * rate / _height(joints)
    return [(int(a), int(min(b + 1, a + LONGEST))) for a, b in _runs(speed < SLOW) if b + 1 - a >= shortest]


def jitter(network: PoseNetwork, stretches: Sequence[Still]) -> dict[str, Any]:
    """Percent of the person's height: the mean length of the third difference of keypoints, JSON-able.

    The person is looked at in the box of the first frame, then, as in following, where the last pose says.
    "all" are the twelve joints that every network has; "body" leaves elbows and wrists out, since hands may
    move; None for joints that a network does not know.
    """
    known = known_joints(network)
    total, count = np.zeros(len(HALPE_26)), 0
    for still in stretches:
        joints = on_halpe(_followed(network, still), network.skeleton.joints)
        third = np.linalg.norm(np.diff(joints, _ORDER, axis=0), axis=-1) / still.height
        total += third.sum(axis=0)
        count += len(third)
    mean = 100 * total / max(count, 1)

    def of(which: Sequence[int]) -> float | None:
        own = [j for j in which if known[j]]
        return round(float(mean[own].mean()), 4) if own and count else None

    return {
        "all": of(LIMBS),
        "body": of(_STILL),
        "feet": of(_FEET),
        "by joint": {HALPE_26.joints[j]: round(float(mean[j]), 4) for j in np.flatnonzero(known)},
    }


def _followed(network: PoseNetwork, still: Still) -> np.ndarray:
    """(T, K, 2) px."""
    poses: list[np.ndarray] = []
    region = network.region_from_box(still.box)
    for image in still.images():
        if not poses:
            joints, score = network.predict(image, [region])
            region = network.region(joints[0], score[0])
        joints, score = network.predict(image, [region])
        region = network.region(joints[0], score[0])
        poses.append(joints[0])
    return np.array(poses, dtype=np.float64)


def _box(joints: np.ndarray) -> np.ndarray:
    low, high = np.nanmin(joints, axis=0), np.nanmax(joints, axis=0)
    margin = _AROUND * (high - low).max()
    return np.concatenate([low - margin, high + margin])


def _height(joints: np.ndarray) -> float:
    return float(np.median(body2d.stature(joints, HALPE_26)))


def _runs(mask: np.ndarray) -> np.ndarray:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)
