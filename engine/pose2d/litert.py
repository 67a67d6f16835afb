"""One TensorFlow Lite model on the CPU, by ai-edge-litert and its XNNPACK kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import MissingWeights
from .execution import half_the_processors


class LiteModel:
    """A .tflite file with one input; outputs are told apart by their shape."""

    def __init__(self, path: Path | str, threads: int | None = None) -> None:
        """threads: None for half_the_processors().

        Raises MissingWeights when the file is no such model or ai-edge-litert is not installed.
        """
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise MissingWeights(
                "BlazePose needs the package ai-edge-litert.", "Set up the engine's environment again."
            ) from error
        try:
            self._interpreter = Interpreter(
                model_path=str(path), num_threads=threads or half_the_processors()
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise MissingWeights(f"{path} is no TensorFlow Lite model that can be run.") from error
        (given,) = self._interpreter.get_input_details()
        self._input = given["index"]
        self.input_shape: tuple[int, ...] = tuple(int(n) for n in given["shape"])
        self._outputs = {
            tuple(int(n) for n in made["shape"]): made["index"]
            for made in self._interpreter.get_output_details()
        }

    @property
    def output_shapes(self) -> set[tuple[int, ...]]:
        """The shape of each output."""
        return set(self._outputs)

    def run(self, values: np.ndarray, *shapes: tuple[int, ...]) -> list[np.ndarray]:
        """Outputs of the asked shapes, float32, for an input of `input_shape`; copies, safe to keep."""
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(values, dtype=np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(self._outputs[shape]) for shape in shapes]
