"""Names, order and hierarchy of the joints that travel between the parts of Pose3D.

Sources: COCO-17 as HRNet's authors order it (Sun et al., CVPR 2019); Halpe-26 (Li et al., CVPR 2020);
Human3.6M-17 as GAST-Net orders it (Liu et al., ICRA 2021). ``H36M_19`` puts a toe after each ankle.

What the points of the 3D skeletons mean, for everybody who makes or reads them:

====================  =========================================================================
Hip                   midpoint of the two hip joint centres
RHip ... LAnkle       joint centres
RToe, LToe            tip of the foot, at the big toe
Thorax                midpoint of the two shoulder joint centres (base of the neck)
Spine                 on the spine, half way between Hip and Thorax along the back
Neck                  base of the skull, at the height of the ears' lobes
Head                  top of the head
LShoulder ... RWrist  joint centres
====================  =========================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Skeleton:
    """A named set of joints.

    ``parents[j]`` is the index of joint ``j``'s parent, -1 for a root. Joints whose names differ only in
    their side (``left_``/``right_`` or ``L``/``R``) are each other's mirror image.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Index of a joint by name. Raises ValueError for a name the skeleton does not have."""
        return self.joints.index(joint)

    @cached_property
    def bones(self) -> np.ndarray:
        """(B, 2) int array of parent and child joint indices, one row for each joint with a parent."""
        return np.array([(p, j) for j, p in enumerate(self.parents) if p >= 0], dtype=np.int64)

    @cached_property
    def mirror(self) -> np.ndarray:
        """(J,) permutation: where each joint's value comes from when left and right change places."""
        return np.array([self.joints.index(_other_side(name, self.joints)) for name in self.joints])


def _other_side(name: str, joints: tuple[str, ...]) -> str:
    for here, there in (("left_", "right_"), ("right_", "left_"), ("L", "R"), ("R", "L")):
        if name.startswith(here) and there + name[len(here) :] in joints:
            return there + name[len(here) :]
    return name


_COCO_JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_COCO_PARENTS = (-1, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14)

COCO_17 = Skeleton("coco-17", _COCO_JOINTS, _COCO_PARENTS)

HALPE_26 = Skeleton(
    "halpe-26",
    (
        *_COCO_JOINTS, "head", "neck", "hip",
        "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel",
    ),
    (18, 0, 0, 1, 2, 18, 18, 5, 6, 7, 8, 19, 19, 11, 12, 13, 14, 18, 19, -1, 15, 16, 15, 16, 15, 16),
)  # fmt: skip

H36M_17 = Skeleton(
    "h36m-17",
    (
        "Hip", "RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "Spine", "Thorax", "Neck", "Head",
        "LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist",
    ),
    (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
)  # fmt: skip

H36M_19 = Skeleton(
    "h36m-19",
    (
        "Hip", "RHip", "RKnee", "RAnkle", "RToe", "LHip", "LKnee", "LAnkle", "LToe",
        "Spine", "Thorax", "Neck", "Head",
        "LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist",
    ),
    (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 10, 13, 14, 10, 16, 17),
)  # fmt: skip

SKELETONS = {s.name: s for s in (COCO_17, HALPE_26, H36M_17, H36M_19)}
