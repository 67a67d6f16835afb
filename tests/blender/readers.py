"""Animations read back without Blender: ufbx for FBX, bvhio and pybvh for BVH.

Each gives joint positions (T, J, 3) in Blender's axes and metres by name of joint, and the frame rate.
"""

import ctypes
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass
class Read:
    """joints: name → (T, 3) metres, z up. clip: name of the take, where the format has one."""

    fps: float
    frames: int
    joints: dict[str, np.ndarray]
    clip: str = ""


def read_fbx(path: Path) -> Read:
    import ufbx

    scene = _kept(ufbx.load_file(str(path)))
    (stack,) = [_kept(one) for one in scene.anim_stacks]
    fps = scene.settings.frames_per_second
    frames = round((stack.time_end - stack.time_begin) * fps) + 1
    nodes = [_kept(node) for node in scene.nodes]
    joints = {node.name: np.empty((frames, 3)) for node in nodes if _kept(node.bone) is not None}
    for frame in range(frames):
        now = _kept(scene.evaluate(stack.anim, stack.time_begin + frame / fps))
        for name, places in joints.items():
            place = _kept(now.find_node(name)).node_to_world.c3
            places[frame] = (place.x, place.y, place.z)
    unit = scene.settings.unit_meters
    return Read(fps, frames, {name: z_up(place * unit) for name, place in joints.items()}, stack.name)


def _kept(element: Any) -> Any:
    """The element, never freed: ufbx's binding (0.0.5) hands elements out without a reference to each."""
    for _ in range(2):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(element))
    return element


def read_bvhio(path: Path) -> Read:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # its own import of PyGLM
        import bvhio

    header = bvhio.readAsBvh(str(path))
    root = bvhio.readAsHierarchy(str(path))
    names = [joint.Name for joint, _, _ in root.layout()]
    joints = {name: np.empty((header.FrameCount, 3)) for name in names}
    for frame in range(header.FrameCount):
        root.loadPose(frame)
        for joint, _, _ in root.layout():
            joints[joint.Name][frame] = tuple(joint.PositionWorld)
    return Read(1 / header.FrameTime, header.FrameCount, {n: z_up(p) for n, p in joints.items()})


def read_pybvh(path: Path) -> Read:
    import pybvh

    file = pybvh.read_bvh_file(path)
    positions = file.node_positions()
    names = [node.name for node in file.nodes]
    joints = {name: z_up(positions[:, i]) for i, name in enumerate(names)}
    return Read(1 / file.frame_time, len(positions), joints)


def z_up(points: np.ndarray) -> np.ndarray:
    """From y up to Blender's z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)
