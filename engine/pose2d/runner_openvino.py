"""HRNet on the processor by OpenVINO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .execution import Unusable, processors, threads_told
from .hrnet_graph import build
from .hrnet_int8 import build_int8
from .openvino_model import SharedOut, library, settings


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
        self.threads = threads or processors()
        try:
            ov = library()
            core, model = ov.Core(), (build_int8 if precision == "int8" else build)(weights, size)

            def compiled(streams: int) -> Any:
                return core.compile_model(model, "CPU", settings(self.threads, streams, precision))

            self._network = SharedOut(compiled, self.threads)
            number = self._network.alone.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        except Exception as error:  # of many kinds, down to a library that is missing: torch takes over
            reason = str(error).strip() or type(error).__name__
            raise Unusable(reason.splitlines()[0]) from error
        kind = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}.get(number, number)
        kind = "int8" if precision == "int8" else kind
        self.name = f"OpenVINO {ov.__version__.split('-')[0]}, {kind}, {threads_told(self.threads)}"

    @property
    def streams(self) -> int:
        """Crops at once that pay off."""
        return self._network.streams

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        return np.concatenate(self._network.run([crop[None] for crop in crops], lambda made: made[0].copy()))
