"""Motion to measure the fit with: captured, from a folder of BVH files, or made up and awkward."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from blender_pose3d.skeleton import H36M_19

_LONGEST = 900  # frames of a clip, at 30 a second
_LEG = 0.835  # metres of thigh and shin of somebody 1.70 m tall
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def captured(folder: Path, count: int) -> dict[str, np.ndarray]:
    """Name → (T, 19, 3) of ``count`` clips spread over a folder, 30 frames a second, 1.70 m tall, z up."""
    # Made-up motion needs nothing of the engine and its torch.
    from engine.train.mocap import FPS, read_clip

    files = sorted(folder.rglob("*.bvh"), key=lambda path: path.stem)
    if not files:
        raise SystemExit(f"There are no BVH files in {folder}.")
    chosen = [files[i] for i in np.linspace(0, len(files) - 1, min(count, len(files))).astype(int)]
    clips = {}
    for path in chosen:
        points = read_clip(path).points[:: round(FPS / 30.0)][:_LONGEST].astype(np.float64) @ _Y_UP.T
        joints = gaussian_filter1d(points, 1.0, axis=0, mode="nearest")
        lengths = [
            np.linalg.norm(joints[:, _at(f"{s}{b}")] - joints[:, _at(f"{s}{a}")], axis=-1)
            for s in "LR" for a, b in (("Hip", "Knee"), ("Knee", "Ankle"))
        ]  # fmt: skip
        joints *= 2 * _LEG / float(np.median(np.sum(lengths, axis=0)))
        feet = joints[:, [_at(name) for name in ("LToe", "RToe", "LAnkle", "RAnkle")], 2].min(axis=1)
        joints[..., 2] -= np.percentile(feet, 10) - 0.02
        joints[..., :2] -= joints[0, 0, :2]
        clips[path.stem] = joints
    return clips


def made_up(count: int = 240) -> dict[str, np.ndarray]:
    """Name → (T, 19, 3) of somebody who walks, dances, turns, lies, hangs upside down, is straight."""
    time = np.arange(count) / 30.0
    zero = 0 * time
    straight = {f"elbow.{s}": zero for s in "LR"} | {f"knee.{s}": zero for s in "LR"}
    swing = {
        f"shoulder.{s}": _xyz(-90 - 85 * np.sin(2 * np.pi * time / 4), k * 12 * np.sin(2 * time), zero)
        for s, k in (("L", -1), ("R", 1))
    }
    aside = {
        f"shoulder.{s}": _xyz(zero, -k * (90 + 85 * np.sin(2 * np.pi * time / 4)), zero)
        for s, k in (("L", 1), ("R", -1))
    }
    hip = np.tile([0.0, 0.0, 0.9], (count, 1))
    walk = _walk(count)
    return {
        "walk": walk,
        "turn on the spot": _figure({"pelvis": _xyz(zero, zero, 90 * time), **swing}, hip),
        "arms overhead, straight": _figure({**straight, **swing}, hip),
        "arms up at the sides": _figure({**straight, **aside}, hip),
        "lying": _figure({"pelvis": _xyz(zero - 90, zero, 40 * time), **swing}, hip * (1, 1, 0.12)),
        "upside down": _figure({"pelvis": _xyz(zero + 180, zero, 30 * time), **aside}, hip),
        "cartwheel": _figure({"pelvis": _xyz(zero, 60 * time, zero), **aside}, hip),
        "dance": _dance(count, 1),
        "dance 2": _dance(count, 2),
    }


def _figure(angles: dict[str, np.ndarray], hip: np.ndarray) -> np.ndarray:
    """(T, 19, 3) joints of somebody who faces -y, left at +x. angles: degrees (T, 3) about x, y, z of pelvis,
    spine, head, hip.L, shoulder.L ...; (T,) of elbow, knee, foot."""
    count = len(hip)

    def turn(key: str) -> Rotation:
        return Rotation.from_euler("xyz", np.broadcast_to(angles.get(key, 0.0), (count, 3)), degrees=True)

    def bend(key: str, axis: float) -> Rotation:
        degrees = np.broadcast_to(angles.get(key, 0.0), (count,))
        return Rotation.from_rotvec(np.deg2rad(degrees)[:, None] * np.array([axis, 0.0, 0.0]))

    pelvis = turn("pelvis")
    chest = pelvis * turn("spine")
    at = {"Hip": hip, "Spine": hip + pelvis.apply([0, 0.01, 0.22])}
    at["Thorax"] = at["Spine"] + chest.apply([0, -0.01, 0.24])
    at["Neck"] = at["Thorax"] + chest.apply([0, -0.01, 0.15])
    at["Head"] = at["Neck"] + (chest * turn("head")).apply([0, -0.01, 0.19])
    for side, sign in (("L", 1.0), ("R", -1.0)):
        upper, thigh = chest * turn(f"shoulder.{side}"), pelvis * turn(f"hip.{side}")
        lower, shin = upper * bend(f"elbow.{side}", -1.0), thigh * bend(f"knee.{side}", 1.0)
        at[f"{side}Shoulder"] = at["Thorax"] + chest.apply([sign * 0.18, 0, 0])
        at[f"{side}Elbow"] = at[f"{side}Shoulder"] + upper.apply([0, 0, -0.29])
        at[f"{side}Wrist"] = at[f"{side}Elbow"] + lower.apply([0, 0, -0.25])
        at[f"{side}Hip"] = hip + pelvis.apply([sign * 0.09, 0, 0])
        at[f"{side}Knee"] = at[f"{side}Hip"] + thigh.apply([0, 0, -0.42])
        at[f"{side}Ankle"] = at[f"{side}Knee"] + shin.apply([0, 0, -0.41])
        at[f"{side}Toe"] = at[f"{side}Ankle"] + (shin * bend(f"foot.{side}", 1.0)).apply([0, -0.19, -0.05])
    return np.stack([at[name] for name in H36M_19.joints], axis=1)


def _walk(count: int) -> np.ndarray:
    phase = 2 * np.pi * np.arange(count) / 30.0
    angles = {"spine": _xyz(0 * phase + 4, 0 * phase, -8 * np.sin(phase))}
    for side, p in (("L", phase), ("R", phase + np.pi)):
        angles[f"hip.{side}"] = _xyz(-25 * np.sin(p) - 6)
        angles[f"knee.{side}"] = 5 + 28 * (1 + np.sin(p + 1.2))
        angles[f"foot.{side}"] = 15 * np.sin(p)
        angles[f"shoulder.{side}"] = _xyz(22 * np.sin(p), 0 * p + (8 if side == "R" else -8))
        angles[f"elbow.{side}"] = 18 + 12 * np.sin(p)
    joints = _figure(angles, np.stack([0 * phase, -1.2 * np.arange(count) / 30.0, 0 * phase], axis=-1))
    low = np.minimum(
        *(
            joints[:, [_at(s + n) for s in "LR"], 2].min(axis=1) - h
            for n, h in (("Ankle", 0.07), ("Toe", 0.02))
        )
    )
    joints[..., 2] -= low[:, None]
    return joints


def _dance(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)

    def wave(low: float, high: float) -> np.ndarray:
        noise = gaussian_filter1d(random.standard_normal(count + 200), 15.0)[100:-100]
        return (low + high) / 2 + (high - low) / 2 * noise / np.abs(noise).max()

    angles = {
        "pelvis": _xyz(wave(-25, 25), wave(-15, 15), np.cumsum(wave(-4, 4))),
        "spine": _xyz(wave(-15, 40), wave(-20, 20), wave(-30, 30)),
        "head": _xyz(wave(-30, 30), wave(-20, 20)),
    }
    for side, sign in (("L", -1.0), ("R", 1.0)):
        angles[f"shoulder.{side}"] = _xyz(wave(-120, 30), sign * wave(5, 100), sign * wave(-10, 40))
        angles[f"elbow.{side}"] = np.maximum(wave(-30, 130), 0.0)
        angles[f"hip.{side}"] = _xyz(wave(-80, 20), sign * wave(0, 25), sign * wave(-15, 15))
        angles[f"knee.{side}"] = np.maximum(wave(-20, 110), 0.0)
        angles[f"foot.{side}"] = wave(-15, 35)
    return _figure(angles, np.stack([wave(-1, 1), wave(-1, 1), wave(0.75, 1.1)], axis=-1))


def _xyz(*columns: np.ndarray) -> np.ndarray:
    filled = [*columns, *[np.zeros_like(columns[0])] * (3 - len(columns))]
    return np.stack(filled, axis=-1)


def _at(name: str) -> int:
    return H36M_19.index(name)
