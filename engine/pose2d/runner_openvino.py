"""HRNet on the processor by OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import openvino_kept
from .execution import Unusable, processors, threads_told
from .hrnet_export import Export
from .hrnet_graph import build
from .hrnet_int8 import build_int8
from .openvino_model import SharedOut, library, settings

_BUILD = "hrnet heatmaps 2"  # raise it when build() or build_int8() makes something else of the same weights


class OpenVinoHeatmaps:
    """(N, H, W, 3) uint8 RGB crops to (N, K, H / 4, W / 4) float32 heatmaps.

    size: (width, height) px of a crop. precision: "float32", "int8", or "auto":
    bfloat16 on processors that compute with it. threads: None for $OMP_NUM_THREADS, else all cores.
    Raises Unusable where OpenVINO cannot be loaded or does not take the network.
    """

    def __init__(
        self,
        export: Export,
        size: tuple[int, int],
        precision: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.threads = threads or processors()
        try:
            ov = library()
            core, kind = ov.Core(), "int8" if precision == "int8" else "float"

            def model() -> Any:
                return (build_int8 if kind == "int8" else build)(export.weights, size)

            def compiled(streams: int) -> Any:
                chosen = settings(self.threads, streams, precision)
                content = f"{_BUILD} {kind} {export.digest} {size[0]}x{size[1]}"
                return openvino_kept.compiled(core, ov.__version__, content, model, chosen)

            self._network = SharedOut(compiled, self.threads)
            number = self._network.alone.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        except Exception as error:  # of many kinds, down to a library that is missing: torch takes over
            reason = str(error).strip() or type(error).__name__
            raise Unusable(reason.splitlines()[0]) from error
        told = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}.get(number, number)
        told = "int8" if kind == "int8" else told
        self.name = f"OpenVINO {ov.__version__.split('-')[0]}, {told}, {threads_told(self.threads)}"

    @property
    def streams(self) -> int:
        """Crops at once that pay off."""
        return self._network.streams

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        return np.concatenate(self._network.run([crop[None] for crop in crops], lambda made: made[0].copy()))
