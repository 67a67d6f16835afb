"""The real command line with networks that need no weights: run as a script, arguments as for the engine.

The fake 2D network sees a red block as a standing person; nothing else is replaced. SLOW=seconds in the
environment makes each look take that long; CRASH=1 makes it fail as a bug would; CHATTY=1 makes it print on
standard output. KEEP_EVERY=seconds is how often work is kept, KEEP_LIFT=seconds what is lifted (else
KEEP_EVERY's); KILL_IN_PART=n kills the process while it writes the n-th part of a checkpoint. LIFT=frames
leaves the real lifter, which lifts so many frames at once.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import types
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from drawn_people import UNIT

from blender_pose3d.skeleton import COCO_17, H36M_19
from engine.pose2d.base import Region

LOW, HIGH = UNIT.min(axis=0), UNIT.max(axis=0)


def red_box(image: np.ndarray) -> np.ndarray | None:
    values = np.asarray(image).astype(np.int16)
    red = (values[..., 0] > 140) & (values[..., 1] < 90) & (values[..., 2] < 90)
    if red.sum() < 200:
        return None
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1], rows[-1]], dtype=np.float64)


class BlockNetwork:
    name, sha256, skeleton = "blocks", "ab" * 32, COCO_17

    def region(self, joints: np.ndarray, score: np.ndarray) -> Region:
        return Region(joints.mean(axis=0), np.full(2, 1.3 * np.ptp(joints, axis=0).max()))

    def region_from_box(self, box: np.ndarray) -> Region:
        return Region((box[:2] + box[2:]) / 2, np.full(2, 1.3 * (box[2:] - box[:2]).max()))

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        if os.environ.get("CHATTY"):
            print("a library that prints on standard output", flush=True)
            os.write(1, b"and one that does so natively\n")
        time.sleep(float(os.environ.get("SLOW", "0")))
        if os.environ.get("CRASH"):
            raise RuntimeError("the roof is on fire")
        box = red_box(image)
        self.presence = np.full(len(regions), 0.0 if box is None else 1.0)
        box = np.zeros(4) if box is None else box
        joints = box[:2] + (UNIT - LOW) / (HIGH - LOW) * (box[2:] - box[:2])
        shape = (len(regions), len(COCO_17))
        return np.broadcast_to(joints, (*shape, 2)).astype(np.float32), np.full(shape, 0.9, np.float32)


class BlockDetector:
    sha256 = "cd" * 32

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        box = red_box(image)
        return (np.zeros((0, 4)), np.zeros(0)) if box is None else (box[None], np.ones(1))


class FlatLifter:
    name, sha256, skeleton = "flat", "ef" * 32, H36M_19

    def lift(self, joints, score, intrinsics):
        assert np.isfinite(joints).all()
        deep = np.concatenate([joints, np.zeros_like(joints[..., :1])], axis=-1) / intrinsics[0]
        return deep - deep[:, :1], score


def install() -> None:
    registry = types.ModuleType("engine.pose2d.registry")
    registry.load_pose2d = lambda name, device, **looking: BlockNetwork()
    registry.load_detector = lambda device: BlockDetector()
    lifter = types.ModuleType("engine.lift.lifter")
    lifter.load_lifter = lambda name, device: FlatLifter()
    camera = types.ModuleType("engine.lift.camera")
    camera.default_intrinsics = lambda width, height, fov=None: (
        *(2 * [1.2 * width if fov is None else width / 2 / np.tan(np.radians(fov) / 2)]),
        width / 2,
        height / 2,
    )
    faked = (registry,) if os.environ.get("LIFT") else (registry, lifter, camera)
    sys.modules |= {m.__name__: m for m in faked}


def keep_often() -> None:
    from engine import checkpoint, keeping, lift_keeping, lifting

    keeping.EVERY = float(os.environ.get("KEEP_EVERY", keeping.EVERY))
    often = os.environ.get("KEEP_LIFT", os.environ.get("KEEP_EVERY", lift_keeping.EVERY))
    lift_keeping.EVERY = float(often)
    lifting._PIECE = int(os.environ.get("LIFT", lifting._PIECE))
    fatal = int(os.environ.get("KILL_IN_PART", "0"))
    written = []

    def fsync(handle: int) -> None:
        written.append(handle)
        if len(written) == fatal:
            os.ftruncate(handle, os.fstat(handle).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoint.os = types.SimpleNamespace(fsync=fsync)


if __name__ == "__main__":
    install()
    keep_often()
    from engine.__main__ import main

    sys.exit(main())
