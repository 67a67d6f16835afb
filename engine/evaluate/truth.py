"""truth.npz of a filmed clip: plain numpy, every number exact."""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import H36M_19, HALPE_26

from ..errors import BadInput


@dataclass(frozen=True)
class Truth:
    """T frames. intrinsics: fx, fy, cx, cy in px from the picture's corner. size: width, height.

    stature: () metres, bare and upright. joints3d: (T, 19, 3) H36M_19, metres, camera axes, from the camera.
    joints2d: (T, 19, 2) and keypoints2d: (T, 26, 2), Halpe-26 on the surface, px, NaN behind the camera.
    joints_visible: (T, 19) and keypoints_visible: (T, 26) bool, nothing but their own flesh stands before
    them (the picture's edge aside).
    """

    intrinsics: np.ndarray
    size: np.ndarray
    stature: np.ndarray
    joints3d: np.ndarray
    joints2d: np.ndarray
    keypoints2d: np.ndarray
    joints_visible: np.ndarray
    keypoints_visible: np.ndarray

    @property
    def frames(self) -> int:
        return len(self.joints3d)


def write_truth(path: Path, truth: Truth) -> None:
    part = path.with_name("truth.part.npz")
    np.savez(part, **asdict(truth))
    part.replace(path)


def read_truth(path: Path) -> Truth:
    """Raises BadInput for a file that is not there, broken or not a truth file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            truth = Truth(**{field.name: stored[field.name] for field in fields(Truth)})
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is no truth file, or a broken one: {error}.") from error
    frames = truth.joints3d.shape[0] if truth.joints3d.ndim else -1
    wanted = ((frames, len(H36M_19), 3), (frames, len(H36M_19), 2), (frames, len(HALPE_26), 2))
    if (truth.joints3d.shape, truth.joints2d.shape, truth.keypoints2d.shape) != wanted:
        raise BadInput(f"{path} holds arrays of other shapes than a truth file's.")
    return truth
