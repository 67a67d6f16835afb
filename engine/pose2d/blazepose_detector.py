"""Finds people in a picture with BlazePose's detector, also small ones and several.

The network (Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020) is a single-shot
detector of heads on a 224 px square. Each head carries the body's alignment: the middle of the hips and a
point on the circle round the hips that encloses the whole body. It was made for one person near the
camera, so the picture is shown to it whole and in overlapping square tiles (views.py); in smaller tiles when
that shows nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .base import Finds
from .views import Halves, Kind, View, views

if TYPE_CHECKING:
    from ..partly import Image
    from .litert import LiteModel

INPUT = 224
# Grids of the five prediction layers and anchors a cell: strides 8, 16, 32, 32, 32 with two anchors each,
# layers of the same stride interleaved cell by cell.
_GRIDS = ((28, 2), (14, 2), (7, 6))
ANCHORS = sum(cells * cells * each for cells, each in _GRIDS)
_VALUES = 12  # head box x y w h, then x y of hips, body circle, shoulders, upper-body circle
_LEAST_SCORE = 0.5
_DOUBTFUL = 0.35  # what stirs and scores as much may be somebody
_SAME_HEAD = 0.3  # overlap of two head boxes that are one
_SAME_HIPS = 0.35  # distance of two hip centres that are one person's, in body radii
_BOX_RADIUS = 1.1  # the circle runs through the face of some; the box is to hold their head
_HALF_WIDTH = 0.5  # of a person with arms down, in body radii


@dataclass(frozen=True)
class Candidates:
    """N possible people. head: (N, 4) x0 y0 x1 y1. hips, circle: (N, 2), middle of the hips and a point on
    the body's circle, above the head of somebody upright. score: (N,) 0 to 1. Lengths in px.
    """

    head: np.ndarray
    hips: np.ndarray
    circle: np.ndarray
    score: np.ndarray

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: np.ndarray | slice) -> Candidates:
        return Candidates(self.head[index], self.hips[index], self.circle[index], self.score[index])

    @property
    def radius(self) -> np.ndarray:
        """(N,) px, of the circle round the hips that encloses the body."""
        return np.linalg.norm(self.circle - self.hips, axis=-1)

    def moved(self, scale: float, offset: np.ndarray) -> Candidates:
        """The same people in a picture of another scale and origin."""
        offset = np.asarray(offset, dtype=np.float64)
        head = self.head * scale + np.tile(offset, 2)
        return Candidates(head, self.hips * scale + offset, self.circle * scale + offset, self.score)


def nobody() -> Candidates:
    """No candidates at all."""
    return Candidates(np.zeros((0, 4)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))


def joined(parts: list[Candidates]) -> Candidates:
    """All candidates of several lists in one."""
    if not parts:
        return nobody()
    return Candidates(
        np.concatenate([p.head for p in parts]),
        np.concatenate([p.hips for p in parts]),
        np.concatenate([p.circle for p in parts]),
        np.concatenate([p.score for p in parts]),
    )


def anchor_centres() -> np.ndarray:
    """(2254, 2) x and y of the anchors in 0 to 1: the middles of the cells of each layer, row by row.

    Anchors have the size of the whole input (SSD with fixed anchor size; Liu et al., ECCV 2016).
    """
    layers = []
    for cells, each in _GRIDS:
        middle = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middle, middle, indexing="ij")
        layers.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(layers)


def decode(
    values: np.ndarray, logits: np.ndarray, anchors: np.ndarray, least: float = _LEAST_SCORE
) -> Candidates:
    """Candidates with at least the score `least`, in px of the network's input, from its raw outputs.

    values: (2254, 12) offsets from the anchors in px. logits: (2254,) or (2254, 1). anchors: (2254, 2).
    """
    score = 1 / (1 + np.exp(-np.clip(logits.reshape(-1).astype(np.float64), -100, 100)))
    use = score >= least
    points = values[use].astype(np.float64).reshape(-1, _VALUES // 2, 2)
    origin = anchors[use] * INPUT
    middle, half = points[:, 0] + origin, points[:, 1] / 2
    head = np.concatenate([middle - half, middle + half], axis=-1)
    return Candidates(head, points[:, 2] + origin, points[:, 3] + origin, score[use])


def merge(found: Candidates, *, blend: bool) -> Candidates:
    """One candidate a person, best first.

    blend: the mean of all that show one person, weighted by score (as the network was made to be read);
    else the best of them, for candidates from different views, of which some show half a person.
    """
    found = found[np.argsort(-found.score, kind="stable")]
    kept = []
    left = np.arange(len(found))
    while len(left):
        same = _same_person(found[left[:1]], found[left])
        group = found[left[same]]
        kept.append(_blended(group) if blend else group[:1])
        left = left[~same]
    return joined(kept) if kept else found


def _blended(group: Candidates) -> Candidates:
    weight = group.score / group.score.sum()
    head, hips, circle = (
        np.einsum("n,nd->d", weight, x)[None] for x in (group.head, group.hips, group.circle)
    )
    return Candidates(head, hips, circle, group.score[:1])


def _same_person(best: Candidates, others: Candidates) -> np.ndarray:
    low = np.maximum(best.head[:, :2], others.head[:, :2])
    high = np.minimum(best.head[:, 2:], others.head[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    area = [np.prod(np.clip(x.head[:, 2:] - x.head[:, :2], 0, None), axis=-1) for x in (best, others)]
    head = shared / np.maximum(area[0] + area[1] - shared, 1e-9) > _SAME_HEAD
    apart = np.linalg.norm(best.hips - others.hips, axis=-1)
    same = head | (apart < _SAME_HIPS * np.minimum(best.radius, others.radius))
    same[0] = True
    return same


def body_boxes(found: Candidates) -> np.ndarray:
    """(N, 4) x0 y0 x1 y1 px: the box round a body as high as its circle and half as wide, turned with it."""
    up = (found.circle - found.hips) * _BOX_RADIUS
    side = np.stack([-up[:, 1], up[:, 0]], axis=-1) * _HALF_WIDTH
    reach = np.abs(up) + np.abs(side)
    # turned bodies: the corners of the turned rectangle reach farther than any limb does
    reach = np.minimum(reach, found.radius[:, None] * _BOX_RADIUS)
    return np.concatenate([found.hips - reach, found.hips + reach], axis=-1)


class BlazePoseDetector:
    """PersonDetector with the file pose_detection.tflite."""

    def __init__(self, path: Path | str, threads: int | None = None, sha256: str = "") -> None:
        """sha256: of the file, for whoever asks. Raises MissingWeights when the file is no such model."""
        from .litert import LiteModel

        self.sha256 = sha256
        self._model: LiteModel = LiteModel(path, threads)
        self._anchors = anchor_centres()

    def detect(self, image: Image) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (N, 4) x0 y0 x1 y1 px of whole bodies (they may reach outside) and scores (N,), best first.

        image: (H, W, 3) uint8 RGB.
        """
        found = self.candidates(image)
        return body_boxes(found).astype(np.float32), found.score.astype(np.float32)

    def candidates(self, image: Image) -> Candidates:
        """The people in a picture with their hips and circles, best first: in the whole and in tiles, in the
        finer ones where those show nobody."""
        every = self.views(*image.shape[:2])
        halves = Halves(image)
        found = nobody()
        for fine in (False, True):
            if not len(found):
                some = [view for view in every if (view.kind == Kind.FINE) == fine]
                found = merge(joined(self.look(halves, some)), blend=False)
                found = found[found.score >= _LEAST_SCORE]
        return found

    def views(self, height: int, width: int) -> tuple[View, ...]:
        """What a picture of that size can be shown as."""
        return views(height, width)

    def look(self, picture: Halves, some: Sequence[View]) -> list[Candidates]:
        """The people in each of some views of a picture, doubtful ones too. What is seen in one does not
        depend on the others."""
        return [self._look(picture, view) for view in some]

    def finds(self, seen: Sequence[Candidates]) -> Finds:
        """Who was seen in several views of one picture, each person once, doubtful ones too."""
        found = merge(joined(list(seen)), blend=False) if seen else nobody()
        box = body_boxes(found).astype(np.float32).astype(np.float64)
        return Finds(box, found.score, found.hips, found.circle)

    def _look(self, picture: Halves, view: View) -> Candidates:
        square, scale, corner = picture.square(view, INPUT)
        shapes = ((1, ANCHORS, _VALUES), (1, ANCHORS, 1))
        values, logits = self._model.run(square[None] / 127.5 - 1, *shapes)
        found = decode(values[0], logits[0], self._anchors, _DOUBTFUL)
        sure = found.score >= _LEAST_SCORE
        return joined([merge(found[part], blend=True) for part in (sure, ~sure)]).moved(scale, corner)
