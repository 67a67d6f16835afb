"""Batches of people out of packs: whom a step sees follows from its number alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ...errors import BadInput
from ..packs import Pack, Person, find_packs, read_pack
from .augment import Shown, augmented
from .config import Config

_KEPT_APART = 0.025  # share of the people that is measured on and not learnt from
_AHEAD = 4  # batches that each worker prepares

Batch = dict[str, Tensor]
"""pictures (N, H, W, 3) uint8; joints (N, 26, 2) float32 px; weight (N, 26) float32; visible (N, 26) bool."""


@dataclass(frozen=True)
class People:
    """Rows of packs. where: (N, 2) int, pack and row. source: (N,) int, place in `sources`."""

    packs: list[Pack]
    where: np.ndarray
    source: np.ndarray
    sources: list[str]

    def __len__(self) -> int:
        return len(self.where)

    def __getitem__(self, index: int) -> Person:
        pack, row = self.where[index]
        return self.packs[pack][int(row)]

    def __iter__(self) -> Iterator[Person]:
        return (self[i] for i in range(len(self)))

    def chosen(self, rows: np.ndarray) -> People:
        return People(self.packs, self.where[rows], self.source[rows], self.sources)

    def described(self) -> dict[str, int]:
        """Number of people of each source."""
        return {name: int((self.source == i).sum()) for i, name in enumerate(self.sources)}


def read_people(folder: Path | str) -> tuple[People, People]:
    """Those to learn from and those to measure on, of all packs in a folder; none of the split "test".

    Who is measured on follows from the id alone, so that more packs move nobody to the other side. Raises
    BadInput for a folder without packs, a broken one, or nobody to learn from.
    """
    paths = find_packs(folder)
    if not paths:
        raise BadInput(
            f"There are no packs (NAME-000.npz) in {folder}.", "Make some: docs/training-pose2d.md."
        )
    packs = [read_pack(path) for path in paths]
    sources = sorted({pack.source for pack in packs})
    where, source, apart = [], [], []
    for number, pack in enumerate(packs):
        rows = pack.rows("train")
        rows = rows[(pack.known[rows] & (pack.weight[rows] > 0)).any(axis=1)]
        where.append(np.stack([np.full(len(rows), number), rows], axis=1))
        source.append(np.full(len(rows), sources.index(pack.source)))
        apart.append(np.array([_hash(pack.ids[row]) < _KEPT_APART for row in rows], bool))
    people = People(packs, np.concatenate(where), np.concatenate(source), sources)
    kept = np.concatenate(apart)
    if kept.all() or not kept.any():
        raise BadInput(f"The packs in {folder} hold too few people to learn from and to measure on.")
    return people.chosen(np.flatnonzero(~kept)), people.chosen(np.flatnonzero(kept))


def _hash(name: str) -> float:
    """0 to 1, the same everywhere."""
    return zlib.crc32(f"validation {name}".encode()) / 2**32


class Drawn(Dataset):
    """Batch number `step` of a run, drawn from the seed of both: the same in any order, in any process.

    shares: how often somebody of a source is shown beside somebody of one that is not listed (1).
    """

    def __init__(self, people: People, size: tuple[int, int], count: int, config: Config) -> None:
        """size: (width, height) px. count: people of a batch. Raises BadInput where nobody has a share."""
        chance = np.array([config.shares.get(name, 1.0) for name in people.sources])[people.source]
        if chance.sum() <= 0:
            raise BadInput("The shares of the sources leave nobody to learn from.")
        self._people, self._size, self._count = people, size, count
        self._settings, self._seed = config.augment, config.training.seed
        self._sum = np.cumsum(chance) / chance.sum()

    def __getitem__(self, step: int) -> Batch:
        return stacked([self._one(step, row) for row in range(self._count)])

    def _one(self, step: int, row: int) -> Shown:
        rng = np.random.default_rng([self._seed, step, row])
        person, other = (self._people[self._pick(rng)] for _ in range(2))
        return augmented(person, self._size, self._settings, rng, other.picture)

    def _pick(self, rng: np.random.Generator) -> int:
        return min(int(np.searchsorted(self._sum, rng.random(), side="right")), len(self._people) - 1)


def stacked(shown: list[Shown]) -> Batch:
    return {
        "pictures": torch.from_numpy(np.stack([s.picture for s in shown])),
        "joints": torch.from_numpy(np.stack([s.joints for s in shown])),
        "weight": torch.from_numpy(np.stack([s.weight for s in shown])),
        "visible": torch.from_numpy(np.stack([s.visible for s in shown])),
    }


def batches(drawn: Drawn, start: int, workers: int, pinned: bool = False) -> Iterator[Batch]:
    """Batches from step `start` on, without end; workers: processes that prepare them.

    Raises BadInput, in one line, for a damaged picture.
    """
    loader = DataLoader(
        drawn,
        batch_size=None,
        sampler=range(start, 1 << 40),
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        worker_init_fn=_start_worker,
        pin_memory=pinned,
    )
    try:
        yield from loader
    except BadInput as error:
        # From a worker comes its whole traceback, whose last line names the error, a colon and the message.
        last = error.message.strip().splitlines()[-1]
        raise BadInput(
            last.removeprefix(f"{BadInput.__module__}.{BadInput.__name__}: "), error.hint
        ) from error


def _start_worker(_: int) -> None:
    # The parent decides when to end: it must be able to save first when both get the signal.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
