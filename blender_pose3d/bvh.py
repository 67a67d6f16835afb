"""BVH files (Biovision hierarchy): y up, metres, the zero pose is the rest pose.

Format: Meredith and Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
Written here and not by Blender's exporter, which keeps z up, leaves the object's transform out and rounds
the frame time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO

import numpy as np

from .channels import euler_angles
from .rotations import quaternions_from

# In file order, the first one outermost: R = Rz·Rx·Ry for column vectors.
_CHANNELS = ("Z", "X", "Y")
_ORDER = "".join(reversed(_CHANNELS))
_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
# Metres: a joint that stays this near to its place at rest has no position channels. Blender's own matrices
# of bones that point straight down are off by a hundredth of a millimetre.
_STILL = 1e-4


@dataclass(frozen=True)
class JointMotion:
    """What a BVH file holds, in Blender's world (z up, metres).

    names: J joints, parents before children. parents: (J,) int, -1 for roots. rest: (J, 4, 4) matrices at
    rest. tails: (J, 3) where each bone ends at rest. world: (T, J, 4, 4) matrices in each frame.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    rest: np.ndarray
    tails: np.ndarray
    world: np.ndarray


def bvh_text(motion: JointMotion, fps: float) -> str:
    """The text of a BVH file. Several roots hang under one joint at the origin, named ``root``.

    A joint with position channels has offset zero and its whole place in them, so readers that add the two
    and readers that let the channels replace the offset agree.
    """
    motion = _single_root(motion)
    heads = motion.world[..., :3, 3] @ _Y_UP.T
    rest_heads = motion.rest[:, :3, 3] @ _Y_UP.T
    turned = _Y_UP @ _orientation(motion.world) @ np.swapaxes(_orientation(motion.rest), -1, -2) @ _Y_UP.T
    parents = motion.parents
    inner = parents >= 0
    above = np.where(inner, parents, 0)
    parent_turned = np.where(inner[:, None, None], turned[:, above], np.eye(3))
    inverse = np.swapaxes(parent_turned, -1, -2)
    angles = np.degrees(euler_angles(quaternions_from(inverse @ turned), _ORDER))
    angles = angles[..., ["XYZ".index(axis) for axis in _CHANNELS]]
    away = heads - np.where(inner[:, None], heads[:, above], 0.0)
    places = (inverse @ away[..., None])[..., 0]
    offsets = np.where(inner[:, None], rest_heads - rest_heads[above], 0.0)
    moves = ~inner | (np.abs(places - offsets).max(axis=(0, 2)) > _STILL)
    offsets[moves] = 0.0
    ends = motion.tails @ _Y_UP.T - rest_heads

    tree = _Hierarchy(motion.names, parents, offsets, ends, moves)
    tree.out.write("HIERARCHY\n")
    tree.write(int(np.flatnonzero(~inner)[0]))
    columns = [np.hstack([places[:, j], angles[:, j]]) if moves[j] else angles[:, j] for j in tree.order]
    rows = np.hstack(columns)
    out = tree.out
    out.write(f"MOTION\nFrames: {len(rows)}\nFrame Time: {1 / fps:.10f}\n")
    np.savetxt(out, rows + 0.0, fmt="%.6f")
    return out.getvalue()


@dataclass
class _Hierarchy:
    """Writes joints depth first; ``order`` then holds their indices in the order of the motion's columns."""

    names: tuple[str, ...]
    parents: np.ndarray
    offsets: np.ndarray
    ends: np.ndarray
    moves: np.ndarray
    out: StringIO = field(default_factory=StringIO)
    order: list[int] = field(default_factory=list)

    def write(self, joint: int, depth: int = 0) -> None:
        self.order.append(joint)
        tab = "\t" * depth
        # BVH ends a name at white space
        name = "_".join(self.names[joint].split())
        rotations = " ".join(f"{axis}rotation" for axis in _CHANNELS)
        channels = f"6 Xposition Yposition Zposition {rotations}" if self.moves[joint] else f"3 {rotations}"
        self.out.write(f"{tab}{'JOINT' if depth else 'ROOT'} {name}\n{tab}{{\n")
        self.out.write(f"{tab}\tOFFSET {_numbers(self.offsets[joint])}\n{tab}\tCHANNELS {channels}\n")
        children = np.flatnonzero(self.parents == joint)
        for child in children:
            self.write(int(child), depth + 1)
        if not len(children):
            end = _numbers(self.ends[joint])
            self.out.write(f"{tab}\tEnd Site\n{tab}\t{{\n{tab}\t\tOFFSET {end}\n{tab}\t}}\n")
        self.out.write(f"{tab}}}\n")


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value + 0.0:.6f}" for value in values)


def _orientation(matrices: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotations of matrices that may also scale."""
    axes = matrices[..., :3, :3]
    return axes / np.linalg.norm(axes, axis=-2, keepdims=True)


def _single_root(motion: JointMotion) -> JointMotion:
    if (motion.parents < 0).sum() == 1:
        return motion
    frames = len(motion.world)
    name = "root"
    while name in motion.names:
        name += "_"
    identity = np.eye(4)
    return JointMotion(
        (name, *motion.names),
        np.array([-1, *(motion.parents + 1)]),
        np.concatenate([identity[None], motion.rest]),
        np.concatenate([np.zeros((1, 3)), motion.tails]),
        np.concatenate([np.broadcast_to(identity, (frames, 1, 4, 4)), motion.world], axis=1),
    )
