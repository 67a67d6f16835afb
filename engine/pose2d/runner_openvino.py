"""HRNet on the processor by OpenVINO.

One crop is computed by all cores together; several are shared out among the cores, one each, which is a sixth
faster than a batch that all work on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .hrnet_graph import build
from .hrnet_int8 import build_int8

_MOST_STREAMS = 8  # each has its own memory for what lies between layers


class Unusable(Exception):
    """OpenVINO is installed but does not work on this machine, or not for this network."""


class OpenVinoHeatmaps:
    """(N, H, W, 3) uint8 RGB crops to (N, K, H / 4, W / 4) float32 heatmaps.

    weights: of an Export. size: (width, height) px of a crop. precision: "float32", "int8", or "auto":
    bfloat16 on processors that compute with it. threads: None for $OMP_NUM_THREADS, else all cores.
    Raises Unusable where OpenVINO cannot be loaded or does not take the network.
    """

    def __init__(
        self,
        weights: Mapping[str, np.ndarray],
        size: tuple[int, int],
        precision: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.threads = threads or _threads()
        self.streams = min(self.threads, _MOST_STREAMS)
        self._settings: dict[str, Any] = {
            "INFERENCE_NUM_THREADS": self.threads,
            # others decode and follow on the same cores: threads that may not move wait for them
            "ENABLE_CPU_PINNING": False,
        }
        if precision != "auto":
            self._settings["INFERENCE_PRECISION_HINT"] = "f32"
        try:
            import openvino as ov

            self._core = ov.Core()
            self._model = (build_int8 if precision == "int8" else build)(weights, size)
            self._alone = self._compiled(1)
            number = self._alone.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        except Exception as error:  # of many kinds, down to a library that is missing: torch takes over
            reason = str(error).strip() or type(error).__name__
            raise Unusable(reason.splitlines()[0]) from error
        self._request = self._alone.create_infer_request()
        self._requests: list[Any] = []
        kind = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}.get(number, number)
        kind = "int8" if precision == "int8" else kind
        threads_told = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        self.name = f"OpenVINO {ov.__version__.split('-')[0]}, {kind}, {threads_told}"

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        if len(crops) == 1 or self.streams == 1:
            return np.concatenate([self._one(crop) for crop in crops])
        return self._many(crops)

    def _one(self, crop: np.ndarray) -> np.ndarray:
        self._request.infer([crop[None]], share_inputs=True)
        return self._request.get_output_tensor(0).data.copy()

    def _many(self, crops: np.ndarray) -> np.ndarray:
        if not self._requests:  # most footage shows one person: made when first needed
            shared = self._compiled(self.streams)
            self._requests = [shared.create_infer_request() for _ in range(self.streams)]
        maps = []
        count = len(self._requests)
        for number in range(len(crops) + count):
            request = self._requests[number % count]
            if number >= count:
                request.wait()
                maps.append(request.get_output_tensor(0).data.copy())
            if number < len(crops):
                request.start_async([crops[number][None]], share_inputs=True)
        return np.concatenate(maps)

    def _compiled(self, streams: int) -> Any:
        return self._core.compile_model(self._model, "CPU", {**self._settings, "NUM_STREAMS": streams})


def _threads() -> int:
    """As many as there are cores to compute on, or as $OMP_NUM_THREADS says for everybody."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given):
        return int(given)
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return here or 1
