"""Batches of windows, each drawn from its own seed: the same in any order, in any number of threads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from .windows import Windows

_MOST = 1 << 10  # shares of one step
Batch = tuple[Tensor, Tensor]


class Batches:
    """Draws share ``part`` of the batch of a step from the seed of both.

    A run that goes on at a step therefore sees what the unbroken run would have. ahead: batches that threads
    of their own draw before they are asked for, for a device that would else wait; 0 draws on demand.
    """

    def __init__(self, windows: Windows, count: int, seed: int, device: str, ahead: int = 0) -> None:
        self._windows, self._count, self._seed, self._device = windows, count, seed, device
        self._ahead, self._waiting = ahead, deque[tuple[int, Future[Batch]]]()
        self._pool = ThreadPoolExecutor(ahead) if ahead else None

    def draw(self, step: int, part: int = 0) -> Batch:
        """Features and targets (windows.Windows.draw) on the device."""
        if self._pool is None:
            features, target = self._make(step, part)
        else:
            features, target = self._prepared(step)
        return features.to(self._device), target.to(self._device)

    def _make(self, step: int, part: int) -> Batch:
        seed = (self._seed * 1_000_003 + step) * _MOST + part
        return self._windows.draw(self._count, torch.Generator().manual_seed(seed % (1 << 63)))

    def _prepared(self, step: int) -> Batch:
        assert self._pool is not None  # noqa: S101 -- for the type checker
        if not self._waiting or self._waiting[0][0] != step:
            self._waiting.clear()
        following = self._waiting[-1][0] + 1 if self._waiting else step
        for later in range(following, step + self._ahead + 1):
            self._waiting.append((later, self._pool.submit(self._make, later, 0)))
        return self._waiting.popleft()[1].result()
