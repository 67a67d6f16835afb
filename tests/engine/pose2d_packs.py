"""Packs of drawn people, each joint a dot in a colour of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import HALPE_26
from engine.train.packs import PackWriter, Person

SIZE = 96
COLOURS = np.stack(
    [np.array([60 + 180 * (i % 3 == 0), 60 + 7 * i, 60 + 180 * (i % 2)]) for i in range(26)]
).astype(np.uint8)


def person(seed: int, size: int = SIZE) -> Person:
    """Dots of five px on black, at random places of the middle of a picture."""
    rng = np.random.default_rng(seed)
    joints = rng.uniform(0.25 * size, 0.75 * size, (26, 2)).astype(np.float32)
    picture = np.zeros((size, size, 3), np.uint8)
    for joint, colour in zip(joints.round().astype(int), COLOURS, strict=True):
        picture[joint[1] - 2 : joint[1] + 3, joint[0] - 2 : joint[0] + 3] = colour
    box = np.concatenate([joints.min(0), joints.max(0)])
    known = np.ones(26, bool)
    return Person(picture, joints, known, known.copy(), known.astype(np.float32), box, f"p{seed}", "train")


def write(folder: Path, name: str = "drawn", count: int = 60, first: int = 0) -> Path:
    with PackWriter(folder, name) as writer:
        for seed in range(first, first + count):
            p = person(seed)
            writer.add(
                p.picture, joints=p.joints, known=p.known, visible=p.visible, weight=p.weight, box=p.box,
                identity=f"{name} {seed}", split="test" if seed % 10 == 9 else "train",
            )  # fmt: skip
    return folder


SETTINGS = """
[network]
width = 4
modules = [1, 1, 1]
blocks = 1
stem = 4
planes = 4
bottlenecks = 1

[training]
batch = 4
steps = {steps}
warmup = 2
rate = {rate}
peak = 0.5
validation = 8

[[stages]]
until = 0.5
input = [32, 32]

[[stages]]
until = 1.0
input = [48, 64]
batch = 3
"""


def settings(path: Path, steps: int = 6, rate: float = 1e-3) -> Path:
    path.write_text(SETTINGS.format(steps=steps, rate=rate), encoding="utf-8")
    return path


assert len(HALPE_26) == len(COLOURS)
