"""Where an armature's bones are once they are turned, in the world: forward kinematics on whole arrays."""

from __future__ import annotations

import numpy as np

from .quaternions import rotate
from .retarget import RestPose

_STILL = np.array([[1.0], [0.0], [0.0], [0.0]])


class RigPose:
    """A character's bones in T frames. Bones keep their distance from their parents; only one place is given.

    rest: the armature. heads: (B, 3) heads of its bones at rest, world. turned: bone index → (4, T) world
    rotation away from rest; bones not named go with their parents. root: index of the bone whose head's way
    is known; place: (T, 3) of it.
    """

    def __init__(
        self, rest: RestPose, heads: np.ndarray, turned: dict[int, np.ndarray], root: int, place: np.ndarray
    ) -> None:
        self._rest, self._heads, self._turned = rest, heads, turned
        self._shift = place - heads[root]
        # Above the root nothing turns, so all of it goes the root's way.
        self._above = set(rest.ancestors(root))
        self._places: dict[int, np.ndarray] = {}

    def turn(self, bone: int) -> np.ndarray:
        """(4, T) or (4, 1) world rotation of a bone away from rest."""
        while bone >= 0:
            if bone in self._turned:
                return self._turned[bone]
            bone = int(self._rest.parents[bone]) if self._rest.inherit_rotation[bone] else -1
        return _STILL

    def head(self, bone: int) -> np.ndarray:
        """(T, 3) head of a bone."""
        if bone not in self._places:
            parent = int(self._rest.parents[bone])
            if bone in self._above:
                self._places[bone] = self._heads[bone] + self._shift
            elif parent < 0:
                self._places[bone] = np.broadcast_to(self._heads[bone], self._shift.shape)
            else:
                self._places[bone] = self.point(parent, self._heads[bone])
        return self._places[bone]

    def point(self, bone: int, at_rest: np.ndarray) -> np.ndarray:
        """(T, 3) a point that is stiff with a bone. at_rest: (3,) where it is at rest, world."""
        return self.head(bone) + rotate(self.turn(bone), at_rest - self._heads[bone])
