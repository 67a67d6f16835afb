"""Follows people from frame to frame: who is followed, who ended, when to look for new ones and how often.

With a pace other than every frame, frames wait until one that is looked at: then it is clear who moved slowly
enough for the frames between to be interpolated, and who is looked for in them after all.
"""

from __future__ import annotations

import numpy as np

from . import association, body2d
from .backtrack import PastFrame, RecentFrames, Sighting, backtrack
from .between import Moved, look_between
from .frame import PictureFrame
from .pace import EVERY_FRAME, Pace, surprise
from .partly import Image
from .pose2d.base import Finds, PersonDetector, PoseNetwork, first_region
from .scout import Expected, Scout
from .search import LONGEST, LOOK_EVERY, LOOK_SOON, Mood, Search
from .sight import BIRTH_SCORE, KEEP_SCORE, Sight
from .tracklet import BLINK, Pose, Tracklet

_GIVE_UP = 0.8  # seconds for which a lost person is looked for where they should be
_REMEMBER = 1.1 * LONGEST  # seconds of frames kept, in which to look where a new person came from


class Follower:
    """The state between two frames.

    all: everybody's runs so far, in the order they were found. looked: the rows somebody looked at. After
    `take` with an empty `waiting`, all frames taken are in the runs.
    """

    def __init__(
        self, network: PoseNetwork, detector: PersonDetector | Scout, pace: Pace = EVERY_FRAME
    ) -> None:
        self.sight = Sight(network)
        self.network = network
        self.scout = detector if isinstance(detector, Scout) else Scout(detector)
        self.skeleton = network.skeleton
        self.pace = pace
        self.recent = RecentFrames(_REMEMBER + pace.longest, coarsest=pace.longest)
        self.waiting: list[PastFrame] = []
        self.stretch = 1
        self.last: PastFrame | None = None
        self.active: list[Tracklet] = []
        self.all: list[Tracklet] = []
        self.looked: list[int] = []
        self.next_look = -np.inf
        self.search: Search | None = None

    def take(self, row: int, frame: PictureFrame) -> None:
        """One more frame; rows count from 0."""
        past = PastFrame(row, frame)
        self.waiting.append(past)
        self.recent.add(past)
        if len(self.waiting) >= self.stretch or frame.time >= self.next_look:
            self.finish()

    def finish(self) -> None:
        """Look at what waits; nothing waits then."""
        frames, self.waiting = self.waiting, []
        if len(frames) > 1 and self._look(frames[-1], frames[:-1]):
            return
        for frame in frames:
            self._look(frame, [])

    def _look(self, now: PastFrame, between: list[PastFrame]) -> bool:
        """Find everybody in one frame. False, and nothing changed, where not all that were followed before
        the frames `between` are there."""
        time = now.time
        self.active = [t for t in self.active if t.missing_for(time) <= _GIVE_UP]
        if not self.active and time < self.next_look:
            self.last = now
            return True
        image = now.frame.view
        candidates, followed, search = self._candidates(now, image)
        kept = association.distinct(candidates, self.skeleton)
        born = [index >= followed for index in kept]
        candidates = [candidates[index] for index in kept]
        owners = association.assign(self.active, candidates, time, self.skeleton)
        alone = association.alone(candidates)
        # Who leaves, or is near another, is followed frame by frame: they might be taken for each other.
        calm = self._there() <= owners.keys() and all(alone)
        if between and not calm:
            return False
        seen = [Sighting(now.row, time, *each) for each in zip(candidates, alone, strict=True)]
        known = {index: seen[owned] for index, owned in owners.items()}
        # Regions so far ahead of such motion may have missed it: what was seen in them is not to be believed.
        if between and any(
            self.pace.startled(surprise(self.active[i], known[i].pose, time)) for i in self._there()
        ):
            return False
        self.stretch = self._pass_by(now, between, known) if calm else 1
        taken = set(owners.values())
        # a pose that nobody owns is a jump to something else; only the detector brings new people
        self._take(known, [each for i, each in enumerate(seen) if born[i] and i not in taken])
        self.search = search
        self._plan_next_look(time)
        self.looked.append(now.row)
        self.last = now
        return True

    def _candidates(self, now: PastFrame, image: Image) -> tuple[list[Pose], int, Search | None]:
        """Poses where people should be, then those of whom the detector finds; how many the former are; and
        the search after that."""
        time = now.time
        poses = self.sight.poses(image, [self.sight.expected(t, time) for t in self.active])
        good = np.array([self.sight.is_somebody(p, image, KEEP_SCORE) for p in poses], dtype=bool)
        cost = association.costs(self.active, poses, time, self.skeleton)
        # What continues nobody is a jump to something else, and must not hide it from the detector. Of two
        # regions that show one body, the one that expected it gives the steadier pose: it comes first.
        keep = np.flatnonzero(good & (cost <= association.LARGEST_COST).any(axis=0))
        candidates = [poses[i] for i in keep[np.argsort(cost.diagonal()[keep], kind="stable")]]
        if time < self.next_look:
            return candidates, len(candidates), self.search
        finds, search = self._find(now, image, candidates)
        return candidates + self._poses(finds, image, candidates), len(candidates), search

    def _take(self, known: dict[int, Sighting], new: list[Sighting]) -> None:
        for index, seen in known.items():
            self._extend(self.active[index], seen)
        for seen in new:
            tracklet = Tracklet(self.skeleton)
            self._extend(tracklet, seen)
            self.active.append(tracklet)
            self.all.append(tracklet)
            self.stretch = 1

    def _pass_by(self, now: PastFrame, between: list[PastFrame], known: dict[int, Sighting]) -> int:
        """Poses for the frames between two looks; how many frames on the next look is to be."""
        there = self._there()
        if self.pace == EVERY_FRAME or self.last is None or not there:
            return 1
        surprises = {i: surprise(self.active[i], known[i].pose, now.time) for i in there}
        moved = [index for index, value in surprises.items() if value > self.pace.surprise]
        rows = [(frame.row, frame.time) for frame in between]
        for index in there - set(moved):
            self.active[index].fill(rows, known[index].pose, now.time)
        if moved and between:
            quick = [Moved(self.active[i], known[i]) for i in moved]
            self.looked += look_between(self.sight, between, quick, self.pace.surprise)
        frames = now.row - self.last.row
        return self.pace.stretch(frames, max(surprises.values()), (now.time - self.last.time) / frames)

    def _there(self) -> set[int]:
        """Who of the active was seen at the last look."""
        row = None if self.last is None else self.last.row
        return {i for i, tracklet in enumerate(self.active) if tracklet.rows[-1] == row}

    def _extend(self, tracklet: Tracklet, seen: Sighting) -> None:
        """Add a pose, and before it those of the frames without one in which the person can be found, or was
        missing for a blink."""
        last = tracklet.rows[-1] if tracklet.rows else -1
        earlier: list[Sighting] = []
        if last < seen.row - 1:
            others = [t for t in self.all if t is not tracklet]
            earlier = backtrack(self.sight, self.recent, seen, others, after=last)
        for each in [*earlier, seen]:
            if tracklet.rows and tracklet.rows[-1] < each.row - 1:
                # missing for one frame: they were there, and the network saw them wrong
                blink = each.row - tracklet.rows[-1] == 2 and each.time - tracklet.times[-1] <= BLINK
                known = self.recent.moments if blink else self.recent.passed_by
                frames = known(tracklet.rows[-1], each.row) if blink or earlier else []
                tracklet.fill(frames, each.pose, each.time)
            tracklet.add(each.row, each.time, each.pose, alone=each.alone)

    def _plan_next_look(self, time: float) -> None:
        looked = time >= self.next_look
        lost = any(t.missing_for(time) > 0 for t in self.active)
        wait = LOOK_SOON if lost or not self.active else LOOK_EVERY
        self.next_look = time + wait if looked else min(self.next_look, time + wait)
        seen = [t for t in self.active if t.missing_for(time) <= 0]
        boxes = [body2d.boxes(t.predicted(self.next_look), t.score[-1]) for t in seen]
        mood = self._mood(len(seen))
        self.scout.expect(Expected(self.next_look, self.search, np.reshape(boxes, (-1, 4)), mood))

    def _mood(self, seen: int) -> Mood:
        """seen: how many of the active are in view."""
        if not self.active:
            return Mood.NOBODY
        return Mood.CALM if seen >= len(self.active) else Mood.LOST if seen else Mood.GONE

    def _find(self, now: PastFrame, image: Image, known: list[Pose]) -> tuple[Finds, Search]:
        """Whom the detector finds in a frame, and the search after that. known: who is in view."""
        glimpse = self.scout.glimpse(now.frame)
        search = self.search or self.scout.fresh(now.frame, glimpse)
        covered = glimpse.covered(np.reshape([p.box for p in known], (-1, 4)), search.size)
        return self.scout.find(now.frame, image, search, covered, self._mood(len(known)))

    def _poses(self, finds: Finds, image: Image, known: list[Pose]) -> list[Pose]:
        """Those of the found who are somebody, and none of the known."""
        if known and len(finds.box):
            # somebody half hidden by a followed person overlaps them: only a near copy of a box is known
            near = body2d.overlap(finds.box, np.stack([p.box for p in known])).max(axis=1)
            finds = finds.chosen(near < 0.6)
        regions = [first_region(self.network, finds, row) for row in range(len(finds.box))]
        first = self.sight.poses(image, regions)
        # a box of another size round a followed person shows them again
        again = association.distinct([*known, *first], self.skeleton)
        first = [p for i, p in enumerate(first, start=len(known)) if i in again]
        # what a detector says is loose; a second look, placed by the pose itself, is a better start
        second = self.sight.poses(image, [self.network.region(p.joints, p.score) for p in first])
        good = [p for p in second if self.sight.is_somebody(p, image, BIRTH_SCORE)]
        return sorted(good, key=lambda p: -p.presence * float(p.score.mean()))
