"""A walking figure with exact truth, a camera to film it, and the tracks a perfect engine would write."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blender_pose3d.camera import Camera, rotation_for_up, up_for_tilt
from blender_pose3d.refine import LEAN, upright
from blender_pose3d.skeleton import COCO_17, H36M_19, HALPE_26, Skeleton
from blender_pose3d.tracks import SCHEMA, Tracks

THIGH, SHANK, ANKLE, FOOT = 0.42, 0.42, 0.08, 0.16
STEP_TIME, STEP = 0.5, 0.55
SIZE = 1.70 / 1.7312  # of the figure drawn below, whose bones add up to somebody a little taller than 1.70 m
FROM_3D = {
    "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle", "RToe": "right_big_toe",
    "LHip": "left_hip", "LKnee": "left_knee", "LAnkle": "left_ankle", "LToe": "left_big_toe",
    "LShoulder": "left_shoulder", "LElbow": "left_elbow", "LWrist": "left_wrist",
    "RShoulder": "right_shoulder", "RElbow": "right_elbow", "RWrist": "right_wrist",
    "Hip": "hip", "Thorax": "neck", "Head": "head",
}  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """tracks: what the engine would write. joints: (T, 19, 3) truth, metres, world. camera: truth."""

    tracks: Tracks
    joints: np.ndarray
    camera: Camera


def walk(seconds: float, fps: float = 30.0, heading: float = 0.0, start=(0.0, 0.0)) -> np.ndarray:
    """(T, 19, 3) metres of somebody who walks straight on z = 0; heading in degrees from +x towards +y."""
    time = np.arange(round(seconds * fps)) / fps
    forward = STEP / STEP_TIME * time
    points = np.zeros((len(time), len(H36M_19), 3))  # x ahead, y to the left

    def put(name: str, *xyz) -> np.ndarray:
        points[:, H36M_19.index(name)] = np.stack(np.broadcast_arrays(*xyz), axis=-1)
        return points[:, H36M_19.index(name)]

    bob = 0.015 * np.cos(2 * np.pi * time / STEP_TIME)
    hip = put("Hip", forward, 0.02 * np.sin(np.pi * time / STEP_TIME), 0.82 - bob)
    put("Spine", hip[:, 0] + 0.01, hip[:, 1], hip[:, 2] + 0.24)
    thorax = put("Thorax", hip[:, 0] + 0.03, hip[:, 1], hip[:, 2] + 0.48)
    put("Neck", thorax[:, 0] + 0.02, thorax[:, 1], thorax[:, 2] + 0.20)
    put("Head", thorax[:, 0] + 0.03, thorax[:, 1], thorax[:, 2] + 0.35)
    for sign, side in ((1.0, "L"), (-1.0, "R")):
        joint = put(side + "Hip", hip[:, 0], hip[:, 1] + 0.09 * sign, hip[:, 2])
        ankle, lift = _step(time, 0.0 if sign > 0 else 1.0)
        ankle = put(side + "Ankle", ankle, 0.09 * sign, ANKLE + lift)
        put(side + "Toe", ankle[:, 0] + FOOT, ankle[:, 1], ankle[:, 2] - ANKLE + 0.015)
        points[:, H36M_19.index(side + "Knee")] = _knee(joint, ankle)
        shoulder = put(side + "Shoulder", thorax[:, 0], thorax[:, 1] + 0.17 * sign, thorax[:, 2])
        angle = -sign * 0.5 * np.cos(np.pi * time / STEP_TIME)
        elbow = put(
            side + "Elbow",
            shoulder[:, 0] + 0.28 * np.sin(angle),
            shoulder[:, 1],
            shoulder[:, 2] - 0.28 * np.cos(angle),
        )
        bent = angle + 0.4
        put(side + "Wrist", elbow[:, 0] + 0.25 * np.sin(bent), elbow[:, 1], elbow[:, 2] - 0.25 * np.cos(bent))
    turn = np.radians(heading)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return SIZE * points @ rotation.T + (*start, 0.0)


def _step(time: np.ndarray, phase: float) -> tuple[np.ndarray, np.ndarray]:
    """Where an ankle is ahead, and how high over its stand: it stands for 0.6 of a stride, then swings."""
    stride = time / (2 * STEP_TIME) + phase / 2
    count, part = np.floor(stride), stride % 1.0
    swing = np.clip((part - 0.6) / 0.4, 0.0, 1.0)
    ease = swing**3 * (10 - 15 * swing + 6 * swing**2)
    # Half a stand lies before the hip and half behind it.
    ahead = 2 * STEP * (count + 0.3 - phase / 2 + ease)
    return ahead, 0.12 * np.sin(np.pi * ease) ** 2


def _knee(hip: np.ndarray, ankle: np.ndarray) -> np.ndarray:
    leg = ankle - hip
    reach = np.linalg.norm(leg, axis=-1, keepdims=True)
    assert (reach < THIGH + SHANK).all()
    ahead = np.array([1.0, 0.0, 0.0]) - leg * leg[:, :1] / reach**2
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    return hip + leg / 2 + ahead * np.sqrt(THIGH**2 - reach**2 / 4)


def camera_at(origin=(0.0, -5.0, 1.2), tilt: float = 0.0, roll: float = 0.0) -> Camera:
    """A camera of 1280 x 720 px and 65° that looks along +y, down by ``tilt`` degrees."""
    up = up_for_tilt(tilt)
    turn = np.radians(roll)
    up = np.array([np.cos(turn) * up[0] + np.sin(turn) * up[1], np.cos(turn) * up[1], up[2]])
    return Camera(1000.0, 1000.0, 640.0, 360.0, 1280, 720, rotation_for_up(up), np.array(origin, dtype=float))


def film(
    joints: np.ndarray,
    camera: Camera,
    fps: float = 30.0,
    *,
    noise: float = 0.0,
    pixels: float = 0.0,
    skeleton: Skeleton = HALPE_26,
    seed: int = 0,
) -> Shot:
    """Tracks of one person, who leans as lifted figures do.

    noise: metres, of lifted joints; pixels: of 2D joints (standard deviations).
    """
    rng = np.random.default_rng(seed)
    frames = len(joints)
    flat = camera.project(joints)
    joints2d = np.repeat(flat[:, H36M_19.index("Neck"), None], len(skeleton), axis=1)
    for ours, theirs in FROM_3D.items():
        if theirs in skeleton.joints:
            joints2d[:, skeleton.index(theirs)] = flat[:, H36M_19.index(ours)]
    joints2d = joints2d + rng.normal(0.0, pixels, joints2d.shape) if pixels else joints2d
    local = upright((joints - joints[:, :1]) @ camera.rotation, -LEAN)
    local = local + rng.normal(0.0, noise, local.shape) if noise else local
    local = local - local[:, :1]
    meta = {
        "schema": SCHEMA,
        "video": {"name": "walk.mp4", "sha256": "", "width": camera.width, "height": camera.height,
                  "fps": fps, "frames": frames},
        "models": {},
        "camera": {"fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy, "source": "test"},
        "skeleton2d": {"name": skeleton.name, "joints": list(skeleton.joints)},
        "skeleton3d": {"name": "h36m-19", "joints": list(H36M_19.joints)},
        "people": 1,
    }  # fmt: skip
    return Shot(
        Tracks(
            meta=meta,
            frame=np.arange(frames, dtype=np.int32),
            time=np.arange(frames) / fps,
            present=np.ones((1, frames), dtype=bool),
            joints2d=joints2d[None].astype(np.float32),
            score2d=np.full((1, *joints2d.shape[:2]), 0.9, dtype=np.float32),
            joints3d=local[None].astype(np.float32),
            score3d=np.full((1, frames, len(H36M_19)), 0.9, dtype=np.float32),
        ),
        joints,
        camera,
    )


__all__ = ["COCO_17", "HALPE_26", "Shot", "camera_at", "film", "walk"]
