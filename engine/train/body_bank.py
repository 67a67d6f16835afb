"""Makes the bank of bodies: tables of numbers from the bodies of the package anny, which is needed only here.

Skinning is linear. With A_b the rotation of a bone, h_b the place of its head at rest and s_vb the skin's
weights, a vertex v moves to the sum over bones of s_vb (A_b (v - h_b) + p_b), and a head's place p_b is in
turn the sum, up the chain, of A times the offset between heads. So every keypoint that is a weighted sum of
vertices, and every joint, is the root plus the sum over segments of their rotations times one constant
offset each: that table is all that is kept of a body.

Anny's bodies: code Apache-2.0, data CC0 (from MakeHuman), Brégier et al., "Human Mesh Modeling for Anny
Body", 2025.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from blender_pose3d.skeleton import H36M_19, HALPE_26

from ..errors import BadInput
from ..lift.lifter import STATURE
from .segments import SEGMENTS, segment

SHAPES = ("gender", "age", "muscle", "weight", "height", "proportions")
SEEN = (*HALPE_26.joints, "left_mouth", "right_mouth")
"""Points of the surface in the bank: Halpe's and the corners of the mouth, which BlazePose sees as well."""

# Anny: x left, y back, z up. Ours: x left, y up, z front.
AXES = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
# Vertices of MakeHuman's base mesh: the middle of the crown, the left and the right corner of the lips.
_CROWN, _LIPS = 881, (7287, 544)

_BONES = {
    "Hips": "pelvis", "LowerBack": "lower_back", "Spine": "upper_back", "Spine1": "chest",
    "Neck": "neck", "Neck1": "neck", "Head": "head",
}  # fmt: skip
_SIDE_BONES = {
    "{0}HipJoint": "pelvis", "{1}UpLeg": "{2}_thigh", "{1}Leg": "{2}_shin", "{1}Foot": "{2}_foot",
    "{1}ToeBase": "{2}_toes", "{1}Shoulder": "{2}_clavicle", "{1}Arm": "{2}_upper_arm",
    "{1}ForeArm": "{2}_forearm", "{1}Hand": "{2}_hand", "{0}Thumb": "{2}_hand",
    "{1}FingerBase": "{2}_hand", "{1}HandFinger1": "{2}_hand",
}  # fmt: skip

_STRAIGHT = {
    "upper_arm": ("{1}Arm", "{1}ForeArm"), "forearm": ("{1}ForeArm", "{1}Hand"),
    "hand": ("{1}Hand", "{1}HandFinger1"), "thigh": ("{1}UpLeg", "{1}Leg"), "shin": ("{1}Leg", "{1}Foot"),
    "foot": ("{1}Foot", "{1}ToeBase"),
}  # fmt: skip
CENTRES = {
    "{0}Hip": "{1}UpLeg", "{0}Knee": "{1}Leg", "{0}Ankle": "{1}Foot",
    "{0}Shoulder": "{1}Arm", "{0}Elbow": "{1}ForeArm", "{0}Wrist": "{1}Hand",
}  # fmt: skip
_SIDES = (("L", "Left", "left"), ("R", "Right", "right"))
SEGMENT_OF = _BONES | {
    bone.format(*side): part.format(*side) for side in _SIDES for bone, part in _SIDE_BONES.items()
}


