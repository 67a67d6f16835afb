"""What a 2D network makes of labelled people: in their boxes, at a second look, and to be found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from .. import association, body2d
from ..pose2d.base import Finds, PoseNetwork, Region, first_region
from ..pose2d.blazepose_detector import BlazePoseDetector, Candidates, body_boxes
from ..sight import BIRTH_SCORE, Sight
from ..tracklet import Pose
from .pose2d_sets import PeopleSet, on_halpe

BOX, SECOND, FOUND, TURNED = "box", "second look", "found", "found turned"
PROTOCOLS = {
    BOX: "in the labelled box, upright",
    SECOND: "then in the region that the network's own first pose gives, as when a person is followed",
    FOUND: "found in the whole picture by the engine, as in the first frame of a video",
    TURNED: "found as BlazePose's makers do: the detector's circle round the body gives a region turned with"
    " it, then a second look; nobody is turned away for a low score",
}
_ENLARGE = 1.25
_SAME_PERSON = 0.3  # least overlap of the box round a found pose with the labelled one


@dataclass
class Seen:
    """Poses of N labelled people by one protocol. joints: (N, 26, 2) px, NaN where missed or not known to
    the network; score: (N, 26), 0 there."""

    joints: np.ndarray
    score: np.ndarray

    @classmethod
    def nobody(cls, count: int) -> Seen:
        return cls(np.full((count, len(HALPE_26), 2), np.nan), np.zeros((count, len(HALPE_26))))


@dataclass
class Found:
    """Everybody in a set's pictures: picture (D,), joints (D, 26, 2) px, score (D, 26), box_score (D,)."""

    picture: np.ndarray
    joints: np.ndarray
    score: np.ndarray
    box_score: np.ndarray


@dataclass
class Stopwatch:
    """Seconds that a network itself took, over how many people.

    clock: seconds of the processor, all threads together, by default, so that whatever else runs on the
    machine does not count; for a GPU seconds on the wall.
    """

    clock: Callable[[], float] = time.process_time
    people: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """People a second."""
        return self.people / self.seconds if self.seconds > 0 else float("nan")


@dataclass
class Detections:
    """What the detector finds, by set and picture, once for all networks."""

    detector: BlazePoseDetector
    _known: dict[tuple[str, int], Candidates] = field(default_factory=dict)

    def of(self, name: str, number: int, image: np.ndarray) -> Candidates:
        """The people in picture `number` of a set, best first."""
        if (name, number) not in self._known:
            self._known[name, number] = self.detector.candidates(image)
        return self._known[name, number]


def known_joints(network: PoseNetwork) -> np.ndarray:
    """(26,) bool: the joints of HALPE_26 that a network has."""
    return np.isin(HALPE_26.joints, network.skeleton.joints)


def look(
    network: PoseNetwork,
    people: PeopleSet,
    watch: Stopwatch,
    tell: Callable[[int], None] = lambda done: None,
) -> dict[str, Seen]:
    """The labelled people by the protocols BOX and SECOND. tell: called with how many more are done.

    A labelled box says that somebody is there, so every pose counts, however unsure the network is.
    """
    seen = {BOX: Seen.nobody(len(people)), SECOND: Seen.nobody(len(people))}
    for image, rows in people.by_picture():
        start = watch.clock()
        joints, score = network.predict(image, [network.region_from_box(people.box[row]) for row in rows])
        watch.seconds += watch.clock() - start
        watch.people += len(rows)
        again = network.predict(image, [network.region(j, s) for j, s in zip(joints, score, strict=True)])
        for protocol, poses in ((BOX, (joints, score)), (SECOND, again)):
            _put(seen[protocol], rows, poses[0], poses[1], network)
        tell(len(rows))
    return seen


def _put(seen: Seen, rows: np.ndarray, joints: np.ndarray, score: np.ndarray, network: PoseNetwork) -> None:
    seen.joints[rows] = on_halpe(joints, network.skeleton.joints)
    scores = on_halpe(np.repeat(score[..., None], 2, axis=-1), network.skeleton.joints)[..., 0]
    seen.score[rows] = np.nan_to_num(scores)


