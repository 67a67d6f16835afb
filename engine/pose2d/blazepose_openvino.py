"""BlazePose's landmark network on the processor by OpenVINO, straight from the .tflite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from . import openvino_kept
from .blazepose_networks import OUTPUTS, Raw, raw
from .execution import Unusable, threads_told
from .openvino_model import SharedOut, library, settings

_BUILD = "blazepose landmarks 1"  # raise it when _model() makes something else of a file

_Read = TypeVar("_Read")


class OpenVinoLandmarks:
    """A LandmarkNetwork. path: the file, whose hash is sha256."""

    def __init__(self, path: Path | str, sha256: str, threads: int) -> None:
        """Raises Unusable where OpenVINO does not work, or does not take the file."""
        try:
            ov = library()
            core = ov.Core()

            def compiled(streams: int) -> Any:
                content = f"{_BUILD} {sha256}"
                chosen = settings(threads, streams)
                return openvino_kept.compiled(
                    core, ov.__version__, content, lambda: _model(ov, core, path), chosen
                )

            self._network = SharedOut(compiled, threads)
        except Exception as error:  # of many kinds, down to a library that is missing: LiteRT takes over
            reason = str(error).strip() or type(error).__name__
            raise Unusable(reason.splitlines()[0]) from error
        self.batch = self._network.streams
        self.name = f"OpenVINO {ov.__version__.split('-')[0]}, float32, {threads_told(threads)}"

    def run(self, crops: Sequence[np.ndarray], read: Callable[[Raw], _Read]) -> list[_Read]:
        """As LandmarkNetwork says."""
        return self._network.run([crop[None] for crop in crops], lambda made: read(raw(made)))


def _model(ov: Any, core: Any, path: Path | str) -> Any:
    """An openvino.Model from (1, 256, 256, 3) uint8 RGB to OUTPUTS and nothing else: what leads to the file's
    other outputs is dropped with them."""
    from openvino.preprocess import PrePostProcessor

    whole = core.read_model(str(path))
    by_shape = {tuple(result.get_output_shape(0)): result for result in whole.get_results()}
    if missing := set(OUTPUTS) - by_shape.keys():
        raise ValueError(f"the file gives no values of shape {sorted(missing)[0]}")
    kept = ov.Model([by_shape[shape] for shape in OUTPUTS], whole.get_parameters(), "landmarks")
    steps = PrePostProcessor(kept)
    steps.input().tensor().set_element_type(ov.Type.u8)
    steps.input().preprocess().convert_element_type(ov.Type.f32).scale(255.0)
    return steps.build()
