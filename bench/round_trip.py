"""Motion capture, through everything, onto rigs in Blender and back by Blender's own pose.

    python -m bench.round_trip CLIPS [--clips 20] [--frames 240] [--rigs NAME ...] [--json FILE]

CLIPS is a folder of BVH files (docs/motion.md says where from), which the engine's Python reads, or what
``python -m bench.round_trip_clips FOLDER 20 CLIPS.npz`` kept of them; without it, made-up motion is used.
Clips become exact tracks, the tracks a motion, and each motion is fitted and baked on each rig and evaluated
frame by frame. Runs with bpy, or in Blender:

    blender -b --python bench/in_blender.py -- round_trip CLIPS.npz ...
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np

from blender_pose3d.blender.animate import animate
from blender_pose3d.blender.armature import rest_pose
from blender_pose3d.blender.scene import sample_pose
from blender_pose3d.motion import Motion, motion_from_tracks
from blender_pose3d.rig_maps import detect, title
from blender_pose3d.rotations import quaternions_from
from blender_pose3d.spans import middles

from .retarget_kinematics import directions, foot_ends, joints_of, level_toes, turn_steps
from .retarget_motions import made_up
from .retarget_rigs import BenchRig
from .round_trip_clips import EXACT, clips_of, exact_tracks

RIGS = (
    "pose3d", "rigify_metarig", "rigify_generated", "mixamo", "unreal4", "unreal5", "unity", "vroid",
    "genesis8", "reallusion", "auto_rig_pro", "biped", "human_ik", "mpfb_default", "mpfb_cmu_mb",
)  # fmt: skip
_QUICK, _JUMP = 15.0, 30.0  # degrees a frame: of the source, above which nothing is said; of a bone


@dataclass(frozen=True)
class Clip:
    """source: (T, 19, 3) as captured. motion: what the tracks of it became."""

    name: str
    source: np.ndarray
    motion: Motion


def main() -> None:
    """Run the round trip; prints a table, and writes JSON if asked to."""
    makers = importlib.import_module("tests.rig_makers.blender")  # typed as tests are: not at all

    parser = argparse.ArgumentParser(prog="bench.round_trip", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?", metavar="CLIPS")
    parser.add_argument("--clips", type=int, default=20, metavar="N")
    parser.add_argument("--frames", type=int, default=240, metavar="N", help="of each clip, at 30 a second")
    parser.add_argument("--rigs", nargs="+", default=None, metavar="NAME")
    parser.add_argument("--engine-python", type=Path, default=Path(".venv-engine/bin/python"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    joints = clips_of(asked.source, asked.clips, asked.engine_python) if asked.source else made_up()
    clips = [clip_of(name, found[: asked.frames]) for name, found in joints.items()]
    names = asked.rigs or RIGS
    rows = []
    for name in names:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        armature = makers.make(name)
        rows.append({"rig": name, **figures([measured(armature, clip) for clip in clips])})
        print(line(rows[-1]) if len(rows) > 1 else f"{HEADER}\n{line(rows[-1])}", flush=True)
    if asked.json:
        found = {"clips": {clip.name: len(clip.source) for clip in clips}, "rigs": rows}
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # bpy as a module may hang when it ends


def clip_of(name: str, source: np.ndarray) -> Clip:
    """A clip, its tracks made and read as those of a video."""
    return Clip(name, source, motion_from_tracks(exact_tracks(source), 0, EXACT))


def measured(armature: bpy.types.Object, clip: Clip) -> dict[str, np.ndarray]:
    """One clip on one armature: degrees and metres, frame by frame."""
    if armature.animation_data:
        armature.animation_data.action = None  # and nothing else: a rig's own drivers are animation data, too
    bpy.context.view_layer.update()
    rest = rest_pose(armature)
    found = detect(rest, armature.name)
    rig = BenchRig(found.rig, rest, found.mapping)
    done = animate(armature, clip.motion, name=clip.name, start=1)
    world, pose = sample_pose(armature, range(1, 1 + done.frames))
    order = [armature.pose.bones.find(bone) for bone in rest.names]
    pose = world[:, None] @ pose[:, order]
    joints, ends = joints_of(rig, pose), foot_ends(rig, pose)
    target = level_toes(clip.motion, rig)
    captured = clip.source[: done.frames]
    source = replace(clip.motion, joints=captured)
    contacts = clip.motion.contacts
    assert contacts is not None
    rested = contacts.copy()
    for shift in (1, -1):  # a foot takes hold and lets go within a frame
        rested &= np.roll(contacts, shift, axis=0)
    strays = np.linalg.norm(ends - middles(ends, contacts), axis=-1)
    quick = turn_steps(captured) > _QUICK
    jumps = (_steps(pose[:, [rest.index(bone) for bone in rig.mapping.values()]]) > _JUMP) & ~quick
    return {
        "motion": np.concatenate(list(directions(joints, target, rig).values())),
        "source": np.concatenate(list(directions(joints, level_toes(source, rig), rig).values())),
        "locks": strays[rested],
        "jumps": jumps,
        # where the motion that was fitted is quiet, too: cleaning and feet that are held also turn bones
        "own_jumps": jumps & ~(turn_steps(clip.motion.joints) > _QUICK),
        "rig": np.array(found.rig),
    }


def _steps(pose: np.ndarray) -> np.ndarray:
    """(T-1,) largest turn in degrees of a bone from a frame to the next; pose (T, B, 4, 4) with any scale."""
    axes = pose[..., :3, :3] / np.linalg.norm(pose[..., :3, :3], axis=-2, keepdims=True)
    turned = quaternions_from(axes)
    dots = np.abs((turned[1:] * turned[:-1]).sum(-1)).clip(0, 1)
    return np.degrees(2 * np.arccos(dots)).max(axis=1)


def figures(clips: list[dict[str, np.ndarray]]) -> dict[str, object]:
    """Figures of a rig over all clips: degrees, millimetres, counts."""
    found = {}
    for name in ("motion", "source"):
        angles = np.concatenate([clip[name] for clip in clips])
        found[name] = {"mean": float(angles.mean()), "p99": float(np.percentile(angles, 99))}
    locks = 1000 * np.concatenate([clip["locks"] for clip in clips])
    locks = locks if len(locks) else np.zeros(1)
    found["locks_mm"] = {
        "mean": float(locks.mean()),
        "p95": float(np.percentile(locks, 95)),
        "within_5": float(np.mean(locks <= 5.0)),
    }
    for name in ("jumps", "own_jumps"):
        found[name] = int(sum(clip[name].sum() for clip in clips))
    found["frames"] = int(sum(len(clip["jumps"]) + 1 for clip in clips))
    return {"known_as": title(str(clips[0]["rig"])), **found}


HEADER = (
    "| rig | known as | to the motion: mean, 99 % | to the capture | feet held: mean, 95 % mm, within 5 mm |"
    " steps over 30°: beside the capture, beside the motion |\n| --- | --- | --- | --- | --- | --- |"
)


def line(row: dict) -> str:
    """A line of the table."""
    motion, source, locks = row["motion"], row["source"], row["locks_mm"]
    within = 100 * locks["within_5"]
    return (
        f"| {row['rig']} | {row['known_as']} | {motion['mean']:.2f}° {motion['p99']:.2f}° |"
        f" {source['mean']:.2f}° {source['p99']:.2f}° |"
        f" {locks['mean']:.1f} {locks['p95']:.1f} {within:.1f} % | {row['jumps']} {row['own_jumps']} |"
    )


if __name__ == "__main__":
    main()
