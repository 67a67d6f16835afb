#!/usr/bin/env python3
"""Build the extension's zips, one a platform, each with its wheels, and have Blender's validator read them.

    python build_addon.py                          this machine's platform, into dist/
    python build_addon.py --platform all           every platform
    python build_addon.py --blender /opt/blender   validate with that program, not the bpy module's validator

Needs only Python 3.11 and pip; the validator is the one that ships with Blender or in the bpy wheel. The same
tree gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import platform
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PARTS = (
    "__init__.py",
    "LICENSE",
    "pyproject.toml",
    "blender_pose3d",
    "engine",
    "operators",
    "panels",
    "presets",
    "weights",
)
MANIFEST = "blender_manifest.toml"
LEFT_OUT = {"__pycache__"}
LEFT_OUT_SUFFIXES = {".pyc", ".part", ".tmp"}

# Blender brings numpy but not scipy. Python 3.11 is Blender 4.2 to 5.0, 3.13 is 5.1 on (and Debian's 4.3);
# Blender unpacks the wheel whose tag fits. This scipy runs with numpy 1.26 as with 2.x.
SCIPY = "1.15.3"
WHEELS = {
    "linux-x64": {
        f"scipy-{SCIPY}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": (
            "39cb9c62e471b1bb3750066ecc3a3f3052b37751c7c3dfd0fd7e48900ed52982"
        ),
        f"scipy-{SCIPY}-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": (
            "c9deabd6d547aee2c9a81dee6cc96c6d7e9a9b1953f74850c179f91fdc729cb7"
        ),
    },
    "windows-x64": {
        f"scipy-{SCIPY}-cp311-cp311-win_amd64.whl": (
            "ae48a786a28412d744c62fd7816a4118ef97e5be0bee968ce8f0a2fba7acf3bb"
        ),
        f"scipy-{SCIPY}-cp313-cp313-win_amd64.whl": (
            "b90ab29d0c37ec9bf55424c064312930ca5f4bde15ee8619ee44e69319aab163"
        ),
    },
    "macos-arm64": {
        f"scipy-{SCIPY}-cp311-cp311-macosx_12_0_arm64.whl": (
            "34716e281f181a02341ddeaad584205bd2fd3c242063bd3423d61ac259ca7eba"
        ),
        f"scipy-{SCIPY}-cp313-cp313-macosx_12_0_arm64.whl": (
            "7e11270a000969409d37ed399585ee530b9ef6aa99d50c019de4cb01e8e54e62"
        ),
    },
    "macos-x64": {
        f"scipy-{SCIPY}-cp311-cp311-macosx_10_13_x86_64.whl": (
            "993439ce220d25e3696d1b23b233dd010169b62f6456488567e830654ee37a6b"
        ),
        f"scipy-{SCIPY}-cp313-cp313-macosx_10_13_x86_64.whl": (
            "2c620736bcc334782e24d173c0fdbb7590a0a436d2fdf39310a8902505008759"
        ),
    },
}


class BuildError(Exception):
    """The zip cannot be built or is not accepted. One line, for people."""


def this_platform() -> str:
    """Blender's name of the platform this runs on. Raises BuildError where Blender has none."""
    systems = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}
    machines = {"x86_64": "x64", "AMD64": "x64", "arm64": "arm64", "aarch64": "arm64"}
    name = f"{systems.get(platform.system())}-{machines.get(platform.machine())}"
    if name not in WHEELS:
        raise BuildError(f"No build for this machine; name one with --platform: {', '.join(WHEELS)}.")
    return name


def project_version() -> str:
    """Version in pyproject.toml. Raises BuildError if the manifest states another."""
    version = str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
    stated = tomllib.loads((ROOT / MANIFEST).read_text("utf-8"))["version"]
    if stated != version:
        raise BuildError(f"pyproject.toml says version {version}, {MANIFEST} says {stated}; make them agree.")
    return version


