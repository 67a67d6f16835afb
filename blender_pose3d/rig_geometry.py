"""Which bones of a humanoid play which role, by hierarchy, lengths and places alone.

A humanoid is a tree with two pairs of limbs: one hangs where the back begins, the other where it ends, and
the head goes on from there. Lengths along bones do not change with the pose, so limbs are paired and divided
by them; places say which pair is which, where the front is, and so which side is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .retarget import RestPose
from .rig_copies import limb_copies
from .rig_facing import facing
from .rig_limbs import Limb, Pair, as_arms, as_legs, limb_pairs
from .rig_tree import Tree
from .rotations import unit

BY_SHAPE = "by_shape"
# Only the longest pairs can be legs and arms; hair and skirts may be as long.
_TRIED = 10
# So far above the shoulders, in torsos, is the crown and no longer the base of the skull.
_CROWN = 0.45
# The neck starts above this share of the way from hips to shoulders.
_COLLAR = 0.6
# Above this share of the way from hips to shoulders, what carries the arms is the neck.
_NECK = 0.93
# The worst guess that still passes: sum of penalties of ``rig_limbs`` and of ``_body``.
_WORST = 5.0


@dataclass(frozen=True)
class Shape:
    """mapping: role → bone name. confidence: 0 to 1. notes: for the user."""

    mapping: dict[str, str]
    confidence: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Body:
    """A guess. back: bones from below the hips up to what the arms hang on; head: from there to the skull."""

    legs: tuple[Limb, Limb]
    arms: tuple[Limb, Limb]
    hips: int
    back: list[int]
    head: list[int]
    up: np.ndarray
    penalty: float


def by_shape(rest: RestPose) -> Shape | str:
    """The roles of a humanoid's bones; or the reason why it is none."""
    tree = Tree(rest)
    if tree.size <= 0.0:
        return "all bones start at one point"
    body = _best(tree)
    if isinstance(body, str):
        return body
    forward, certainty = facing(tree, body.legs, body.arms, body.head, body.up)
    if forward is None:
        return "front and back look alike (no feet, straight knees), so left cannot be told from right"
    mapping = _named(tree, body, np.cross(body.up, forward))
    fit = float(np.exp(-0.12 * body.penalty))
    notes = () if certainty > 0.3 else ("Which side is left is uncertain: look whether the map is mirrored.",)
    return Shape(mapping, round(0.9 * fit * (0.6 + 0.4 * min(certainty / 0.5, 1.0)), 3), notes)


def objections(rest: RestPose, mapping: dict[str, str]) -> str | None:
    """Why an armature whose names say humanoid is none all the same; None when it is one."""
    heads = dict(zip(rest.names, rest.matrices[:, :3, 3], strict=True))
    ends = {"thigh": ("foot", "shin"), "upper_arm": ("hand", "forearm")}
    limbs = {
        part: np.array([
            [heads[mapping[f"{part}.{s}"]], heads[mapping.get(f"{end}.{s}", mapping[f"{lower}.{s}"])]]
            for s in "LR"
        ])
        for part, (end, lower) in ends.items()
    }  # fmt: skip
    return _on_four_legs(limbs["thigh"], limbs["upper_arm"])


def _best(tree: Tree) -> _Body | str:
    """The best guess, or why none is good."""
    pairs = limb_pairs(tree)
    if not pairs:
        return "no two limbs match each other in the lengths of their bones"
    bodies = _bodies(tree, pairs)
    if not bodies:
        return "there are no two legs at one end of a back and two arms and a head at the other"
    body = min(bodies, key=lambda guess: guess.penalty)
    if body.penalty > _WORST:
        return "its limbs are not divided like legs and arms"
    if min(limb_copies(tree, body.legs), 2) + min(limb_copies(tree, body.arms), 2) >= 2:
        return "several chains of bones run through each limb, as in control rigs: only names tell them apart"
    return _more_limbs(tree, pairs, body) or _on_four_legs(*_ends(tree, body)) or body


