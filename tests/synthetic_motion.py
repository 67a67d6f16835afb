"""Made-up people in motion: joints by forward kinematics, so that true directions and bends are known."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from blender_pose3d.camera import Camera
from blender_pose3d.motion import Motion
from blender_pose3d.skeleton import H36M_17, H36M_19, Skeleton

# How high the joints of a foot flat on the floor are, metres.
FEET = (("Ankle", 0.07), ("Toe", 0.02))
THIGH, SHIN = 0.42, 0.41
LIMBS = tuple((s + a, s + b) for s in "LR" for a, b in (
    ("Shoulder", "Elbow"), ("Elbow", "Wrist"), ("Hip", "Knee"), ("Knee", "Ankle"), ("Ankle", "Toe"),
))  # fmt: skip


def motion_of(joints: np.ndarray, fps: float = 30.0, skeleton: Skeleton = H36M_19) -> Motion:
    """A motion of joints (T, J, 3) with full scores."""
    count = len(joints)
    return Motion(
        fps=fps,
        start_frame=0,
        time=np.arange(count) / fps,
        joints=joints,
        score=np.ones(joints.shape[:2]),
        skeleton=skeleton,
        camera=Camera(1000.0, 1000.0, 320.0, 240.0, 640, 480, np.eye(3), np.zeros(3)),
        filled=np.zeros(joints.shape[:2], bool),
        raw=joints,
    )


def without_toes(joints: np.ndarray) -> np.ndarray:
    """(T, 17, 3) in the order of ``H36M_17``."""
    return joints[:, [H36M_19.index(name) for name in H36M_17.joints]]


def figure(angles: dict[str, np.ndarray], hip: np.ndarray) -> np.ndarray:
    """(T, 19, 3) joints of a person who faces -y, left at +x.

    angles: degrees (T, 3) about x, y, z (the parent's axes, x first); keys pelvis, spine, head, and with
    ``.L``/``.R`` shoulder, hip; (T,) for elbow, knee (bend) and foot (pitch). hip: (T, 3) metres.
    """
    count = len(hip)

    def turn(key: str) -> Rotation:
        return Rotation.from_euler("xyz", np.broadcast_to(angles.get(key, 0.0), (count, 3)), degrees=True)

    def bend(key: str, axis: list[float]) -> Rotation:
        degrees = np.broadcast_to(angles.get(key, 0.0), (count,))
        return Rotation.from_rotvec(np.deg2rad(degrees)[:, None] * np.array(axis))

    at = {"Hip": hip}
    pelvis = turn("pelvis")
    chest = pelvis * turn("spine")
    at["Spine"] = hip + pelvis.apply([0, 0.01, 0.24])
    at["Thorax"] = at["Spine"] + chest.apply([0, -0.01, 0.25])
    at["Neck"] = at["Thorax"] + chest.apply([0, 0, 0.11])
    at["Head"] = at["Neck"] + (chest * turn("head")).apply([0, -0.01, 0.19])
    for side, sign in (("L", 1.0), ("R", -1.0)):
        # Zero angles: arm hanging, elbow bending forwards; leg straight, knee bending backwards.
        upper = chest * turn(f"shoulder.{side}")
        lower = upper * bend(f"elbow.{side}", [-1.0, 0, 0])
        at[f"{side}Shoulder"] = at["Thorax"] + chest.apply([sign * 0.18, 0, 0])
        at[f"{side}Elbow"] = at[f"{side}Shoulder"] + upper.apply([0, 0, -0.30])
        at[f"{side}Wrist"] = at[f"{side}Elbow"] + lower.apply([0, 0, -0.25])
        thigh = pelvis * turn(f"hip.{side}")
        shin = thigh * bend(f"knee.{side}", [1.0, 0, 0])
        foot = shin * bend(f"foot.{side}", [1.0, 0, 0])
        at[f"{side}Hip"] = hip + pelvis.apply([sign * 0.095, 0, 0])
        at[f"{side}Knee"] = at[f"{side}Hip"] + thigh.apply([0, 0, -THIGH])
        at[f"{side}Ankle"] = at[f"{side}Knee"] + shin.apply([0, 0, -SHIN])
        at[f"{side}Toe"] = at[f"{side}Ankle"] + foot.apply([0.02 * sign, -0.19, -0.05])
    return np.stack([at[name] for name in H36M_19.joints], axis=1)


def walker(count: int = 90, fps: float = 30.0, heading: float = 0.0) -> np.ndarray:
    """(T, 19, 3) somebody walking; heading in degrees about z, 0 faces -y."""
    phase = 2 * np.pi * np.arange(count) / fps  # one stride a second
    angles: dict[str, np.ndarray] = {}
    for side, shift in (("L", 0.0), ("R", np.pi)):
        p = phase + shift
        angles[f"hip.{side}"] = _xyz(-25 * np.sin(p) - 6)
        angles[f"knee.{side}"] = 5 + 28 * (1 + np.sin(p + 1.2))
        angles[f"foot.{side}"] = 10 * np.sin(p)
        angles[f"shoulder.{side}"] = _xyz(22 * np.sin(p), 0 * p + (8 if side == "R" else -8))
        angles[f"elbow.{side}"] = 18 + 12 * np.sin(p)
    angles["pelvis"] = _xyz(0 * phase, 3 * np.sin(phase), heading + 6 * np.sin(phase))
    angles["spine"] = _xyz(0 * phase + 3, 0 * phase, -10 * np.sin(phase))
    way = 1.2 * np.arange(count) / fps
    radians = np.deg2rad(heading)
    hip = np.stack([np.sin(radians) * way, -np.cos(radians) * way, 0 * way], axis=-1)
    joints = figure(angles, hip)
    lowest = [joints[:, [_at(s + name) for s in "LR"], 2] - height for name, height in FEET]
    joints[..., 2] -= np.min(lowest, axis=(0, 2))[:, None]
    return joints


def dancer(count: int = 300, seed: int = 0, fps: float = 30.0) -> np.ndarray:
    """(T, 19, 3) smooth random motion within what joints of a body can do; arms also go straight at times."""
    rng = np.random.default_rng(seed)

    def wave(low: float, high: float, seconds: float = 0.5) -> np.ndarray:
        noise = gaussian_filter1d(rng.standard_normal(count + 200), seconds * fps)[100:-100]
        noise = noise / max(float(np.abs(noise).max()), 1e-9)
        return (low + high) / 2 + (high - low) / 2 * noise

    angles = {
        "pelvis": _xyz(wave(-25, 25), wave(-15, 15), np.cumsum(wave(-4, 4))),
        "spine": _xyz(wave(-15, 30), wave(-15, 15), wave(-30, 30)),
        "head": _xyz(wave(-30, 30), wave(-20, 20)),
    }
    for side, sign in (("L", -1.0), ("R", 1.0)):
        angles[f"shoulder.{side}"] = _xyz(wave(-120, 30), sign * wave(5, 100), sign * wave(-10, 40))
        angles[f"elbow.{side}"] = np.maximum(wave(-30, 130), 0.0)
        angles[f"hip.{side}"] = _xyz(wave(-80, 20), sign * wave(0, 25), sign * wave(-15, 15))
        angles[f"knee.{side}"] = np.maximum(wave(-20, 110), 0.0)
        angles[f"foot.{side}"] = wave(-15, 35)
    hip = np.stack([wave(-1, 1), wave(-1, 1), wave(0.75, 1.1)], axis=-1)
    return figure(angles, hip)


def _xyz(*columns: np.ndarray) -> np.ndarray:
    filled = [*columns, *[np.zeros_like(columns[0])] * (3 - len(columns))]
    return np.stack(filled, axis=-1)


def _at(name: str) -> int:
    return H36M_19.index(name)
