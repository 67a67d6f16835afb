"""What a detector of Halpe's 26 points makes of a body in a picture."""

from __future__ import annotations

import numpy as np
import torch

from blender_pose3d.skeleton import HALPE_26
from engine.bridge import rename_joints
from engine.train.noise import AS_MEASURED, detect

from .truth_camera import SIZE, project, to_camera
from .truth_flesh import BELOW

_TRIES = 50


def see(
    joints: np.ndarray,
    surface: np.ndarray,
    camera: tuple[np.ndarray, np.ndarray],
    intrinsics: tuple[float, float, float, float],
    *,
    stature: float,
    fps: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Surface points (T, 26, 3) of the world as detected: (T, 26, 2) px and scores (T, 26), float32.

    joints: (T, 19, 3). The errors are those measured of a detector (engine/train/noise.py), for each joint;
    a point on the skin has its joint's. Draws that take a joint away for good, as the picture's edge does,
    are drawn again: those are other tests.
    """
    body = to_camera(joints, *camera)
    skin = project(to_camera(surface, *camera), intrinsics)
    sure = np.ones(skin.shape[:2])
    exact, _ = rename_joints(skin, sure, HALPE_26)
    height = intrinsics[0] * stature / body[:, 0, 2]
    shown, tall, inside = (torch.from_numpy(values[None]).float() for values in (exact, height, body))
    size = torch.tensor([SIZE], dtype=torch.float32)
    for attempt in range(_TRIES):
        generator = torch.Generator().manual_seed(1000 * seed + attempt)
        places, scores = detect(shown, tall, size, generator, body=inside, rate=fps, margin=AS_MEASURED)
        if (scores[0] > 0).float().mean(dim=0).min() > 0.5:
            break
    wrong = (places - shown)[0].double().numpy()
    points, score = skin + wrong[:, BELOW], scores[0].numpy()[:, BELOW]
    return points.astype(np.float32), score.astype(np.float32)
