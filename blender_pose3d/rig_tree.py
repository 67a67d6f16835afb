"""The bones of an armature as a tree of points: lengths, reach, what hangs on what."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .retarget import RestPose
from .rig_chains import children_of

# How far the bones of a pair may differ in length, as a share of it and of the armature's extent: skeletons
# measured on actors are up to 10 % uneven.
_ALIKE = (0.1, 0.01)


class Tree:
    """The bones of an armature as a tree of points in the world's directions.

    at, tails: (B, 3) heads and tails. children, parents: of each bone. step: way from the parent's head.
    reach: longest way along bones from a head to one below. size: extent of all heads.
    """

    def __init__(self, rest: RestPose) -> None:
        turn = rest.world[:3, :3]
        if abs(np.linalg.det(turn)) < 1e-18:
            turn = np.eye(3)  # an object scaled to nothing still has bones
        self.rest = rest
        self.at = rest.matrices[:, :3, 3] @ turn.T
        self.tails = self.at + (rest.matrices[:, :3, 1] * rest.lengths[:, None]) @ turn.T
        self.children = children_of(rest)
        self.parents: list[int] = rest.parents.tolist()
        above = np.where(rest.parents >= 0, rest.parents, np.arange(len(self.parents)))
        self.step: list[float] = np.linalg.norm(self.at - self.at[above], axis=1).tolist()
        self.size = float(np.linalg.norm(np.ptp(self.at, axis=0)))

    @cached_property
    def tails_meet(self) -> bool:
        """Whether tails are where the next bone starts; in many imported rigs they point anywhere."""
        single = [(bone, below[0]) for bone, below in enumerate(self.children) if len(below) == 1]
        if not single:
            return False
        bones, next_ones = (list(pair) for pair in zip(*single, strict=True))
        gaps = np.linalg.norm(self.tails[bones] - self.at[next_ones], axis=1)
        return bool(np.mean(gaps < 0.02 * self.size) > 0.6)

    @cached_property
    def reach(self) -> list[float]:
        """Longest way along bones below each."""
        found = [0.0] * len(self.parents)
        step = self.step
        for bone in range(len(self.parents) - 1, -1, -1):
            parent = self.parents[bone]
            if parent >= 0:
                found[parent] = max(found[parent], step[bone] + found[bone])
        return found

    @cached_property
    def below(self) -> list[int]:
        """How many bones hang on each."""
        found = [0] * len(self.parents)
        for bone in range(len(self.parents) - 1, -1, -1):
            if self.parents[bone] >= 0:
                found[self.parents[bone]] += 1 + found[bone]
        return found

    def alike(self, one: int, other: int) -> bool:
        """Whether two bones are as far from their parents."""
        first, second = self.step[one], self.step[other]
        return abs(first - second) < _ALIKE[0] * max(first, second) + _ALIKE[1] * self.size

    def ancestors(self, bone: int) -> list[int]:
        """A bone, its parent, and so on up to the root."""
        found = [bone]
        while self.parents[found[-1]] >= 0:
            found.append(self.parents[found[-1]])
        return found

    def all_below(self, bone: int) -> list[int]:
        """A bone and all that hang on it."""
        found = [bone]
        for each in found:  # grows while it is walked
            found += self.children[each]
        return found

    def fan(self, bone: int) -> int:
        """How many chains leave a bone, those of a single point not counted."""
        return sum(
            self.step[child] > 0.01 * self.size or self.reach[child] > 0 for child in self.children[bone]
        )

    def leaving(self, chain: tuple[int, ...], place: int) -> int:
        """How many chains leave a bone of a chain; twist bones on the way to the next one do not."""
        bone = chain[place]
        if place + 1 == len(chain):
            return self.fan(bone)
        way = self.at[chain[place + 1]] - self.at[bone]
        length = float(np.linalg.norm(way))
        count = 1
        for child in self.children[bone]:
            if child == chain[place + 1]:
                continue
            own = self.at[child] - self.at[bone]
            along = float(own @ way) / max(length, 1e-12)
            beside = float(np.linalg.norm(own)) ** 2 - along**2 < (0.05 * length) ** 2
            count += not (beside and along < length and self.reach[child] < length)
        return count
