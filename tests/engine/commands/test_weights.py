"""The weights command as a person runs it: what it prints and its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.pose2d.hrnet import HRNet

ROOT = Path(__file__).parents[3]


def run(cache: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "weights", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "POSE3D_CACHE": str(cache), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def one_error_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.replace("\r", "\n").splitlines() if "error:" in line]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_list_names_everything_and_what_is_here(tmp_path: Path) -> None:
    done = run(tmp_path, "list")
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert "missing" in rows["blazepose-full"]
    assert "coco-17" in rows["openmmlab-hrnet-w48-384x288"]
    assert "288x384" in rows["hrnet-w48-384x288"]


def test_list_of_one_tells_all_about_it(tmp_path: Path) -> None:
    done = run(tmp_path, "list", "openmmlab-hrnet-w32-256x192")
    assert done.returncode == 0
    assert "https://download.openmmlab.com/" in done.stdout
    assert "c78dce93" in done.stdout


@pytest.mark.slow
def test_import_then_list_and_verify(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    torch.save(HRNet(8, 17, modules=(1, 1, 1), blocks=1).state_dict(), path)
    done = run(tmp_path / "cache", "import", path)
    assert done.returncode == 0, done.stderr
    assert "HRNet-W8" in done.stdout
    assert f"--pose2d {tmp_path / 'cache' / 'weights' / 'mine.pth'}" in done.stdout


def test_verify_finds_a_damaged_file(tmp_path: Path) -> None:
    assert run(tmp_path, "verify").returncode == 0
    (tmp_path / "weights" / "pose_landmark_full.tflite").write_bytes(b"damaged")
    done = run(tmp_path, "verify")
    assert done.returncode == 4
    assert "blazepose-full: damaged" in done.stdout
    assert "weights fetch blazepose-full" in one_error_line(done)
    assert run(tmp_path, "verify", "blazepose-detector").returncode == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fetch", "nope"], 2),
        (["fetch"], 2),
        (["import", "no such file.pth"], 3),
        (["import", "README.md"], 3),
        (["fetch", "hrnet-w32-256x192"], 4),
        (["import", "--as", "nope", "README.md"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: list[str], code: int) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == code
    one_error_line(done)


def test_offline(tmp_path: Path) -> None:
    done = run(
        tmp_path, "fetch", "blazepose-full",
        PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS="",
    )  # fmt: skip
    assert done.returncode == 4
    assert "mediapipe==0.10.21" in one_error_line(done)
    assert not list((tmp_path / "weights").iterdir())
