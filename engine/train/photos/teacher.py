"""What a teacher (BlazePose heavy) sees in photos whose labels say where the person is and which way is up.

A person is looked at in up to two views: as they are, and mirrored in a somewhat wider square. What is seen
is kept on disk, some hundred photos a file, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import os
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ...errors import BadInput
from ...pose2d.base import PoseNetwork, Region
from ..packs import decode
from .labelled import JOINTS, Photos

_WIDER = (1.0, 1.15)  # square of a view over the plain one
_TOGETHER = 100  # photos a file
_HIPS = [HALPE_26.index("left_hip"), HALPE_26.index("right_hip")]
_UPPER = [HALPE_26.index(n) for n in ("left_shoulder", "right_shoulder", "neck", "head")]
_LEAST_BY_TORSO = 1.6  # radius over the way from hips to shoulders: cut off legs still belong to a body
_BEYOND = 1.1  # feet and hands reach past ankles and wrists
_MARGIN = 1.25
_HALF = 0.5  # from px counted at a pixel's centre to px counted at its corner, as networks of the engine do


@dataclass(frozen=True)
class Seen:
    """What the teacher saw in N photos. joints: (N, 26, 2) px, (0, 0) the centre of the first pixel; score:
    (N, 26) and presence of a person: (N,), 0 to 1. NaN where it has not looked."""

    joints: np.ndarray
    score: np.ndarray
    presence: np.ndarray


def region_of_labels(joints: np.ndarray, known: np.ndarray) -> Region:
    """The turned square round a labelled person: (26, 2) px counted from the picture's corner, (26,) bool.

    Round the hips, hips to shoulders up; without hips round the middle of what is known, upright. The sides'
    names do not matter to it, so that labels with left and right exchanged give the same square.
    """
    points = joints[known]
    low, high = points.min(axis=0), points.max(axis=0)
    hips = [i for i in _HIPS if known[i]]
    upper = [i for i in _UPPER if known[i]]
    centre, angle, least = (low + high) / 2, 0.0, float((high - low).max()) / 2
    if hips:
        centre = joints[hips].mean(axis=0)
        if upper:
            shoulders = [i for i in upper[:3] if i != _UPPER[3]] or upper
            up = joints[shoulders].mean(axis=0) - centre
            angle = float(np.arctan2(up[0], -up[1]))
            least = _LEAST_BY_TORSO * float(np.linalg.norm(up))
    reach = float(np.linalg.norm(points - centre, axis=-1).max()) * _BEYOND
    side = 2 * _MARGIN * max(reach, least, 8.0)
    return Region(centre, np.array([side, side]), angle)


def look(
    network: PoseNetwork, picture: np.ndarray, region: Region, view: int
) -> tuple[np.ndarray, np.ndarray, np.float32]:
    """Joints (26, 2) px from the corner, score (26,) and presence of a region of an RGB picture."""
    mirrored = view == 1
    size = region.size * _WIDER[view]
    width = picture.shape[1]
    if mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
        region = Region(np.array([width - region.centre[0], region.centre[1]]), size, -region.angle)
    joints, score = network.predict(picture, [Region(region.centre, size, region.angle)])
    joints, score = joints[0], score[0]
    if mirrored:
        joints = (np.array([width, 0.0]) + np.array([-1.0, 1.0]) * joints)[HALPE_26.mirror]
        score = score[HALPE_26.mirror]
    presence = np.ravel(getattr(network, "presence", np.ones(1)))[0]
    return joints.astype(np.float32), score.astype(np.float32), np.float32(presence)


def watch(
    photos: Photos,
    network: PoseNetwork,
    kept: Path,
    view: int = 0,
    *,
    until: float = np.inf,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Seen:
    """What the teacher sees in every photo, in view 0 or 1.

    kept: folder where what it saw is looked up and kept. until: time.monotonic() at which to stop; photos
    left then are NaN, as those that cannot be decoded. tell: called with photos done and in all.
    """
    kept.mkdir(parents=True, exist_ok=True)
    stem = f"{photos.source}-{network.name}-view{view}"
    known = _kept(kept, stem)
    missing = [i for i, name in enumerate(photos.ids) if name not in known]
    tell(len(photos) - len(missing), len(photos))
    for start in range(0, len(missing), _TOGETHER):
        if time.monotonic() >= until:
            break
        rows = missing[start : start + _TOGETHER]
        seen = _look_at_all(photos.subset(np.array(rows)), network, view)
        ids = [photos.ids[i] for i in rows]
        _keep(kept, stem, ids, seen)
        known.update(zip(ids, zip(seen.joints, seen.score, seen.presence, strict=True), strict=True))
        tell(len(photos) - len(missing) + start + len(rows), len(photos))
    result = _nothing(len(photos))
    for i, name in enumerate(photos.ids):
        if name in known:
            result.joints[i], result.score[i], result.presence[i] = known[name]
    return result


def _nothing(count: int) -> Seen:
    shapes: tuple[tuple[int, ...], ...] = ((count, JOINTS, 2), (count, JOINTS), (count,))
    return Seen(*(np.full(shape, np.nan, np.float32) for shape in shapes))


def _look_at_all(photos: Photos, network: PoseNetwork, view: int) -> Seen:
    seen = _nothing(len(photos))
    for i, data in enumerate(photos.data):
        if not photos.known[i].any():
            continue
        try:
            picture = decode(data)
        except BadInput:
            continue
        region = region_of_labels(photos.joints[i] + _HALF, photos.known[i])
        joints, seen.score[i], seen.presence[i] = look(network, picture, region, view)
        seen.joints[i] = joints - _HALF
    return seen


def _kept(folder: Path, stem: str) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Joints, score and presence by the photo's name; damaged files count as not there."""
    known: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for path in sorted(folder.glob(f"{stem}-*.npz")):
        try:
            with np.load(path, allow_pickle=False) as stored:
                ids, *arrays = (stored[key] for key in ("ids", "joints", "score", "presence"))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            continue
        shapes = ((JOINTS, 2), (JOINTS,), ())
        if all(a.shape == (len(ids), *shape) for a, shape in zip(arrays, shapes, strict=True)):
            known.update(zip(map(str, ids), zip(*arrays, strict=True), strict=True))
    return known


def _keep(folder: Path, stem: str, ids: list[str], seen: Seen) -> None:
    taken = [int(p.stem.rsplit("-", 1)[1]) for p in folder.glob(f"{stem}-*.npz") if p.stem[-1].isdigit()]
    path = folder / f"{stem}-{max(taken, default=-1) + 1:04d}.npz"
    temporary = folder / f".{path.stem}.{os.getpid()}.part"
    try:
        with temporary.open("wb") as file:
            np.savez(file, ids=np.array(ids), joints=seen.joints, score=seen.score, presence=seen.presence)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
