"""The zip that ships, installed and used: in this environment's bpy and in the real Blender."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import build_addon
from blender_pose3d.tracks import write_tracks
from tests.blender.real_blender import NoRealBlender, RealBlender, real_blender
from tests.walker import camera_at, film, walk

CHECK = Path(__file__).with_name("check_extension.py")
ENGINE = Path(os.environ.get("POSE3D_ENGINE_PYTHON", build_addon.ROOT / ".venv-engine" / "bin" / "python"))
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


ASKS = """
import sys, time
sys.path.insert(0, {folder!r})
from pathlib import Path
from blender_pose3d.blender.engine_session import Engine, EngineSession
session, answers = EngineSession(), []
session.ask(Engine(Path({python!r})), answers.append, "track", video="/no/such.mp4", output={output!r})
end = time.monotonic() + 240
while not answers and time.monotonic() < end:
    session.tick()
    time.sleep(0.05)
session.close(wait=10.0)
print(answers[0].get("code"))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_engine_writes_nothing_into_the_add_on_s_folder(package: Path, tmp_path: Path) -> None:
    if not ENGINE.is_file():
        pytest.skip(f"the engine's environment is not there ({ENGINE}); `make test` makes it")
    folder = tmp_path / "extensions" / "pose3d"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    script = ASKS.format(folder=str(folder), python=str(ENGINE), output=str(tmp_path / "out.npz"))
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],  # Blender's own bytecode is not what this is about
        env={**kept, "POSE3D_CACHE": str(tmp_path / "cache")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.stdout.strip() == "bad_input", done.stdout + done.stderr
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


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


@pytest.mark.real_blender
@pytest.mark.timeout(2400)  # the first one makes the folder, on a slow line
def test_a_batch_in_the_real_blender(package: Path, tracks: Path, blender: RealBlender) -> None:
    """Its workers are that program, too."""
    there, walked = blender.copy_in(package), Path(blender.copy_in(tracks))
    install = ["extension", "install-file", "--repo", "user_default", "--enable", there]
    assert blender.run(["--background", "--command", *install]).returncode == 0
    inside = blender.root / blender.work.lstrip("/")
    (inside / "night").mkdir()
    for name in ("a.npz", "b.npz", "c.npz"):
        shutil.copy(tracks, inside / "night" / name)
    (inside / "night" / "broken.npz").write_text("no tracks")
    (inside / "odd.toml").write_text('out = "o"\nprest = "unity"\n[[clip]]\ninput = "night/a.npz"\n')
    (inside / "new.blend").write_bytes(b"BLENDER17-01v0900" + bytes(900))

    def convert(*words: str) -> subprocess.CompletedProcess[str]:
        return blender.run(["--background", "--command", "pose3d", "convert", *words])

    out = f"{blender.work}/out"
    done = convert(f"{blender.work}/night", "--out", out, "--fbx", "--bvh", "--jobs", "2")
    assert done.returncode == 6, done.stdout
    assert "4 clips: 3 done, 1 failed." in done.stdout and "Traceback" not in done.stdout, done.stdout
    made = sorted(path.name for path in (inside / "out").iterdir() if path.suffix in (".fbx", ".bvh"))
    assert made == [f"{name}.{kind}" for name in "abc" for kind in ("bvh", "fbx")]
    done = convert(f"{blender.work}/night", "--out", out, "--fbx", "--bvh")
    assert "3 up to date, 1 failed" in done.stdout and done.returncode == 6, done.stdout
    done = convert(f"{blender.work}/odd.toml")
    assert done.returncode == 2 and "no setting prest; did you mean preset?" in done.stdout, done.stdout
    done = convert(str(walked), "--out", out, "--character", f"{blender.work}/new.blend")
    assert done.returncode == 3 and "Blender 9.0 saved it, and this is 4.3" in done.stdout, done.stdout
