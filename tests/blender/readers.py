"""Animations read back without Blender: ufbx for FBX, pygltflib for GLB, bvhio and pybvh for BVH.

All in Blender's axes and metres, by name of joint.
"""

import ctypes
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


@dataclass
class Read:
    """joints: name → (T, 3) places. turns: name → (T, 3, 3) world rotations away from rest. rest: name → (3,)
    places at rest, parents: name → name above, None for the upmost. clip: name of the take, where the format
    has one. unit: metres that one of the file is. nodes: names of what lies above the joints or beside them;
    scale: how far any node's scale is from 1; skins: joints that each mesh is bound to."""

    fps: float
    frames: int
    joints: dict[str, np.ndarray]
    clip: str = ""
    turns: dict[str, np.ndarray] = field(default_factory=dict)
    rest: dict[str, np.ndarray] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    unit: float = 1.0
    nodes: tuple[str, ...] = ()
    scale: float = 0.0
    skins: int = 0


def read_fbx(path: Path) -> Read:
    import ufbx

    scene = _kept(ufbx.load_file(str(path)))
    nodes = [_kept(node) for node in scene.nodes]
    bones = [node for node in nodes if _kept(node.bone) is not None]
    names = {node.name for node in bones}
    unit = scene.settings.unit_meters
    rest = {node.name: _matrix(node.node_to_world) for node in bones}
    above = {node.name: _kept(node.parent).name for node in bones}
    stacks = [_kept(one) for one in scene.anim_stacks]
    fps, frames, clip = scene.settings.frames_per_second, 0, ""
    world: dict[str, np.ndarray] = {}
    if stacks:
        (stack,) = stacks
        clip = stack.name
        frames = round((stack.time_end - stack.time_begin) * fps) + 1
        world = {name: np.empty((frames, 4, 4)) for name in names}
        for frame in range(frames):
            now = _kept(scene.evaluate(stack.anim, stack.time_begin + frame / fps))
            for name, places in world.items():
                places[frame] = _matrix(_kept(now.find_node(name)).node_to_world)
    scales = [_kept(_kept(node.local_transform).scale) for node in nodes]
    return Read(
        fps,
        frames,
        {name: z_up(place[:, :3, 3] * unit) for name, place in world.items()},
        clip,
        {name: _turn(place, rest[name]) for name, place in world.items()},
        {name: z_up(place[:3, 3] * unit) for name, place in rest.items()},
        {name: up if up in names else None for name, up in above.items()},
        unit,
        tuple(node.name for node in nodes if node.name not in names and not node.is_root),
        max(abs(value - 1) for scale in scales for value in (scale.x, scale.y, scale.z)),
        len(scene.skin_deformers),
    )


def _matrix(given: Any) -> np.ndarray:
    given = _kept(given)
    columns = [_kept(getattr(given, name)) for name in ("c0", "c1", "c2", "c3")]
    made = np.eye(4)
    made[:3] = np.array([(c.x, c.y, c.z) for c in columns]).T
    return made


def _kept(element: Any) -> Any:
    """The element, never freed: ufbx's binding (0.0.5) hands elements out without a reference to each."""
    for _ in range(2):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(element))
    return element


def read_glb(path: Path) -> Read:
    import pygltflib

    file = pygltflib.GLTF2().load(str(path))
    blob = file.binary_blob()
    above = {child: i for i, node in enumerate(file.nodes) for child in node.children or []}
    (animation,) = file.animations or [None]
    keyed: dict[int, dict[str, np.ndarray]] = {}
    times = np.zeros(1)
    for channel in animation.channels if animation else ():
        sampler = animation.samplers[channel.sampler]
        values = _accessor(file, blob, sampler.output)
        own = _accessor(file, blob, sampler.input)[:, 0]
        times = own if len(own) > len(times) else times
        keyed.setdefault(channel.target.node, {})[channel.target.path] = (own, values)
    moved = {i: keyed.get(i, {}) for i in range(len(file.nodes))}
    still = [_local(node, {}, times[:1]) for node in file.nodes]
    local = [_local(node, moved[i], times) for i, node in enumerate(file.nodes)]
    bones = {i for skin in file.skins or [] for i in skin.joints}
    bones = bones or {i for i in range(len(file.nodes)) if i in above}
    world = {i: _chain(local, above, i) for i in bones}
    rest = {i: _chain(still, above, i)[0] for i in bones}
    called = {i: file.nodes[i].name for i in bones}
    return Read(
        (len(times) - 1) / float(times[-1] - times[0]) if len(times) > 1 else 0.0,
        len(times),
        {called[i]: z_up(place[:, :3, 3]) for i, place in world.items()},
        animation.name if animation else "",
        {called[i]: _turn(place, rest[i]) for i, place in world.items()},
        {called[i]: z_up(place[:3, 3]) for i, place in rest.items()},
        {called[i]: called.get(above.get(i, -1)) for i in bones},
        nodes=tuple(node.name for i, node in enumerate(file.nodes) if i not in bones),
        scale=max(float(np.abs(np.array(node.scale or 1.0) - 1).max()) for node in file.nodes),
        skins=len(file.skins or []),
    )


