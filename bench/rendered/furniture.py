"""A table or a cupboard before the person, so that detectors must guess."""

from __future__ import annotations

import math

import numpy as np

from .plan import Scene

_PURPOSE = 4
_NEAREST = 0.9  # metres from the camera


def place_furniture(scene: Scene, vertices: np.ndarray, origin: np.ndarray) -> tuple[np.ndarray, float]:
    """Boxes (N, 6), centre and size in metres, and the angle about z that they are turned by.

    vertices: (T, V, 3) of the person. origin: the camera. No boxes where no room is left between them.
    """
    if not scene.occluder:
        return np.zeros((0, 6)), 0.0
    rng = scene.rng(_PURPOSE)
    way = (vertices.mean(axis=(0, 1)) - origin)[:2]
    away = way / np.linalg.norm(way)
    reach = (vertices[..., :2] - origin[:2]) @ away
    ahead = min(float(reach.min()) - 0.3, 0.8 * float(reach.mean()))
    if ahead < _NEAREST:
        return np.zeros((0, 6)), 0.0
    middle = origin[:2] + ahead * away + rng.uniform(-0.3, 0.3) * np.array([away[1], -away[0]])
    wide, deep, tall = rng.uniform(0.5, 1.3), rng.uniform(0.3, 0.5), rng.uniform(0.45, 0.85)
    boxes = [(0.0, 0.0, tall - 0.02, wide, deep, 0.04)]
    if rng.random() < 0.5:
        boxes.append((0.0, 0.0, tall / 2, wide * 0.98, deep * 0.98, tall * 0.99))
    else:
        across, along = wide / 2 - 0.05, deep / 2 - 0.05
        boxes += [
            (x * across, y * along, (tall - 0.05) / 2, 0.05, 0.05, tall - 0.05)
            for x in (-1, 1)
            for y in (-1, 1)
        ]
    turn = math.atan2(away[1], away[0]) + math.pi / 2 + rng.uniform(-0.4, 0.4)
    made = np.array(boxes)
    made[:, :2] = made[:, :2] @ _turned(turn).T + middle
    return made, turn


def corners(boxes: np.ndarray, turn: float) -> np.ndarray:
    """(8 N, 3) of boxes (N, 6)."""
    unit = np.stack(np.meshgrid(*[[-0.5, 0.5]] * 3, indexing="ij"), axis=-1).reshape(1, 8, 3)
    ends = unit * boxes[:, None, 3:]
    ends[..., :2] = ends[..., :2] @ _turned(turn).T
    return (ends + boxes[:, None, :3]).reshape(-1, 3)


def _turned(turn: float) -> np.ndarray:
    return np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
