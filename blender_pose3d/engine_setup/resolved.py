"""What pip decided to install: names, versions and hashes, kept so that a second try asks for the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

FILE = "resolved.json"


@dataclass(frozen=True)
class Wheel:
    """One package to install. file: its wheel's name. sha256: hexadecimal."""

    name: str
    version: str
    file: str
    sha256: str

    def is_here(self, folder: Path) -> bool:
        """Whether its file lies in a folder, whole."""
        path = folder / self.file
        if not path.is_file():
            return False
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == self.sha256

    @property
    def pinned(self) -> str:
        """A line of a requirements file that no other file fits."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True)
class Resolved:
    """key: of what was asked for. index: a further index that is needed, or ""."""

    key: str
    index: str
    wheels: tuple[Wheel, ...]

    @property
    def versions(self) -> dict[str, str]:
        return {wheel.name: wheel.version for wheel in self.wheels}

    def version(self, name: str) -> str:
        return self.versions.get(name, "")


def from_report(report: dict[str, Any], key: str, index: str) -> Resolved:
    """From pip's installation report, version 1. Raises KeyError for a package without file or hash."""
    wheels = []
    for item in report["install"]:
        archive = item["download_info"]["archive_info"]
        digest = archive.get("hashes", {}).get("sha256") or archive["hash"].removeprefix("sha256=")
        file = unquote(item["download_info"]["url"].split("#")[0].rsplit("/", 1)[-1])
        wheels.append(Wheel(item["metadata"]["name"], item["metadata"]["version"], file, digest))
    return Resolved(key, index, tuple(wheels))


def read(folder: Path, key: str) -> Resolved | None:
    """What was decided for the same question before; None otherwise."""
    try:
        said = json.loads((folder / FILE).read_text("utf-8"))
        found = Resolved(said["key"], said["index"], tuple(Wheel(**row) for row in said["wheels"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.key == key else None


def write(folder: Path, resolved: Resolved) -> None:
    """Keep it; appears whole or not at all."""
    rows = [vars(wheel) for wheel in resolved.wheels]
    part = folder / f"{FILE}.part"
    part.write_text(
        json.dumps({"key": resolved.key, "index": resolved.index, "wheels": rows}, indent=1), "utf-8"
    )
    part.replace(folder / FILE)


def groups(wheels: Iterable[Wheel], large: set[str]) -> list[list[Wheel]]:
    """Those that are fetched and installed together: the small ones first, then each large one by itself.

    large: names in normal form; NVIDIA's libraries, triton and torch are large without being named.
    """
    small: list[Wheel] = []
    alone: list[Wheel] = []
    for wheel in wheels:
        name = wheel.name.lower().replace("_", "-").replace(".", "-")
        heavy = name in large or name == "torch" or name.startswith(("nvidia-", "triton", "rocm"))
        (alone if heavy else small).append(wheel)
    return ([small] if small else []) + [[wheel] for wheel in alone]
