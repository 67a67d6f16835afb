"""A motion as lines and discs to draw: everything worked out once, so that a frame is a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .feet import sole_points
from .motion import Motion
from .skeleton import Skeleton

LEFT, RIGHT, MIDDLE = (1.0, 0.45, 0.1), (0.15, 0.6, 1.0), (0.92, 0.92, 0.88)
CONTACT = (0.25, 1.0, 0.35, 0.75)
_FAINT, _SURE = 0.15, 0.7  # scores at and below which a bone is faintest, at and above which it is solid
_LEAST = 0.2  # opacity of the faintest
_RADII = (0.055, 0.045)  # metres, of the discs under the heel and the toes of somebody 1.70 m tall
_OVER_FLOOR = 0.003  # metres, so that a floor does not hide the discs
_CORNERS = 20


@dataclass(frozen=True)
class Shapes:
    """Of one frame, float32: lines (2B, 3) metres, two ends a bone, their colours (2B, 4) RGBA, and
    triangles (N, 3), three corners each, of the discs under what stands."""

    lines: np.ndarray
    colours: np.ndarray
    triangles: np.ndarray


@dataclass(frozen=True)
class Drawing:
    """Of T frames, float32: lines (T, 2B, 3) metres, world; colours (T, 2B, 4) RGBA; soles (T, F, 3), where
    discs (F, N, 3), triangles round the origin, are drawn; touching: (T, F) bool, when. fps: frames a
    second."""

    fps: float
    lines: np.ndarray
    colours: np.ndarray
    soles: np.ndarray
    discs: np.ndarray
    touching: np.ndarray

    @property
    def frames(self) -> int:
        return len(self.lines)

    def at(self, seconds: float) -> Shapes | None:
        """What to draw this long after the first frame; None before the motion and after it."""
        frame = round(seconds * self.fps)
        if not 0 <= frame < self.frames:
            return None
        standing = self.touching[frame]
        triangles = (self.soles[frame, standing][:, None] + self.discs[standing]).reshape(-1, 3)
        return Shapes(self.lines[frame], self.colours[frame], triangles)


def drawing(motion: Motion, size: float = 1.0) -> Drawing:
    """A motion ready to be drawn. size: of the person, 1 for 1.70 m."""
    parent, child = motion.skeleton.bones.T
    ends = np.stack([parent, child], axis=1).ravel()
    soles, touching = _soles(motion, size)
    return Drawing(
        fps=motion.fps,
        lines=motion.joints[:, ends].astype(np.float32),
        colours=_colours(motion)[:, np.repeat(np.arange(len(child)), 2)],
        soles=soles,
        discs=_discs(soles.shape[1], size),
        touching=touching,
    )


def _colours(motion: Motion) -> np.ndarray:
    """(T, B, 4): the side's colour, fainter and greyer where little was seen."""
    parent, child = motion.skeleton.bones.T
    seen = np.minimum(motion.score[:, parent], motion.score[:, child])
    seen = np.where(motion.filled[:, child], 0.0, seen)
    sure = np.clip((seen - _FAINT) / (_SURE - _FAINT), 0.0, 1.0)[..., None]
    side = np.array([_side(motion.skeleton, joint) for joint in child])
    grey = side.mean(axis=1, keepdims=True)
    tint = grey + (0.4 + 0.6 * sure) * (side - grey)
    return np.concatenate([tint, _LEAST + (1 - _LEAST) * sure], axis=-1).astype(np.float32)


def _side(skeleton: Skeleton, joint: int) -> tuple[float, float, float]:
    if skeleton.mirror[joint] == joint:
        return MIDDLE
    return LEFT if skeleton.joints[joint].startswith("L") else RIGHT


def _soles(motion: Motion, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (T, F, 3) on the floor below heels and toes, and when they stand (T, F)."""
    points = sole_points(motion.joints, motion.skeleton, size).astype(np.float32)
    points[..., 2] = _OVER_FLOOR
    if motion.contacts is None:
        return points, np.zeros(points.shape[:2], dtype=bool)
    # contacts know of heel and toe on either side, the soles of a skeleton without toes have heels alone
    touching = motion.contacts.reshape(motion.frames, 2, -1)[:, :, : points.shape[1] // 2]
    return points, np.ascontiguousarray(touching).reshape(motion.frames, -1).astype(bool)


def _discs(count: int, size: float) -> np.ndarray:
    """(F, 3 * corners, 3) triangles of a disc round the origin for each point of the soles."""
    angle = np.linspace(0.0, 2 * np.pi, _CORNERS + 1)
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=-1)
    fan = np.stack([np.zeros_like(rim[1:]), rim[:-1], rim[1:]], axis=1).reshape(-1, 3)
    radii = np.tile(_RADII[: count // 2], 2) * size
    return (radii[:, None, None] * fan).astype(np.float32)