def _accessor(file: Any, blob: bytes, index: int) -> np.ndarray:
    accessor = file.accessors[index]
    view = file.bufferViews[accessor.bufferView]
    assert accessor.componentType == 5126, "float32"
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor.type]
    start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
    return np.frombuffer(blob, "<f4", accessor.count * width, start).reshape(-1, width).astype(float)


def _local(node: Any, keyed: dict[str, Any], times: np.ndarray) -> np.ndarray:
    """(T, 4, 4) of a node, its channels read between keys."""
    found = {}
    for path, start in (("translation", (0, 0, 0)), ("rotation", (0, 0, 0, 1)), ("scale", (1, 1, 1))):
        own = getattr(node, path)
        value = np.tile(np.array(start if own is None else own, dtype=float), (len(times), 1))
        if path in keyed:
            at, keys = keyed[path]
            value = np.stack([np.interp(times, at, column) for column in keys.T], axis=1)
        found[path] = value
    made = np.tile(np.eye(4), (len(times), 1, 1))
    made[:, :3, :3] = Rotation.from_quat(found["rotation"]).as_matrix() * found["scale"][:, None]
    made[:, :3, 3] = found["translation"]
    return made


def _chain(local: list[np.ndarray], above: dict[int, int], node: int) -> np.ndarray:
    made = local[node]
    while (node := above.get(node, -1)) >= 0:
        made = local[node] @ made
    return made


def _turn(world: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(T, 3, 3) from y up: rotation away from rest, in Blender's axes."""
    return _Y_UP.T @ _axes(world) @ _axes(rest).T @ _Y_UP


def _axes(matrices: np.ndarray) -> np.ndarray:
    axes = matrices[..., :3, :3]
    return axes / np.linalg.norm(axes, axis=-2, keepdims=True)


def read_bvhio(path: Path) -> Read:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # its own import of PyGLM
        import bvhio

    header = bvhio.readAsBvh(str(path))
    root = bvhio.readAsHierarchy(str(path))
    names = [joint.Name for joint, _, _ in root.layout()]
    joints = {name: np.empty((header.FrameCount, 3)) for name in names}
    quaternions = {name: np.empty((header.FrameCount, 4)) for name in names}
    for frame in range(header.FrameCount):
        root.loadPose(frame)
        for joint, _, _ in root.layout():
            joints[joint.Name][frame] = tuple(joint.PositionWorld)
            turn = joint.RotationWorld
            quaternions[joint.Name][frame] = (turn.x, turn.y, turn.z, turn.w)
    root.loadRestPose()
    # bvhio turns joints along their bones; away from rest this cancels
    rest = {
        joint.Name: Rotation.from_quat(
            [joint.RotationWorld.x, joint.RotationWorld.y, joint.RotationWorld.z, joint.RotationWorld.w]
        ).as_matrix()
        for joint, _, _ in root.layout()
    }
    return Read(
        1 / header.FrameTime,
        header.FrameCount,
        {n: z_up(p) for n, p in joints.items()},
        turns={
            n: _Y_UP.T @ Rotation.from_quat(q).as_matrix() @ rest[n].T @ _Y_UP for n, q in quaternions.items()
        },
        rest={joint.Name: z_up(np.array(tuple(joint.PositionWorld))) for joint, _, _ in root.layout()},
        parents={joint.Name: joint.Parent.Name if joint.Parent else None for joint, _, _ in root.layout()},
    )


def read_pybvh(path: Path) -> Read:
    import pybvh

    file = pybvh.read_bvh_file(path)
    positions = file.node_positions()
    names = [node.name for node in file.nodes]
    joints = {name: z_up(positions[:, i]) for i, name in enumerate(names)}
    above = {
        node.name: node.parent.name if node.parent else None for node in file.nodes if not node.is_end_site
    }
    return Read(1 / file.frame_time, len(positions), joints, parents=above)


def z_up(points: np.ndarray) -> np.ndarray:
    """From y up to Blender's z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)
