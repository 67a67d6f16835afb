"""An HRNet's weights as processors like them, kept in the cache folder by the hash of the weights file.

Normalisations are folded into convolutions, which takes a second or two of torch; from the file that is kept
a network starts without torch. Files appear whole or not at all, so that two engines may share a cache, and a
broken one is made anew.
"""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import weights as weight_files
from ..errors import BadInput

log = logging.getLogger(__name__)

OUR_FORMAT = "pose3d-hrnet/"
"""How the format begins that our own files state in their metadata; a version follows."""
_VERSION = 2  # raise it when what is kept changes
_KEEP = 8  # files: a W48 is 250 MB
_CHECK = "crc32"


@dataclass(frozen=True)
class Export:
    """weights: by hrnet_fold's names, float32: folded weights, and what they give. metadata: what the weights
    file says of itself. digest: the file's SHA-256."""

    weights: dict[str, np.ndarray]
    metadata: dict[str, str]
    digest: str

    @property
    def keypoints(self) -> int:
        return len(self.weights["final_layer.weight"])


def exported(path: Path | str) -> Export:
    """The folded weights of an HRNet's weights file, from the cache where they are there.

    Raises BadInput as load_hrnet does.
    """
    try:
        digest = weight_files.sha256(path)
    except OSError as error:
        raise BadInput(f"The weights file {path} cannot be read: {error.strerror}.") from error
    kept = folder() / f"{digest[:32]}-v{_VERSION}.safetensors"
    known = _read(kept, digest)
    if known is None:
        known = _made(path, digest)
        _write(kept, known)
    return known


def folder() -> Path:
    """Where exports are kept."""
    return weight_files.cache_dir() / "networks"


def _made(path: Path | str, digest: str) -> Export:
    from .hrnet_fold import expectations, folded
    from .hrnet_weights import load_hrnet

    network, metadata = load_hrnet(path)
    tensors = {**expectations(network), **folded(network).state_dict()}
    arrays = {key: np.ascontiguousarray(value.numpy()) for key, value in tensors.items()}
    return Export(arrays, metadata, digest)


def _read(path: Path, digest: str) -> Export | None:
    """None where there is no such file, or a broken one, which is dropped."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        # read and let go: a file that stays mapped cannot be replaced on Windows
        with safe_open(path, framework="np") as file:
            found = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            metadata = dict(file.metadata() or {})
        if metadata.pop(_CHECK, "") == _checksum(found):
            with contextlib.suppress(OSError):
                path.touch()  # the last ones used are the last ones dropped
            return Export(found, metadata, digest)
        reason = "its checksum is wrong"
    except (SafetensorError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
    log.info("The export %s is made anew: %s.", path.name, reason)
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def _write(path: Path, export: Export) -> None:
    """A cache that cannot be written costs time, not the result: it is logged."""
    from safetensors.numpy import save_file

    part = path.with_name(f"{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(export.weights, part, {**export.metadata, _CHECK: _checksum(export.weights)})
        part.replace(path)
        for old in sorted(path.parent.glob("*.safetensors"), key=lambda p: -p.stat().st_mtime)[_KEEP:]:
            old.unlink()
    except OSError as error:
        log.info("The export could not be kept in the cache: %s", error)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    check = 0
    for name in sorted(arrays):
        check = zlib.crc32(arrays[name].tobytes(), zlib.crc32(name.encode(), check))
    return f"{check:08x}"
