"""Which processor the networks run on."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from functools import cache
from pathlib import Path

from .errors import BadArguments
from .version import library_version

log = logging.getLogger(__name__)

CHOICES = ("auto", "cpu", "cuda", "mps")

# What drivers of cards that torch calls CUDA leave behind: NVIDIA's, in WSL and on Jetson too, and AMD's.
_LINUX = (
    "/dev/nvidiactl",
    "/proc/driver/nvidia",
    "/dev/dxg",
    "/dev/nvhost-ctrl-gpu",
    "/dev/nvmap",
    "/dev/kfd",
)
_WINDOWS = ("nvcuda.dll", "amdhip64*.dll")


def resolve(device: str) -> str:
    """Turn a choice of auto, cpu, cuda (NVIDIA, and AMD by ROCm) or mps (Apple) into cpu, cuda or mps.

    auto takes cuda where it works; mps nobody has tried yet, so it has to be asked for.

    A GPU that is not there, whose driver is missing or too old, or that computes nothing, gives the CPU, with
    one line in the log that says why: a warning where somebody asked for it. Raises BadArguments for another
    word.
    """
    if device not in CHOICES:
        raise BadArguments(f"There is no device {device!r}.", f"Choose one of {', '.join(CHOICES)}.")
    if device == "cpu" or (device == "auto" and plainly_none()):
        return "cpu"
    kind = "cuda" if device == "auto" else device
    reason = unusable(kind)
    if not reason:
        return kind
    log.log(logging.INFO if device == "auto" else logging.WARNING, "%s The networks run on the CPU.", reason)
    return "cpu"


def plainly_none() -> bool:
    """Whether no card can be used by CUDA, told without torch, which takes seconds to import: its build for
    the CPU says in its version what it is, and a card without a driver's traces is none."""
    if sys.platform == "darwin" or (library_version("torch") or "").endswith("+cpu"):
        return True
    if sys.platform == "win32":
        folder = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        return not any(any(folder.glob(name)) for name in _WINDOWS)
    return not any(Path(place).exists() for place in _LINUX)


@cache
def unusable(kind: str) -> str:
    """Why "cuda" or "mps" cannot be used, in one sentence; empty where it can. Asked once a process."""
    import torch

    if kind == "mps":
        there = torch.backends.mps.is_available()
        return _tried(kind) if there else "No GPU of Apple's can be used."
    if not (torch.version.cuda or torch.version.hip):
        return "This torch is built for the CPU alone: set the engine up again for a GPU."
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")  # a driver that is too old is told as a warning, and as no GPU
        there = torch.cuda.is_available()
    if there:
        return _tried(kind)
    told = " ".join(str(one.message) for one in said)
    if "too old" in told:
        return f"The graphics driver is too old for this torch, built for {torch.version.cuda}: update it."
    return "No CUDA device answers: no graphics card of that kind, or its driver is missing."


def _tried(kind: str) -> str:
    """One product, since a card may be there that this torch was not built for."""
    import torch

    try:
        ones = torch.ones(8, 8, device=kind)
        right = float((ones @ ones).sum()) == 512
    except RuntimeError as error:
        first = str(error).strip().splitlines()[0].rstrip(".")
        return f"The graphics card cannot compute with this torch ({first})."
    return "" if right else "The graphics card computes wrongly."