def find(
    network: PoseNetwork,
    people: PeopleSet,
    detections: Detections,
    *,
    turned: bool = False,
    tell: Callable[[int], None] = lambda done: None,
) -> Found:
    """Everybody in the set's pictures by the protocol FOUND, or TURNED.

    The detector's regions, a first look there, a second where the first pose says. FOUND: the engine's
    regions, and who is nobody by its rule is left out. The same person twice is left out in both. A pose's
    box score is the score of the detector that it began with.
    """
    sight = Sight(network)
    picture: list[int] = []
    poses: list[Pose] = []
    box_score: list[float] = []
    for image, rows in people.by_picture():
        number = int(people.picture[rows[0]])
        candidates = detections.of(people.name, number, image)
        first = sight.poses(
            image, turned_regions(candidates) if turned else engine_regions(network, candidates)
        )
        second = sight.poses(image, [network.region(p.joints, p.score) for p in first])
        kept = [i for i, p in enumerate(second) if turned or sight.is_somebody(p, image, BIRTH_SCORE)]
        kept.sort(key=lambda i: -second[i].presence * float(second[i].score.mean()))
        kept = [kept[i] for i in association.distinct([second[i] for i in kept], network.skeleton)]
        picture += [number] * len(kept)
        poses += [second[i] for i in kept]
        box_score += [float(candidates.score[i]) for i in kept]
        tell(len(rows))
    seen = Seen.nobody(len(poses))
    if poses:
        joints, score = np.stack([p.joints for p in poses]), np.stack([p.score for p in poses])
        _put(seen, np.arange(len(poses)), joints, score, network)
    return Found(np.array(picture, np.int64), seen.joints, seen.score, np.array(box_score))


def engine_regions(network: PoseNetwork, candidates: Candidates) -> list[Region]:
    """Where the engine looks first: turned with the body for BlazePose, round the upright box for others."""
    box = body_boxes(candidates).astype(np.float32)
    finds = Finds(box, candidates.score, candidates.hips, candidates.circle)
    return [first_region(network, finds, row) for row in range(len(box))]


def turned_regions(candidates: Candidates) -> list[Region]:
    """The squares that BlazePose's makers take: round the circle with a quarter more, its point up."""
    up = candidates.circle - candidates.hips
    angle = np.arctan2(up[:, 0], -up[:, 1])
    side = 2 * _ENLARGE * candidates.radius
    return [Region(c, np.full(2, s), float(a)) for c, s, a in zip(candidates.hips, side, angle, strict=True)]


def matched(found: Found, people: PeopleSet) -> Seen:
    """Who of the found is which labelled person: by overlap of boxes, best first, nobody twice.

    The box round a found pose is that of all its joints; under an overlap of 0.3 a person is missed.
    """
    seen = Seen.nobody(len(people))
    for number in np.unique(people.picture):
        rows = np.flatnonzero(people.picture == number)
        here = np.flatnonzero(found.picture == number)
        if not len(here):
            continue
        low, high = np.nanmin(found.joints[here], axis=1), np.nanmax(found.joints[here], axis=1)
        overlap = body2d.overlap(people.box[rows], np.concatenate([low, high], axis=1))
        while overlap.size and overlap.max() >= _SAME_PERSON:
            row, who = np.unravel_index(int(overlap.argmax()), overlap.shape)
            seen.joints[rows[row]] = found.joints[here[who]]
            seen.score[rows[row]] = found.score[here[who]]
            overlap[row], overlap[:, who] = -1.0, -1.0
    return seen


class Mirrored:
    """The flip test for any network: the mean of its poses in the picture and in its mirror image."""

    def __init__(self, network: PoseNetwork) -> None:
        self._network = network
        self.name, self.sha256, self.skeleton = network.name, network.sha256, network.skeleton
        self.region, self.region_from_box = network.region, network.region_from_box
        self.region_from_circle = getattr(network, "region_from_circle", None)
        self.presence: np.ndarray = np.zeros(0, np.float32)

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        """As PoseNetwork's; joints and scores are the means of both looks."""
        width = image.shape[1]
        joints, score = self._network.predict(image, regions)
        presence = getattr(self._network, "presence", None)
        other = [Region(np.array([width - r.centre[0], r.centre[1]]), r.size, -r.angle) for r in regions]
        mirror = np.ascontiguousarray(image[:, ::-1])
        flipped, flipped_score = self._network.predict(mirror, other)
        flipped = (flipped * [-1, 1] + [width, 0])[:, self.skeleton.mirror]
        self.presence = np.ones(len(regions)) if presence is None else np.asarray(presence)
        joints = ((joints + flipped) / 2).astype(np.float32)
        return joints, ((score + flipped_score[:, self.skeleton.mirror]) / 2).astype(np.float32)