def canonical_rotations(heads: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """(3, 3) rotations of segments from the body's rest pose to the canonical T pose.

    The trunk stands upright at rest. Limbs are straightened at elbows and knees first, about those joints'
    own axes, and then brought to their directions as wholes, which leaves their twist alone.
    """
    result = {name: np.eye(3) for name in SEGMENTS}
    for side in _SIDES:
        along = {}
        for part, ends in _STRAIGHT.items():
            start, end = (heads[bone.format(*side)] for bone in ends)
            along[part] = (end - start) / np.linalg.norm(end - start)
        outwards = np.array([1.0 if side[2] == "left" else -1.0, 0.0, 0.0])
        turn = _swing(along["upper_arm"], outwards)
        result[f"{side[2]}_upper_arm"] = turn
        turn = turn @ _swing(along["forearm"], along["upper_arm"])
        result[f"{side[2]}_forearm"] = turn
        result[f"{side[2]}_hand"] = turn @ _swing(along["hand"], along["forearm"])
        turn = _swing(along["thigh"], np.array([0.0, -1.0, 0.0]))
        result[f"{side[2]}_thigh"] = turn
        result[f"{side[2]}_shin"] = turn @ _swing(along["shin"], along["thigh"])
        level = along["foot"] * (1.0, 0.0, 1.0)  # soles stay on the floor
        turn = _swing(level / np.linalg.norm(level), np.array([0.0, 0.0, 1.0]))
        result[f"{side[2]}_foot"] = result[f"{side[2]}_toes"] = turn
    return result


def _swing(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotation (3, 3) from one unit vector to another."""
    x, y, z = np.cross(start, end)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + start @ end)


class Maker:
    """Bodies of anny as tables. Raises BadInput where the package is missing."""

    def __init__(self) -> None:
        try:
            import anny
            from anny.keypoints import KeypointsRegressor
        except ImportError as error:
            raise BadInput(
                f"The bodies are made with the package anny, which cannot be loaded: {error}.",
                "Install the dependency group `train` of pyproject.toml, anny itself with --no-deps.",
            ) from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.anny: Any = anny.create_fullbody_model(
                rig="cmu_mb", remove_unattached_vertices=True, skinning_method="lbs"
            )
        self.bones: list[str] = self.anny.bone_labels
        self.parents: list[int] = self.anny.bone_parents
        self.segments = np.array([segment(SEGMENT_OF[bone]) for bone in self.bones])
        coco = KeypointsRegressor.coco(self.anny)
        weights = self._make_regressors(coco.regression_weights.numpy(), coco.labels)
        self._used = np.flatnonzero(weights.any(axis=0))  # a few hundred of the vertices
        self._regressors = weights[:, self._used]
        self._skin: np.ndarray = self.anny.dense_vertex_bone_weights.numpy()[self._used]

    def _make_regressors(self, coco: np.ndarray, labels: list[str]) -> np.ndarray:
        """(keypoints, vertices) weights of SEEN."""
        vertex = {int(base): i for i, base in enumerate(self.anny.base_mesh_vertex_indices)}
        rows = dict(zip(labels, coco, strict=True))
        single = np.eye(len(vertex))
        rows["head"] = single[vertex[_CROWN]]
        rows["left_mouth"], rows["right_mouth"] = (single[vertex[v]] for v in _LIPS)
        for middle, part in (("neck", "shoulder"), ("hip", "hip")):
            rows[middle] = (rows[f"left_{part}"] + rows[f"right_{part}"]) / 2
        return np.stack([rows[name] for name in SEEN])

    def rest(self, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (N, V, 3) and bones' heads (N, bones, 3) at rest of (N, 6) SHAPES, in our axes, metres."""
        import torch

        output = self.anny(
            phenotype_kwargs={name: torch.from_numpy(shapes[:, i]) for i, name in enumerate(SHAPES)}
        )
        return output["rest_vertices"].numpy() @ AXES.T, output["rest_bone_heads"].numpy() @ AXES.T

    def rotations(self, heads: np.ndarray) -> np.ndarray:
        """(segments, 3, 3) from rest to the canonical T pose, for a body's heads (bones, 3)."""
        turns = canonical_rotations(dict(zip(self.bones, heads, strict=True)))
        return np.stack([turns[name] for name in SEGMENTS])

    def table(self, vertices: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Offsets of SEEN and of H36M_19's joints, (points, segments, 3), metres of somebody STATURE tall."""
        bones = len(self.bones)
        chain = np.zeros((bones, bones, 3))  # of each bone's head
        for bone, parent in enumerate(self.parents):
            if parent >= 0:
                chain[bone] = chain[parent]
                chain[bone, parent] += heads[bone] - heads[parent]
        weights = self._regressors @ self._skin
        used = vertices[self._used]
        moments = np.stack([self._regressors @ (self._skin * used[:, [axis]]) for axis in range(3)], axis=-1)
        seen = moments - weights[..., None] * heads + np.einsum("kb,bcd->kcd", weights, chain)
        joints = self._joints(chain, seen)
        height = vertices[:, 1].max() - vertices[:, 1].min()
        return self._finish(seen, joints, heads, STATURE / height)

    def _joints(self, chain: np.ndarray, seen: np.ndarray) -> np.ndarray:
        at = {
            joint.format(*side): chain[self.bones.index(bone.format(*side))]
            for side in _SIDES
            for joint, bone in CENTRES.items()
        }
        for name, point in (("LToe", "left_big_toe"), ("RToe", "right_big_toe"), ("Head", "head")):
            at[name] = seen[SEEN.index(point)]
        at["Hip"] = (at["LHip"] + at["RHip"]) / 2
        at["Thorax"] = (at["LShoulder"] + at["RShoulder"]) / 2
        at["Spine"], at["Neck"] = chain[self.bones.index("Spine")], chain[self.bones.index("Head")]
        return np.stack([at[name] for name in H36M_19.joints])

    def _finish(
        self, seen: np.ndarray, joints: np.ndarray, heads: np.ndarray, scale: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """From the root bone to the hip as origin, from bones to segments, from rest to canonical pose."""
        gather = np.eye(len(SEGMENTS))[self.segments]
        turns = self.rotations(heads)
        hip = joints[H36M_19.index("Hip")]
        result = [
            scale * np.einsum("kbd,bs,sed->kse", points - hip, gather, turns, optimize=True)
            for points in (seen, joints)
        ]
        return result[0], result[1]


def draw_shapes(count: int, seed: int) -> np.ndarray:
    """(count, 6) SHAPES: two in three are grown up, the rest children from about six and the old."""
    random = np.random.default_rng(seed)
    kind = random.random(count)
    grown, child, old = (random.uniform(a, b, count) for a, b in ((0.5, 0.85), (0.2, 0.5), (0.85, 1.0)))
    columns = {
        "gender": random.beta(0.5, 0.5, count),
        "age": np.where(kind < 0.66, grown, np.where(kind < 0.83, child, old)),
        "muscle": random.beta(2.0, 2.0, count),
        "weight": random.beta(1.5, 1.5, count),
        "height": np.clip(random.normal(0.5, 0.08, count), 0.35, 0.65),
        "proportions": random.uniform(0.0, 1.0, count),
    }
    return np.stack([columns[name] for name in SHAPES], axis=1)


def make_bank(path: Path, count: int = 512, seed: int = 1) -> Path:
    """Write a bank of bodies. Raises BadInput where anny is missing."""
    maker, shapes = Maker(), draw_shapes(count, seed)
    seen, joints = [], []
    for start in range(0, count, 16):
        for vertices, heads in zip(*maker.rest(shapes[start : start + 16]), strict=True):
            tables = maker.table(vertices, heads)
            seen.append(tables[0])
            joints.append(tables[1])
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            seen=np.stack(seen).astype(np.float16),
            joints=np.stack(joints).astype(np.float16),
            shapes=shapes.astype(np.float16),
        )
    part.replace(path)
    return path
