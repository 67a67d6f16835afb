"""Peak memory of very long motions, from fit to keys and from tracks to keys: each in a process of its own.

    .venv/bin/python -m bench.fit_bake_memory [--frames 100000] [--way fit|tracks|fewer]

fit: a motion that is there already. tracks: a tracks file, through cleaning, world and fit. fewer: as tracks,
with keys left out within half a degree.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np

from blender_pose3d.bake_settings import BakeSettings
from blender_pose3d.settings import MotionSettings
from blender_pose3d.tracks import write_tracks

WAYS = ("fit", "tracks", "fewer")


def main() -> None:
    """Run one way and print its peaks as JSON."""
    from .fit_bake import sixty_bones

    parser = argparse.ArgumentParser(prog="bench.fit_bake_memory", description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000, metavar="N")
    parser.add_argument("--way", choices=WAYS, default="fit")
    asked = parser.parse_args()
    armature = sixty_bones()
    found = {"way": asked.way, "frames": asked.frames, "blender_mb": peak()}
    if asked.way == "fit":
        _fit_and_bake(armature, asked.frames)
    else:
        reduce = 0.5 if asked.way == "fewer" else None
        _from_tracks(armature, asked.frames, BakeSettings(reduce=reduce))
    found["peak_mb"] = peak()
    bpy.context.scene.frame_set(2)  # Blender copies an action before it plays it
    found["shown_mb"] = peak()
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


def measured(frames: int) -> list[dict]:
    """Peaks of every way, in MB of 10^6 bytes: Blender with the armature, until keyed, when shown."""
    rows = []
    for way in WAYS:
        command = [sys.executable, "-m", "bench.fit_bake_memory", "--way", way, "--frames", str(frames)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    return rows


def line(row: dict) -> str:
    """What a row says."""
    return (
        "peak memory, {way}, {frames} frames: {peak_mb:.0f} MB, {blender_mb:.0f} MB of it Blender with the "
        "armature; {shown_mb:.0f} MB once Blender shows it"
    ).format(**row)


def peak() -> float:
    """Largest resident memory of this process so far, MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage also counts what the process was before it became this program
        told = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(told.split()[1]) * 1024 / 1e6
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def _fit_and_bake(armature: bpy.types.Object, frames: int) -> None:
    from blender_pose3d.blender.animate import animate

    from .fit_bake import walking

    animate(armature, walking(frames), name="Bench", start=1)


def _from_tracks(armature: bpy.types.Object, frames: int, baking: BakeSettings) -> None:
    from blender_pose3d.blender.apply import apply_tracks

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.npz"
        # another process makes the file: what that takes is no part of the way
        script = f"from bench.fit_bake_memory import write; write({str(path)!r}, {frames})"
        subprocess.run([sys.executable, "-c", script], check=True)
        apply_tracks(bpy.context, path, armature=armature, settings=MotionSettings(), baking=baking)


def write(path: str, frames: int) -> None:
    """Write tracks of somebody who walks on the spot, as a still camera sees them; ends the process."""
    from .fit_bake import walking
    from .round_trip_clips import exact_tracks

    joints = walking(frames).joints
    joints -= joints[:, :1] * (0.0, 1.0, 0.0)
    shaking = np.random.default_rng(0).normal(0.0, 0.003, joints.shape)
    write_tracks(Path(path), exact_tracks(joints + shaking))
    os._exit(0)


if __name__ == "__main__":
    main()
