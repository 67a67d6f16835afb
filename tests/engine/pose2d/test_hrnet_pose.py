"""HRNet behind the engine's interface, with a stand-in network that sees a bright spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.errors import BadArguments, BadInput, MissingWeights
from engine.pose2d.base import Region
from engine.pose2d.crop import image_to_crop, transform
from engine.pose2d.hrnet import HRNet
from engine.pose2d.hrnet_pose import HRNetPose, load_hrnet_pose, presence
from engine.pose2d.runner import HostRunner, Plan
from engine.pose2d.runner_torch import TorchHeatmaps, normalised


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And torch, which needs no compiling: what OpenVINO makes of networks has a test of its own."""
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("POSE3D_EXECUTION", "torch")


def save(path: Path, keypoints: int = 17, half: bool = False, metadata: dict[str, str] | None = None) -> Path:
    torch.manual_seed(1)
    state = HRNet(8, keypoints, modules=(1, 1, 1), blocks=1).state_dict()
    if half:
        state = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    if path.suffix == ".safetensors":
        save_file(state, path, metadata)
    else:
        torch.save(state, path)
    return path


class Spot(torch.nn.Module):
    """Every keypoint's heatmap is the picture's brightness at each fourth pixel, from 0 to 1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        brightness = (x[:, :1, ::4, ::4] * 0.229 + 0.485).clamp(0, 1)
        return brightness.expand(-1, 17, -1, -1)


class Even(torch.nn.Module):
    """Heatmaps of one value all over."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.full((len(x), 17, 64, 48), self.value)


@pytest.fixture
def pose(tmp_path: Path) -> HRNetPose:
    return HRNetPose(save(tmp_path / "tiny.pth"))


def look_by(pose: HRNetPose, network: torch.nn.Module, *, flip: bool = False) -> None:
    """Put a stand-in in the network's place."""
    plan = Plan(pose.input_size, "dark", pose.skeleton.mirror, flip)
    pose.runner = HostRunner(TorchHeatmaps(network), plan, "stand-in")


def picture_with_spot(spot: np.ndarray, region: Region, sigma: float = 8.0) -> np.ndarray:
    """(480, 640, 3) with a spot at (2,) px that is `sigma` px wide once cut out of the region."""
    width = sigma * region.size[0] / 192
    y, x = np.mgrid[:480, :640]
    bright = np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (2 * width**2))
    return np.repeat((255 * bright).round().astype(np.uint8)[..., None], 3, axis=-1)


@pytest.mark.slow
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.7, -2.5])
def test_finds_a_spot_in_the_image(pose: HRNetPose, angle: float, flip: bool) -> None:
    look_by(pose, Spot(), flip=flip)
    region = Region(np.array([300.0, 200.0]), np.array([240.0, 320.0]), angle)
    spot = np.array([331.3, 162.8])
    joints, score = pose.predict(picture_with_spot(spot, region), [region])
    assert joints.shape == (1, 17, 2)
    assert joints.dtype == score.dtype == np.float32
    # The flip test brings half a pixel of the input with it, on the crop's x axis.
    found = transform(image_to_crop(region, (192, 256)), joints[0, 0].astype(float))
    expected = transform(image_to_crop(region, (192, 256)), spot) + ([0.5, 0] if flip else [0, 0])
    np.testing.assert_allclose(found, expected, atol=0.3)
    assert score[0].min() > 0.9


def test_a_region_of_another_aspect_is_widened(pose: HRNetPose) -> None:
    look_by(pose, Spot())
    region = Region(np.array([300.0, 200.0]), np.array([300.0, 300.0]), 0.2)
    spot = np.array([280.0, 250.0])
    joints, _ = pose.predict(picture_with_spot(spot, region), [region])
    assert np.abs(joints[0] - spot).max() < 1


def test_batches_do_not_change_the_result(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    regions = [Region(np.array([x, 100.0]), np.array([120.0, 160.0]), x / 100) for x in (50.0, 150.0, 250.0)]
    path = save(tmp_path / "tiny.pth")
    together = HRNetPose(path, batch=8).predict(image, regions)
    by_two = HRNetPose(path, batch=2).predict(image, regions)
    np.testing.assert_allclose(together[0], by_two[0], atol=1e-3)
    np.testing.assert_allclose(together[1], by_two[1], atol=1e-5)


def test_nobody_to_look_at(pose: HRNetPose) -> None:
    joints, score = pose.predict(np.zeros((10, 10, 3), np.uint8), [])
    assert joints.shape == (0, 17, 2)
    assert score.shape == (0, 17)


def test_pictures_are_normalised_as_imagenet_was() -> None:
    seen = normalised(torch.from_numpy(np.full((1, 256, 192, 3), (255, 0, 128), np.uint8)))
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, (128 / 255 - 0.406) / 0.225]
    np.testing.assert_allclose(seen[0, :, 5, 5], expected, rtol=1e-5)
    assert seen.shape == (1, 3, 256, 192)
    assert seen.is_contiguous(memory_format=torch.channels_last)


