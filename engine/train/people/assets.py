"""A bank of dressed bodies, ready to be posed: made once with the package anny, kept in a file.

Every array of a body is padded to the largest one's size, so that a batch is gathered by one index. Corners
that pad are triangles without area, which the rasteriser drops.
"""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from blender_pose3d.skeleton import COCO_17, HALPE_26

from ...errors import BadInput
from ..body_bank import AXES, SEGMENT_OF, SHAPES, canonical_rotations, draw_shapes
from ..segments import segment
from .anatomy import CROWN, Body, make_body
from .dress import Dressed, dress
from .simplify import cluster

_CELL = 0.011  # metres of the grid by which meshes are simplified, of somebody 1.7 m tall
_AGAIN = "Delete it; it is made again."


@dataclass(frozen=True)
class Bank:
    """M bodies of at most V vertices and F triangles; P vertices of the base mesh; B bones; axes as anny's:
    x left, y back, z up; metres.

    weights (P, B) skinning weights. parents (B,). segments (B,): whose rotation (segments.py) each bone has.
    rest, normals, colours (M, V, 3): at rest; linear RGB, skin's own colour being ``tones`` (M, 3).
    base (M, V): the vertex of the base mesh that each moves with. faces (M, F, 3), material (M, F).
    heads (M, B, 3), turns (M, B, 3, 3): where bones start, and their rotations from rest to the T pose.
    moments (M, 26, B, 3), shares (26, B): Halpe's points, as sums over bones of
    rotation @ moment + share * translation. stature (M,).
    """

    weights: Tensor
    parents: Tensor
    segments: Tensor
    rest: Tensor
    normals: Tensor
    colours: Tensor
    tones: Tensor
    base: Tensor
    faces: Tensor
    material: Tensor
    heads: Tensor
    turns: Tensor
    moments: Tensor
    shares: Tensor
    stature: Tensor

    def __len__(self) -> int:
        return len(self.rest)

    def to(self, device: torch.device | str) -> Bank:
        return Bank(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def load_bank(path: Path | str) -> Bank:
    """A bank from its file. Raises BadInput for anything but one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {f.name: stored[f.name] for f in fields(Bank)}
    except FileNotFoundError as error:
        raise BadInput(f"There is no bank of bodies {path}.") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is no bank of bodies, or a damaged one.", _AGAIN) from error
    wide = {"base": np.int64, "faces": np.int64, "material": np.int64, "parents": np.int64}
    return Bank(
        **{k: torch.from_numpy(a.astype(wide.get(k, a.dtype))) for k, a in arrays.items()},
    )


def cached_bank(path: Path, count: int, seed: int) -> Bank:
    """The bank in a file, which is made first where it is missing. Raises BadInput without anny."""
    if not path.is_file():
        save_bank(make_bank(count, seed), path)
    return load_bank(path)


def save_bank(bank: Bank, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        np.savez(file, **{f.name: getattr(bank, f.name).numpy() for f in fields(bank)})
    part.replace(path)


def make_bank(count: int, seed: int) -> Bank:
    """count dressed bodies of all shapes and ages. Raises BadInput where anny cannot be loaded."""
    try:
        import anny  # noqa: F401
    except ImportError as error:
        raise BadInput(
            f"The bodies are made with the package anny, which cannot be loaded: {error}.",
            "Install the dependency group `train` of pyproject.toml, anny itself with --no-deps.",
        ) from error
    rng = np.random.default_rng([seed, 0])
    rows = []
    for shape in draw_shapes(count, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            body = make_body(dict(zip(SHAPES, map(float, shape), strict=True)))
        outfit = dress(body, rng, skirts=shape[0] < 0.5)
        rows.append(
            _row(body, outfit) | {"moments": _moments(body, _halpe_regressor(body)).astype(np.float32)}
        )
    shares = _halpe_regressor(body) @ body.weights
    return _stacked(rows, body, shares)


def _row(
    body: Body,
    outfit: Dressed,
) -> dict[str, np.ndarray]:
    vertices, base, quads = outfit.vertices, outfit.base, outfit.faces
    material, colour = outfit.material, outfit.colour
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    np.add.at(normals, faces, across[:, None])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    turns = canonical_rotations(dict(zip(body.bones, body.heads @ AXES.T, strict=True)))
    skin = colour[np.unique(quads[material == 0])]
    head = vertices[:, 2] > body.heads[body.bone("Head"), 2]
    material = np.tile(material, 2)
    kept, faces, rows = cluster(vertices, faces, material, head, _CELL * body.stature / 1.7)
    return {
        "rest": vertices[kept].astype(np.float32),
        "normals": normals[kept].astype(np.float32),
        "colours": colour[kept].astype(np.float32),
        "tones": np.median(skin, axis=0).astype(np.float32),
        "base": base[kept].astype(np.int32),
        "faces": faces.astype(np.int32),
        "material": material[rows].astype(np.uint8),
        "heads": body.heads.astype(np.float32),
        "turns": np.stack([turns[SEGMENT_OF[bone]] for bone in body.bones]).astype(np.float32),
        "stature": np.float32(body.stature),
    }


def _stacked(rows: list[dict[str, np.ndarray]], body: Body, shares: np.ndarray) -> Bank:
    arrays = {}
    for key in rows[0]:
        longest = max((len(row[key]) for row in rows), default=0) if rows[0][key].ndim else 0
        arrays[key] = np.stack([_padded(row[key], longest, key) for row in rows])
    return Bank(
        weights=torch.from_numpy(body.weights.astype(np.float32)),
        parents=torch.tensor(body.parents),
        segments=torch.tensor([segment(SEGMENT_OF[bone]) for bone in body.bones]),
        shares=torch.from_numpy(shares.astype(np.float32)),
        **{key: torch.from_numpy(array) for key, array in arrays.items()},
    )


def _padded(array: np.ndarray, longest: int, key: str) -> np.ndarray:
    """Vertices that pad repeat the last one, so that they lie on the body; corners that pad are all 0."""
    if array.ndim == 0 or len(array) == longest:
        return array
    widths = [(0, longest - len(array)), *[(0, 0)] * (array.ndim - 1)]
    return np.pad(array, widths) if key in ("faces", "material") else np.pad(array, widths, mode="edge")


def _halpe_regressor(body: Body) -> np.ndarray:
    """(26, P): where annotators put Halpe's points, as weighted sums of the bare body's vertices."""
    rows = np.zeros((len(HALPE_26), len(body.weights)))
    for row, name in zip(body.regressor, body.keypoints, strict=True):
        rows[HALPE_26.index(name)] = row
    rows[HALPE_26.index("head"), CROWN] = 1.0
    for middle, joint in (("neck", "shoulder"), ("hip", "hip")):
        sides = [COCO_17.index(f"{side}_{joint}") for side in ("left", "right")]
        rows[HALPE_26.index(middle)] = rows[sides].mean(axis=0)
    return rows


def _moments(body: Body, regressor: np.ndarray) -> np.ndarray:
    """(26, B, 3): skinning is linear, so a sum of vertices moves as a sum over bones."""
    return np.stack([regressor @ (body.weights * body.vertices[:, [axis]]) for axis in range(3)], axis=-1)
