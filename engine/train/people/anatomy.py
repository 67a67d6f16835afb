"""anny's bodies as whole arrays: rest shape, bones, skinning, and the points that poses are measured by.

anny (PyPI, Apache-2.0 code, CC0 data): Brégier et al., "Human Mesh Modeling for Anny Body", 2025. Only its
rest shape is asked of it; skinning here keeps MakeHuman's helper geometry (tights, skirt, hair), of which
clothes are made. Runs in the engine's environment. Axes: x to the body's left, y to its back, z up, metres.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from blender_pose3d.skeleton import COCO_17, H36M_19, HALPE_26

_HEADS = {
    "Hip": "UpLeg", "Knee": "Leg", "Ankle": "Foot", "Shoulder": "Arm", "Elbow": "ForeArm", "Wrist": "Hand",
}  # fmt: skip
CROWN = 881  # vertex of MakeHuman's base mesh


@dataclass(frozen=True)
class Body:
    """One body at rest.

    vertices: (V, 3). faces: name of the part to (F, 4) vertex numbers. bones: names; heads: (B, 3) where they
    start. weights: (V, B). regressor: (23, V), names of whose rows are ``keypoints``. stature: metres.
    """

    vertices: np.ndarray
    faces: dict[str, np.ndarray]
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    heads: np.ndarray
    weights: np.ndarray
    regressor: np.ndarray
    keypoints: tuple[str, ...]
    stature: float

    def bone(self, name: str) -> int:
        return self.bones.index(name)


def make_body(shape: dict[str, float]) -> Body:
    """A body by anny's shape parameters (gender, age, muscle, weight, height, proportions), each 0 to 1."""
    import torch

    model, regressor, names, faces = _model()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = model(phenotype_kwargs={k: torch.tensor([v]) for k, v in shape.items()})
    vertices = made["rest_vertices"][0].numpy()
    weights = np.zeros((len(vertices), len(model.bone_labels)))
    index = model.vertex_bone_indices.numpy()
    np.add.at(weights, (np.arange(len(index))[:, None], index), model.vertex_bone_weights.numpy())
    tall = np.ptp(vertices[np.unique(faces["skin"]), 2])
    return Body(
        vertices, faces, tuple(model.bone_labels), tuple(model.bone_parents),
        made["rest_bone_heads"][0].numpy(),
        weights, regressor, names, float(tall),
    )  # fmt: skip


@cache
def _model() -> tuple[Any, np.ndarray, tuple[str, ...], dict[str, np.ndarray]]:
    import anny
    from anny.keypoints import KeypointsRegressor
    from anny.paths import get_anny_root_dir

    # every vertex of the base mesh, so that its own numbers hold for the helper parts
    model = anny.Anny(
        rig="cmu_mb", topology="anny-quads-full", phenotype_blendshapes="original", skinning_method="lbs"
    )
    regressor = KeypointsRegressor.coco(model)
    groups: dict[str, list[list[int]]] = {}
    name = ""
    with (get_anny_root_dir() / "data/mpfb2/3dobjs/base.obj").open(encoding="utf-8") as lines:
        for line in lines:
            kind, *rest = line.split() or [""]
            if kind == "g":
                name = rest[0]
            elif kind == "f":
                groups.setdefault(name, []).append([int(part.split("/")[0]) - 1 for part in rest])
    parts = {"tights": "helper-tights", "skirt": "helper-skirt", "long hair": "helper-hair"}
    eyes = np.array(groups["helper-l-eye"] + groups["helper-r-eye"])
    faces = {part: np.array(groups[group]) for part, group in parts.items()}
    skin = model.faces.numpy()
    faces["eyes"] = eyes
    faces["skin"] = skin[(skin < np.array(groups["body"]).max() + 1).all(axis=1)]
    return model, regressor.regression_weights.numpy(), tuple(regressor.labels), faces


def skin(points: np.ndarray, weights: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    """(T, N, 3) linear blend skinning of rest points (N, 3) by bone transforms (T, B, 4, 4)."""
    frames, bones = transforms.shape[:2]
    flat = transforms[:, :, :3].transpose(1, 0, 2, 3).reshape(bones, -1)
    blended = (weights @ flat).reshape(len(points), frames, 3, 4)
    moved = np.einsum("ntij,nj->tni", blended[..., :3], points)
    return moved + blended[..., 3].transpose(1, 0, 2)


def joint_centres(body: Body, transforms: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """(T, 19, 3) in H36M_19, as blender_pose3d/skeleton.py says what each means and lifters are trained.

    keypoints: (T, 26, 3), the surface's.
    """
    at = {"Spine": "Spine", "Neck": "Head"}
    for letter, side in (("L", "Left"), ("R", "Right")):
        at |= {letter + joint: side + bone for joint, bone in _HEADS.items()}
    points = {}
    for name, bone in at.items():
        number = body.bone(bone)
        transform = transforms[:, number]
        points[name] = transform[:, :3, :3] @ body.heads[number] + transform[:, :3, 3]
    points["Hip"] = (points["LHip"] + points["RHip"]) / 2
    points["Thorax"] = (points["LShoulder"] + points["RShoulder"]) / 2
    for joint, keypoint in (("Head", "head"), ("LToe", "left_big_toe"), ("RToe", "right_big_toe")):
        points[joint] = keypoints[:, HALPE_26.index(keypoint)]
    return np.stack([points[name] for name in H36M_19.joints], axis=1)


def surface_keypoints(body: Body, vertices: np.ndarray) -> np.ndarray:
    """(T, 26, 3) of Halpe as annotators place them, from skinned vertices (T, V, 3)."""
    known = np.einsum("kv,tvd->tkd", body.regressor, vertices, optimize=True)
    points = np.full((len(vertices), len(HALPE_26), 3), np.nan)
    for row, name in enumerate(body.keypoints):
        points[:, HALPE_26.index(name)] = known[:, row]
    points[:, HALPE_26.index("head")] = vertices[:, CROWN]
    for middle, joint in (("neck", "shoulder"), ("hip", "hip")):
        sides = [COCO_17.index(f"{side}_{joint}") for side in ("left", "right")]
        points[:, HALPE_26.index(middle)] = points[:, sides].mean(axis=1)
    return points
