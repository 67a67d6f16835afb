"""Fewer triangles: the meshes are made for close-ups, pictures here show a centimetre as a pixel or two.

Vertex clustering (Rossignac and Borrel, "Multi-resolution 3D approximations for rendering complex scenes",
1993): vertices of one material in one cell of a grid become the one nearest to their mean.
"""

from __future__ import annotations

import numpy as np

_FINE = 0.5  # cells of the head beside the others: faces are what people are known by


def cluster(
    vertices: np.ndarray, faces: np.ndarray, material: np.ndarray, head: np.ndarray, cell: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which vertices are kept (K,), triangles among them (G, 3), and which triangles these were (G,).

    vertices: (V, 3) metres; faces: (F, 3) triangles; material: (F,); head: (V,) bool; cell: metres.
    """
    kind = np.zeros(len(vertices), np.int64)
    kind[faces] = material[:, None]
    size = np.where(head, _FINE * cell, cell)[:, None]
    grid = np.floor(vertices / size).astype(np.int64)
    key = np.concatenate([grid, kind[:, None] * 2 + head[:, None]], axis=1)
    _, group = np.unique(key, axis=0, return_inverse=True)
    group = group.ravel()
    count = np.bincount(group)
    mean = np.stack([np.bincount(group, vertices[:, axis]) for axis in range(3)], axis=1) / count[:, None]
    away = np.linalg.norm(vertices - mean[group], axis=1)
    order = np.lexsort((away, group))
    kept = order[np.searchsorted(group[order], np.arange(len(count)))]
    moved = group[faces]
    whole = (moved[:, 0] != moved[:, 1]) & (moved[:, 1] != moved[:, 2]) & (moved[:, 2] != moved[:, 0])
    rows = np.flatnonzero(whole)
    _, first = np.unique(np.sort(moved[rows], axis=1), axis=0, return_index=True)
    rows = rows[np.sort(first)]
    return kept, moved[rows], rows
