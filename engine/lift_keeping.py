"""Keeps what has been lifted to 3D, behind the parts that following people left in the same checkpoint."""

from __future__ import annotations

import time
import zlib

import numpy as np

from .checkpoint import Checkpoint

EVERY = 20.0  # seconds of work between two parts


class LiftKeeper:
    """Pieces of people's tracks in space, by person and first frame.

    told_by: what they are lifted from; pieces of something else are not taken up.
    """

    def __init__(self, checkpoint: Checkpoint | None, *told_by: object) -> None:
        self._checkpoint = checkpoint
        self._check = 0
        for thing in told_by:
            data = np.ascontiguousarray(thing) if isinstance(thing, np.ndarray) else repr(thing).encode()
            self._check = zlib.crc32(data, self._check)  # type: ignore[arg-type]
        self._fresh: list[tuple[int, int, np.ndarray, np.ndarray]] = []
        self._last = time.monotonic()
        self._known = self._stored()

    def known(self, person: int, first: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Joints (T, J, 3) and scores (T, J) of a piece that was lifted before the run was interrupted."""
        return self._known.pop((person, first), None)

    def add(self, person: int, first: int, joints: np.ndarray, score: np.ndarray) -> None:
        """A piece is lifted. The arrays must stay as they are until the next call."""
        if self._checkpoint is None:
            return
        self._fresh.append((person, first, joints, score))
        if time.monotonic() - self._last >= EVERY:
            people, firsts, pieces, scores = zip(*self._fresh, strict=True)
            self._checkpoint.write(
                {
                    "lift.person": np.array(people, dtype=np.int32),
                    "lift.first": np.array(firsts, dtype=np.int64),
                    "lift.count": np.array([len(piece) for piece in pieces], dtype=np.int64),
                    "lift.joints": np.concatenate(pieces),
                    "lift.score": np.concatenate(scores),
                    "lift.check": np.array(self._check),
                }
            )
            self._fresh, self._last = [], time.monotonic()

    def _stored(self) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
        known: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
        for part in [] if self._checkpoint is None else self._checkpoint.load(holding="lift.check"):
            if int(part["lift.check"]) != self._check:
                continue
            ends = np.cumsum(part["lift.count"])[:-1]
            pieces = zip(np.split(part["lift.joints"], ends), np.split(part["lift.score"], ends), strict=True)
            names = zip(part["lift.person"].tolist(), part["lift.first"].tolist(), strict=True)
            known |= dict(zip(names, pieces, strict=True))
        return known
