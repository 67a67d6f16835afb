"""Rendered people as pieces of a pack, for trainings that cannot render as they go."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..packs import PackWriter, encode
from .render import Batch, Renderer
from .view import Framing

GENEROUS = Framing(size=(320, 320), scale=(1.2, 1.6), shift=0.15, roll=20.0)
"""A pack's crop: the box enlarged 1.5 to 2 times, so that training can turn and scale it."""

_AT_ONCE = 16
_STRIDE = 1_000_003  # between the seeds of batches: far from those of other packs


def write_people(
    renderer: Renderer,
    writer: PackWriter,
    count: int,
    *,
    seed: int,
    split: str,
    quality: tuple[int, int] = (70, 95),
) -> Iterator[int]:
    """Add count people to a pack that follow from the seed; yields how many are added each time. People of
    whom fewer than four points can be seen are left out and others rendered instead. quality: of the JPEG
    files, least and most."""
    done = batch_number = 0
    while done < count:
        batch_seed = seed * _STRIDE + batch_number
        batch = renderer.render(batch_seed, _AT_ONCE, GENEROUS)
        rng = np.random.default_rng(batch_seed)
        name = f"{seed}-{batch_number}"
        added = _add(writer, batch, count - done, name, split=split, quality=rng.integers(*quality, _AT_ONCE))
        done, batch_number = done + added, batch_number + 1
        yield added


def _add(writer: PackWriter, batch: Batch, most: int, name: str, *, split: str, quality: np.ndarray) -> int:
    arrays = [t.cpu().numpy() for t in (batch.images, batch.joints, batch.known, batch.visible, batch.box)]
    added = 0
    for row, (image, joints, known, visible, box) in enumerate(zip(*arrays, strict=True)):
        if visible.sum() < 4 or added == most:
            continue
        writer.add(
            encode(image, int(quality[row])), joints=joints, known=known, visible=visible,
            weight=known.astype(np.float32), box=box, identity=f"{split}-{name}-{row}", split=split,
        )  # fmt: skip
        added += 1
    return added
