"""The engine is soon at work: what takes long to import is not needed for the first frame."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_videos import block, write

from engine import late, weights
from engine.late import late_lifter

ROOT = Path(__file__).parents[2]
LIFTER = "gastnet-27f-19j"


def test_following_needs_neither_torch_nor_scipy_s_optimizers():
    code = (
        "import sys, engine.pipeline, engine.video, engine.models, engine.looking, engine.late\n"
        "import engine.pose2d.registry, engine.pose2d.blazepose, engine.pose2d.blazepose_detector\n"
        "print([name for name in ('torch', 'scipy.optimize') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_late_lifter_says_at_once_what_it_is():
    lifter = late_lifter(LIFTER, "cpu")
    assert lifter is not None
    assert lifter.name == weights.locate(LIFTER).stem
    assert lifter.sha256 == weights.sha256(weights.locate(LIFTER))


def test_a_late_lifter_is_the_lifter_once_it_is_asked_for_more(monkeypatch):
    import engine.lift.lifter as module

    class Loaded:
        skeleton = "bones"
        context = 7

    monkeypatch.setattr(module, "load_lifter", lambda name, device: Loaded())
    lifter = late_lifter(LIFTER, "cpu")
    lifter.begin()
    assert (lifter.skeleton, lifter.context) == ("bones", 7)


def test_an_error_of_loading_is_raised_where_the_lifter_is_needed(monkeypatch):
    import engine.lift.lifter as module

    def fails(name, device):
        raise ValueError("broken")

    monkeypatch.setattr(module, "load_lifter", fails)
    lifter = late_lifter(LIFTER, "cpu")
    lifter.begin()
    with pytest.raises(ValueError, match="broken"):
        _ = lifter.skeleton


def test_other_lifters_are_loaded_at_once(monkeypatch, tmp_path):
    assert late_lifter("of-nobody", "cpu") is None
    assert late_lifter(str(tmp_path / "mine.safetensors"), "cpu") is None
    monkeypatch.setattr(late.weights, "sha256", lambda path: "0" * 64)
    assert late_lifter(LIFTER, "cpu") is None


@pytest.mark.slow
@pytest.mark.network
def test_the_first_frame_is_done_soon(tmp_path):
    video = write(tmp_path / "block.mp4", (block(i) for i in range(10)))
    request = {"id": 1, "command": "track", "video": str(video), "output": str(tmp_path / "a.npz")}
    began = time.monotonic()
    engine = subprocess.Popen(
        [sys.executable, "-m", "engine", "serve"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        engine.stdin.write(json.dumps({**request, "use_cache": False}).encode() + b"\n")
        engine.stdin.flush()
        first = followed = None
        for line in engine.stdout:
            message = json.loads(line)
            if message["type"] == "progress":
                first = first or time.monotonic() - began
                if message["stage"] == "follow" and message["done"]:
                    followed = time.monotonic() - began
                    break
    finally:
        engine.kill()
        engine.wait()
    # 0.5 and 1.5 seconds on two idle cores; others may be at work here
    assert first < 3 * 4
    assert followed < 3 * 4
