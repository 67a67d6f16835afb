"""How far exported joints lie from Blender's own, read back by other programs, and how long exports take.

``.venv/bin/python -m bench.exports`` moves rigs of the tests; with ``--frames 1800 --rigs unreal5 --unread``
it only measures time. ufbx reads FBX; pygltflib GLB; bvhio and pybvh BVH; and Assimp reads FBX where
its command line program is installed (Debian: assimp-utils).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np

from blender_pose3d.blender.export import PRESETS, export_bvh, export_fbx, export_glb
from blender_pose3d.blender.export_presets import ExportSettings
from blender_pose3d.blender.export_skeleton import skeleton_of
from blender_pose3d.blender.scene import set_range
from tests.blender.exported_rigs import RIGS, Truth, animated, degrees_apart, truth
from tests.blender.readers import Read, read_bvhio, read_fbx, read_glb, read_pybvh


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rigs", nargs="+", default=RIGS, choices=RIGS)
    parser.add_argument("--frames", type=int, help="that the scene plays (default: those that move)")
    parser.add_argument("--unread", action="store_true", help="only measure time")
    args = parser.parse_args()
    print(f"Blender {bpy.app.version_string}; processor seconds; errors over all joints and frames")
    print("rig | file | reader | seconds | mm | degrees")
    for rig in args.rigs:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        armature, expected = animated(rig)
        if args.frames:
            set_range(bpy.context.scene, 1, args.frames)
            expected = truth(armature)
        start = time.process_time()
        skeleton = skeleton_of(armature, ExportSettings(), None)
        print(f"{rig} | {len(skeleton.motion.names)} joints evaluated | | {time.process_time() - start:.2f}")
        with tempfile.TemporaryDirectory() as folder:
            for row in exported(armature, Path(folder), expected, read=not args.unread):
                print(f"{rig} | {row}", flush=True)


def exported(armature: bpy.types.Object, folder: Path, expected: Truth, *, read: bool) -> list[str]:
    """A line for each file and each of its readers."""
    rows = []
    fbx = [name for name, preset in PRESETS.items() if preset.format == "fbx"]
    of_fbx = {"ufbx": read_fbx} | ({"assimp": read_assimp} if shutil.which("assimp") else {})
    writers = {f"FBX {name}": (export_fbx, {"preset": name}, of_fbx) for name in fbx}
    writers["GLB"] = (export_glb, {}, {"pygltflib": read_glb})
    writers["BVH"] = (export_bvh, {}, {"bvhio": read_bvhio, "pybvh": read_pybvh})
    for title, (write, options, readers) in writers.items():
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            path = write(armature, folder / f"clip.{title[:3].lower()}", **options)
        seconds = time.process_time() - start
        for reader, read_file in readers.items():
            errors = line(read_file(path), expected) if read else ""
            rows.append(f"{title} | {reader} | {seconds:.2f} | {errors}")
    return rows


def read_assimp(path: Path) -> Read:
    """What Assimp makes of an FBX file, by way of a GLB that it writes, still in the file's unit."""
    glb = path.with_suffix(".glb")
    subprocess.run(["assimp", "export", str(path), str(glb), "-fglb2"], check=True, capture_output=True)
    read = read_glb(glb)
    read.joints = {name: place / 100 for name, place in read.joints.items()}
    return read


def line(read: Read, expected: Truth) -> str:
    far = max(np.linalg.norm(read.joints[n] - p, axis=-1).max() for n, p in expected.places.items())
    if not read.turns:
        return f"{1000 * far:.4f} |"
    bent = max(degrees_apart(read.turns[n], t) for n, t in expected.turns.items())
    return f"{1000 * far:.4f} | {bent:.4f}"


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # the bpy module may hang when Python tears it down
    os._exit(0)
