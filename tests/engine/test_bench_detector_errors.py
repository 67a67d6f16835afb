"""The bench that makes detector_errors.json: from truth and detections on disk to the file."""

from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np
import pytest

from bench import detector_errors
from blender_pose3d.skeleton import H36M_19, HALPE_26
from engine.evaluate.seen import Seen
from engine.evaluate.truth import Truth, write_truth
from engine.train.detector_errors import KINDS, read_errors

from .test_fit_errors import figure

FRAMES, FOCAL, NETWORK = 80, 900.0, "blazepose-full"
_WORDS = {"left": "L", "right": "R"}


def keypoints(joints: np.ndarray) -> np.ndarray:
    """(T, 26, D) of Halpe from (T, 19, D): limbs from their joints, the face about the neck."""
    at = {name: joints[:, i] for i, name in enumerate(H36M_19.joints)}

    def place(name: str) -> np.ndarray:
        side, _, part = name.partition("_")
        found = at.get(_WORDS.get(side, "") + part.replace("big_", "").replace("small_", "").capitalize())
        if found is not None:
            return found
        if part == "heel":
            return at[_WORDS[side] + "Ankle"]
        return at[{"neck": "Thorax", "hip": "Hip", "head": "Head"}.get(name, "Neck")]

    return np.stack([place(name) for name in HALPE_26.joints], axis=1)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number, turn in enumerate((0.0, 0.9, 2.2)):
        cos, sin = np.cos(turn), np.sin(turn)
        turned = figure().numpy() @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
        joints = np.tile(turned + np.array([0.0, 0.0, 4.0]), (FRAMES, 1, 1))
        flat = joints[..., :2] / joints[..., 2:] * FOCAL + [640.0, 480.0]
        places = keypoints(flat)
        visible = [np.ones((FRAMES, k), bool) for k in (19, 26)]
        intrinsics, size = np.array([FOCAL, FOCAL, 640.0, 480.0]), np.array([1280, 960])
        clip = tmp_path / f"clip_{number}"
        clip.mkdir()
        write_truth(
            clip / "truth.npz", Truth(intrinsics, size, np.float64(1.7), joints, flat, places, *visible)
        )
        seen = Seen(
            frame=np.arange(FRAMES),
            time=np.arange(FRAMES) / 30,
            present=np.ones((1, FRAMES), bool),
            joints2d=(places + rng.normal(0, 6.0, places.shape))[None].astype(np.float32),
            score2d=rng.uniform(0.3, 0.99, (1, FRAMES, 26)).astype(np.float32),
            world=np.full((1, FRAMES, 33, 3), np.nan, np.float32),
            key=np.array("x"),
        )
        np.savez(clip / f"seen.{NETWORK}.npz", **asdict(seen))
    return tmp_path


def run(monkeypatch, *given: object) -> int:
    monkeypatch.setattr(sys, "argv", ["detector_errors", *map(str, given)])
    return detector_errors.main()


def test_a_folder_of_clips_makes_the_file(folder, monkeypatch, capsys) -> None:
    out = folder / "errors.json"
    assert run(monkeypatch, "--measured", folder, "--network", NETWORK, "-o", out) == 0
    shown = capsys.readouterr().out
    assert "3 clips, 240 frames" in shown
    assert all(kind in shown for kind in KINDS)
    errors = read_errors(out)
    # 6 px to either side, of somebody 382 px tall: a Rayleigh distribution, whose median is 1.18 of it.
    knee = errors.length[KINDS.index("Knee"), 4]
    assert np.interp(1.18, np.arange(0, 4.01, 0.5), knee.numpy()) == pytest.approx(1.18 * 6 / 382, rel=0.2)
    assert errors.error_course.constant.mean() < 0.1


def test_nothing_was_seen(tmp_path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, "--measured", tmp_path) == 3
    assert "no clips seen by" in capsys.readouterr().err
