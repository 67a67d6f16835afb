"""Who computes a network on the processor, and with how many threads."""

from __future__ import annotations

import os

from ..errors import BadArguments

EXECUTIONS = ("auto", "openvino", "torch")
_SMALL = 4


class Unusable(Exception):
    """OpenVINO is installed but does not work on this machine, or not for this network."""


def choose(execution: str = "auto") -> str:
    """Who computes on the processor: "openvino" where it is installed, else "torch".

    BlazePose, which torch does not know, is computed by LiteRT wherever OpenVINO is not chosen.
    $POSE3D_EXECUTION, where it is set, decides for "auto". Raises BadArguments for another word, or for
    OpenVINO where it is missing.
    """
    asked = os.environ.get("POSE3D_EXECUTION", "auto") if execution == "auto" else execution
    if asked not in EXECUTIONS:
        raise BadArguments(f"There is no execution {asked!r}.", f"Choose one of {', '.join(EXECUTIONS)}.")
    if asked == "torch":
        return asked
    from ..version import library_version

    if library_version("openvino"):
        return "openvino"
    if asked == "openvino":
        raise BadArguments("OpenVINO is not installed.", "Set up the engine's environment again.")
    return "torch"


def processors() -> int:
    """How many processors there are to compute on, or as many as $OMP_NUM_THREADS says for everybody."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given):
        return int(given)
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return here or 1


def half_the_processors() -> int:
    """Threads for a small network, which gains little by more than four: others have work too."""
    return max(1, min(_SMALL, processors() // 2))


def threads_told(threads: int) -> str:
    """For the log: "1 thread", "2 threads"."""
    return "1 thread" if threads == 1 else f"{threads} threads"