def _bodies(tree: Tree, pairs: list[Pair]) -> list[_Body]:
    tried = pairs[:_TRIED]
    legs = sorted(((as_legs(tree, pair), pair) for pair in tried), key=lambda both: both[0][0].penalty)
    found = []
    for limbs, lower in legs[:4]:
        if limbs[0].penalty > _WORST:
            continue
        length = (limbs[0].length(tree) + limbs[1].length(tree)) / 2
        for upper in tried:
            if upper is not lower and (body := _body(tree, limbs, lower, upper, length)):
                found.append(body)
    return found


def _body(tree: Tree, legs: tuple[Limb, Limb], lower: Pair, upper: Pair, length: float) -> _Body | None:
    """The guess that one pair are legs and the other arms; None when the tree does not allow it."""
    line, other = tree.ancestors(upper.parent), tree.ancestors(lower.parent)
    shared = [bone for bone in line if bone in set(other)]
    if not shared or {*lower.chains[0], *lower.chains[1]} & set(line):
        return None
    hips = shared[0]
    back = line[: line.index(hips)][::-1]
    if not back or {*upper.chains[0], *upper.chains[1]} & set(other):
        return None
    hips_apart = float(np.linalg.norm(tree.at[legs[0].upper] - tree.at[legs[1].upper]))
    arms = as_arms(tree, upper, length, hips_apart)
    up = sum(tree.at[arm.upper] for arm in arms) / 2 - sum(tree.at[leg.upper] for leg in legs) / 2
    torso = float(np.linalg.norm(up))
    if torso < 0.02 * tree.size:
        return None
    head = _head(tree, upper, up, legs)
    if not head:
        return None
    hang = sum(leg.points(tree)[2] - leg.points(tree)[0] for leg in legs)
    penalty = legs[0].penalty + arms[0].penalty
    penalty += (np.log(length / torso / 1.6) / 0.5) ** 2 / 2
    penalty += 1.5 * (1 + float(unit(hang) @ unit(up)))
    penalty += 0.5 * other.index(hips)
    return _Body(legs, arms, hips, back, head, up, float(penalty))


def _head(tree: Tree, arms: Pair, up: np.ndarray, legs: tuple[Limb, Limb]) -> list[int]:
    """Bones from the one above the back to the skull: on the middle, upwards, not as high as the crown."""
    torso = float(np.linalg.norm(up))
    rise, middle = up / torso, sum(tree.at[leg.upper] for leg in legs) / 2
    across = unit(tree.at[legs[0].upper] - tree.at[legs[1].upper])
    limbs = {arms.chains[0][0], arms.chains[1][0]}
    found: list[int] = []
    bone, start = arms.parent, tree.at[arms.parent]
    while True:
        best, most = None, 0.0
        for child in tree.children[bone]:
            way = tree.at[child] - start
            far = float(np.linalg.norm(way))
            off = abs(float((tree.at[child] - middle) @ across))
            height = float((tree.at[child] - middle) @ rise) / torso
            if child in limbs or off > 0.12 * torso or not _COLLAR < height < 1 + _CROWN:
                continue
            steep = float(way @ rise) / far if far > 0.02 * torso else 0.0 if found else 1.0
            worth = steep + 0.1 * min(tree.below[child], 20) / 20
            # the first may lean, and a skull, from which much leaves, may be before the neck
            enough = 0.2 if not found else 0.4 if tree.fan(child) >= 3 else 0.7
            if steep > enough and worth > most:
                best, most = child, worth
        if best is None:
            return found
        found.append(best)
        if tree.fan(best) >= 3:
            return found  # eyes, jaw, hair: a skull
        bone, start = best, tree.at[best]


def _more_limbs(tree: Tree, pairs: list[Pair], body: _Body) -> str | None:
    """A reason to refuse what has more than four limbs of the same kind."""
    used = {limb.chain[0] for limb in (*body.legs, *body.arms)}
    legs, arms = body.legs[0], body.arms[0]
    alike = 0
    for pair in pairs:
        top = pair.chains[0][0]
        if top in used or used & set(tree.ancestors(top)) or body.head[0] in tree.ancestors(top):
            continue
        for limb in (legs, arms):
            reach = tree.step[limb.chain[0]] + tree.reach[limb.chain[0]]
            own = tree.step[top] + tree.reach[top]
            if abs(reach - own) < 0.12 * reach and len(pair.chains[0]) == len(limb.chain):
                alike += 1
                break
    return f"it has {2 + alike} pairs of limbs like legs" if alike else None


