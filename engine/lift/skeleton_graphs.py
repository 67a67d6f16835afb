"""Which joints are neighbours: the graphs of GAST-Net's local layer.

Source: Liu et al., "A Graph Attention Spatio-temporal Convolutional Network for 3D Human Pose Estimation in
Video", ICRA 2021 (arXiv 2003.14179), section III-B.
"""

from __future__ import annotations

import numpy as np

from blender_pose3d.skeleton import Skeleton


def skeleton_adjacency(skeleton: Skeleton) -> np.ndarray:
    """(J, J) float64 adjacency of the bones plus self loops, each row divided by its sum."""
    A = np.eye(len(skeleton))
    parent, child = skeleton.bones.T
    A[parent, child] = A[child, parent] = 1.0
    return A / A.sum(axis=1, keepdims=True)


def symmetry_graph(skeleton: Skeleton) -> np.ndarray:
    """(J, J) bool: each joint with itself and its mirror image."""
    graph = np.eye(len(skeleton), dtype=bool)
    graph[np.arange(len(skeleton)), skeleton.mirror] = True
    return graph


def connection_graph(skeleton: Skeleton) -> np.ndarray:
    """(J, J) bool: each joint with its neighbours; a distal joint with everything within two bones.

    Distal joints are the ends of the chains and, where the skeleton has toes, the ankles too: a single
    neighbour says little about their depth.
    """
    near = skeleton_adjacency(skeleton) > 0
    two_bones = (near.astype(int) @ near.astype(int)) > 0
    ends = ~np.isin(np.arange(len(skeleton)), skeleton.parents)
    distal = ends | np.array([name.endswith("Ankle") for name in skeleton.joints])
    return np.where(distal[:, None], two_bones, near)
