"""Clips of motion capture for the round trip, and the tracks that a perfect engine would write of them."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from blender_pose3d.camera import Camera, rotation_for_up, up_for_tilt
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import COCO_17, H36M_19
from blender_pose3d.tracks import SCHEMA, Tracks

FPS = 30.0
# Nothing but the feet is changed between these tracks and the motion: the round trip judges fit and bake.
EXACT = MotionSettings(
    strength=0.0, fix_swaps=False, remove_outliers=False, constant_bones=False, height=1.7,
    camera_tilt=0.0, camera_roll=0.0, fit_picture=False,
)  # fmt: skip
SEEN = {
    "Hip": None, "LShoulder": "left_shoulder", "RShoulder": "right_shoulder", "LElbow": "left_elbow",
    "RElbow": "right_elbow", "LWrist": "left_wrist", "RWrist": "right_wrist", "LHip": "left_hip",
    "RHip": "right_hip", "LKnee": "left_knee", "RKnee": "right_knee", "LAnkle": "left_ankle",
    "RAnkle": "right_ankle",
}  # fmt: skip


def clips_of(folder: Path, count: int, python: Path) -> dict[str, np.ndarray]:
    """Name → (T, 19, 3) joints of captured clips, of a folder or of what was kept of one.

    python: of the engine, which reads the files of a folder.
    """
    if folder.is_file():
        return _kept(folder)
    with tempfile.TemporaryDirectory() as made:
        target = Path(made) / "clips.npz"
        command = [str(python), "-m", "bench.round_trip_clips", str(folder), str(count), str(target)]
        done = subprocess.run(command, check=False)
        if done.returncode:
            raise SystemExit(f"The engine's Python ({python}) could not read the clips of {folder}.")
        return _kept(target)


def _kept(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as clips:
        return {name: clips[name] for name in clips.files}


def exact_tracks(joints: np.ndarray) -> Tracks:
    """Tracks of joints (T, 19, 3), metres, z up, as seen without an error by a level camera that sees all."""
    low, high = joints.min(axis=(0, 1)), joints.max(axis=(0, 1))
    origin = np.array([(low[0] + high[0]) / 2, low[1] - 4.0 - (high[0] - low[0]), 1.2])
    camera = Camera(1000.0, 1000.0, 640.0, 360.0, 1280, 720, rotation_for_up(up_for_tilt(0.0)), origin)
    flat = camera.project(joints)
    joints2d = np.repeat(flat[:, H36M_19.index("Neck"), None], len(COCO_17), axis=1)
    for ours, theirs in SEEN.items():
        if theirs is not None:
            joints2d[:, COCO_17.index(theirs)] = flat[:, H36M_19.index(ours)]
    local = (joints - joints[:, :1]) @ camera.rotation
    frames = len(joints)
    video = {"name": "clip.mp4", "sha256": "", "width": 1280, "height": 720, "fps": FPS, "frames": frames}
    return Tracks(
        meta={
            "schema": SCHEMA,
            "video": video,
            "models": {},
            "camera": {"fx": 1000.0, "fy": 1000.0, "cx": 640.0, "cy": 360.0, "source": "given"},
            "skeleton2d": {"name": COCO_17.name, "joints": list(COCO_17.joints)},
            "skeleton3d": {"name": H36M_19.name, "joints": list(H36M_19.joints)},
            "people": 1,
        },
        frame=np.arange(frames, dtype=np.int32),
        time=np.arange(frames) / FPS,
        present=np.ones((1, frames), dtype=bool),
        joints2d=joints2d[None].astype(np.float32),
        score2d=np.ones((1, *joints2d.shape[:2]), dtype=np.float32),
        joints3d=local[None].astype(np.float32),
        score3d=np.ones((1, *joints.shape[:2]), dtype=np.float32),
    )


def main() -> None:
    """Read clips of a folder and keep them: run by the engine's Python."""
    parser = argparse.ArgumentParser(prog="bench.round_trip_clips", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("target", type=Path)
    asked = parser.parse_args()
    from .retarget_motions import captured

    np.savez(asked.target, **captured(asked.folder, asked.count))


if __name__ == "__main__":
    main()
