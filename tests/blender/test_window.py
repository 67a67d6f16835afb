"""The whole way in the real window: the zip in Blender 4.3.2, the real engine, a rendered clip, pictures.

The pictures are build artefacts: build/reports/window.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import build_addon
from tests.blender.engine_bridge import bridge
from tests.blender.filmed_walk import film_walk
from tests.blender.real_blender import NoRealBlender, RealBlender, real_blender

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("POSE3D_ENGINE_PYTHON", ROOT / ".venv-engine" / "bin" / "python"))
SCRIPT = Path(__file__).with_name("window_whole_way.py")
PICTURES = ROOT / "build" / "reports" / "window"
DISPLAY = ":77"
SIZE = "1600x1000"
pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.real_blender, pytest.mark.timeout(2400)]


@pytest.fixture
def blender() -> Iterator[RealBlender]:
    for program in ("Xvfb", "import", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here")
    if not ENGINE.is_file():
        pytest.skip(f"the engine's environment is not there ({ENGINE}); `make test` makes it")
    try:
        with real_blender() as program:
            yield program
    except NoRealBlender as reason:
        pytest.skip(f"no real Blender: {reason}")


@contextmanager
def screen() -> Iterator[None]:
    server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", f"{SIZE}x24"], stderr=subprocess.DEVNULL)
    time.sleep(2)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def take(name: str) -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    subprocess.run(["import", "-display", DISPLAY, "-window", "root", str(path)], check=True, timeout=60)
    return path


def waiting(folder: Path, kind: str) -> list[Path]:
    """What the script asks for now."""
    return [path for path in folder.glob(f"{kind}-*") if path.suffix != ".part"]


def press(lines: str) -> None:
    """Keys and clicks, a line for each xdotool command."""
    for line in lines.splitlines():
        word, _, rest = line.partition(" ")
        words = (
            ["type", "--delay", "60", rest.removeprefix("--delay 60 ")] if word == "type" else line.split()
        )
        environment = {**os.environ, "DISPLAY": DISPLAY}
        subprocess.run(["xdotool", *words], env=environment, check=True, timeout=60)


def drive(blender: RealBlender, folder: Path, words: list[str], environment: dict[str, str]) -> dict:
    """Start Blender with a window, take the pictures that the script asks for, return its report."""
    shutil.copy2(SCRIPT, folder)
    command = ["chroot", str(blender.root), "blender", "--window-geometry", "0", "0", *SIZE.split("x"),
               "--python", f"{blender.work}/{SCRIPT.name}", "--", blender.work, *words]  # fmt: skip
    own = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": blender.work, "LANG": "C.UTF-8",
        "BLENDER_USER_RESOURCES": f"{blender.work}/user", "DISPLAY": DISPLAY, "LIBGL_ALWAYS_SOFTWARE": "1",
        **environment,
    }  # fmt: skip
    with (folder / "blender.log").open("wb") as log:
        process = subprocess.Popen(command, env=own, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 1500
        while not (folder / "report.json").exists():
            assert process.poll() is None and time.monotonic() < end, (folder / "blender.log").read_text()
            for asked in waiting(folder, "picture"):
                time.sleep(1)  # until what was drawn is on the screen
                take(asked.name.removeprefix("picture-"))
                asked.unlink()
            for asked in waiting(folder, "keys"):
                press(asked.read_text())
                asked.unlink()
            time.sleep(0.2)
        process.wait(timeout=60)
        return json.loads((folder / "report.json").read_text())
    finally:
        process.kill()
        process.wait()


def test_the_whole_way_in_the_window(blender: RealBlender, tmp_path: Path) -> None:
    package = build_addon.build(build_addon.this_platform(), tmp_path, ROOT / "build" / "wheels")
    there = blender.copy_in(package)
    install = ["extension", "install-file", "--repo", "user_default", "--enable", there]
    done = blender.run(["--background", "--command", *install])
    assert done.returncode == 0, done.stdout
    folder = blender.root / blender.work.lstrip("/")
    clip = folder / "Übung – ein Gang.mp4"
    shutil.copy2(film_walk(tmp_path, seconds=2.0).video, clip)
    limits = {"OMP_NUM_THREADS": "1", "POSE3D_CACHE": str(Path.home() / ".cache" / "pose3d")}
    with bridge(blender, ENGINE, limits) as python, screen():
        report = drive(blender, folder, [f"{blender.work}/{clip.name}", python], {})
    assert report.get("done"), report
    assert report["why_not_without"] is False, "without an engine the button is grey"
    assert report["busy_after_undo"]
    assert report["said"]["cancelled"] == "Cancelled."
    assert report["said"]["captured"].startswith("Captured: 1 person"), report
    assert report["video"].endswith(clip.name), "an undo meanwhile took nothing away"
    assert report["people_pictures"] >= 1 and "frames" in report["tracks_info"]
    assert report["exported"] and report["exported"][0].endswith(".fbx"), report
    assert not report["international"] or report["said"]["translated"] == "Hier ist niemand: 7.", report
    assert report["slowest_tick"] < 8, report
    assert max(report["slowest_draw"].values()) < 30, report
    (PICTURES / "report.json").write_text(json.dumps(report, indent=1))
