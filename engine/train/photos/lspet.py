"""Leeds Sports Pose Extended (Johnson and Everingham, CVPR 2011): photos of sport, 14 crowd-sourced joints.

The archive holds `lspet_joints.npz` (`joints` (N, 14, 3): x px, y px, visible; `files` (N,)) and
`lspet/FILE.webp`, cropped round the person. The photos are for research and are never passed on.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from ...errors import BadInput
from .labelled import JOINTS, Photos, box_of_joints, members

TEST_PHOTOS = 400
# Halpe's name of each joint, in the order of the labels.
ORDER = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
    "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
    "neck", "head",
)  # fmt: skip
HALPE = np.array([HALPE_26.index(name) for name in ORDER])
_TABLE = "lspet_joints.npz"


def read_lspet(path: Path | str) -> Photos:
    """All photos of the archive that have a picture, labels in Halpe's order and not yet checked.

    Raises BadInput for a file that is missing, damaged or another archive.
    """
    path = Path(path)
    pictures: dict[str, bytes] = {}
    table = None
    for name, content in members(path):
        where = PurePosixPath(name)
        if where.name == _TABLE:
            table = content
        elif where.suffix == ".webp":
            pictures[where.stem] = content
    if table is None or not pictures:
        raise BadInput(f"{path} is not the archive of LSP extended: it lacks {_TABLE} or its photos.")
    files, labels = _labels(path, table)
    rows = np.array([i for i, name in enumerate(files) if name in pictures], dtype=np.int64)
    if not len(rows):
        raise BadInput(f"{path}: none of the labels belongs to a photo in it.")
    files, labels = files[rows], labels[rows]
    joints = np.full((len(rows), JOINTS, 2), np.nan)
    known = np.zeros((len(rows), JOINTS), bool)
    known[:, HALPE] = labels[..., 2] > 0
    joints[:, HALPE] = labels[..., :2]
    joints[~known] = np.nan
    names = [str(name) for name in files]
    data, box = [pictures[name] for name in names], box_of_joints(joints, known)
    return Photos("lspet", names, data, joints, known, known.copy(), box)


def _labels(path: Path, table: bytes) -> tuple[np.ndarray, np.ndarray]:
    try:
        with np.load(io.BytesIO(table), allow_pickle=False) as stored:
            files, labels = stored["files"], stored["joints"].astype(np.float64)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path}: its table of labels is damaged.", "Copy it again.") from error
    if labels.shape != (len(files), len(ORDER), 3) or not np.isfinite(labels).all():
        raise BadInput(f"{path}: its labels have shape {labels.shape}, not (photos, 14, 3).")
    return files, labels


def held_out(photos: Photos, count: int = TEST_PHOTOS) -> np.ndarray:
    """(N,) bool: the photos held out: of those with all 14 joints visible, the `count` whose names have the
    lowest SHA-256, so that the choice depends on nothing else."""
    whole = np.flatnonzero(photos.visible[:, HALPE].all(axis=1))
    order = sorted(whole, key=lambda i: hashlib.sha256(photos.ids[i].encode()).digest())
    held = np.zeros(len(photos), bool)
    held[order[:count]] = True
    return held
