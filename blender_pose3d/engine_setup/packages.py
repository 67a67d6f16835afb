"""What the engine's environment holds, read from the one list there is, and how large that is.

The list is the group ``engine`` of pyproject.toml, which travels in the extension's zip.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .builds import Build
from .errors import SetupError

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"

LARGE = 8.0
"""MB from which a package is fetched and installed by itself, so that a cancelled set-up keeps it."""


@dataclass(frozen=True)
class Size:
    """fetched, installed: MB, about; what a package brings that nobody else does is counted with it."""

    fetched: float
    installed: float


# Measured on Linux, x86-64, Python 3.11. torch is not here: its size is the build's.
SIZES = {
    "numpy": Size(17, 57),
    "scipy": Size(36, 114),
    "opencv-python-headless": Size(64, 160),
    "av": Size(38, 106),
    "ai-edge-litert": Size(24, 78),
    "openvino": Size(57, 175),
    "safetensors": Size(1, 2),
    "threadpoolctl": Size(0.1, 1),
    "ezc3d": Size(2, 6),
    "tqdm": Size(0.1, 1),
    "requests": Size(0.5, 2),
    "platformdirs": Size(0.1, 1),
}
# What torch asks for in every build (sympy, networkx, setuptools ...), and pip.
WITH_TORCH = Size(13, 50)


def requirements(project: Path = PROJECT, group: str = "engine") -> list[str]:
    """The requirements of a dependency group (PEP 735), included groups in place. Raises SetupError."""
    try:
        groups = tomllib.loads(project.read_text("utf-8"))["dependency-groups"]
        return _flat(groups, group)
    except (OSError, tomllib.TOMLDecodeError, KeyError, RecursionError) as error:
        raise SetupError(f"{project} does not say what the engine needs: install Pose3D again.") from error


def _flat(groups: dict[str, Any], name: str) -> list[str]:
    found = []
    for line in groups[name]:
        found += [line] if isinstance(line, str) else _flat(groups, line["include-group"])
    return found


def name_of(requirement: str) -> str:
    """The package's name in its normal form (PEP 503): lower case, runs of ``-_.`` as one hyphen."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement.strip())
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


@cache
def torch_version() -> str:
    """The version of torch that the engine is pinned to."""
    pinned = next(line for line in requirements() if name_of(line) == "torch")
    return pinned.partition("==")[2].strip()


def requirements_for(build: Build) -> list[str]:
    """The engine's requirements with torch as that build."""
    rest = [line for line in requirements() if name_of(line) != "torch"]
    return [build.torch(torch_version()), *rest]


def total(build: Build) -> Size:
    """MB to fetch and MB on the disk afterwards, about."""
    parts = [Size(build.fetched, build.installed), WITH_TORCH, *SIZES.values()]
    return Size(sum(part.fetched for part in parts), sum(part.installed for part in parts))


def needed_mb(build: Build) -> float:
    """MB that must be free before: files fetched and what is made of them; a tenth to spare."""
    whole = total(build)
    return 1.1 * (whole.fetched + whole.installed)


def described(build: Build) -> list[tuple[str, float]]:
    """What will be fetched, largest first: names and MB."""
    rows = {f"torch {torch_version()}, {build.label}": build.fetched + WITH_TORCH.fetched}
    rows |= {name_of(line): SIZES[name_of(line)].fetched for line in requirements() if name_of(line) in SIZES}
    return sorted(rows.items(), key=lambda row: -row[1])
