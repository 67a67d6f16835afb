"""How near characters come to a person: motion capture onto armatures of many kinds, and back by kinematics.

    python -m bench.retarget [FOLDER] [--clips N] [--frames N] [--no-refine]

FOLDER holds BVH files of motion capture (they need the engine's environment); without one, made-up motion is
used. Each clip is a person whose feet stand as a tracked person's do; the character is fitted, posed by
Blender's rule in numpy, and its joints are compared. See docs/retarget.md.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from blender_pose3d.camera import Camera
from blender_pose3d.fit import fit
from blender_pose3d.footing import stand
from blender_pose3d.motion import Motion
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.spans import middles

from .retarget_kinematics import directions, foot_ends, joints_of, level_toes, posed, turn_steps
from .retarget_motions import captured, made_up
from .retarget_rigs import BenchRig, rigs

_QUICK = 15.0  # degrees a frame of the person's own bones, above which nothing is said about a character's
_JUMP = 30.0


def as_motion(joints: np.ndarray, fps: float) -> Motion:
    """A motion of joints (T, 19, 3) in the world, whose feet stand as those of a tracked person."""
    score = np.ones(joints.shape[:2])
    away = np.array([0.0, -5.0, 1.0])
    settings = MotionSettings(height=1.7)
    footing = stand(joints, score, H36M_19, fps, settings, seen_from=away)
    planted, contacts = footing.joints, footing.contacts
    camera = Camera(1000.0, 1000.0, 320.0, 240.0, 640, 480, np.eye(3), away)
    filled = np.zeros(score.shape, bool)
    times = np.arange(len(joints)) / fps
    return Motion(fps, 0, times, planted, score, H36M_19, camera, filled, planted, contacts=contacts)


def measure(rig: BenchRig, motion: Motion, refine: bool = True) -> dict[str, np.ndarray]:
    """Errors of one clip on one rig, frame by frame: degrees, metres, counts."""
    animation = fit(motion, rig.rest, rig.mapping, extras=rig.extras, twists=rig.twists, refine=refine)
    pose = posed(rig.rest, animation)
    joints = joints_of(rig, pose)
    errors = directions(joints, level_toes(motion, rig), rig)
    ends, contacts = foot_ends(rig, pose), motion.contacts
    inner = contacts.copy()
    inner[1:] &= contacts[:-1]
    inner[:-1] &= contacts[1:]
    strays = np.linalg.norm(ends - middles(ends, contacts), axis=-1)
    quick = turn_steps(motion.joints) > _QUICK
    dots = np.abs((animation.rotations[1:] * animation.rotations[:-1]).sum(-1)).clip(0, 1)
    steps = np.rad2deg(2 * np.arccos(dots)).max(axis=1)
    return {
        "errors": errors, "strays": strays[contacts], "inner": strays[inner],
        "sunk": -ends[..., 2].min(axis=1), "jumps": (steps > _JUMP) & ~quick, "steps": steps[~quick],
    }  # fmt: skip


def row(name: str, found: list[dict[str, np.ndarray]]) -> str:
    """A line of the table: figures of one rig over all clips."""
    errors = {pair: np.concatenate([f["errors"][pair] for f in found]) for pair in found[0]["errors"]}
    bones = np.concatenate(list(errors.values()))
    worst = max(errors, key=lambda pair: errors[pair].mean())
    strays, inner, sunk = (1000 * np.concatenate([f[k] for f in found]) for k in ("strays", "inner", "sunk"))
    jumps = sum(int(f["jumps"].sum()) for f in found)
    return (
        f"| {name} | {bones.mean():.2f} | {np.percentile(bones, 99):.2f} | {bones.max():.1f} |"
        f" {worst} {errors[worst].mean():.2f} | {inner.mean():.1f} | {np.percentile(inner, 95):.1f} |"
        f" {np.mean(strays <= 5) * 100:.1f} | {np.percentile(sunk, 99):.0f} | {jumps} |"
    )


def speed(rig: BenchRig, frames: int, refine: bool) -> str:
    """Time and memory of fitting a long clip."""
    joints = made_up()["walk"]
    repeats = -(-frames // len(joints))
    way = joints[-1:, :1] - joints[:1, :1]
    long = np.concatenate([joints + i * way * (1, 1, 0) for i in range(repeats)])[:frames]
    motion = replace(as_motion(joints, 30.0), joints=long, time=np.arange(frames) / 30.0, raw=long)
    motion = replace(
        motion, contacts=np.tile(motion.contacts, (repeats, 1))[:frames], score=np.ones((frames, 19))
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, begun = time.perf_counter(), time.process_time()
    fit(motion, rig.rest, rig.mapping, extras=rig.extras, twists=rig.twists, refine=refine)
    wall, cpu = time.perf_counter() - start, time.process_time() - begun
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return (
        f"{frames} frames on {len(rig.rest.names)} bones: {wall:.2f} s, {cpu:.2f} s of processor time,"
        f" {more:.0f} MB more memory"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="BVH files of motion capture")
    parser.add_argument("--clips", type=int, default=20, help="how many of them, spread over the folder")
    parser.add_argument(
        "--frames", type=int, default=10_000, help="of the clip whose time is taken; 0 for none"
    )
    parser.add_argument("--rig", help="only rigs with this in their name")
    parser.add_argument("--no-refine", action="store_true", help="without the full-body refinement")
    args = parser.parse_args()
    refine = not args.no_refine
    clips = captured(args.folder, args.clips) if args.folder else made_up()
    motions = {name: as_motion(joints, 30.0) for name, joints in clips.items()}
    frames = sum(len(m.joints) for m in motions.values())
    print(f"{len(motions)} clips, {frames} frames\n")
    print(
        "| rig | bones °, mean | 99 % | most | worst bone | lock mm, mean | 95 % | % within 5 mm |"
        " sunk mm, 99 % | jumps |"
    )
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    chosen = [rig for rig in rigs() if not args.rig or args.rig in rig.name]
    for rig in chosen:
        print(row(rig.name, [measure(rig, motion, refine) for motion in motions.values()]), flush=True)
    if args.frames:
        print("\n" + speed(next((r for r in chosen if "60" in r.name), chosen[0]), args.frames, refine))


if __name__ == "__main__":
    main()
