"""A network in OpenVINO on the processor: loading the library, compiling, computing one input or several.

One input is computed by all threads together. Several are shared out among three threads or more, one each,
which do not wait for each other then. Two threads gain a tenth by it, less than what it costs to compile the
network a second time, and to hold it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

_LEAST_SHARED = 3  # threads among which inputs are shared out
_MOST_STREAMS = 8  # each has its own memory for what lies between layers
_CONVERTER = "openvino.tools.ovc"

_Read = TypeVar("_Read")


def library() -> Any:
    """The module openvino, without its converter of other formats, which takes three times as long to import
    as all the rest and is not used."""
    if "openvino" in sys.modules or _CONVERTER in sys.modules:
        return importlib.import_module("openvino")
    sys.modules[_CONVERTER] = None  # type: ignore[assignment]  # to Python: there is no such module
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules[_CONVERTER]


def settings(threads: int, streams: int, precision: str = "float32") -> dict[str, Any]:
    """What a network is compiled with. precision: "auto" leaves it to OpenVINO."""
    chosen: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        # others decode and follow on the same cores: threads that may not move wait for them
        "ENABLE_CPU_PINNING": False,
    }
    if precision != "auto":
        chosen["INFERENCE_PRECISION_HINT"] = "f32"
    return chosen


class SharedOut:
    """A network with one input.

    compiled: gives it compiled for so many streams; that for several is asked for when first needed, since
    most footage shows one person. threads: of all together. streams: inputs at once that pay off.
    """

    def __init__(self, compiled: Callable[[int], Any], threads: int) -> None:
        self.streams = min(threads, _MOST_STREAMS) if threads >= _LEAST_SHARED else 1
        self.alone = compiled(1)
        self._compiled = compiled
        self._request = self.alone.create_infer_request()
        self._requests: list[Any] = []

    def run(self, inputs: Sequence[np.ndarray], read: Callable[[list[np.ndarray]], _Read]) -> list[_Read]:
        """What `read` makes of each input's outputs, in their order.

        Outputs are the network's own memory, which the next input overwrites: `read` copies what it keeps.
        """
        if len(inputs) == 1 or self.streams == 1:
            return [self._one(values, read) for values in inputs]
        return self._shared(inputs, read)

    def _one(self, values: np.ndarray, read: Callable[[list[np.ndarray]], _Read]) -> _Read:
        self._request.infer([values], share_inputs=True)
        return read(_outputs(self._request))

    def _shared(self, inputs: Sequence[np.ndarray], read: Callable[[list[np.ndarray]], _Read]) -> list[_Read]:
        if not self._requests:
            several = self._compiled(self.streams)
            self._requests = [several.create_infer_request() for _ in range(self.streams)]
        made = []
        count = len(self._requests)
        for number in range(len(inputs) + count):
            request = self._requests[number % count]
            if count <= number:
                request.wait()
                made.append(read(_outputs(request)))
            if number < len(inputs):
                request.start_async([inputs[number]], share_inputs=True)
        return made


def _outputs(request: Any) -> list[np.ndarray]:
    return [tensor.data for tensor in request.output_tensors]
