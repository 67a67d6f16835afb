"""doctor: what a bug report needs to know of this machine and installation, with no private paths."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from ..weights import cache_dir

_LIBRARIES = {
    "torch": "torch",
    "numpy": "numpy",
    "scipy": "scipy",
    "opencv-python-headless": "cv2",
    "av": "av",
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "openvino": "openvino",
    "safetensors": "safetensors",
    "threadpoolctl": "threadpoolctl",
    "ezc3d": "ezc3d",
    "requests": "requests",
    "platformdirs": "platformdirs",
    "tqdm": "tqdm",
}
_MAY_LACK = ("openvino",)
_LEAST_FREE = 1 << 30  # bytes: a heavy network, tracks of hours and their logs fit


def add_arguments(subparsers: Any) -> None:
    """Add this command's parser."""
    subparsers.add_parser("doctor", help="what works here and what does not: put it into a bug report")


def run(args: argparse.Namespace) -> int:
    """Print facts, then problems; 0 without problems, 1 with some."""
    del args
    problems: list[str] = []
    for name, value in (*_system(), *_libraries(problems), *_device(problems), *_files(problems)):
        print(f"{name:24s} {value}")
    print()
    print("\n".join(f"PROBLEM: {private(p)}" for p in problems) if problems else "No problem found.")
    return 1 if problems else 0


def private(text: str) -> str:
    """The same text with the home folder as ~ and the user's name left out."""
    home = str(Path.home())
    text = text.replace(home, "~") if len(home) > 1 else text
    user = Path(home).name
    return text.replace(user, "<user>") if len(user) > 3 else text


def _system() -> list[tuple[str, str]]:
    from ..version import version

    return [
        ("Pose3D engine", version()),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("Python", f"{platform.python_version()} {platform.python_implementation()}"),
        ("processors", str(len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count())),
        ("memory", _memory()),
    ]


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.1f} GB"
    except (AttributeError, ValueError, OSError):
        return "unknown"


def _libraries(problems: list[str]) -> list[tuple[str, str]]:
    from ..version import library_version

    rows = []
    for package, module in _LIBRARIES.items():
        found = library_version(package)
        if found is None and package in _MAY_LACK:
            rows.append((package, "none: there is no wheel of it for every machine"))
            continue
        try:
            importlib.import_module(module)
        except Exception as error:  # whatever a broken installation raises is what a report needs
            problems.append(f"{package} cannot be loaded ({error}): set up the engine's environment again.")
        rows.append((package, found or "missing"))
    return rows


def _device(problems: list[str]) -> list[tuple[str, str]]:
    try:
        import torch
    except ImportError:
        return []  # told already
    from ..device import unusable

    rows = [
        ("torch threads", str(torch.get_num_threads())),
        ("BlazePose computed by", _blazepose(problems)),
        ("HRNet computed by", _execution(problems)),
    ]
    built = torch.version.cuda or getattr(torch.version, "hip", None)
    if not built:
        return [*rows, ("GPU", "none: this torch is built for the CPU")]
    if reason := unusable("cuda"):
        problems.append(f"{reason} The CPU is used.")
        return [*rows, ("GPU", f"none to be used (torch built for {built})")]
    for number in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(number)
        rows.append(
            (f"GPU {number}", f"{facts.name}, {facts.total_memory / (1 << 30):.0f} GB, built for {built}")
        )
    return rows


def _blazepose(problems: list[str]) -> str:
    """Who computes BlazePose; tried on the networks that are here."""
    from ..errors import EngineError
    from ..pose2d.blazepose import BlazePose
    from ..pose2d.registry import load_pose2d
    from ..weights import is_here

    for name in ("blazepose-full", "blazepose-heavy"):
        if not is_here(name):
            continue
        try:
            network = load_pose2d(name)
        except EngineError as error:
            problems.append(f"{name} cannot be loaded: {error}")
            return "nobody"
        if isinstance(network, BlazePose):
            return network.runner.name
    return "not fetched yet"


def _execution(problems: list[str]) -> str:
    """Who computes HRNet on the processor, in which precision; tried on the network that ships."""
    from ..errors import EngineError
    from ..pose2d.hrnet_pose import load_hrnet_pose

    try:
        return load_hrnet_pose("hrnet-w16-halpe26").runner.name
    except EngineError as error:
        problems.append(f"HRNet cannot be loaded: {error}")
        return "nobody"


def _files(problems: list[str]) -> list[tuple[str, str]]:
    from ..manifest import entries
    from ..weights import is_here

    folder = cache_dir()
    there = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(there).free
    if free < _LEAST_FREE:
        problems.append(f"Only {free / (1 << 20):.0f} MB are free on the disk of the cache {folder}.")
    if not os.access(there, os.W_OK):
        problems.append(f"The cache {folder} cannot be written to: set POSE3D_CACHE to another folder.")
    here = [name for name in entries() if is_here(name)]
    problems += [
        f"The weights {e.name}, which ship with the engine, are missing: install it again."
        for e in entries().values()
        if e.kind == "shipped" and e.name not in here
    ]
    set_here = sorted(name for name in os.environ if name.startswith("POSE3D_"))
    return [
        ("cache", private(str(folder))),
        ("free there", f"{free / (1 << 30):.1f} GB"),
        ("weights here", ", ".join(here) or "none"),
        ("set in environment", ", ".join(set_here) or "nothing"),
    ]
