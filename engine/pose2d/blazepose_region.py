"""Where BlazePose looks next: a square round the hips, turned so that the spine points up.

The rule of the network's makers (Bazarevsky et al., 2020): the centre is the middle of the hips, the square
holds the whole body with a quarter more, and hips to shoulders point up. They take the circle's size from
two helping points; here it is made from the joints alone, so that a pose predicted for the next
frame, or one from another network, serves as well.
"""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import HALPE_26

from .base import Region

_SHOULDERS = [HALPE_26.index("left_shoulder"), HALPE_26.index("right_shoulder")]
_HIPS = [HALPE_26.index("left_hip"), HALPE_26.index("right_hip")]
_SURE = 0.3
_ENLARGE = 1.25
_LEAST_BY_TORSO = 1.5  # radius over hips to shoulders: head and thighs always belong to a body
_LEAST_BY_SHOULDERS = 1.6  # and over the shoulders' width, for somebody who leans to the camera
_MOST_BY_BODY = 2.6  # joints farther out, in the same measures, are mistakes
_CLEAR_TORSO = 0.25  # a torso shorter than this, over the radius, points towards the camera


def region_from_joints(joints: np.ndarray, score: np.ndarray) -> Region:
    """The square for a pose of Halpe's joints: (26, 2) px, (26,) scores 0 to 1.

    Joints with low scores (hidden, out of view) do not stretch the square while the torso gives its size.
    A torso seen end on does not turn it much: the angle fades to 0.
    """
    joints, score = np.asarray(joints, dtype=np.float64), np.asarray(score)
    shoulders, hips = joints[_SHOULDERS], joints[_HIPS]
    centre = hips.mean(axis=0)
    up = shoulders.mean(axis=0) - centre
    torso = float(np.linalg.norm(up))
    width = float(np.linalg.norm(shoulders[0] - shoulders[1]))
    least = max(_LEAST_BY_TORSO * torso, _LEAST_BY_SHOULDERS * width, 8.0)
    reach = np.linalg.norm(joints - centre, axis=-1)
    sure = score >= _SURE
    farthest = float(reach[sure].max()) if sure.any() else 0.0
    radius = float(np.clip(farthest, least, least / _LEAST_BY_TORSO * _MOST_BY_BODY))
    lean = float(np.arctan2(up[0], -up[1]))
    angle = lean * min(1.0, torso / (_CLEAR_TORSO * radius))
    side = 2 * radius * _ENLARGE
    return Region(centre, np.array([side, side]), angle)


def region_from_circle(hips: np.ndarray, top: np.ndarray) -> Region:
    """The square for the circle that the detector draws round a body: (2,) px, the middle of the hips and the
    point of the circle that lies beyond the head."""
    up = np.asarray(top, dtype=np.float64) - hips
    side = max(2 * _ENLARGE * float(np.linalg.norm(up)), 1.0)
    angle = float(np.arctan2(up[0], -up[1]))
    return Region(np.asarray(hips, dtype=np.float64), np.array([side, side]), angle)
