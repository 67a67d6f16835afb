"""HRNet on a GPU by torch: CUDA, ROCm (which torch calls cuda too) and Apple's MPS.

Pictures go up once; crops, normalisation, network and reading of the heatmaps all happen there, and a batch
waits for the device once, when its keypoints come down. Batches have a few fixed sizes, filled up with
nothing, so that on CUDA the network and the decoding are each size's recorded graph: hundreds of small
kernels start as one. Where memory runs out the batch is halved, for good.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .. import trace
from ..errors import EngineError
from . import gpu_crop, gpu_heatmaps
from .runner import Plan

log = logging.getLogger(__name__)

BATCH = 64
_FRAMES = 32  # whole pictures on the device at once: 25 MB each at 1080p

_Where = list[tuple[int, np.ndarray]]


class GpuRunner:
    """A Runner on "cuda" or "mps" ("cpu" works too, for tests).

    network: normalised pictures to heatmaps. batch: people at once, at most. `look` raises EngineError where
    not even one person fits into the device's memory.
    """

    def __init__(
        self,
        network: nn.Module,
        plan: Plan,
        device: str,
        batch: int | None = None,
    ) -> None:
        self.batch = batch or BATCH
        self._plan, self._device = plan, torch.device(device)
        half = self._device.type != "cpu" and plan.precision != "float32"
        self._number = torch.float16 if half else torch.float32
        self._network = network.to(self._device, self._number, memory_format=torch.channels_last).eval()
        self._mirror = torch.as_tensor(np.asarray(plan.mirror), device=self._device)
        self._decode = gpu_heatmaps.DECODERS[plan.decoding]
        self._graphs: dict[int, Callable[[Tensor], Tensor]] = {}
        self._staging: Tensor | None = None
        self.name = f"torch {torch.__version__} on {_device_name(self._device)}, {self._number}"
        if self._device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # shapes are fixed: the fastest algorithm is worth finding

    def look(
        self, images: Sequence[np.ndarray], affines: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """As Runner says."""
        where = [(frame, affine) for frame, some in enumerate(affines) for affine in some]
        found: list[np.ndarray] = []
        start = 0
        while start < len(where):
            part = self._next(where[start : start + self.batch], images)
            result = self._tried(images, part)
            if result is None:
                self._halve()
                continue
            found.append(result)
            start += len(part)
        joints = np.concatenate(found)
        return joints[..., :2], joints[..., 2]

    def _next(self, part: _Where, images: Sequence[np.ndarray]) -> _Where:
        """As many of them as show pictures of one size, and not too many pictures."""
        first = part[0][0]
        shape = images[first].shape
        fits = [n < first + _FRAMES and images[n].shape == shape for n, _ in part]
        return part[: fits.index(False) if False in fits else len(part)]

    def _tried(self, images: Sequence[np.ndarray], part: _Where) -> np.ndarray | None:
        """(N, K, 3) x, y, score; None where memory ran out."""
        try:
            with torch.inference_mode():
                return self._joints(images, part)
        except RuntimeError as error:
            # MPS has no class of its own for it
            if not isinstance(error, torch.OutOfMemoryError) and "out of memory" not in str(error):
                raise
        # outside of the handler, where the error no longer keeps the tensors alive
        return None

    def _halve(self) -> None:
        if self.batch == 1:
            raise EngineError(
                "The GPU's memory is too small, or others use it.",
                "Close other programs that use the GPU, or choose the processor (--device cpu).",
            )
        self.batch //= 2
        self.forget()
        log.warning("The GPU's memory ran out: it goes on with %d people at once.", self.batch)

    def _joints(self, images: Sequence[np.ndarray], part: _Where) -> np.ndarray:
        with trace.span("upload"):
            numbers = sorted({number for number, _ in part})
            frames = self._uploaded([images[number] for number in numbers])
        with trace.span("crop"):
            crops = self._crops(frames, [(numbers.index(number), affine) for number, affine in part])
        with trace.span("network"):
            size = self._fixed_size(len(crops))
            padded = crops.new_zeros((size, *crops.shape[1:])).contiguous(memory_format=torch.channels_last)
            padded[: len(crops)] = crops
            found = self._graph(size, padded)(padded)[: len(part)]
        with trace.span("download"):
            return found.cpu().numpy()  # the one place where the batch waits for the device

    def _uploaded(self, images: list[np.ndarray]) -> Tensor:
        """(F, 3, H, W) float32 on the device, through memory that the device reads by itself."""
        shape = (len(images), *images[0].shape)
        pinned = self._device.type == "cuda"
        if self._staging is None or self._staging.shape[1:] != shape[1:] or len(self._staging) < shape[0]:
            self._staging = torch.empty(shape, dtype=torch.uint8, pin_memory=pinned)
        for row, image in zip(self._staging, images, strict=False):
            row.numpy()[:] = image
        sent = self._staging[: shape[0]].to(self._device, non_blocking=pinned)
        return sent.permute(0, 3, 1, 2).float()

    def _crops(self, frames: Tensor, part: _Where) -> Tensor:
        """(N, 3, h, w) normalised, in the order asked for."""
        affines = torch.from_numpy(np.stack([affine for _, affine in part]).astype(np.float32))
        owner = torch.tensor([frame for frame, _ in part])
        fine = gpu_crop.finenesses(affines, self._plan.smooth)
        width, height = self._plan.size
        crops = torch.empty((len(part), 3, height, width), device=self._device)
        for factor in fine.unique().tolist():
            (rows,) = torch.nonzero(fine == factor, as_tuple=True)
            crops[rows.to(self._device)] = self._cut(frames, affines[rows], owner[rows], factor)
        return gpu_crop.normalised(crops).to(self._number)

    def _cut(self, frames: Tensor, affines: Tensor, owner: Tensor, fine: int) -> Tensor:
        """(N, 3, h, w): as many places a picture as the one with most people needs."""
        used, slot = owner.unique(return_inverse=True)
        place = torch.tensor([int((slot[:i] == slot[i]).sum()) for i in range(len(slot))])
        table = affines[:1].expand(len(used) * (int(place.max()) + 1), 2, 3).clone()
        table = table.view(len(used), -1, 2, 3)
        table[slot, place] = affines
        made = gpu_crop.cut(frames[used.to(self._device)], table.to(self._device), self._plan.size, int(fine))
        return made[slot.to(self._device), place.to(self._device)]

    def _fixed_size(self, people: int) -> int:
        """The next power of two, and the batch itself."""
        return min(self.batch, 1 << (people - 1).bit_length())

    def _graph(self, size: int, like: Tensor) -> Callable[[Tensor], Tensor]:
        if size not in self._graphs:
            self._graphs[size] = self._recorded(like) if self._device.type == "cuda" else self._computed
        return self._graphs[size]

    def forget(self) -> None:
        """Let go of the recorded graphs and of what they hold on the device."""
        self._graphs.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _computed(self, crops: Tensor) -> Tensor:
        maps = self._network(crops).float()
        if self._plan.flip:
            mirrored = self._network(crops.flip(-1)).float()
            maps = (maps + gpu_heatmaps.flip_back(mirrored, self._mirror)) / 2
        return self._decode(maps)

    def _recorded(self, like: Tensor) -> Callable[[Tensor], Tensor]:
        """A CUDA graph of the network and the decoding for inputs of one shape."""
        given = like.clone(memory_format=torch.preserve_format)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # what is made at a first call must not be recorded
            for _ in range(3):
                self._computed(given)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            made = self._computed(given)

        def replay(crops: Tensor) -> Tensor:
            given.copy_(crops)
            graph.replay()
            return made

        return replay


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
