"""Footage that Blender rendered, through the real engine and back into Blender, against exact truth."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.tracks import Tracks, read_tracks
from tests.blender.filmed_walk import FilmedWalk, film_walk

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("POSE3D_ENGINE_PYTHON", ROOT / ".venv-engine" / "bin" / "python"))
COCO_NAME = {"Hip": "hip", "Knee": "knee", "Ankle": "ankle", "Shoulder": "shoulder", "Elbow": "elbow",
             "Wrist": "wrist"}  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.network]


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[FilmedWalk, Tracks]:
    if not ENGINE.is_file():
        pytest.skip(f"the engine's environment is not there ({ENGINE}); `make test` makes it")
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    folder = tmp_path_factory.mktemp("walk")
    walk = film_walk(folder, seconds=1.2)
    tracks = folder / "walk.npz"
    command = [str(ENGINE), "-m", "engine", "track", str(walk.video), "-o", str(tracks), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 4:
        pytest.skip(f"the default weights cannot be fetched here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return walk, read_tracks(tracks)


def test_every_frame_is_seen(shot: tuple[FilmedWalk, Tracks]) -> None:
    walk, tracks = shot
    assert tracks.people == 1
    assert tracks.frame.tolist() == list(range(len(walk.joints)))
    assert np.allclose(np.diff(tracks.time), 1 / 25, atol=1e-4)
    assert tracks.present[0].mean() > 0.95


def test_keypoints_lie_on_the_joints(shot: tuple[FilmedWalk, Tracks]) -> None:
    walk, tracks = shot
    truth = walk.camera.project(walk.joints)
    columns = [
        tracks.skeleton2d.index(f"{'left' if name[0] == 'L' else 'right'}_{COCO_NAME[name[1:]]}")
        for name in walk.names
    ]
    seen = tracks.present[0]
    error = np.linalg.norm(tracks.joints2d[0][seen][:, columns] - truth[seen], axis=-1)
    ends = [truth[:, walk.names.index(name)] for name in ("LShoulder", "RHip")]
    torso = np.linalg.norm(ends[0] - ends[1], axis=-1)[seen, None]
    assert (error < 0.2 * torso).mean() > 0.85


def test_lifted_pose_is_near_the_truth(shot: tuple[FilmedWalk, Tracks]) -> None:
    walk, tracks = shot
    columns = [H36M_19.index(name) for name in walk.names]
    seen = tracks.present[0]
    lifted = tracks.joints3d[0][seen][:, columns].astype(float)
    truth = (walk.joints @ walk.camera.rotation)[seen]
    assert np.mean([_aligned_error(a, b) for a, b in zip(lifted, truth, strict=True)]) < 0.11


def test_the_walk_goes_where_it_went(shot: tuple[FilmedWalk, Tracks]) -> None:
    walk, tracks = shot
    motion = motion_from_tracks(tracks, 0, MotionSettings(height=1.70))
    hips = [walk.names.index("LHip"), walk.names.index("RHip")]
    truth = walk.joints[:, hips].mean(axis=1)
    way, made = truth[-1] - truth[0], motion.joints[-1, 0] - motion.joints[0, 0]
    assert np.linalg.norm((made - way)[:2]) < 0.25 * np.linalg.norm(way[:2])
    ankles = motion.joints[:, [H36M_19.index("LAnkle"), H36M_19.index("RAnkle")], 2]
    assert np.abs(ankles.min(axis=1) - 0.08).max() < 0.10


def _aligned_error(points: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance (metres) after the best rotation, scale and shift (Procrustes; Gower 1975)."""
    a, b = points - points.mean(axis=0), truth - truth.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (a**2).sum()
    return float(np.linalg.norm(scale * a @ (u * sign) @ vt - b, axis=-1).mean())
