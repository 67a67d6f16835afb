"""Bones that share a role: further ones of the same segment, and twist bones beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .retarget import RestPose
from .rig_names import is_helper, words

_SEGMENTS = [
    ("neck", "head"),
    *((f"{a}.{s}", f"{b}.{s}") for s in "LR" for a, b in (
        ("shoulder", "upper_arm"), ("upper_arm", "forearm"), ("forearm", "hand"),
        ("thigh", "shin"), ("shin", "foot"), ("foot", "toe"))),
]  # fmt: skip

Bones = dict[str, tuple[str, ...]]


def extra_bones(rest: RestPose, mapping: dict[str, str], control: bool = False) -> Bones:
    """Role → further bones of the same segment, from the role's bone outwards; in line, each on the last.

    Those of ``spine`` are all of the back between hips and chest but the bones of the roles themselves.
    control: of an animation rig, where bones between the controls are driven by constraints and are nobody's.
    """
    index = {name: bone for bone, name in enumerate(rest.names)}
    taken = set(mapping.values())

    def between(first: str, last: str) -> tuple[str, ...]:
        path = [rest.names[bone] for bone in _path(rest, index[first], index[last])]
        return tuple(n for n in path if n not in taken and not (control and is_helper(n)))

    extras = {a: between(mapping[a], mapping[b]) for a, b in _SEGMENTS if a in mapping and b in mapping}
    top = mapping.get("chest", mapping.get("spine"))
    if top and "spine" in mapping:
        extras["spine"] = between(mapping["hips"], top)
    return {role: bones for role, bones in extras.items() if bones}


def twist_bones(rest: RestPose, mapping: dict[str, str], extras: Bones) -> Bones:
    """Role → bones beside the chain of a limb that lie on its line, by their place along it.

    Nothing that has a role, is in line or carries other than such bones counts.
    """
    heads = rest.matrices[:, :3, 3]
    index = {name: bone for bone, name in enumerate(rest.names)}
    children = children_of(rest)
    taken = {*mapping.values(), *(bone for bones in extras.values() for bone in bones)}
    found: Bones = {}
    for role, following in _SEGMENTS[1:]:
        if role not in mapping or following not in mapping or role.startswith(("shoulder", "foot")):
            continue
        start, end = heads[index[mapping[role]]], heads[index[mapping[following]]]
        beside: list[tuple[float, str]] = []
        for bone in (mapping[role], *extras.get(role, ())):
            for child in children[index[bone]]:
                line = _line_below(child, children, limit=4)
                if rest.names[child] in taken or not line:
                    continue
                places = [_along(start, end, heads[member]) for member in line]
                known = [place for place in places if place is not None]
                if len(known) == len(line):
                    beside += [(place, rest.names[m]) for place, m in zip(known, line, strict=True)]
        inside = [(p, name) for p, name in beside if _twists(name) or 0.05 < p < 0.95]
        if inside:
            found[role] = tuple(name for _, name in sorted(inside))
    return found


def as_driven(rest: RestPose, follows: dict[str, str]) -> RestPose:
    """The rest pose with the parents that bones have in effect.

    follows: bone → control that it copies by a constraint. What hangs on the bone then hangs on the control.
    """
    place = {name: bone for bone, name in enumerate(rest.names)}
    instead = {place[bone]: place[control] for bone, control in follows.items()}
    parents = np.array([instead.get(parent, parent) for parent in rest.parents.tolist()])
    late = parents >= np.arange(len(parents))
    return replace(rest, parents=np.where(late, rest.parents, parents)) if instead else rest


def children_of(rest: RestPose) -> list[list[int]]:
    """The children of each bone."""
    children: list[list[int]] = [[] for _ in rest.names]
    for bone, parent in enumerate(rest.parents.tolist()):
        if parent >= 0:
            children[parent].append(bone)
    return children


def _path(rest: RestPose, ancestor: int, bone: int) -> list[int]:
    """Bones between two of one chain, both left out; none where they are not of one chain."""
    found: list[int] = []
    while True:
        bone = int(rest.parents[bone])
        if bone in (ancestor, -1):
            return found[::-1] if bone == ancestor else []
        found.append(bone)


def _line_below(bone: int, children: list[list[int]], limit: int) -> list[int]:
    """A bone and what hangs on it if that is one line of at most ``limit`` bones; else nothing."""
    line = [bone]
    while children[line[-1]]:
        if len(children[line[-1]]) > 1 or len(line) == limit:
            return []
        line += children[line[-1]]
    return line


def _along(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> float | None:
    """Where a point lies from start (0) to end (1); None when it is not on that line."""
    way = end - start
    length = float(way @ way)
    if length == 0.0:
        return None
    place = float((point - start) @ way) / length
    off = np.linalg.norm(point - start - place * way) / length**0.5
    return place if off < 0.08 and -0.02 < place < 1.02 else None


def _twists(name: str) -> bool:
    found, _ = words(name)
    return any("twist" in word or word in ("roll", "捩") for word in found)
