"""Random numbers that follow from a seed alone, ready on the device that uses them."""

from __future__ import annotations

import torch
from torch import Tensor


class Draws:
    """Numbers of one batch. What is decided per person comes from the CPU's generator, so that it is the same
    on every device; noise per pixel comes from the device's own."""

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.generator = torch.Generator().manual_seed(seed)
        self._own = torch.Generator(self.device).manual_seed(seed + 1)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return (torch.rand(shape, generator=self.generator) * (high - low) + low).to(self.device)

    def normal(self, *shape: int, spread: float = 1.0, mean: float = 0.0) -> Tensor:
        return (torch.randn(shape, generator=self.generator) * spread + mean).to(self.device)

    def chance(self, share: float, *shape: int) -> Tensor:
        """bool, true for a share."""
        return (torch.rand(shape, generator=self.generator) < share).to(self.device)

    def whole(self, below: int, *shape: int) -> Tensor:
        """int64 from 0 to below - 1."""
        return torch.randint(below, shape, generator=self.generator).to(self.device)

    def which(self, shares: list[float], *shape: int) -> Tensor:
        """int64 numbers, each as often as its share says."""
        count = int(torch.tensor(shape).prod())
        picked = torch.multinomial(torch.tensor(shares), count, replacement=True, generator=self.generator)
        return picked.view(shape).to(self.device)

    def noise(self, *shape: int) -> Tensor:
        """Standard normal, for pixels."""
        return torch.randn(shape, generator=self._own, device=self.device)
