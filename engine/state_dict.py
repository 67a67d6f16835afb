"""Network weights out of files from anywhere, without running anything in them; and our own into files."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

_WRAPPERS = ("state_dict", "model_pos", "model_state_dict", "model")
_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"  # how torch's files start, since 1.6 and before
_PREFIX = "module."  # torch.nn.DataParallel adds it


def read_state_dict(path: Path | str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, on the CPU, and the file's own metadata (safetensors only, else empty).

    Reads safetensors and torch's files, old and new, by content and not by name. Opens the usual wrappings
    ({"state_dict": ...}, GAST-Net's {"model_pos": ...}) and drops a `module.` prefix. Half precision becomes
    float32. Raises BadInput for a file that is missing, truncated, no weights file, or holds code.
    """
    state, metadata = _read(path, "pt")
    return {
        key: value.float() if value.is_floating_point() else value for key, value in state.items()
    }, metadata


def read_arrays(path: Path | str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """As read_state_dict, without torch where the file is not torch's own: half precision becomes float32."""
    state, metadata = _read(path, "np")
    return {key: _single(value) for key, value in state.items()}, metadata


def _read(path: Path | str, framework: str) -> tuple[dict[str, Any], dict[str, str]]:
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise BadInput(f"The weights file {path} cannot be read: {error.strerror}.") from error
    state: dict[str, Any]
    if start[8:9] == b"{":  # a safetensors file is a length in 8 bytes, then JSON
        state, metadata = _read_safetensors(path, framework)
    elif start.startswith((_ZIP, _PICKLE)):
        state, metadata = _read_torch(path), {}
    else:
        raise BadInput(
            f"{path} is not a weights file.", "Known are torch's files (.pth, .bin) and safetensors."
        )
    prefix = _PREFIX if state and all(key.startswith(_PREFIX) for key in state) else ""
    return {key.removeprefix(prefix): value for key, value in state.items()}, metadata


def _single(value: Any) -> np.ndarray:
    """A torch tensor or an array as an array."""
    if not isinstance(value, np.ndarray):
        value = (value.float() if value.is_floating_point() else value).numpy()
    array: np.ndarray = value.astype(np.float32) if value.dtype.kind == "f" else value
    return array


def _read_safetensors(path: Path, framework: str) -> tuple[dict[str, Any], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework=framework) as file:
            if framework == "np" and any(file.get_slice(key).get_dtype() == "BF16" for key in file.keys()):  # noqa: SIM118
                return _read_safetensors(path, "pt")  # NumPy has no bfloat16
            return {key: file.get_tensor(key) for key in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BadInput(f"The weights file {path} is broken: {_first_line(error)}.", _GET_AGAIN) from error


_GET_AGAIN = "Download it again; it may be cut off."


def _read_torch(path: Path) -> dict[str, Tensor]:
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" in str(error) or "Unsupported" in str(error):
            raise _refused(path) from error
        raise BadInput(f"{path} is not a weights file, or a broken one.", _GET_AGAIN) from error
    except Exception as error:  # a broken stream leads the unpickler to any error at all
        raise BadInput(f"The weights file {path} is broken: {_first_line(error)}.", _GET_AGAIN) from error
    for wrapper in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
            break
    if not isinstance(content, dict) or not content:
        raise BadInput(f"{path} holds no weights.")
    if not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in content.items()):
        raise BadInput(f"{path} holds other things than weights.", "Save the network's state_dict() alone.")
    return dict(content)


def write_half(path: Path, state: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write safetensors in half precision, through a temporary name.

    Batch-norm variances stay float32: half precision has too small a range for them. The counters of batches
    seen in training are left out.
    """
    from safetensors.torch import save_file

    tensors = {
        key: (value if key.endswith("running_var") else value.half()).contiguous().cpu()
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }
    part = path.with_name(path.name + ".part")
    save_file(tensors, part, metadata=metadata)
    part.replace(path)


def _refused(path: Path) -> BadInput:
    return BadInput(
        f"{path} holds more than numbers (pickled objects or code) and was not opened.",
        "Only plain state dicts and safetensors are read; convert it where you trust it.",
    )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")
