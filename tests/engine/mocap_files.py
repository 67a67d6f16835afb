"""Writes small BVH clips of a made-up actor with the joint names of CMU's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_LIMBS = (
    [
        (f"{s}HipJoint", "Hips", (0, 0, 0), None) if k == 0 else row
        for s, side, sign in (("L", "Left", 1), ("R", "Right", -1))
        for k, row in enumerate(
            [
                None,
                (f"{side}UpLeg", f"{s}HipJoint", (1.6 * sign, -1.7, 0), None),
                (f"{side}Leg", f"{side}UpLeg", (0, -7, 0), None),
                (f"{side}Foot", f"{side}Leg", (0, -7, 0), None),
                (f"{side}ToeBase", f"{side}Foot", (0, -1, 2), (0, 0, 1)),
            ]
        )
    ]
    + [
        ("LowerBack", "Hips", (0, 0, 0), None),
        ("Spine", "LowerBack", (0, 2, 0), None),
        ("Spine1", "Spine", (0, 2, 0), None),
        ("Neck", "Spine1", (0, 0, 0), None),
        ("Neck1", "Neck", (0, 1.7, 0), None),
        ("Head", "Neck1", (0, 1.6, 0), (0, 1.7, 0)),
    ]
    + [
        row
        for side, sign in (("Left", 1), ("Right", -1))
        for row in [
            (f"{side}Shoulder", "Spine1", (0, 0, 0), None),
            (f"{side}Arm", f"{side}Shoulder", (3 * sign, 0.5, 0), None),
            (f"{side}ForeArm", f"{side}Arm", (5 * sign, 0, 0), None),
            (f"{side}Hand", f"{side}ForeArm", (3 * sign, 0, 0), (1 * sign, 0, 0)),
        ]
    ]
)


def write_bvh(path: Path, frames: int = 80, seed: int = 0, rename: str = "", sway: float = 25.0) -> Path:
    """A clip at 60 fps. rename: put before every joint's name. sway: degrees of the joints' motion."""
    children: dict[str, list] = {}
    for row in _LIMBS:
        children.setdefault(row[1], []).append(row)
    order: list[str] = []

    def block(name: str, offset, end, depth: int) -> str:
        order.append(name)
        tab = "  " * depth
        channels = "6 Xposition Yposition Zposition " if depth == 0 else "3 "
        text = f"{tab}{'ROOT' if depth == 0 else 'JOINT'} {rename}{name}\n{tab}{{\n"
        text += f"{tab}  OFFSET {offset[0]} {offset[1]} {offset[2]}\n"
        text += f"{tab}  CHANNELS {channels}Zrotation Yrotation Xrotation\n"
        for child, _, where, tip in children.get(name, []):
            text += block(child, where, tip, depth + 1)
        if end is not None:
            text += f"{tab}  End Site\n{tab}  {{\n{tab}    OFFSET {end[0]} {end[1]} {end[2]}\n{tab}  }}\n"
        return text + f"{tab}}}\n"

    head = "HIERARCHY\n" + block("Hips", (0, 0, 0), None, 0)
    random = np.random.default_rng(seed)
    time = np.arange(frames)[:, None] / 60
    size, speed, phase = (random.uniform(a, b, 3 * len(order)) for a, b in ((0, sway), (1, 6), (0, 6)))
    root = np.concatenate([time * 5, 0 * time + 16, np.sin(time)], axis=1)
    rows = np.concatenate([root, size * np.sin(speed * time + phase)], axis=1)
    motion = "\n".join(" ".join(f"{x:.4f}" for x in row) for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}MOTION\nFrames: {frames}\nFrame Time: 0.0166667\n{motion}\n")
    return path


def write_folder(folder: Path) -> Path:
    """Two clips to train on and one of a held-out subject."""
    for seed, name in enumerate(("01_01", "02_03", "09_01")):
        write_bvh(folder / "cmu" / f"{name}.bvh", seed=seed)
    return folder
