"""A motion's joints in the world as text: TRC, CSV and JSON; and the JSON read back.

All hold metres at frames of one rate. TRC has y up, as its readers expect; CSV and JSON have Blender's z up.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..skeleton import SKELETONS
from .points import FormatError, Points, checked_rate
from .text import read_text
from .trc import trc_text

if TYPE_CHECKING:
    from ..motion import Motion

SCHEMA = "pose3d-motion/1"
KINDS = ("trc", "csv", "json")


def motion_text(motion: Motion, kind: str, name: str) -> str:
    """The text of a file of one of ``KINDS``. name: of the file, which TRC repeats."""
    joints, fps = np.asarray(motion.joints, dtype=np.float64), float(motion.fps)
    names = motion.skeleton.joints
    if kind == "trc":
        return trc_text(names, joints, fps, name=name)
    if kind == "csv":
        return csv_text(names, joints, fps)
    return json_text(motion.skeleton.name, joints, fps)


def csv_text(names: tuple[str, ...], joints: np.ndarray, fps: float) -> str:
    """frame, time in seconds, then x, y, z of each joint, metres, z up; joints (T, J, 3)."""
    header = ",".join(["frame", "time", *(f"{name}_{axis}" for name in names for axis in "xyz")])
    rows = joints.reshape(len(joints), -1) + 0.0
    lines = [
        ",".join([str(i + 1), f"{i / fps:.6f}", *(f"{value:.6f}" for value in row)])
        for i, row in enumerate(rows)
    ]
    return "\n".join([header, *lines]) + "\n"


def json_text(skeleton: str, joints: np.ndarray, fps: float) -> str:
    """Schema pose3d-motion/1; joints (T, J, 3) metres, z up."""
    head = {
        "schema": SCHEMA,
        "fps": fps,
        "unit": "m",
        "up": "z",
        "skeleton": skeleton,
        "joints": list(SKELETONS[skeleton].joints),
        "parents": list(SKELETONS[skeleton].parents),
    }
    rows = np.round(joints, 6).tolist()
    frames = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return json.dumps(head)[:-1] + ', "positions": [\n' + frames + "\n]}\n"


def holds_motion(path: Path) -> bool:
    """Whether a JSON file begins as ours do; what else it is, its reader says."""
    try:
        with path.open("rb") as file:
            return SCHEMA.encode() in file.read(200)
    except OSError:
        return False


def read_motion_json(path: str | Path) -> Points:
    """Points of a file of ours. Raises FormatError."""
    path = Path(path)
    held = parsed(path)
    try:
        names = tuple(str(name) for name in held["joints"])
        positions = np.array(held["positions"], dtype=np.float64)
        rate = checked_rate(float(held["fps"]), path.name)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FormatError(
            f"{path.name} is a damaged motion file: it lacks joints, positions or fps."
        ) from error
    if positions.ndim != 3 or positions.shape[1:] != (len(names), 3) or not len(positions):
        raise FormatError(
            f"{path.name} is a damaged motion file: its positions have shape {positions.shape}."
        )
    return Points(names, positions, rate, up="z", sure=True)


def parsed(path: Path) -> Any:
    """What a JSON file holds. Raises FormatError."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise FormatError(f"{path.name} is no JSON file, or it is cut short ({reason[:80]}).") from error
