"""What is known exactly of a clip: truth.npz, plain numpy, beside the tracks that the engine made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SCHEMA = "pose3d-truth/1"


@dataclass(frozen=True)
class Truth:
    """One person and one camera, T frames.

    info: name, what it shows, source, stature (metres), camera words. fps. time: (T,) seconds of the frames.
    joints: (T, 19, 3) H36M_19 in the world, metres, z up, floor at 0. soles: (T, 4, 3) and contacts: (T, 4)
    bool, in the order of ``feet.POINTS``. rotation: (T, 3, 3), its columns the camera's axes (right, down,
    forward) in the world; origin: (T, 3) metres. lens: (4,) true fx, fy, cx, cy, px.
    """

    info: dict[str, Any]
    fps: float
    time: np.ndarray
    joints: np.ndarray
    soles: np.ndarray
    contacts: np.ndarray
    rotation: np.ndarray
    origin: np.ndarray
    lens: np.ndarray

    @property
    def stature(self) -> float:
        """Metres."""
        return float(self.info["stature"])

    @property
    def up(self) -> np.ndarray:
        """(T, 3) up in camera axes."""
        return self.rotation[:, 2, :]

    @property
    def path(self) -> np.ndarray:
        """(T, 3) the hip's way through the room."""
        return self.joints[:, 0]


def write_truth(path: Path, truth: Truth) -> None:
    """Write an .npz file."""
    np.savez_compressed(
        path,
        info=np.array(json.dumps({**truth.info, "schema": SCHEMA})),
        fps=np.float64(truth.fps),
        time=truth.time,
        joints=truth.joints.astype(np.float32),
        soles=truth.soles.astype(np.float32),
        contacts=truth.contacts,
        rotation=truth.rotation,
        origin=truth.origin,
        lens=truth.lens,
    )


def read_truth(path: Path) -> Truth:
    """Read an .npz file. Raises ValueError with one line for a file of another kind."""
    with np.load(path, allow_pickle=False) as file:
        info = json.loads(str(file["info"][()])) if "info" in file.files else {}
        if info.get("schema") != SCHEMA:
            raise ValueError(f"{path} holds no truth of schema {SCHEMA}.")
        arrays = {key: file[key] for key in ("time", "soles", "contacts", "rotation", "origin", "lens")}
        joints = file["joints"].astype(np.float64)
        return Truth(info=info, fps=float(file["fps"]), joints=joints, **arrays)
