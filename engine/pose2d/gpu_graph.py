"""Work of a fixed shape on a GPU: on CUDA recorded once as a graph, so that hundreds of kernels start as one.

What holds while a graph is recorded (CUDA C Programming Guide, "CUDA Graphs"; torch's notes on CUDA): nothing
may wait for the device or copy from ordinary memory, and inputs and results stay where they are. So whatever
libraries make at a first call is made before, on the stream that records; the graphs of one runner share one
pool of memory, since they never run at the same time and a result is fetched before the next begins; and only
the recording thread's slips count, for what other threads ask of the device is not recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

log = logging.getLogger(__name__)

_BEFORE = 3  # calls before a recording: libraries choose their algorithms, pools grow


def out_of_memory(error: BaseException | None) -> bool:
    """Whether memory that ran out is behind an error: CUDA's, the libraries' on it, MPS's, which has no class
    of its own for it, or one that ended a recording and so hides behind another."""
    while error is not None:
        text = str(error)
        if isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "ALLOC_FAILED" in text:
            return True
        error = error.__cause__ or error.__context__
    return False


class FixedWork:
    """A function of one tensor, by the number of rows that its input has.

    compute: (n, ...) to (n, ...), the same work whatever the values. Where it cannot be recorded it is
    computed step by step, with a line in the log.
    """

    def __init__(self, compute: Callable[[Tensor], Tensor], device: torch.device) -> None:
        self._compute, self._device = compute, device
        self._records = device.type == "cuda"
        self._kept: dict[int, tuple[Tensor, Callable[[], Tensor]]] = {}
        self._stream: torch.cuda.Stream | None = None
        self._pool: tuple[int, int] | None = None

    def __call__(self, rows: Tensor, size: int, number: torch.dtype) -> Tensor:
        """The result for rows (n, C, H, W), computed as `size` of them of that dtype; the next call replaces
        it. What is beyond the n rows is of an earlier call."""
        if size not in self._kept:
            shape = (size, *rows.shape[1:])
            given = torch.zeros(shape, dtype=number, device=self._device)
            given = given.contiguous(memory_format=torch.channels_last)
            given[: len(rows)] = rows
            self._kept[size] = given, self._prepared(given)
        given, work = self._kept[size]
        given[: len(rows)] = rows
        return work()[: len(rows)]

    def forget(self) -> None:
        """Let go of all recordings and of what they hold on the device."""
        if self._device.type == "cuda":
            torch.cuda.synchronize()  # a graph must not go while it is played
        self._kept.clear()
        self._pool = None
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _prepared(self, given: Tensor) -> Callable[[], Tensor]:
        if self._records:
            try:
                return self._recorded(given)
            except RuntimeError as error:
                if out_of_memory(error):
                    raise
                self._records = False
                reason = str(error).strip().splitlines()[0]
                log.warning("This GPU's work cannot be recorded and starts step by step: %s", reason)
        return lambda: self._compute(given)

    def _recorded(self, given: Tensor) -> Callable[[], Tensor]:
        """A CUDA graph of the work on `given`."""
        current = torch.cuda.current_stream()
        if self._stream is None:
            self._stream = torch.cuda.Stream()
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            for _ in range(_BEFORE):
                self._compute(given)
        current.wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                made = self._compute(given)
        finally:
            torch.cuda.set_stream(current)  # a recording that fails would leave its own in place

        def replay() -> Tensor:
            graph.replay()
            return made

        return replay