def files() -> Iterator[Path]:
    """Files of the extension relative to the root, in a fixed order; no caches, no tests, nothing hidden."""
    for part in PARTS:
        path = ROOT / part
        if not path.exists():
            raise BuildError(f"{part} is missing from {ROOT}.")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            relative = file.relative_to(ROOT)
            hidden = any(name.startswith(".") or name in LEFT_OUT for name in relative.parts)
            if file.is_file() and not hidden and file.suffix not in LEFT_OUT_SUFFIXES:
                yield relative


def manifest_for(name: str) -> str:
    """The manifest's text with the platform and its wheels; top-level keys go before the first table."""
    text = (ROOT / MANIFEST).read_text("utf-8")
    head, table, rest = text.partition("\n[")
    wheels = "".join(f'    "./wheels/{wheel}",\n' for wheel in sorted(WHEELS[name]))
    return f'{head}\nplatforms = ["{name}"]\nwheels = [\n{wheels}]\n{table}{rest}'


def fetch_wheels(name: str, folder: Path) -> list[Path]:
    """The platform's wheels, fetched into folder unless there. Raises BuildError if a hash differs."""
    folder.mkdir(parents=True, exist_ok=True)
    for wheel, digest in WHEELS[name].items():
        path = folder / wheel
        if not path.exists():
            python, tag = wheel.split("-")[2], wheel.removesuffix(".whl").split("-")[-1]
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
            command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python[2:]}"]
            command += [f"--platform={kind}" for kind in tag.split(".")]
            if subprocess.run([*command, f"scipy=={SCIPY}"], check=False).returncode or not path.exists():
                raise BuildError(f"pip could not fetch {wheel}; see the lines above.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            path.unlink()
            raise BuildError(
                f"{wheel} is not the expected file (its SHA-256 differs); it was removed, try again."
            )
    return [folder / wheel for wheel in sorted(WHEELS[name])]


def write_zip(path: Path, name: str, wheels: list[Path]) -> None:
    """Write to a temporary name, then rename. Fixed dates and rights: the same tree, the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".zip.part")
    try:
        with zipfile.ZipFile(temporary, "w") as archive:
            _add(archive, MANIFEST, manifest_for(name).encode())
            for file in files():
                _add(archive, file.as_posix(), (ROOT / file).read_bytes())
            for wheel in wheels:
                _add(archive, f"wheels/{wheel.name}", wheel.read_bytes(), zipfile.ZIP_STORED)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = method
    entry.create_system = 3  # rights are Unix's wherever the zip was made
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def validator(blender: str | None) -> list[str]:
    """Command that validates the path put after it. Raises BuildError without Blender and bpy."""
    if blender:
        return [blender, "--background", "--command", "extension", "validate"]
    spec = importlib.util.find_spec("bpy")
    for place in spec.submodule_search_locations or () if spec else ():
        for script in Path(place).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"):
            return [sys.executable, str(script), "validate"]
    raise BuildError("No validator: run this with a Python that has bpy, or give --blender or --no-validate.")


def build(name: str, out: Path, wheels: Path) -> Path:
    """Build one platform's zip in out and return its path. Raises BuildError."""
    path = out / f"pose3d-{project_version()}-{name}.zip"
    write_zip(path, name, fetch_wheels(name, wheels))
    return path


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build and validate the Pose3D extension.")
    parser.add_argument("--platform", choices=[*WHEELS, "all"], help="default: this machine's")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the zip files (dist)")
    parser.add_argument(
        "--wheels", type=Path, default=ROOT / "build" / "wheels", help="folder that keeps wheels"
    )
    parser.add_argument("--blender", help="a Blender program to validate with")
    parser.add_argument("--no-validate", action="store_true", help="only build")
    arguments = parser.parse_args(argv)
    try:
        command = [] if arguments.no_validate else validator(arguments.blender)
        wanted = list(WHEELS) if arguments.platform == "all" else [arguments.platform or this_platform()]
        for name in wanted:
            path = build(name, arguments.out, arguments.wheels)
            if command and subprocess.run([*command, str(path)], check=False).returncode:
                raise BuildError(f"Blender's validator refuses {path.name}; see the lines above.")
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    except BuildError as error:
        print(f"build_addon: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
