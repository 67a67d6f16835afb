"""The zip that ships, installed and used: in this environment's bpy and in the real Blender."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import build_addon
from blender_pose3d.tracks import write_tracks
from tests.blender.real_blender import NoRealBlender, RealBlender, real_blender
from tests.walker import camera_at, film, walk

CHECK = Path(__file__).with_name("check_extension.py")
pytestmark = pytest.mark.network  # the zip carries wheels, which are fetched once


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        name = build_addon.this_platform()
    except build_addon.BuildError as error:
        pytest.skip(str(error))
    return build_addon.build(name, tmp_path_factory.mktemp("dist"), build_addon.ROOT / "build" / "wheels")


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tracks") / "walk.npz"
    write_tracks(path, film(walk(2.0), camera_at()).tracks)
    return path


@pytest.fixture(scope="module")
def blender() -> Iterator[RealBlender]:
    try:
        with real_blender() as program:
            yield program
    except NoRealBlender as reason:
        pytest.skip(f"no real Blender: {reason}")


def test_in_the_bpy_module(package: Path, tracks: Path, tmp_path: Path) -> None:
    pytest.importorskip("bpy")
    done = subprocess.run(
        [sys.executable, str(CHECK), "--", "--install", str(package), str(tracks)],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "user"), "PYTHONPATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "extension works" in done.stdout


@pytest.mark.real_blender
@pytest.mark.timeout(2400)  # the first one makes the folder, on a slow line
def test_in_the_real_blender(package: Path, tracks: Path, blender: RealBlender) -> None:
    there, walked = blender.copy_in(package), blender.copy_in(tracks)

    done = blender.run(["--background", "--command", "extension", "validate", there])
    assert done.returncode == 0, done.stdout

    install = ["extension", "install-file", "--repo", "user_default", "--enable", there]
    done = blender.run(["--background", "--command", *install])
    assert done.returncode == 0, done.stdout

    done = blender.run(["--background", "--command", "pose3d", "--help"])
    assert done.returncode == 0, done.stdout
    assert "convert" in done.stdout

    script = blender.copy_in(CHECK)
    done = blender.run(["--background", "--python-exit-code", "1", "--python", script, "--", walked])
    assert done.returncode == 0, done.stdout
    assert "extension works" in done.stdout
    assert "/user/extensions/.local/" in done.stdout, f"scipy is the zip's own\n{done.stdout}"


@pytest.mark.real_blender
@pytest.mark.timeout(2400)  # the first one makes the folder, on a slow line
def test_a_bad_command_line_has_its_exit_code(package: Path, blender: RealBlender) -> None:
    there = blender.copy_in(package)
    install = ["extension", "install-file", "--repo", "user_default", "--enable", there]
    assert blender.run(["--background", "--command", *install]).returncode == 0
    done = blender.run(["--background", "--command", "pose3d", "no-such-command"])
    assert done.returncode == 2, done.stdout
    done = blender.run(
        ["--background", "--command", "pose3d", "convert", "/no/such.npz", "--out", blender.work]
    )
    assert done.returncode == 3, done.stdout
    assert "/no/such.npz" in done.stdout
