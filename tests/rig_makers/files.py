"""Rigs of others as tables in tests/data/rigs: one bone a line, parents first.

name, parent, head x y z, tail x y z, roll (radians, Blender's meaning), "connected" or nothing; metres, z up.
mpfb_*: standard rigs of MPFB (CC0). rigify_*: metarigs of Rigify, and what it makes of the human one.
unreal_male: a character with Unreal's names (CC0).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.retarget import RestPose

FOLDER = Path(__file__).parents[1] / "data" / "rigs"


def read_table(name: str) -> RestPose:
    """The rest pose of a table."""
    lines = (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    names = [row[0] for row in rows]
    numbers = np.array([[float(cell) for cell in row[2:9]] for row in rows])
    way = numbers[:, 3:6] - numbers[:, :3]
    lengths = np.maximum(np.linalg.norm(way, axis=1), 1e-6)
    matrices = np.tile(np.eye(4), (len(rows), 1, 1))
    matrices[:, :3, :3] = [rolled(w / n, r) for w, n, r in zip(way, lengths, numbers[:, 6], strict=True)]
    matrices[:, :3, 3] = numbers[:, :3]
    index = {name: i for i, name in enumerate(names)} | {"": -1}
    return RestPose(
        names=tuple(names),
        parents=np.array([index[row[1]] for row in rows]),
        matrices=matrices,
        lengths=lengths,
        world=np.eye(4),
        connected=np.array([row[9] == "connected" for row in rows]),
        inherit_rotation=np.ones(len(rows), bool),
        local_location=np.ones(len(rows), bool),
    )


def rolled(way: np.ndarray, roll: float) -> np.ndarray:
    """(3, 3) of a bone in direction ``way``: +y turned there the shortest way, then about itself."""
    axis = np.cross((0.0, 1.0, 0.0), way)
    sine, cosine = np.linalg.norm(axis), way[1]
    if sine < 1e-9:
        turn = np.eye(3) if cosine > 0 else np.diag([-1.0, -1.0, 1.0])
    else:
        turn = Rotation.from_rotvec(axis / sine * np.arctan2(sine, cosine)).as_matrix()
    return Rotation.from_rotvec(way * roll).as_matrix() @ turn
