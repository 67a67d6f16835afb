"""HRNet by OpenVINO is HRNet by torch; what is kept of a weights file is whole or made anew."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.errors import BadArguments, BadInput
from engine.pose2d import hrnet_export, hrnet_int8, runner, runner_openvino
from engine.pose2d.base import Region
from engine.pose2d.hrnet import HRNet
from engine.pose2d.hrnet_export import exported
from engine.pose2d.hrnet_fold import folded
from engine.pose2d.hrnet_pose import HRNetPose

pytest.importorskip("openvino")
SIZE = (48, 64)
MEAN_OFF = 0.05  # px


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path / "cache"))


def network(**settings: object) -> HRNet:
    """A small HRNet whose normalisations are not those of a fresh one."""
    torch.manual_seed(2)
    made = HRNet(8, 17, **{"modules": (1, 2, 1), "blocks": 1, **settings}).eval()
    for part in made.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_var.uniform_(0.3, 2)
            part.running_mean.normal_(0, 0.5)
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.normal_(0, 0.3)
    return made


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    save_file(network().state_dict(), path, {"input": f"{SIZE[0]}x{SIZE[1]}"})
    return path


@pytest.mark.slow
def test_folding_changes_nothing() -> None:
    plain = network()
    picture = torch.randn(2, 3, 64, 48)
    with torch.inference_mode():
        before = plain(picture)
        after = folded(plain)(picture)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in plain.modules())
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(48, 64), (36, 48)])
def test_joints_are_torchs(weights: Path, size: tuple[int, int]) -> None:
    """Also of an input whose sides are no multiple of 32; of one crop, and of more than there are cores."""
    image = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    regions = [Region(np.array([30.0 * i, 100]), np.array([90.0, 120]), i / 3) for i in range(5)]
    by_torch = HRNetPose(weights, input_size=size, execution="torch")
    by_openvino = HRNetPose(weights, input_size=size, execution="openvino", precision="float32")
    assert by_openvino.runner.name.startswith("OpenVINO")
    joints, score = by_torch.predict(image, regions)
    for some in (slice(0, 1), slice(0, 5)):
        ours, our_score = by_openvino.predict(image, regions[some])
        assert np.abs(ours - joints[some]).mean() < MEAN_OFF
        np.testing.assert_allclose(our_score, score[some], atol=1e-4)


def test_several_pictures_are_as_one_by_one(weights: Path) -> None:
    images = list(np.random.default_rng(1).integers(0, 255, (3, 120, 160, 3), np.uint8))
    one = Region(np.array([80.0, 60]), np.array([60.0, 80]))
    regions = [[one, Region(one.centre + 10, one.size)], [], [one]]
    pose = HRNetPose(weights)
    together = pose.predict_many(images, regions)
    assert [len(seen.joints) for seen in together] == [2, 0, 1]
    for image, some, seen in zip(images, regions, together, strict=True):
        joints, score = pose.predict(image, some)
        np.testing.assert_allclose(seen.joints, joints, atol=1e-3)
        np.testing.assert_allclose(seen.score, score, atol=1e-5)
        np.testing.assert_allclose(seen.presence, pose.presence, atol=1e-5)
    assert pose.predict_many([], []) == []


def test_a_second_start_needs_no_torch_and_no_weights_file_opened(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exported(weights)
    monkeypatch.setattr(hrnet_export, "_made", lambda *_: pytest.fail("it is in the cache"))
    second = exported(weights)
    assert second.metadata == first.metadata
    assert all(np.array_equal(second.weights[key], value) for key, value in first.weights.items())


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "text"])
def test_a_broken_export_is_made_anew(weights: Path, damage: str) -> None:
    known = exported(weights)
    (kept,) = hrnet_export.folder().glob("*.safetensors")
    data = bytearray(kept.read_bytes())
    data[-7] ^= 64
    kept.write_bytes({"cut": data[:-100], "bit": data, "empty": b"", "text": b"no weights" * 9}[damage])
    again = exported(weights)
    assert all(np.array_equal(again.weights[key], value) for key, value in known.weights.items())
    assert len(list(hrnet_export.folder().iterdir())) == 1, "a whole file again, and nothing beside it"
    assert hrnet_export._read(kept, "") is not None


@pytest.mark.slow
def test_engines_may_share_a_cache(weights: Path) -> None:
    made = []
    engines = [threading.Thread(target=lambda: made.append(exported(weights))) for _ in range(4)]
    for engine in engines:
        engine.start()
    for engine in engines:
        engine.join()
    assert len(made) == 4
    assert len(list(hrnet_export.folder().iterdir())) == 1


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert exported(weights).keypoints == 17


def test_no_such_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        exported(tmp_path / "nothing.pth")


@pytest.mark.slow
def test_torch_takes_over_where_openvino_fails(
    weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such instruction\nsecond line")

    monkeypatch.setattr(runner_openvino, "build", broken)
    assert HRNetPose(weights).runner.name.startswith("torch")
    assert "OpenVINO cannot be used here (no such instruction); torch computes instead." in caplog.text


@pytest.mark.slow
def test_int8_is_nearly_float32(weights: Path) -> None:
    """The step of 256 levels, through the network: a hundredth of what heatmaps span, and the same joints."""
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8), (0, 0), 4)
    crops = np.stack([cv2.resize(image[:, i : i + 150], SIZE) for i in range(0, 150, 30)])
    full = HRNetPose(weights, execution="openvino", precision="float32").runner.heatmaps(crops)
    pose = HRNetPose(weights, execution="openvino", precision="int8")
    assert "int8" in pose.runner.name
    maps = pose.runner.heatmaps(crops)
    assert np.abs(maps - full).max() > 0, "int8 was asked for, float32 came"
    assert np.abs(maps - full).mean() < 0.02 * np.ptp(full)
    assert np.corrcoef(maps.ravel(), full.ravel())[0, 1] > 0.99


def test_weights_as_whole_numbers_are_half_a_step_off_at_most() -> None:
    weight = np.random.default_rng(0).normal(0, [[[[0.1]]], [[[3.0]]]], (2, 8, 3, 3))
    whole, step = hrnet_int8.whole_numbers(weight)
    assert whole.dtype == np.int8
    assert np.abs(whole).max() <= 63
    off = np.abs(whole * step - weight)
    clipped = np.abs(whole) == 63
    assert (off <= step / 2 + 1e-6)[~clipped].all()
    assert np.sqrt((off**2).mean()) < 0.02 * weight.std()


def test_whole_numbers_leave_a_layers_mean_as_it_was() -> None:
    random = np.random.default_rng(3)
    weight, bias = random.normal(size=(5, 7, 3, 3)).astype(np.float32), random.normal(size=5)
    builder = hrnet_int8._Int8Builder({"layer.weight": weight, "layer.bias": bias})
    builder._means["layer"] = random.uniform(0, 3, 7)
    _, moved = builder._layer("layer")
    whole, step = hrnet_int8.whole_numbers(weight)
    mean = np.broadcast_to(builder._means["layer"][:, None, None], (7, 3, 3)).ravel()
    assert np.abs(moved - bias).max() > 0.01
    after = (whole * step).reshape(5, -1) @ mean + moved
    np.testing.assert_allclose(after, weight.reshape(5, -1) @ mean + bias, atol=1e-4)


def test_moments_after_a_relu_are_those_of_samples() -> None:
    mean, variance = np.array([-1.0, 0, 2]), np.array([1.0, 0.25, 4])
    samples = np.random.default_rng(0).normal(mean, np.sqrt(variance), (400_000, 3)).clip(0)
    found = hrnet_int8.rectified(hrnet_int8.Spread(mean, variance))
    np.testing.assert_allclose(found.mean, samples.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(found.variance, samples.var(axis=0), atol=0.03)
    assert found.most == pytest.approx(2 + hrnet_int8._DEVIATIONS * 2)


def test_who_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSE3D_EXECUTION", raising=False)
    assert runner.choose() == "openvino"
    monkeypatch.setenv("POSE3D_EXECUTION", "torch")
    assert runner.choose() == "torch"
    assert runner.choose("openvino") == "openvino"
    with pytest.raises(BadArguments, match="abacus"):
        runner.choose("abacus")
    monkeypatch.setattr("engine.version.library_version", lambda _: None)
    assert runner.choose("auto") == "torch"
    with pytest.raises(BadArguments, match="not installed"):
        runner.choose("openvino")
