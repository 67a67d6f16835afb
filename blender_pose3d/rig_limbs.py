"""Limbs in a tree of bones: chains that come in pairs, and where they have their joints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .rig_tree import Tree

# A limb reaches at least this far, as a share of the armature's extent: fingers and faces do not.
_SHORTEST = 0.15
# Penalties of a division are like minus a log likelihood. A bone that bends inside by 16° is 1 % shorter than
# its path and costs 1: joints bend, bones and their twist bones do not.
_STRAIGHT = 100.0
_LONGEST_CHAIN = 14
# Of a bone with many chains, as heads with hair are, only the longest can be limbs.
_MANY = 12


@dataclass(frozen=True)
class Limb:
    """A chain of bones and its division. chain: from where it leaves the trunk.

    first, middle, last: places in the chain of hip, knee and ankle, or shoulder, elbow and wrist; last is the
    chain's length where hand or foot has no bone. penalty: 0 is a limb as in the book.
    """

    chain: tuple[int, ...]
    first: int
    middle: int
    last: int
    penalty: float

    @property
    def upper(self) -> int:
        """Bone of the thigh or upper arm."""
        return self.chain[self.first]

    @property
    def lower(self) -> int:
        """Bone of the shin or forearm."""
        return self.chain[self.middle]

    @property
    def end(self) -> int | None:
        """Bone of the foot or hand, where there is one."""
        return self.chain[self.last] if self.last < len(self.chain) else None

    def points(self, tree: Tree) -> np.ndarray:
        """(3, 3) hip, knee and ankle, or shoulder, elbow and wrist."""
        end = tree.tails[self.lower] if self.end is None else tree.at[self.end]
        return np.array([tree.at[self.upper], tree.at[self.lower], end])

    def length(self, tree: Tree) -> float:
        """From hip to ankle, or shoulder to wrist, along the bones."""
        return float(np.linalg.norm(np.diff(self.points(tree), axis=0), axis=1).sum())


@dataclass(frozen=True)
class Pair:
    """Two chains that match, below one bone."""

    parent: int
    chains: tuple[tuple[int, ...], tuple[int, ...]]
    reach: float


def limb_pairs(tree: Tree) -> list[Pair]:
    """All pairs of chains that are long enough for limbs, the longest first.

    Two chains match as far as their bones have the same lengths; what only one side carries does not matter.
    """
    found = []
    shortest = _SHORTEST * tree.size
    for parent, children in enumerate(tree.children):
        ways = {child: tree.step[child] + tree.reach[child] for child in children}
        long = sorted((c for c in children if ways[c] > shortest), key=lambda c: -ways[c])[:_MANY]
        candidates = []
        for a, b in combinations(long, 2):
            if tree.alike(a, b):
                one, two, way, gap = _matched(tree, a, b)
                if way > shortest and len(one) > 1:
                    candidates.append((-way + gap, one, two, way))
        taken: set[int] = set()
        for _, one, two, way in sorted(candidates):
            if not taken & {one[0], two[0]}:
                taken |= {one[0], two[0]}
                found.append(Pair(parent, (one, two), way))
    return sorted(found, key=lambda pair: -pair.reach)


def _matched(tree: Tree, a: int, b: int) -> tuple[tuple[int, ...], tuple[int, ...], float, float]:
    """Both chains as far as they match on the longest way down, its length, and by how much they differ."""
    one, two = [a], [b]
    way, gap = 0.0, abs(tree.step[a] - tree.step[b])
    while len(one) < _LONGEST_CHAIN:
        best, most = None, -1.0
        for x in tree.children[one[-1]]:
            for y in tree.children[two[-1]]:
                worth = min(tree.step[x] + tree.reach[x], tree.step[y] + tree.reach[y])
                if worth > most and tree.alike(x, y):
                    best, most = (x, y), worth
        if best is None:
            break
        one.append(best[0])
        two.append(best[1])
        way += (tree.step[best[0]] + tree.step[best[1]]) / 2
        gap += abs(tree.step[best[0]] - tree.step[best[1]])
    return tuple(one), tuple(two), way, gap


def as_legs(tree: Tree, pair: Pair) -> tuple[Limb, Limb]:
    """The pair divided as legs: two long bones of like length, then a foot that turns away from them."""
    return _divided(tree, pair, _leg_penalty)


def as_arms(tree: Tree, pair: Pair, leg: float, hips: float) -> tuple[Limb, Limb]:
    """The pair divided as arms: a short collar bone, two bones, a hand in line.

    leg: length of the legs. hips: how far these are apart, as shoulders are and collar bones are not.
    """
    first, second = pair.chains
    apart = np.linalg.norm(tree.at[list(first)] - tree.at[list(second)], axis=1)

    def penalty(parts: _Parts) -> np.ndarray:
        narrow = np.clip(0.7 - apart[parts.start] / max(hips, 1e-12), 0, None)
        return _arm_penalty(parts, leg) + 4.0 * narrow

    return _divided(tree, pair, penalty)


@dataclass(frozen=True)
class _Parts:
    """All divisions of a chain. start: (n,) place of the upper bone in it.

    before, upper, lower, after: (n,) lengths along the bones; turn: (n,) cosine between the lower bone and
    what follows; bend: (n,) share by which both bones are shorter than their path; elsewhere: (n,) penalty
    where chains leave, as fingers do, but not at the end.
    """

    start: np.ndarray
    before: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    after: np.ndarray
    turn: np.ndarray
    bend: np.ndarray
    elsewhere: np.ndarray


def _divided(tree: Tree, pair: Pair, penalty: Callable[[_Parts], np.ndarray]) -> tuple[Limb, Limb]:
    """Both chains at the same places, where the two together look most like a limb."""
    first, second = pair.chains
    count = len(first)
    places = np.array([(i, j, k) for i, j, k in combinations(range(count + 1), 3) if j < count])
    total = (penalty(_parts(tree, first, places)) + penalty(_parts(tree, second, places))) / 2
    best = int(np.argmin(total))
    i, j, k = places[best].tolist()
    return Limb(first, i, j, k, float(total[best])), Limb(second, i, j, k, float(total[best]))


def _parts(tree: Tree, chain: tuple[int, ...], places: np.ndarray) -> _Parts:
    points = np.array([*tree.at[list(chain)], tree.tails[chain[-1]]])
    path = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    i, j, k = places.T
    count = len(chain)
    last = np.where(k == count, count, count - 1)  # tails only count where nothing follows
    upper, lower = path[j] - path[i], path[k] - path[j]
    straight = [np.linalg.norm(points[b] - points[a], axis=1) for a, b in ((i, j), (j, k))]
    bend = 2.0 - straight[0] / np.maximum(upper, 1e-12) - straight[1] / np.maximum(lower, 1e-12)
    down, on = points[k] - points[j], points[last] - points[k]
    norms = np.linalg.norm(down, axis=1) * np.linalg.norm(on, axis=1)
    turn = np.where(norms > 0, (down * on).sum(1) / np.maximum(norms, 1e-12), 1.0)
    leaving = np.array([tree.leaving(chain, place) for place in range(count)])
    most = int(leaving.max())
    fan = int(np.flatnonzero(leaving == most)[-1]) if most > 1 else 0
    belief = (0.0 if not fan else 1.2 if most == 2 else 2.0) * (k != fan)
    for place in np.flatnonzero(np.diff(path[:count]) < 0.002 * path[-1]):
        # two bones at one point are a joint, seldom the inside of a limb's bone
        belief = belief + (((i < place) & (place + 1 < j)) | ((j < place) & (place + 1 < k)))
    return _Parts(i, path[i], upper, lower, path[last] - path[k], turn, bend, belief)


def _leg_penalty(parts: _Parts) -> np.ndarray:
    """(n,) penalties. Thigh and shin are of one length (0.245 and 0.246 of stature, Drillis and Contini
    1966), little comes before them, and the foot is short and turns away from the shin.
    """
    whole = np.maximum(parts.upper + parts.lower, 1e-12)
    penalty = (_log_ratio(parts.upper, parts.lower) / 0.25) ** 2 / 2
    penalty += _STRAIGHT * parts.bend + 2.0 * parts.before / whole
    foot = parts.after / whole
    penalty += np.where(foot > 0, 2.0 * np.clip(parts.turn - 0.4, 0, None), 1.0)
    penalty += 4.0 * np.clip(foot - 0.4, 0, None)
    return penalty


def _arm_penalty(parts: _Parts, leg: float) -> np.ndarray:
    """(n,) penalties. The upper arm is a little longer than the forearm (0.186 and 0.146 of stature, Drillis
    and Contini 1966; less in rigs), both together 0.6 of the leg; collar bone and hand are shorter.
    """
    whole = np.maximum(parts.upper + parts.lower, 1e-12)
    penalty = ((_log_ratio(parts.upper, parts.lower) - 0.15) / 0.3) ** 2 / 2
    penalty += _STRAIGHT * parts.bend
    penalty += (np.log(np.maximum(whole / leg, 1e-6) / 0.62) / 0.4) ** 2 / 2
    collar = parts.before / np.maximum(parts.upper, 1e-12)
    penalty += np.where(parts.before > 0, 6.0 * np.clip(collar - 0.75, 0, None), 0.2)
    hand = parts.after / np.maximum(parts.lower, 1e-12)
    penalty += np.where(hand > 0, 3.0 * np.clip(hand - 1.1, 0, None), 0.1)
    return penalty + parts.elsewhere


def _log_ratio(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(one, 1e-9) / np.maximum(two, 1e-9))
