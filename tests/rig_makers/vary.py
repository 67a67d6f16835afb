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
