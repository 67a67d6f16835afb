"""What this machine computes with: its system, its NVIDIA driver and cards, ROCm."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_WITHIN = 10.0  # seconds; a driver that hangs must not hold anybody up
_WINDOWS_TOOLS = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32"

Ask = Callable[[list[str]], str]
"""Runs a command and returns what it printed; empty where it is not there or fails."""


@dataclass(frozen=True)
class Machine:
    """system: linux, windows or macos. processor: x64 or arm64. driver: NVIDIA's, (580, 65), () without one.

    capability: CUDA's compute capability of the weakest card, (8, 9), () where unknown. cards: their names.
    rocm: an AMD card that ROCm can use.
    """

    system: str
    processor: str
    driver: tuple[int, ...] = ()
    capability: tuple[int, ...] = ()
    cards: tuple[str, ...] = ()
    rocm: bool = False


def look(ask: Ask | None = None) -> Machine:
    """Look at this machine. Takes a second where there is an NVIDIA driver, so call it from a thread."""
    ask = ask or printed
    systems = {"linux": "linux", "win32": "windows", "darwin": "macos"}
    system = systems.get(sys.platform, sys.platform)
    processor = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if system == "macos":
        return Machine(system, processor)
    driver, capability, cards = read_nvidia(
        ask(["nvidia-smi", "--query-gpu=driver_version,compute_cap,name", "--format=csv,noheader"])
    )
    rocm = not cards and system == "linux" and has_rocm_gpu(ask(["rocminfo"]))
    return Machine(system, processor, driver, capability, cards, rocm)


def read_nvidia(text: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]]:
    """Driver, least capability and names of what ``nvidia-smi`` printed, a card a line."""
    drivers, capabilities, names = [], [], []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split(",", 2)]
        if len(parts) == 3 and re.fullmatch(r"\d+(\.\d+)+", parts[0]):
            drivers.append(_numbers(parts[0]))
            capabilities += [_numbers(parts[1])] if re.fullmatch(r"\d+\.\d+", parts[1]) else []
            names.append(parts[2])
    return min(drivers, default=()), min(capabilities, default=()), tuple(names)


def has_rocm_gpu(text: str) -> bool:
    """Whether what ``rocminfo`` printed names a graphics card: an agent whose name is gfx and a number."""
    return bool(re.search(r"^\s*Name:\s*gfx[0-9a-f]{3,}\s*$", text, re.MULTILINE))


def printed(command: list[str]) -> str:
    """What a command printed; empty where it is not there, fails, or takes too long."""
    program = shutil.which(command[0]) or shutil.which(command[0], path=str(_WINDOWS_TOOLS))
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WITHIN,
            stdin=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
