"""How near a fitted character lies to the picture: projected back beside the 2D joints that were seen.

    python -m bench.fit_picture TRACKS.npz [...] [--person N]

The character is one of the person's own measures (``proportions.measure``), so that nothing but the fit moves
it. Distances are in percent of the person's height in the picture, which is taken from head to ankles.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from blender_pose3d.fit import fit
from blender_pose3d.motion import Motion, motion_from_tracks
from blender_pose3d.proportions import measure, rest_bones
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.tracks import Tracks, read_tracks

from .retarget_kinematics import joints_of, posed
from .retarget_rigs import BenchRig, rest_pose
from .round_trip_clips import SEEN

_SURE = 0.5  # scores below it are guesses


def seen(tracks: Tracks, person: int, motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """(T, 12, 2) pixels of joints at the motion's times, NaN where unsure, and which joints."""
    names = [(ours, theirs) for ours, theirs in SEEN.items() if theirs is not None]
    columns = [tracks.skeleton2d.index(theirs) for _, theirs in names]
    flat = tracks.joints2d[person][:, columns].astype(np.float64)
    flat[tracks.score2d[person][:, columns] < _SURE] = np.nan
    nearest = np.abs(tracks.time[:, None] - motion.time).argmin(axis=0)
    return flat[nearest], np.array([H36M_19.index(ours) for ours, _ in names])


def figures(tracks: Tracks, person: int) -> dict[str, np.ndarray]:
    """Name → (N,) distances in percent of the person's height in the picture."""
    motion = motion_from_tracks(tracks, person)
    bones = rest_bones(measure(motion))
    rest = rest_pose(bones)
    rig = BenchRig("own", rest, {bone.name: bone.name for bone in bones})
    flat, joints = seen(tracks, person, motion)
    low, high = np.nanmin(flat, axis=1), np.nanmax(flat, axis=1)
    height = np.linalg.norm(high - low, axis=-1)[:, None]
    found = {"motion": motion.joints}
    for name, refine in (("fit without refinement", False), ("fit", True)):
        found[name] = joints_of(rig, posed(rest, fit(motion, rest, rig.mapping, refine=refine)))
    result = {}
    for name, places in found.items():
        away = np.linalg.norm(motion.camera.project(places[:, joints]) - flat, axis=-1) / height
        result[name] = 100.0 * away[np.isfinite(away)]
    return result


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="bench.fit_picture", description=__doc__.splitlines()[0])
    parser.add_argument("tracks", type=Path, nargs="+")
    parser.add_argument("--person", type=int, default=1, metavar="N")
    asked = parser.parse_args()
    print("| tracks | | mean % | median % | 95 % |\n| --- | --- | ---: | ---: | ---: |")
    for path in asked.tracks:
        for name, away in figures(read_tracks(path), asked.person - 1).items():
            print(
                f"| {path.stem} | {name} | {away.mean():.2f} | {np.median(away):.2f} |"
                f" {np.percentile(away, 95):.2f} |"
            )


if __name__ == "__main__":
    main()
