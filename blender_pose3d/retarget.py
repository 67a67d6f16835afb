"""Rest poses and animations as arrays, and the way from world rotations to a pose bone's own channels.

Blender's rule, for a bone with rest matrix ``R`` (``Bone.matrix_local``, armature space), parent ``p`` and
basis ``B`` (``PoseBone.matrix_basis``, what location and rotation channels make)::

    pose = pose_p · R_p⁻¹ · R · B

Without ``use_inherit_rotation`` the rotation of ``pose_p · R_p⁻¹`` is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class RestPose:
    """An armature as it stands without a pose; parents come before their children.

    names: B bone names. parents: (B,) int, -1 for a root. matrices: (B, 4, 4) armature space
    (``Bone.matrix_local``: head at the origin, the bone along +y), in the object's own units.
    lengths: (B,) in the same units. world: (4, 4) of the armature object, metres.
    connected, inherit_rotation, local_location: (B,) bool, as ``Bone.use_connect``,
    ``use_inherit_rotation`` and ``use_local_location``.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    matrices: np.ndarray
    lengths: np.ndarray
    world: np.ndarray
    connected: np.ndarray
    inherit_rotation: np.ndarray
    local_location: np.ndarray

    def index(self, bone: str) -> int:
        """Index of a bone by name. Raises ValueError for a name the armature does not have."""
        return self.names.index(bone)

    def path(self, ancestor: int, bone: int) -> list[int]:
        """Bones from below ``ancestor`` down to ``bone``; only ``bone`` where it does not hang on it."""
        found = [bone]
        while found[0] != ancestor and self.parents[found[0]] >= 0:
            found.insert(0, int(self.parents[found[0]]))
        return found[1:] if found[0] == ancestor else [bone]


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


def local_rotations(rest: RestPose, pose: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rotation channels that put bones into given orientations.

    pose: bone name → (T, 3, 3) orientation in armature space. Bones that are not named keep their rest
    pose relative to their parent. Returns bone name → (T, 3, 3) rotation of ``matrix_basis``.
    """
    turned: list[np.ndarray] = []  # rotation of each bone away from its rest orientation, armature space
    basis: dict[str, np.ndarray] = {}
    still = np.eye(3)[None]
    for bone, name in enumerate(rest.names):
        parent = rest.parents[bone]
        inherited = turned[parent] if parent >= 0 and rest.inherit_rotation[bone] else still
        own = rest.matrices[bone, :3, :3]
        if name in pose:
            basis[name] = np.swapaxes(inherited @ own, -1, -2) @ pose[name]
            turned.append(pose[name] @ own.T)
        else:
            turned.append(inherited)
    return basis


def local_location(rest: RestPose, bone: str, shift: np.ndarray) -> tuple[str, np.ndarray]:
    """Location channel that moves a bone, and all below it, while its ancestors stand in their rest pose.

    shift: (T, 3) way of the bone's head from its rest place, armature space and units. Returns the bone that
    takes the location and its (T, 3) channel: a connected bone cannot move, so the first ancestor that can
    does it.
    """
    mover = rest.index(bone)
    while rest.connected[mover] and rest.parents[mover] >= 0:
        mover = int(rest.parents[mover])
    if rest.local_location[mover]:
        axes = rest.matrices[mover, :3, :3]
    elif rest.parents[mover] >= 0:
        axes = rest.matrices[rest.parents[mover], :3, :3]
    else:
        axes = np.eye(3)
    return rest.names[mover], shift @ axes
