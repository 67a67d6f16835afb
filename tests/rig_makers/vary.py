"""What happens to rigs on their way: names, poses, transforms, order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.retarget import RestPose


def renamed(rest: RestPose, new: Callable[[str], str]) -> RestPose:
    """With other names."""
    return replace(rest, names=tuple(new(name) for name in rest.names))


def shuffled(rest: RestPose, seed: int) -> tuple[RestPose, dict[str, str]]:
    """Bones called Bone, Bone.001 ... at random, siblings in any order; and old name → new name."""
    random = np.random.default_rng(seed)
    depth = np.zeros(len(rest.names), int)
    for bone, parent in enumerate(rest.parents):
        depth[bone] = depth[parent] + 1 if parent >= 0 else 0
    order = np.lexsort((random.random(len(depth)), depth))
    place = np.argsort(order)
    numbers = random.permutation(len(order))
    names = tuple(f"Bone.{n:03d}" if n else "Bone" for n in numbers)
    fields = ("matrices", "lengths", "connected", "inherit_rotation", "local_location")
    mixed = replace(
        rest,
        names=names,
        parents=np.array([place[p] if p >= 0 else -1 for p in rest.parents[order]]),
        **{field: getattr(rest, field)[order] for field in fields},
    )
    return mixed, {rest.names[old]: names[new] for new, old in enumerate(order)}


def moved(rest: RestPose, turn: Rotation, scale: float = 1.0, inside: bool = False) -> RestPose:
    """Turned and scaled as an object; inside: the data, and the object stays as it is."""
    matrix = np.eye(4)
    matrix[:3, :3] = scale * turn.as_matrix()
    if not inside:
        return replace(rest, world=matrix @ rest.world)
    matrices = matrix @ rest.matrices
    matrices[:, :3, :3] /= scale
    return replace(rest, matrices=matrices, lengths=rest.lengths * scale)


def posed_anew(rest: RestPose, turns: dict[str, Rotation]) -> RestPose:
    """With another rest pose: bones turned about their heads by rotations of the armature's space."""
    turned: list[np.ndarray] = []
    for bone, name in enumerate(rest.names):
        parent = rest.parents[bone]
        above = turned[parent] if parent >= 0 else np.eye(4)
        own = np.eye(4)
        if name in turns:
            head = rest.matrices[bone, :3, 3]
            own[:3, :3] = turns[name].as_matrix()
            own[:3, 3] = head - own[:3, :3] @ head
        turned.append(above @ own)
    return replace(rest, matrices=np.array(turned) @ rest.matrices)


def posed_as(
    rest: RestPose,
    mapping: dict[str, str],
    *,
    arms: float | None = None,
    elbows: float = 0.0,
    knees: float = 0.0,
    legs: float = 0.0,
    lean: float = 0.0,
    uneven: float = 0.0,
) -> RestPose:
    """With another rest pose; the rig faces -y, z is up. All in degrees.

    arms: how far they hang below level, None as they are. elbows, knees: bent so much more. legs: lifted to
    the front. lean: of the back, forwards. uneven: the left arm and leg so much further to the front.
    """
    turn = rest.world[:3, :3] / np.linalg.norm(rest.world[:3, 0])
    heads = rest.matrices[:, :3, 3] @ turn.T

    def way(first: str, second: str) -> np.ndarray:
        return heads[rest.index(mapping[second])] - heads[rest.index(mapping[first])]

    def about(axis: tuple[float, float, float] | np.ndarray, degrees: float) -> Rotation:
        axis = np.asarray(axis, float)
        return Rotation.from_rotvec(turn.T @ (axis / np.linalg.norm(axis) * np.radians(degrees)))

    turns: dict[str, Rotation] = {}
    for side, sign, extra in (("L", 1.0, uneven), ("R", -1.0, 0.0)):
        arm = way(f"upper_arm.{side}", f"forearm.{side}")
        hinge = np.cross(arm, (0.0, -1.0, 0.0))
        hangs = np.degrees(np.arctan2(-arm[2], abs(arm[0])))
        lower = about((0, sign, 0), (arms - hangs) if arms is not None else 0.0)
        turns[mapping[f"upper_arm.{side}"]] = about((-1, 0, 0), -extra) * lower
        turns[mapping[f"forearm.{side}"]] = about(hinge, elbows)
        turns[mapping[f"thigh.{side}"]] = about((1, 0, 0), -knees / 2 - legs - extra)
        turns[mapping[f"shin.{side}"]] = about((1, 0, 0), knees)
    if "spine" in mapping:
        turns[mapping["spine"]] = about((1, 0, 0), lean)
    return posed_anew(rest, turns)


