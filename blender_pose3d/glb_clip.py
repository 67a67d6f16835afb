"""A clip put into a GLB that has none: one animation, a key in every frame of what moves."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .glb_file import Glb, GlbError, read_glb, written
from .joint_clip import JointClip, ShapeMotion
from .quaternions import from_frames
from .rotations import continuous, matrices_from

# What changes by less, in metres or as part of a quaternion or of a shape, is still.
_STILL = 1e-6


class _Channel(NamedTuple):
    """values: (T, C)."""

    node: int
    path: str
    values: np.ndarray

    @property
    def still(self) -> bool:
        return bool(np.ptp(self.values, axis=0).max() < _STILL)

    def keys(self, few: int) -> np.ndarray:
        """What is written; the shapes of a mesh are numbers in a row, frame after frame."""
        values = self.values[:few] if self.still else self.values
        return values.ravel() if self.path == "weights" else values


def with_clip(data: bytes, clip: JointClip) -> bytes:
    """A GLB with a clip for its joints; nothing else of it changes.

    Every joint gets its rotation, its place only where that differs from the rest pose, and the upmost
    always. What stays as it is has two keys. Raises GlbError where the file is not what is expected, its
    rest pose among it.
    """
    glb = read_glb(data)
    if glb.told.get("animations"):
        raise GlbError("the GLB has an animation already")
    found = [*_joint_channels(glb, clip), *_shape_channels(glb, clip.shapes)]
    times = np.arange(len(clip.local)) / clip.fps
    ends = times[[0, -1]] if len(times) > 1 else times
    every, few, *outputs = glb.add([times, ends, *(one.keys(len(ends)) for one in found)])
    animation = {
        "name": clip.name,
        "channels": [
            {"sampler": i, "target": {"node": one.node, "path": one.path}} for i, one in enumerate(found)
        ],
        "samplers": [
            {"input": few if one.still else every, "interpolation": "LINEAR", "output": output}
            for one, output in zip(found, outputs, strict=True)
        ],
    }
    glb.told["animations"] = [animation]
    return written(glb)


def _joint_channels(glb: Glb, clip: JointClip) -> list[_Channel]:
    nodes = glb.told.get("nodes", [])
    bones = {j for skin in glb.told.get("skins", ()) for j in skin["joints"]}
    index = {nodes[j].get("name"): j for j in bones}
    missing = [name for name in clip.joints if name not in index]
    if missing:
        raise GlbError(f"the GLB has no joint {', '.join(missing)}")
    order = [index[name] for name in clip.joints]
    if any("matrix" in nodes[j] for j in order):
        raise GlbError("the GLB tells its joints by matrices")
    places = np.array([nodes[j].get("translation", (0, 0, 0)) for j in order], dtype=np.float64)
    xyzw = np.array([nodes[j].get("rotation", (0, 0, 0, 1)) for j in order], dtype=np.float64)
    if not clip.is_at_rest(places, matrices_from(np.roll(xyzw, 1, axis=-1))):
        raise GlbError("the GLB's rest pose is not the expected one")
    wxyz = from_frames(clip.local[..., :3, :3].reshape(-1, 3, 3)).T.reshape(*clip.local.shape[:2], 4)
    turned = np.roll(continuous(wxyz), -1, axis=-1)
    found = [_Channel(j, "rotation", turned[:, i]) for i, j in enumerate(order)]
    moves = np.flatnonzero(clip.moves(places))
    return found + [_Channel(order[i], "translation", clip.local[:, i, :3, 3]) for i in moves]


def _shape_channels(glb: Glb, shapes: ShapeMotion) -> list[_Channel]:
    """All shapes of a mesh are one channel."""
    found = []
    for number, node in enumerate(glb.told.get("nodes", ())):
        mesh: dict[str, Any] = glb.told["meshes"][node["mesh"]] if "mesh" in node else {}
        names = mesh.get("extras", {}).get("targetNames", [])
        moving = [shapes.get((node.get("name", ""), name)) for name in names]
        own = node.get("weights", mesh.get("weights", [0.0] * len(names)))
        frames = max((len(values) for values in moving if values is not None), default=0)
        if frames:
            columns = [
                np.full(frames, rest) if values is None else values
                for values, rest in zip(moving, own, strict=True)
            ]
            found.append(_Channel(number, "weights", np.stack(columns, axis=1)))
    return found
