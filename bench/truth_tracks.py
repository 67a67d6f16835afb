"""Clips of unseen motion with exact truth, and the tracks that the engine would make of them.

``.venv-engine/bin/python -m bench.truth_tracks --mocap DIR --out DIR`` writes NAME.truth.npz and
NAME.tracks.npz for each shot of bench/truth_clips.py. The 2D points are the body's, with a detector's errors;
from there on everything is the engine's own: bridge, lifter, header. ``bench.motion`` measures what
blender_pose3d makes of them.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from blender_pose3d.skeleton import H36M_19, HALPE_26
from blender_pose3d.tracks import SCHEMA, Tracks, write_tracks
from engine import describe
from engine.bridge import to_lifter
from engine.errors import EngineError
from engine.lift.camera import default_intrinsics
from engine.lift.lifter import DEFAULT, Lifter, load_lifter
from engine.train.mocap import FPS

from . import feet, tuning_clips
from .truth import Truth, write_truth
from .truth_bodies import perform
from .truth_camera import SIZE, lens, place
from .truth_clips import SHOTS, Shot
from .truth_picture import see

_GAP_FILLED = 0.3  # seconds, as in engine/pipeline.py
# What following the background gets wrong of a camera's turn, degrees: what adds up, and each frame's own.
_TURN_DRIFT, _TURN_NOISE = 0.01, 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mocap", type=Path, required=True, help="folder of the unpacked BVH files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lifter", default=DEFAULT, help="name or weight file")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the shots")
    parser.add_argument("--tuning", action="store_true", help="the shots to choose settings by instead")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        lifter = load_lifter(args.lifter)
        for number, shot in enumerate(tuning_clips.SHOTS if args.tuning else SHOTS):
            if args.only and shot.name not in args.only:
                continue
            truth, tracks = make(shot, args.mocap, lifter, seed=number + 1)
            write_truth(args.out / f"{shot.name}.truth.npz", truth)
            write_tracks(args.out / f"{shot.name}.tracks.npz", tracks)
            print(describe_shot(shot, truth, tracks), flush=True)
    except EngineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def make(shot: Shot, mocap: Path, lifter: Lifter, seed: int) -> tuple[Truth, Tracks]:
    """Truth of a shot and what the engine would write of it."""
    captured, touching, stature = perform(shot, mocap, seed - 1)
    seconds = np.arange(len(captured)) / FPS
    time = np.arange(int(seconds[-1] * shot.fps + 1e-6) + 1) / shot.fps
    joints, surface = np.split(CubicSpline(seconds, captured)(time), [len(H36M_19)], axis=1)
    contacts = touching[np.minimum(np.round(time * FPS).astype(int), len(touching) - 1)]
    rotation, origin = place(shot, joints)
    true = lens(shot)
    camera = rotation, origin
    points, score = see(joints, surface, camera, true, stature=stature, fps=shot.fps, seed=seed)
    known = default_intrinsics(*SIZE, shot.lens if shot.told else None)
    info = {
        "name": shot.name, "shows": shot.shows, "source": f"{shot.file} {shot.start:g}-{shot.stop:g} s",
        "stature": stature, "pan": shot.pan, "tilt": shot.tilt,
        "lens": "told" if shot.told else "assumed" if shot.lens is None else "wrong",
    }  # fmt: skip
    soles = feet.soles(joints, stature)
    truth = Truth(info, shot.fps, time, joints, soles, contacts, rotation, origin, np.array(true))
    tracks = _tracks(shot, time, (points, score), known, lifter)
    return truth, with_camera_motion(tracks, rotation, seed) if shot.pan else tracks


def with_camera_motion(tracks: Tracks, rotation: np.ndarray, seed: int) -> Tracks:
    """Tracks of a camera that turns as its axes (T, 3, 3) do, known as well as the background tells it."""
    rng = np.random.default_rng(seed)
    drift = rng.normal(0.0, _TURN_DRIFT, (len(rotation), 3)).cumsum(axis=0)
    wrong = Rotation.from_rotvec(drift + rng.normal(0.0, _TURN_NOISE, drift.shape), degrees=True).as_matrix()
    turned = rotation[0].T @ rotation @ wrong
    meta = {**tracks.meta, "camera": {**tracks.meta["camera"], "motion": "turning"}}
    zoom = np.ones(len(rotation), dtype=np.float32)
    return replace(tracks, meta=meta, camera_rotation=turned.astype(np.float32), camera_zoom=zoom)


def _tracks(
    shot: Shot,
    time: np.ndarray,
    seen2d: tuple[np.ndarray, np.ndarray],
    intrinsics: tuple[float, float, float, float],
    lifter: Lifter,
) -> Tracks:
    points, score = seen2d
    joints, seen = to_lifter(points, score, HALPE_26, SIZE, max_gap=round(_GAP_FILLED * shot.fps))
    pose, certain = lifter.lift(joints, seen, intrinsics)
    meta = {
        "schema": SCHEMA,
        "video": {
            "name": f"{shot.name}.mp4", "sha256": "", "width": SIZE[0], "height": SIZE[1],
            "fps": shot.fps, "frames": len(time),
        },
        "models": {
            "pose2d": {"name": "made-up", "sha256": ""},
            "lifter": {"name": lifter.name, "sha256": lifter.sha256},
        },
        "camera": {**describe.camera(intrinsics, given=shot.told), "motion": "still"},
        "skeleton2d": {"name": HALPE_26.name, "joints": list(HALPE_26.joints)},
        "skeleton3d": {"name": lifter.skeleton.name, "joints": list(lifter.skeleton.joints)},
        "people": 1,
    }  # fmt: skip
    return Tracks(
        meta=meta,
        frame=np.arange(len(time), dtype=np.int32),
        time=time,
        present=np.ones((1, len(time)), dtype=bool),
        joints2d=points[None],
        score2d=score[None],
        joints3d=pose[None],
        score3d=certain[None],
    )


def describe_shot(shot: Shot, truth: Truth, tracks: Tracks) -> str:
    """A line for people: how long, how far, how much of it the detector saw."""
    steps = np.linalg.norm(np.diff(truth.path[:, :2], axis=0), axis=-1).sum()
    starts = int((truth.contacts[1:] & ~truth.contacts[:-1]).sum())
    seen = float((tracks.score2d > 0).mean())
    return (
        f"{shot.name:<10} {shot.file:<11} {truth.time[-1]:5.1f} s  {truth.stature:.2f} m  path {steps:5.1f} m"
        f"  {starts:3d} contacts  {100 * truth.contacts.mean():3.0f}% touching  {100 * seen:3.0f}% seen"
    )


if __name__ == "__main__":
    sys.exit(main())
