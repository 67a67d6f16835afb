"""BVH files (Biovision hierarchy): y up, the zero pose is the rest pose.

Format: Meredith and Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001.
Written here and not by Blender's exporter, which keeps z up, leaves the object's transform out and rounds
the frame time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO

import numpy as np

from .channels import euler_angles
from .joint_motion import JointMotion, with_root
from .quaternions import from_frames

_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
# Metres: a joint that stays this near to its place at rest has no position channels. Blender's own matrices
# of bones that point straight down are off by a hundredth of a millimetre.
_STILL = 1e-4


def bvh_text(motion: JointMotion, fps: float, order: str = "ZXY", unit: float = 1.0) -> str:
    """The text of a BVH file. Several roots hang under one joint at the origin, named ``root``.

    order: of the rotation channels, the first one outermost (ZXY: R = Rz·Rx·Ry for column vectors). unit: how
    many of the file's units make a metre. A joint with position channels has offset zero and its whole place
    in them, so readers that add the two and readers that let the channels replace the offset agree.
    """
    if (motion.parents < 0).sum() > 1:
        motion = with_root(motion)
    heads = motion.world[..., :3, 3] @ _Y_UP.T
    rest_heads = motion.rest[:, :3, 3] @ _Y_UP.T
    turned = _Y_UP @ _orientation(motion.world) @ np.swapaxes(_orientation(motion.rest), -1, -2) @ _Y_UP.T
    parents = motion.parents
    inner = parents >= 0
    above = np.where(inner, parents, 0)
    parent_turned = np.where(inner[:, None, None], turned[:, above], np.eye(3))
    inverse = np.swapaxes(parent_turned, -1, -2)
    quaternions = from_frames((inverse @ turned).reshape(-1, 3, 3)).T.reshape(*heads.shape[:2], 4)
    angles = np.degrees(euler_angles(quaternions, order[::-1]))
    angles = angles[..., ["XYZ".index(axis) for axis in order]]
    away = heads - np.where(inner[:, None], heads[:, above], 0.0)
    places = (inverse @ away[..., None])[..., 0]
    offsets = np.where(inner[:, None], rest_heads - rest_heads[above], 0.0)
    moves = ~inner | (np.abs(places - offsets).max(axis=(0, 2)) > _STILL)
    offsets[moves] = 0.0
    ends = motion.tails @ _Y_UP.T - rest_heads

    tree = _Hierarchy(motion.names, parents, unit * offsets, unit * ends, moves, order)
    tree.out.write("HIERARCHY\n")
    tree.write(int(np.flatnonzero(~inner)[0]))
    columns = [
        np.hstack([unit * places[:, j], angles[:, j]]) if moves[j] else angles[:, j] for j in tree.written
    ]
    rows = np.hstack(columns)
    out = tree.out
    out.write(f"MOTION\nFrames: {len(rows)}\nFrame Time: {1 / fps:.10f}\n")
    np.savetxt(out, rows + 0.0, fmt="%.6f")
    return out.getvalue()


@dataclass
class _Hierarchy:
    """Writes joints depth first; ``written`` then holds them in the order of the motion's columns."""

    names: tuple[str, ...]
    parents: np.ndarray
    offsets: np.ndarray
    ends: np.ndarray
    moves: np.ndarray
    order: str
    out: StringIO = field(default_factory=StringIO)
    written: list[int] = field(default_factory=list)

    def write(self, joint: int, depth: int = 0) -> None:
        self.written.append(joint)
        tab = "\t" * depth
        # BVH ends a name at white space
        name = "_".join(self.names[joint].split())
        rotations = " ".join(f"{axis}rotation" for axis in self.order)
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