def test_next_region_is_round_the_confident_joints(pose: HRNetPose) -> None:
    joints = np.random.default_rng(0).uniform([100, 100], [200, 400], (17, 2))
    score = np.full(17, 0.9)
    joints[3], score[3] = (5000, 5000), 0.1
    region = pose.region(joints, score)
    assert region.angle == 0
    assert region.size[0] / region.size[1] == pytest.approx(3 / 4)
    low, high = joints[score > 0.5].min(0), joints[score > 0.5].max(0)
    np.testing.assert_allclose(region.centre, (low + high) / 2)
    assert region.size[1] == pytest.approx((high - low)[1] * 1.1 * 1.25)


def test_a_face_alone_does_not_become_the_person(pose: HRNetPose) -> None:
    joints = np.random.default_rng(0).uniform([100, 100], [200, 400], (17, 2))
    joints[:5] = np.arange(10).reshape(5, 2) + np.array([150, 100])
    score = np.where(np.arange(17) < 5, 0.9, 0.1)
    assert pose.region(joints, score).size[1] > 300


@pytest.mark.slow
def test_skeleton_follows_from_the_keypoints(tmp_path: Path) -> None:
    assert HRNetPose(save(tmp_path / "a.pth")).skeleton.name == "coco-17"
    assert HRNetPose(save(tmp_path / "b.pth", 26)).skeleton.name == "halpe-26"
    with pytest.raises(BadInput, match="21 keypoints"):
        HRNetPose(save(tmp_path / "c.pth", 21))


@pytest.mark.slow
def test_input_size_from_metadata_name_or_default(tmp_path: Path) -> None:
    stated = save(tmp_path / "x_384x288.safetensors", metadata={"input": "128x160"})
    assert HRNetPose(stated).input_size == (128, 160)
    assert HRNetPose(save(tmp_path / "x_384x288.pth")).input_size == (288, 384)
    assert HRNetPose(save(tmp_path / "x.pth")).input_size == (192, 256)
    other = HRNetPose(stated, input_size=(96, 128))
    assert other.runner.heatmaps(np.zeros((1, 128, 96, 3), np.uint8)).shape == (1, 17, 32, 24)


def test_half_precision_file_gives_nearly_the_same(tmp_path: Path) -> None:
    crops = np.random.default_rng(0).integers(0, 255, (1, 256, 192, 3), np.uint8)
    full = HRNetPose(save(tmp_path / "full.safetensors")).runner.heatmaps(crops)
    half = HRNetPose(save(tmp_path / "half.safetensors", half=True)).runner.heatmaps(crops)
    assert half.dtype == np.float32
    assert 0 < np.abs(full - half).max() < 0.01 * np.abs(full).max()


def test_loads_by_path_and_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))
    path = save(tmp_path / "mine.pth")
    assert load_hrnet_pose(str(path)).name == "mine"
    assert len(load_hrnet_pose(str(path)).sha256) == 64
    assert load_hrnet_pose("hrnet").name.endswith("halpe26"), "ours, where nothing was published is here"
    with pytest.raises(MissingWeights, match="weights import"):
        load_hrnet_pose("hrnet-w32-384x288")
    with pytest.raises(BadInput):
        load_hrnet_pose("no such file.pth")
    (tmp_path / "weights").mkdir(exist_ok=True)
    path.replace(tmp_path / "weights" / "pose_hrnet_w32_384x288.pth")
    best = load_hrnet_pose("hrnet")
    assert (best.name, best.input_size) == ("hrnet-w32-384x288", (288, 384))


def test_unknown_decoding_and_device(tmp_path: Path) -> None:
    path = save(tmp_path / "tiny.pth")
    with pytest.raises(BadArguments):
        HRNetPose(path, decoding="guess")
    with pytest.raises(BadArguments):
        HRNetPose(path, "abacus")


def test_presence_falls_where_nobody_is(pose: HRNetPose) -> None:
    look_by(pose, Even(0.02))
    region = Region(np.array([50.0, 50.0]), np.array([60.0, 80.0]))
    pose.predict(np.zeros((100, 100, 3), np.uint8), [region, region])
    assert pose.presence.shape == (2,)
    assert pose.presence.max() < 0.1
    look_by(pose, Even(0.9))
    pose.predict(np.zeros((100, 100, 3), np.uint8), [region])
    assert pose.presence == pytest.approx([1])
    pose.predict(np.zeros((100, 100, 3), np.uint8), [])
    assert pose.presence.shape == (0,)


def test_half_a_person_is_still_somebody() -> None:
    score = np.full((1, 26), 0.02)
    score[:, :13] = 0.8
    assert presence(score) == pytest.approx([1])


def test_our_own_networks_see_large_people_smoothly(tmp_path: Path) -> None:
    """Stripes finer than a pixel of the input become grey for ours, and stay stripes for the authors'."""
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    region = Region(np.array([256.0, 256.0]), np.array([360.0, 480.0]))
    seen = {}

    def keep(crops: np.ndarray) -> np.ndarray:
        seen[name] = crops[0, 10:-10, 10:-10].astype(float)
        return np.zeros((1, 26, 32, 24), np.float32)

    for name, metadata in (("ours", {"format": "pose3d-hrnet/1"}), ("theirs", {})):
        pose = HRNetPose(save(tmp_path / f"{name}.safetensors", 26, metadata={**metadata, "input": "96x128"}))
        pose.runner._network = keep
        pose.predict(stripes, [region])
    assert seen["ours"].std() < 0.5 * seen["theirs"].std()
