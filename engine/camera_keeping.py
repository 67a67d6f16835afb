"""Keeps how far the measuring of a moving camera has come, behind the parts that following people left."""

from __future__ import annotations

import time
import zlib

import numpy as np

from .checkpoint import Checkpoint

EVERY = 20.0  # seconds of work between two parts


class CameraKeeper:
    """Arrays that steps of the measuring came to, by the step's name and first frame.

    told_by: what all follows from; what was made of something else is not taken up.
    """

    def __init__(self, checkpoint: Checkpoint | None = None, *told_by: object) -> None:
        self._checkpoint = checkpoint
        self._check = 0
        for thing in told_by if checkpoint is not None else ():
            data = np.ascontiguousarray(thing) if isinstance(thing, np.ndarray) else repr(thing).encode()
            self._check = zlib.crc32(data, self._check)  # type: ignore[arg-type]
        self._fresh: dict[str, np.ndarray] = {}
        self._last = time.monotonic()
        self._known = self._stored()

    def known(self, step: str, first: int) -> list[np.ndarray] | None:
        """What the step came to before the run was interrupted; None where it did not get so far."""
        return self._known.pop(f"{step}.{first}", None)

    def add(self, step: str, first: int, *arrays: np.ndarray) -> None:
        """The step came to these, which must stay as they are until the next call."""
        if self._checkpoint is None:
            return
        self._fresh |= {f"camera.{step}.{first}.{i}": array for i, array in enumerate(arrays)}
        if time.monotonic() - self._last >= EVERY:
            self._checkpoint.write({**self._fresh, "camera.check": np.array(self._check)})
            self._fresh, self._last = {}, time.monotonic()

    def _stored(self) -> dict[str, list[np.ndarray]]:
        known: dict[str, list[np.ndarray]] = {}
        for part in [] if self._checkpoint is None else self._checkpoint.load(holding="camera.check"):
            if int(part.pop("camera.check")) != self._check:
                continue
            for name, array in part.items():
                known.setdefault(name.removeprefix("camera.").rpartition(".")[0], []).append(array)
        return known