def without(rest: RestPose, gone: set[str]) -> RestPose:
    """Without some bones; their children hang on what they hung on."""
    kept = [bone for bone, name in enumerate(rest.names) if name not in gone]
    place = {bone: i for i, bone in enumerate(kept)}
    parents = []
    for bone in kept:
        parent = int(rest.parents[bone])
        while parent >= 0 and parent not in place:
            parent = int(rest.parents[parent])
        parents.append(place.get(parent, -1))
    fields = ("matrices", "lengths", "connected", "inherit_rotation", "local_location")
    return replace(
        rest,
        names=tuple(rest.names[bone] for bone in kept),
        parents=np.array(parents),
        **{field: getattr(rest, field)[kept] for field in fields},
    )


def below(rest: RestPose, names: list[str]) -> set[str]:
    """All bones that hang on these."""
    found: set[str] = set()
    for bone, parent in enumerate(rest.parents):
        if parent >= 0 and (rest.names[parent] in names or rest.names[parent] in found):
            found.add(rest.names[bone])
    return found


def grown(rest: RestPose, parent: str, name: str, points: np.ndarray) -> RestPose:
    """With a chain of bones along points (n, 3), in the world, on a bone."""
    inside = (points - rest.world[:3, 3]) @ np.linalg.inv(rest.world[:3, :3]).T
    count = len(points) - 1
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, :3, 3] = inside[:-1]
    first = len(rest.names)
    yes = np.ones(count, bool)
    return replace(
        rest,
        names=(*rest.names, *(f"{name}{n}" for n in range(count))),
        parents=np.concatenate([rest.parents, [rest.index(parent)], np.arange(first, first + count - 1)]),
        matrices=np.concatenate([rest.matrices, matrices]),
        lengths=np.concatenate([rest.lengths, np.linalg.norm(np.diff(inside, axis=0), axis=1)]),
        connected=np.concatenate([rest.connected, ~yes]),
        inherit_rotation=np.concatenate([rest.inherit_rotation, yes]),
        local_location=np.concatenate([rest.local_location, yes]),
    )


def dressed(rest: RestPose, mapping: dict[str, str], height: float) -> RestPose:
    """With a tail, two plaits, a skirt of four chains, a cape and a sword. height: of the rig, metres."""
    heads = {
        n: rest.world[:3, :3] @ m[:3, 3] + rest.world[:3, 3]
        for n, m in zip(rest.names, rest.matrices, strict=True)
    }
    hips, head, chest = (mapping.get(role, mapping["spine"]) for role in ("hips", "head", "chest"))

    def chain(parent: str, start: tuple[float, ...], end: tuple[float, ...], bones: int) -> np.ndarray:
        ends = heads[parent] + height * np.array([start, end])
        return ends[0] + np.linspace(0, 1, bones + 1)[:, None] * (ends[1] - ends[0])

    rest = grown(rest, hips, "tail", chain(hips, (0, 0.05, 0), (0, 0.4, -0.3), 6))
    rest = grown(rest, mapping["hand.R"], "sword", chain(mapping["hand.R"], (0, 0, 0), (0, -0.5, 0), 2))
    for x in (-1, 1):
        rest = grown(rest, head, f"plait{x}", chain(head, (0.05 * x, 0.04, 0.05), (0.07 * x, 0.1, -0.2), 4))
        rest = grown(rest, chest, f"cape{x}", chain(chest, (0.08 * x, 0.08, 0.05), (0.1 * x, 0.15, -0.5), 5))
        for y in (-1, 1):
            way = chain(hips, (0.07 * x, 0.05 * y, 0), (0.14 * x, 0.12 * y, -0.4), 4)
            rest = grown(rest, hips, f"skirt{x}{y}", way)
    return rest


def proportioned(rest: RestPose, mapping: dict[str, str], legs: float, arms: float, head: float) -> RestPose:
    """With other lengths: all that hangs on thighs, upper arms and head so many times as long."""
    factors = np.ones(len(rest.names))
    for part, factor in (("thigh", legs), ("upper_arm", arms)):
        gone = below(rest, [mapping[f"{part}.{s}"] for s in "LR"])
        factors[[rest.index(name) for name in gone]] = factor
    factors[[rest.index(name) for name in below(rest, [mapping["head"]])]] = head
    heads = rest.matrices[:, :3, 3].copy()
    for bone, parent in enumerate(rest.parents):
        if parent >= 0:
            way = rest.matrices[bone, :3, 3] - rest.matrices[parent, :3, 3]
            heads[bone] = heads[parent] + factors[bone] * way
    matrices = rest.matrices.copy()
    matrices[:, :3, 3] = heads
    return replace(rest, matrices=matrices, lengths=rest.lengths * factors)
