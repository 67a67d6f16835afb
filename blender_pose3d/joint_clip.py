"""A clip as files of animation hold it: each joint told from the one above, in the file's units and axes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .joint_motion import JointMotion, local_matrices

# Metres: what a joint may stray from its place on its parent before it gets keys of its own place.
STILL = 1e-5
# Metres, and elements of a matrix: how far a file's own rest pose may be from ours.
_PLACE, _TURN = 2e-4, 1e-3

# Mesh and shape key → (T,) its value, 1 for the whole shape.
ShapeMotion = dict[tuple[str, str], np.ndarray]


@dataclass(frozen=True)
class JointClip:
    """name: of the clip. fps: frames a second. joints: J names. tops: (J,) bool, those with no joint above.
    rest: (J, 4, 4) rigid matrices from a joint to the one above, or to the file's space; local: (T, J, 4, 4)
    the same in each frame. unit: how many of the file's units make a metre. shapes: shape keys that move."""

    name: str
    fps: float
    joints: tuple[str, ...]
    tops: np.ndarray
    rest: np.ndarray
    local: np.ndarray
    unit: float
    shapes: ShapeMotion = field(default_factory=dict)

    def is_at_rest(self, places: np.ndarray, turns: np.ndarray) -> bool:
        """Whether a file's joints at rest, places (J, 3) and rotations (J, 3, 3), stand as these do."""
        far = np.abs(places - self.rest[:, :3, 3]).max()
        return bool(far <= _PLACE * self.unit and np.abs(turns - self.rest[:, :3, :3]).max() <= _TURN)

    def moves(self, places: np.ndarray) -> np.ndarray:
        """(J,) whether a joint's place needs keys, given where it is at rest in the file, (J, 3).

        The upmost always have them; others only where they leave that place, so that a clip also fits a
        character of other proportions.
        """
        away = np.abs(self.local[..., :3, 3] - places).max(axis=(0, 2))
        return self.tops | (away > STILL * self.unit)


def joint_clip(
    motion: JointMotion, axes: np.ndarray, name: str, fps: float, shapes: ShapeMotion | None = None
) -> JointClip:
    """The clip of a motion. axes: (4, 4) from Blender's world to the file's space."""
    return JointClip(
        name,
        fps,
        motion.names,
        motion.parents < 0,
        local_matrices(in_file(axes, motion.rest), motion.parents),
        local_matrices(in_file(axes, motion.world), motion.parents),
        float(np.linalg.norm(axes[:3, 0])),
        shapes or {},
    )


def in_file(axes: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Rigid matrices (..., 4, 4) of the world in the file's space: turned and moved, their axes still of
    length one. axes: (4, 4) from the world to the file, of one scale."""
    unit = np.linalg.norm(axes[:3, 0])
    turned = axes @ matrices
    turned[..., :3, :3] /= unit
    return turned
