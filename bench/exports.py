"""How far exported joints lie from Blender's own, read back by readers that are not Blender's.

``.venv/bin/python -m bench.exports out/demo.blend out/demo.fbx out/demo.bvh``, after `make demo`. The
armature is the one named as the files. ufbx reads FBX; bvhio and pybvh read BVH.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import bpy
import numpy as np

from blender_pose3d.blender.scene import frame_rate, sample_pose
from tests.blender.readers import Read, read_bvhio, read_fbx, read_pybvh


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("blend", type=Path)
    parser.add_argument("exports", type=Path, nargs="+")
    args = parser.parse_args()
    bpy.ops.wm.open_mainfile(filepath=str(args.blend))
    for path in args.exports:
        readers = {"ufbx": read_fbx} if path.suffix == ".fbx" else {"bvhio": read_bvhio, "pybvh": read_pybvh}
        truth = blender_joints(path.stem)
        for name, reader in readers.items():
            print(line(path.name, name, reader(path), truth))


def blender_joints(armature: str) -> dict[str, np.ndarray]:
    """Bone → (T, 3) metres: its head in every frame of its Action, as Blender evaluates it."""
    figure = bpy.data.objects[armature]
    # clips are exported from the origin; the shared scene sets people beside each other
    figure.location = (0, 0, 0)
    bpy.context.view_layer.update()
    first, last = figure.animation_data.action.frame_range
    worlds, poses = sample_pose(figure, range(round(first), round(last) + 1))
    heads = np.einsum("txy,tby->tbx", worlds, poses[..., 3])[..., :3]
    return {bone.name: heads[:, i] for i, bone in enumerate(figure.pose.bones)}


def line(file: str, reader: str, read: Read, truth: dict[str, np.ndarray]) -> str:
    shared = sorted(set(read.joints) & set(truth))
    frames = len(truth[shared[0]])
    offset = read.frames - frames
    far = max(np.linalg.norm(read.joints[j][offset:] - truth[j], axis=-1).max() for j in shared)
    rate = frame_rate(bpy.context.scene)
    return (
        f"{file:<20} {reader:<6} {len(shared)} of {len(truth)} joints, {read.frames} frames"
        f" ({frames} in the Action), {read.fps:.3f} fps ({rate:.3f}), farthest {far * 1000:.4f} mm"
    )


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # the bpy module may hang when Python tears it down
    os._exit(0)
