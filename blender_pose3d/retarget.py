"""Rest poses and animations as arrays, and the way from world rotations to a pose bone's own channels.

Blender's rule, for a bone with rest matrix ``R`` (``Bone.matrix_local``, armature space), parent ``p`` and
basis ``B`` (``PoseBone.matrix_basis``, what location and rotation channels make)::

    pose = pose_p · R_p⁻¹ · R · B

Without ``use_inherit_rotation`` the rotation of ``pose_p · R_p⁻¹`` is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .channels import euler_angles, quaternions_from_euler
from .quaternions import conjugate, in_axes, multiply, signed_on


@dataclass(frozen=True)
class RestPose:
    """An armature as it stands without a pose; parents come before their children.

    names: B bone names. parents: (B,) int, -1 for a root. matrices: (B, 4, 4) armature space
    (``Bone.matrix_local``: head at the origin, the bone along +y), in the object's own units.
    lengths: (B,) in the same units. world: (4, 4) of the armature object, metres.
    connected, inherit_rotation, local_location: (B,) bool, as ``Bone.use_connect``,
    ``use_inherit_rotation`` and ``use_local_location``. locked: (B, 3) bool, rotation about x, y, z that may
    not change (``PoseBone.lock_rotation``); orders: (B,) ``rotation_mode``, whose Euler angles are meant, XYZ
    for what is no Euler order; locked_location: (B, 3) bool. Without them nothing is locked. Scale is never
    touched, so whether bones inherit it does not matter.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    matrices: np.ndarray
    lengths: np.ndarray
    world: np.ndarray
    connected: np.ndarray
    inherit_rotation: np.ndarray
    local_location: np.ndarray
    locked: np.ndarray | None = None
    orders: tuple[str, ...] | None = None
    locked_location: np.ndarray | None = None

    def index(self, bone: str) -> int:
        """Index of a bone by name. Raises ValueError for a name the armature does not have."""
        return self.names.index(bone)

    def ancestors(self, bone: int) -> list[int]:
        """A bone and all above it, itself first."""
        found = [bone]
        while self.parents[found[-1]] >= 0:
            found.append(int(self.parents[found[-1]]))
        return found

    def path(self, ancestor: int, bone: int) -> list[int]:
        """Bones down to ``bone``, from below ``ancestor`` or, where it does not hang on that, from below what
        the two hang on together; only ``bone`` where they have nothing in common."""
        above = set(self.ancestors(ancestor))
        down = self.ancestors(bone)
        shared = next((i for i, one in enumerate(down) if one in above), None)
        return [bone] if shared is None else down[:shared][::-1]


@dataclass(frozen=True)
class Animation:
    """What the pose bones do, frame by frame, in their own channels; ready to be keyed.

    bone_names: M bones that turn. rotations: (T, M, 4) unit quaternions wxyz of ``PoseBone.matrix_basis``,
    continuous in sign along time. locations: bone name → (T, 3) location of ``matrix_basis`` in the
    armature's units, for the few bones that also move (the hips; not always one of ``bone_names``).
    notes: sentences for the user about what was guessed or left out.
    """

    fps: float
    bone_names: tuple[str, ...]
    rotations: np.ndarray
    locations: dict[str, np.ndarray] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return self.rotations.shape[0]


def local_rotations(rest: RestPose, turned: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rotation channels that turn bones away from rest as they are told to, whatever is above them.

    turned: bone name → (4, T) quaternion of the bone's orientation in armature space away from its rest
    orientation. Bones that are not named keep their rest pose relative to their parent. Returns bone name →
    (4, T) rotation of ``matrix_basis``, with continuous signs. What is locked stays at zero, and the bones
    below take it up; a bone with all axes locked is left out.
    """
    inherited: list[np.ndarray] = []
    basis: dict[str, np.ndarray] = {}
    still = np.array([[1.0], [0.0], [0.0], [0.0]])
    for bone, name in enumerate(rest.names):
        parent = rest.parents[bone]
        above = inherited[parent] if parent >= 0 and rest.inherit_rotation[bone] else still
        locks = rest.locked[bone] if rest.locked is not None else np.zeros(3, dtype=bool)
        if name not in turned or locks.all():
            inherited.append(above)
            continue
        own = rest.matrices[bone, :3, :3]
        local = signed_on(in_axes(multiply(conjugate(above), turned[name]), own))
        kept = turned[name]
        if locks.any():
            local = _unlocked(local, locks, rest.orders[bone] if rest.orders else "XYZ")
            kept = multiply(above, in_axes(local, own.T))
        basis[name] = local
        inherited.append(kept)
    return basis


def _unlocked(rotation: np.ndarray, locks: np.ndarray, order: str) -> np.ndarray:
    """Rotation (4, T) whose Euler angles about locked axes are zero, as Blender locks them."""
    order = order if sorted(order) == ["X", "Y", "Z"] else "XYZ"
    angles = euler_angles(rotation.T, order)
    angles[:, locks] = 0.0
    return signed_on(quaternions_from_euler(angles, order).T)


def local_location(
    rest: RestPose, bone: str, shift: np.ndarray, others: tuple[str, ...] = ()
) -> tuple[str, np.ndarray]:
    """Location channel that moves a bone, and all below it, while its ancestors stand in their rest pose.

    shift: (T, 3) way of the bone's head from its rest place, armature space and units. others: bones that
    must come along. Returns the bone that takes the location and its (T, 3) channel: a connected or locked
    bone cannot move, so the first ancestor that can, and has the others below it, does it.
    """
    mover = _mover(rest, rest.index(bone), [rest.index(other) for other in others])
    if rest.local_location[mover]:
        axes = rest.matrices[mover, :3, :3]
    elif rest.parents[mover] >= 0:
        axes = rest.matrices[rest.parents[mover], :3, :3]
    else:
        axes = np.eye(3)
    return rest.names[mover], shift @ axes


def _mover(rest: RestPose, bone: int, others: list[int]) -> int:
    lines = [set(rest.ancestors(other)) for other in others]
    free = [
        one
        for one in rest.ancestors(bone)
        if not (rest.connected[one] and rest.parents[one] >= 0)
        and (rest.locked_location is None or not rest.locked_location[one].any())
    ]
    whole = [one for one in free if all(one in line for line in lines)]
    return (whole or free or [rest.ancestors(bone)[-1]])[0]
