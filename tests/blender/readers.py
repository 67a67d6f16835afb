"""Animations read back without Blender: ufbx for FBX, bvhio and pybvh for BVH.

Each gives joint positions (T, J, 3) in Blender's axes and metres by name of joint, and the frame rate.
"""

from dataclasses import dataclass
from pathlib import Path

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

    scene = ufbx.load_file(str(path))
    (stack,) = scene.anim_stacks
    fps = scene.settings.frames_per_second
    frames = round((stack.time_end - stack.time_begin) * fps) + 1
    nodes = [node.name for node in scene.nodes if node.bone is not None]
    joints = {name: np.empty((frames, 3)) for name in nodes}
    for frame in range(frames):
        now = scene.evaluate(stack.anim, stack.time_begin + frame / fps)
        for name in nodes:
            place = now.find_node(name).node_to_world.c3
            joints[name][frame] = (place.x, place.y, place.z)
    unit = scene.settings.unit_meters
    return Read(fps, frames, {name: z_up(place * unit) for name, place in joints.items()}, stack.name)


def read_bvhio(path: Path) -> Read:
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
