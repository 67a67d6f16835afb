"""Which processor the networks run on."""

from __future__ import annotations

import logging

from .errors import BadArguments
from .version import library_version

log = logging.getLogger(__name__)

CHOICES = ("auto", "cpu", "cuda")


def resolve(device: str) -> str:
    """Turn a choice of auto, cpu or cuda into cpu or cuda.

    auto falls back to the CPU. Raises BadArguments for another word, or for cuda where there is none.
    """
    if device not in CHOICES:
        raise BadArguments(f"There is no device {device!r}.", f"Choose one of {', '.join(CHOICES)}.")
    # torch takes seconds to import, and its CPU build says in its version what it is
    if device == "cpu" or (device == "auto" and (library_version("torch") or "").endswith("+cpu")):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise BadArguments("No CUDA device can be used.", "Check the driver, or leave --device out.")
    log.info("No CUDA device can be used; the networks run on the CPU.")
    return "cpu"
