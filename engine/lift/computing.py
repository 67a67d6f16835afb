"""Who computes a lifter: NumPy on the processor, torch on a GPU; a clip goes through a chunk at a time.

Memory does not grow with the clip. Chunks know nothing of each other, so that processors never wait for one
another within a product: threads that do are many times slower on a machine that has other work.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .checkpoint import Weights, network_of
from .folding import folded
from .layout import Form
from .numpy_network import NumpyNetwork, Room

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

CHUNK = 128
"""Output frames at once: what a layer makes of them is to fit a processor's last cache."""

_MOST = 4  # threads; each has 30 MB for what lies between layers
_ALONE = threading.Lock()


class Computing(Protocol):
    """chunk: output frames that are computed together; sums in others may differ in the last bit."""

    chunk: int

    def poses(self, *clips: np.ndarray) -> list[np.ndarray]:
        """(T, J, F) each, windows of the first and the last output whole, to (T', J, 3).

        Raises ValueError where there are fewer frames than one output sees.
        """
        ...


def computing(weights: Weights, device: str = "cpu", *, half: bool = False) -> Computing:
    """NumPy for float32 on the processor, else torch. half: bfloat16."""
    if device == "cpu" and not half:
        return OnProcessor(weights)
    return ByTorch(weights, device, half=half)


class OnProcessor:
    """By NumPy. threads: None for as many as there are processors, at most four."""

    def __init__(self, weights: Weights, threads: int | None = None) -> None:
        from ..pose2d.execution import processors

        self.chunk = CHUNK
        self._network, self._form = NumpyNetwork(folded(weights.state, weights.form)), weights.form
        self._threads = threads or min(processors(), _MOST)

    def poses(self, *clips: np.ndarray) -> list[np.ndarray]:
        """As Computing says."""
        made = [_room_for(clip, self._form) for clip in clips]
        work = [
            (clip[part], pose[first : first + self.chunk])
            for clip, pose in zip(clips, made, strict=True)
            for first, part in _chunks(len(clip), self._form, self.chunk)
        ]
        rooms = threading.local()

        def compute(task: tuple[np.ndarray, np.ndarray]) -> None:
            if not hasattr(rooms, "own"):
                rooms.own = Room()
            task[1][...] = self._network(task[0], rooms.own)

        with _ALONE, _one_thread_a_product():
            if self._threads == 1 or len(work) == 1:
                for task in work:
                    compute(task)
            else:
                with ThreadPoolExecutor(self._threads, "lift") as pool:
                    list(pool.map(compute, work))  # raises what one of them raised
        return made


class ByTorch:
    """By torch. device: as torch names it. Where its memory runs out the processor goes on."""

    chunk = 2 * CHUNK

    def __init__(self, weights: Weights, device: str, *, half: bool = False) -> None:
        from .fast import fold
        from .gastnet import GastNet

        network = network_of(weights).to(device)
        self._forward: Callable[[torch.Tensor], torch.Tensor] = (
            fold(network, half=half) if isinstance(network, GastNet) else network
        )
        self._weights, self._device = weights, device
        self._instead: OnProcessor | None = None

    def poses(self, *clips: np.ndarray) -> list[np.ndarray]:
        """As Computing says."""
        from ..pose2d.gpu_graph import out_of_memory

        if self._instead is None:
            try:
                return [self._pose(clip) for clip in clips]
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                log.warning("The memory of the graphics card is full; the processor lifts to 3D instead.")
                self._instead = OnProcessor(self._weights)
        return self._instead.poses(*clips)

    def _pose(self, clip: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            there = torch.from_numpy(clip).to(self._device)
            parts = [part for _, part in _chunks(len(clip), self._weights.form, self.chunk)]
            pose: np.ndarray = (
                torch.cat([self._forward(there[part][None])[0] for part in parts]).cpu().numpy()
            )
        return pose


def _room_for(clip: np.ndarray, form: Form) -> np.ndarray:
    if len(clip) < form.receptive_field:
        raise ValueError(f"{len(clip)} frames make no outputs of {form.receptive_field} frames each")
    return np.empty((len(clip) - form.receptive_field + 1, clip.shape[1], 3), dtype=np.float32)


def _chunks(frames: int, form: Form, size: int) -> Iterator[tuple[int, slice]]:
    """First output of each chunk and the frames that it sees."""
    around = form.receptive_field - 1
    for first in range(0, frames - around, size):
        yield first, slice(first, min(first + size + around, frames))


def _one_thread_a_product() -> Any:
    """BLAS, within, computes each product by the thread that asks for it: no thread waits for another, and
    sums are the same on any number of processors."""
    return _blas().limit(limits=1, user_api="blas")


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
