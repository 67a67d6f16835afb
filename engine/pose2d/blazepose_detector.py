"""Finds people in a picture with BlazePose's detector, also small ones and several.

The network (Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020) is a single-shot
detector of heads on a 224 px square. Each head carries the body's alignment: the middle of the hips and a
point on the circle round the hips that encloses the whole body. It was made for one person near the
camera, so the picture is shown to it whole and in overlapping square tiles; in smaller tiles when that
shows nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .litert import LiteModel

INPUT = 224
# Grids of the five prediction layers and anchors a cell: strides 8, 16, 32, 32, 32 with two anchors each,
# layers of the same stride interleaved cell by cell.
_GRIDS = ((28, 2), (14, 2), (7, 6))
ANCHORS = sum(cells * cells * each for cells, each in _GRIDS)
_VALUES = 12  # head box x y w h, then x y of hips, body circle, shoulders, upper-body circle
_LEAST_SCORE = 0.5
_SAME_HEAD = 0.3  # overlap of two head boxes that are one
_SAME_HIPS = 0.35  # distance of two hip centres that are one person's, in body radii
_BOX_RADIUS = 1.1  # the circle runs through the face of some; the box is to hold their head
_HALF_WIDTH = 0.5  # of a person with arms down, in body radii
_TILE_OVERLAP = 0.3
_MOST_TILES_ALONG = 6
_LARGE = 4  # times the input's side; half of it still has two pixels for one
_FINE_TILE = 0.62  # side of the smaller tiles, of the picture's short side: two rows of them


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


def joined(parts: list[Candidates]) -> Candidates:
    """All candidates of several lists in one."""
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


def tiles(width: int, height: int, side: float) -> list[tuple[int, int, int]]:
    """x, y and side, px, of overlapping square tiles that cover a picture of the given size.

    A tile is no smaller than a sixth of the longer side, so that strips give few; it may be larger than the
    shorter one.
    """
    side = max(1, round(side), -(-max(width, height) // _MOST_TILES_ALONG))
    return [(x, y, side) for y in _starts(height, side) for x in _starts(width, side)]


def _starts(length: int, side: int) -> list[int]:
    rest = max(length - side, 0)
    count = 1 + int(np.ceil(rest / (side * (1 - _TILE_OVERLAP))))
    return [int(x) for x in np.round(np.linspace(0, rest, count))]


class BlazePoseDetector:
    """PersonDetector with the file pose_detection.tflite."""

    def __init__(self, path: Path | str, threads: int | None = None, sha256: str = "") -> None:
        """sha256: of the file, for whoever asks. Raises MissingWeights when the file is no such model."""
        from .litert import LiteModel

        self.sha256 = sha256
        self._model: LiteModel = LiteModel(path, threads)
        self._anchors = anchor_centres()

    def detect(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (N, 4) x0 y0 x1 y1 px of whole bodies (they may reach outside) and scores (N,), best first.

        image: (H, W, 3) uint8 RGB.
        """
        found = self.candidates(image)
        return body_boxes(found).astype(np.float32), found.score.astype(np.float32)

    def glance(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `detect`, the picture shown as a whole alone: a quarter of the work. Small people are missed."""
        found = self._view(image, 0, 0, max(image.shape[:2]))
        return body_boxes(found).astype(np.float32), found.score.astype(np.float32)

    def candidates(self, image: np.ndarray) -> Candidates:
        """The people in a picture with their hips and circles, best first."""
        # a large picture is made smaller once, for all views
        if min(image.shape[:2]) >= _LARGE * INPUT:
            return self.candidates(_halved(image)).moved(2.0, np.zeros(2))
        height, width = image.shape[:2]
        short = min(width, height)
        views = [(0, 0, max(width, height))]
        if max(width, height) > 1.2 * short:
            views += tiles(width, height, short)
        found = merge(joined([self._view(image, *v) for v in views]), blend=False)
        if len(found) == 0:
            fine = tiles(width, height, _FINE_TILE * short)
            found = merge(joined([self._view(image, *v) for v in fine]), blend=False)
        return found

    def _view(self, image: np.ndarray, x: int, y: int, side: int) -> Candidates:
        """People in one square of the picture; what of it lies outside the picture is black, shared out."""
        import cv2

        part = image[y : y + side, x : x + side]
        height, width = part.shape[:2]
        scale = INPUT / side
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left, top = (INPUT - size[0]) // 2, (INPUT - size[1]) // 2
        square = np.zeros((INPUT, INPUT, 3), dtype=np.float32)
        square[top : top + size[1], left : left + size[0]] = small
        shapes = ((1, ANCHORS, _VALUES), (1, ANCHORS, 1))
        values, logits = self._model.run(square[None] / 127.5 - 1, *shapes)
        found = merge(decode(values[0], logits[0], self._anchors), blend=True)
        return found.moved(1 / scale, np.array([x - left / scale, y - top / scale]))


def _halved(image: np.ndarray) -> np.ndarray:
    """The means of two by two px; an odd row or column at the end is left out."""
    import cv2

    height, width = (n // 2 for n in image.shape[:2])
    return cv2.resize(image[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
