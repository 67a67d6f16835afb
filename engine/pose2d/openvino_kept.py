"""What OpenVINO has compiled, kept in the cache folder: a second start takes a fifth of the time.

A file is named by all that went into it: the weights, how they are used, the version of OpenVINO and the
processor. It begins with its own SHA-256, since OpenVINO does not say when it is given a damaged one. Files
appear whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import weights

log = logging.getLogger(__name__)

_KEEP = 8  # files: a BlazePose heavy is 30 MB
_DIGEST = hashlib.sha256().digest_size
_PROCESSOR = "FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES"


def compiled(
    core: Any, version: str, content: str, build: Callable[[], Any], settings: dict[str, Any]
) -> Any:
    """A CompiledModel for the processor.

    core: openvino.Core(). content: all that decides what `build`, which makes the openvino.Model, gives.
    Raises what `build` raises, and OpenVINO's errors.
    """
    processor = [str(core.get_property("CPU", name)) for name in _PROCESSOR]
    parts = [version, *processor, content, repr(sorted(settings.items()))]
    path = folder() / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}.openvino"
    kept = _read(path)
    if kept is not None:
        try:
            return core.import_model(kept, "CPU", settings)
        except RuntimeError as error:
            log.info("A compiled network is made anew: %s", str(error).splitlines()[0])
    made = core.compile_model(build(), "CPU", settings)
    _write(path, made)
    return made


def folder() -> Path:
    """Where compiled networks are kept."""
    return weights.cache_dir() / "networks"


def _read(path: Path) -> bytes | None:
    """None where there is no such file, or a damaged one."""
    try:
        with path.open("rb") as file:
            digest, data = file.read(_DIGEST), file.read()
    except OSError:
        return None
    if not data or hashlib.sha256(data).digest() != digest:
        return None
    with contextlib.suppress(OSError):
        path.touch()  # the last ones used are the last ones dropped
    return data


def _write(path: Path, made: Any) -> None:
    """A cache that cannot be written costs time, not the result: it is logged."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
    try:
        data = io.BytesIO()
        made.export_model(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(hashlib.sha256(data.getbuffer()).digest())
            file.write(data.getbuffer())
        part.replace(path)
        for old in sorted(path.parent.glob("*.openvino"), key=lambda p: -p.stat().st_mtime)[_KEEP:]:
            old.unlink()
    except (OSError, RuntimeError) as error:
        log.info("A compiled network could not be kept in the cache: %s", error)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