def _ends(tree: Tree, body: _Body) -> tuple[np.ndarray, np.ndarray]:
    """(2, 2, 3) start and end of legs and of arms."""
    return tuple(np.array([limb.points(tree)[[0, 2]] for limb in pair]) for pair in (body.legs, body.arms))  # type: ignore[return-value]


def _on_four_legs(legs: np.ndarray, arms: np.ndarray) -> str | None:
    """A reason to refuse what stands on four legs: all limbs go one way, and the back does not.

    legs, arms: (2, 2, 3) start and end of each. Somebody who hangs the arms stands upright, too.
    """
    back = arms[:, 0].mean(0) - legs[:, 0].mean(0)
    down, hang = (limbs[:, 1].mean(0) - limbs[:, 0].mean(0) for limbs in (legs, arms))
    norms = [float(np.linalg.norm(v)) for v in (back, down, hang)]
    if min(norms) <= 1e-9 * max(norms):
        return None
    back, down, hang = (v / n for v, n in zip((back, down, hang), norms, strict=True))
    if float(down @ hang) > 0.6 and float(back @ down) > -0.65:
        return "it stands on four legs"
    return None


def _named(tree: Tree, body: _Body, left: np.ndarray) -> dict[str, str]:
    """Role → bone name. left: (3,) towards the character's left."""
    names = tree.rest.names
    back, head = list(body.back), list(body.head)
    torso2 = float(body.up @ body.up)
    hips_at = sum(tree.at[leg.upper] for leg in body.legs) / 2
    if len(back) > 1 and float((tree.at[back[-1]] - hips_at) @ body.up) / torso2 > _NECK:
        head.insert(0, back.pop())
    if len(head) > 2 and not tree.children[head[-1]] and _has_end_bones(tree, body.legs[0]):
        head.pop()
    found = {"hips": body.hips, "spine": back[0], "head": head[-1]}
    if len(back) > 1:
        found["chest"] = back[-1]
    if len(head) > 1:
        found["neck"] = head[0]
    for pair, parts in (
        (body.legs, ("thigh", "shin", "foot")),
        (body.arms, ("upper_arm", "forearm", "hand")),
    ):
        sides = "LR" if (tree.at[pair[0].upper] - tree.at[pair[1].upper]) @ left > 0 else "RL"
        for limb, side in zip(pair, sides, strict=True):
            bones = (limb.upper, limb.lower, limb.end)
            found |= {f"{p}.{side}": b for p, b in zip(parts, bones, strict=True) if b is not None}
            if parts[0] == "upper_arm" and limb.first > 0:
                found[f"shoulder.{side}"] = limb.chain[0]
            toe = _toe(tree, limb) if parts[0] == "thigh" else None
            if toe is not None:
                found[f"toe.{side}"] = toe
    return {role: names[bone] for role, bone in found.items()}


def _has_end_bones(tree: Tree, leg: Limb) -> bool:
    """Whether chains end in a bone that only says where the last one ends, as some exporters write them."""
    after = leg.chain[leg.last + 1 :]
    return len(after) == 2 and tree.fan(after[0]) == 1 and not tree.children[after[1]]


def _toe(tree: Tree, leg: Limb) -> int | None:
    """The bone of the toes: where several toes leave, else the joint nearest two thirds of the foot."""
    after = leg.chain[leg.last + 1 :]
    if not after or tree.fan(leg.chain[leg.last]) >= 4:
        return None
    fan = next((bone for bone in after if tree.fan(bone) >= 2), None)
    if fan is not None:
        return fan
    way = np.cumsum([tree.step[bone] for bone in after])
    return after[int(np.argmin(np.abs(way / way[-1] - 0.68)))] if way[-1] > 0 else None
