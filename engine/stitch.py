"""After the pass: joins runs of the same person, drops what is no person, puts the most prominent first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blender_pose3d.skeleton import Skeleton

from . import appearance, body2d
from .doubles import join_doubles
from .plausible import Evidence
from .tracklet import Tracklet

_BRIEF = 0.3  # seconds of a run that say too little of who it is
_AT_ONCE = 4096  # poses
_SHORT_GAP = 1.0
_LARGEST_COST = 1.7
# measured: parts of one person differ by 0.45 at most, bare arms from sleeves by 0.55 and more
_OTHER_PART = 0.5
_NEVER = 1e6


def stitch(tracklets: list[Tracklet], time: np.ndarray, size: tuple[int, int]) -> list[list[Tracklet]]:
    """Groups of tracklets, each one person, in order of time; what is no person is left out.

    time: (T,) seconds of all frames. size: the picture's width and height.
    """
    evidence = Evidence(len(time), float(np.ptp(time)) if len(time) else 0.0)
    ordered = [run for run in join_doubles(tracklets) if evidence.solid(run)]
    follows = _links(ordered, size)
    groups: dict[int, list[Tracklet]] = {}
    head: dict[int, int] = {}
    for i, tracklet in enumerate(ordered):
        head[i] = head[follows[i]] if i in follows else i
        groups.setdefault(head[i], []).append(tracklet)
    return [person for g in groups.values() if evidence.enough(person := evidence.trimmed(g))]


def arrange(
    people: list[list[Tracklet]], frames: int, skeleton: Skeleton, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays of all people, most prominent first: present (P, T), joints (P, T, K, 2), score (P, T, K).

    Prominence is the share of the picture that the box covers, summed over the frames: large and long in view
    comes first. Rows where not present are NaN. Joints outside the picture keep their place; their score is
    lowered to body2d.OUTSIDE_SCORE at most.
    """
    area = np.zeros((len(people), frames))
    for i, person in enumerate(people):
        for rows, joints, score in _parts(person):
            area[i, rows] = body2d.clipped_area(body2d.boxes(joints, score), size)
    order = np.argsort(-area.sum(axis=1), kind="stable")
    del area
    present = np.zeros((len(people), frames), dtype=bool)
    every_joint = np.full((len(people), frames, len(skeleton), 2), np.nan, dtype=np.float32)
    every_score = np.full((len(people), frames, len(skeleton)), np.nan, dtype=np.float32)
    for i, who in enumerate(order):
        for rows, joints, score in _parts(people[who]):
            low = np.minimum(score, body2d.OUTSIDE_SCORE)
            present[i, rows], every_joint[i, rows] = True, joints
            every_score[i, rows] = np.where(body2d.outside(joints, size), low, score)
    return present, every_joint, every_score


def _parts(person: list[Tracklet]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows (N,), joints (N, K, 2) and scores (N, K), a few thousand at a time for the sake of memory."""
    for run in person:
        for first in range(0, len(run.rows), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            yield run.rows.array[part], run.joints.array[part], run.score.array[part]


def _links(ordered: list[Tracklet], size: tuple[int, int]) -> dict[int, int]:
    """{tracklet: the one it continues}, by index: the cheapest pairs first, each used once on either side."""
    pairs = sorted(
        (cost, a, b)
        for a, earlier in enumerate(ordered)
        for b, later in enumerate(ordered)
        if (cost := link_cost(earlier, later, size)) <= _LARGEST_COST
    )
    follows: dict[int, int] = {}
    continued: set[int] = set()
    for _, a, b in pairs:
        if a not in continued and b not in follows:
            follows[b] = a
            continued.add(a)
    return follows


def link_cost(earlier: Tracklet, later: Tracklet, size: tuple[int, int]) -> float:
    """How unlikely it is that two runs are of one person: 0 certain, over 1.7 not.

    After a short gap place and motion count most. After a long one, or at the picture's border, where one
    may leave as another comes, only the clothes and, loosely, the size can tell. They must then agree well:
    two tracks of one person are put right with a word, one track of two people is of no use. A cost that
    grows with the gap prefers the nearer run. A brief run says too little to be joined over a long gap.
    """
    gap = later.times[0] - earlier.times[-1]
    if gap <= 0 or (gap > _SHORT_GAP and min(_span(earlier), _span(later)) < _BRIEF):
        return _NEVER
    ratio = abs(np.log(later.stature / earlier.stature))
    parts = appearance.part_distances(_clothes(earlier), _clothes(later))
    clothes = float(appearance.distance(_clothes(earlier), _clothes(later)))
    at_border = _at_border(earlier, -1, size) and _at_border(later, 0, size)
    if gap <= _SHORT_GAP and not at_border:
        place = _place_cost(earlier, later, gap)
        return _NEVER if place > 1 or ratio > np.log(2) else place + ratio / np.log(1.6) + clothes / 0.45
    # measured: parts of one person's run differ by 0.14 at most, people dressed alike by 0.20 and more
    limit = 0.28 if gap <= _SHORT_GAP else 0.18
    if clothes > limit or (parts > _OTHER_PART).any() or ratio > np.log(3):
        return _NEVER
    return 0.5 + clothes / limit + 0.02 * min(gap, 10.0)


def _span(tracklet: Tracklet) -> float:
    return tracklet.times[-1] - tracklet.times[0]


def _place_cost(earlier: Tracklet, later: Tracklet, gap: float) -> float:
    """Distance between both runs, carried to the middle of the gap by their speeds, over a person's reach."""
    torso = body2d.indices(earlier.skeleton, body2d.TORSO)
    ahead = earlier.joints[-1][torso].mean(axis=0) + earlier.velocity() * gap / 2
    back = later.joints[0][torso].mean(axis=0) - later.velocity(backwards=True) * gap / 2
    reach = (0.25 + 3.0 * gap) * max(earlier.stature, later.stature)
    return float(np.linalg.norm(ahead - back)) / reach


def _at_border(tracklet: Tracklet, which: int, size: tuple[int, int]) -> bool:
    box = body2d.boxes(tracklet.joints[which], tracklet.score[which])
    margin = 0.03 * max(size)
    return bool((box[:2] < margin).any() or (box[2:] > np.array(size) - margin).any())


def _clothes(tracklet: Tracklet) -> np.ndarray:
    empty = np.full((appearance.PARTS, appearance.LENGTH), np.nan)
    return empty if tracklet.clothes is None else tracklet.clothes
