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


@dataclass(frozen=True)
class Animation:
    """What the pose bones do, frame by frame, in their own channels; ready to be keyed.

    bone_names: M bones that turn. rotations: (T, M, 4) unit quaternions wxyz of ``PoseBone.matrix_basis``,
    continuous in sign along time. locations: bone name → (T, 3) location of ``matrix_basis`` in the armature's
    units, for the few bones that also move (the hips; a bone here may or may not be in ``bone_names``).
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
