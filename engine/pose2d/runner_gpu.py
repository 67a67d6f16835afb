"""HRNet on a GPU by torch: CUDA, ROCm (which torch calls cuda too) and Apple's MPS.

What people fill of the pictures goes up; crops, normalisation, network and reading of the heatmaps all happen
there, and a batch waits for the device once, when its keypoints come down. Batches have a few fixed sizes,
filled up with whatever was there, so that on CUDA the network and the decoding are each size's recorded graph
(gpu_graph.py). Where memory runs out the batch is halved, for good.
"""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .. import trace
from ..errors import EngineError
from ..partly import Image
from . import gpu_crop, gpu_heatmaps
from .gpu_graph import FixedWork, out_of_memory
from .runner import Plan

log = logging.getLogger(__name__)

BATCH = 64
_MOST_BYTES = 256 << 20  # of pictures that go up together
_CLOSE = 0.05  # of the heatmaps' range: half precision that is farther off than that is broken

_Where = list[tuple[Image, np.ndarray]]


class GpuRunner:
    """A Runner on "cuda" or "mps" ("cpu" works too, for tests).

    network: normalised pictures to heatmaps. batch: people at once, at most. Raises EngineError, here and in
    `look`, where the network or a single person does not fit into the device's memory.
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
        if self._device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # shapes are fixed: the fastest algorithm is worth finding
            torch.backends.cudnn.allow_tf32 = plan.precision != "float32"
        if plan.precision == "int8":
            log.warning("int8 needs OpenVINO on the processor: the GPU computes in half precision.")
        with _memory_told():
            self._network, self.number = self._placed(network)
            self._mirror = torch.as_tensor(np.asarray(plan.mirror), device=self._device)
        self._decode = gpu_heatmaps.DECODERS[plan.decoding]
        self._work = FixedWork(self._computed, self._device)
        self.name = f"torch {torch.__version__} on {_device_name(self._device)}, {self.number}"

    def look(self, images: Sequence[Image], affines: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """As Runner says."""
        where = [(image, one) for image, some in zip(images, affines, strict=True) for one in some]
        found: list[np.ndarray] = []
        start = 0
        while start < len(where):
            part = self._next(where[start : start + self.batch])
            result = self._tried(part)
            if result is None:
                self._halve()
                continue
            found.append(result)
            start += len(part)
        joints = np.concatenate(found)
        return joints[..., :2], joints[..., 2]

    def forget(self) -> None:
        """Let go of the recorded graphs and of what they hold on the device."""
        self._work.forget()

    def _placed(self, network: nn.Module) -> tuple[nn.Module, torch.dtype]:
        """The network on the device, in half precision where that computes what float32 does: cards are known
        that make NaN of it."""
        exact = network.to(self._device, torch.float32, memory_format=torch.channels_last).eval()
        if self._device.type == "cpu" or self._plan.precision == "float32":
            return exact, torch.float32
        half = copy.deepcopy(exact).to(torch.float16)
        width, height = self._plan.size
        if agree(exact, half, (1, 3, height, width), self._device):
            return half, torch.float16
        log.warning("Half precision goes wrong on this GPU or with these weights: it computes in float32.")
        return exact, torch.float32

    def _next(self, part: _Where) -> _Where:
        """As many of them as make no more than a bounded number of bytes to send; one at least."""
        cuts = [gpu_crop.window(image.shape, affine, self._plan.size) for image, affine in part]
        sizes = [3 * (rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in cuts]
        return part[: max(1, int(np.searchsorted(np.cumsum(sizes), _MOST_BYTES, side="right")))]

    def _tried(self, part: _Where) -> np.ndarray | None:
        """(N, K, 3) x, y, score; None where memory ran out."""
        try:
            with torch.inference_mode():
                return self._joints(part)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        # outside of the handler, where the error no longer keeps the tensors alive
        return None

    def _halve(self) -> None:
        if self.batch == 1:
            raise _too_small()
        self.batch //= 2
        self.forget()
        log.warning("The GPU's memory ran out: it goes on with %d people at once.", self.batch)

    def _joints(self, part: _Where) -> np.ndarray:
        fine = gpu_crop.finenesses(np.stack([affine for _, affine in part]), self._plan.smooth)
        order = np.argsort(fine, kind="stable")
        with self._stage("upload"):
            pinned = self._device.type == "cuda"
            pixels, windows = gpu_crop.packed([part[n] for n in order], self._plan.size, pinned)
            pixels, windows = gpu_crop.sent(pixels, self._device), windows.to(self._device)
        with self._stage("crop"):
            crops = torch.cat(list(gpu_crop.cut(pixels, windows, self._plan.size, fine[order])))
            crops = gpu_crop.normalised(crops)
        with self._stage("network"):
            found = self._work(crops, self._fixed_size(len(crops)), self.number)
        with self._stage("download"):
            joints = np.empty(found.shape, np.float32)
            joints[order] = found.cpu().numpy()  # the one place where the batch waits for the device
            return joints

    @contextlib.contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        """A span that, where somebody looks at the times, ends when the device has done its part: what it was
        asked for would all seem to be done in `download`."""
        with trace.span(name):
            yield
            if trace.asked():
                self._wait()

    def _wait(self) -> None:
        if self._device.type != "cpu":
            getattr(torch, self._device.type).synchronize()

    def _fixed_size(self, people: int) -> int:
        """The next power of two, and the batch itself."""
        return min(self.batch, 1 << (people - 1).bit_length())

    def _computed(self, crops: Tensor) -> Tensor:
        maps = self._network(crops).float()
        if self._plan.flip:
            mirrored = self._network(crops.flip(-1)).float()
            maps = (maps + gpu_heatmaps.flip_back(mirrored, self._mirror)) / 2
        return self._decode(maps)


@torch.inference_mode()
def agree(exact: nn.Module, half: nn.Module, shape: tuple[int, ...], device: torch.device) -> bool:
    """Whether a network and its copy in half precision make nearly the same of made-up pictures."""
    noise = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    given = torch.from_numpy(noise).to(device).contiguous(memory_format=torch.channels_last)
    wanted, found = exact(given).float(), half(given.half()).float()
    # a comparison with NaN is false
    return bool((found - wanted).abs().max() <= _CLOSE * (wanted.max() - wanted.min()) + 0.01)


@contextlib.contextmanager
def _memory_told() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if out_of_memory(error):
            raise _too_small() from error
        raise


def _too_small() -> EngineError:
    return EngineError(
        "The GPU's memory is too small, or others use it.",
        "Close other programs that use the GPU, or choose the processor (--device cpu).",
    )


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
