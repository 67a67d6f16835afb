"""The way through a GPU, computed on the processor: crops, heatmaps, batches, and memory that runs out."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.errors import EngineError
from engine.partly import PartlyRGB
from engine.pose2d import crop, gpu_crop, gpu_heatmaps, heatmaps, runner_gpu
from engine.pose2d.base import Region
from engine.pose2d.gpu_graph import FixedWork, out_of_memory
from engine.pose2d.hrnet import HRNet
from engine.pose2d.runner import HostRunner, Plan, cut
from engine.pose2d.runner_gpu import GpuRunner
from engine.pose2d.runner_torch import TorchHeatmaps
from engine.upright import Layout

SIZE = (48, 64)
MEAN_LEVEL, MOST_LEVEL = 0.6, 4.0  # of 255, between crops of ours and of OpenCV, in a picture without noise


def picture(seed: int, height: int = 180, width: int = 240) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def affine(x: float, y: float, width: float, angle: float) -> np.ndarray:
    return crop.crop_to_image(Region(np.array([x, y]), np.array([width, width * 4 / 3]), angle), SIZE)


def affines(seed: int, count: int, widths: tuple[float, float] = (30, 90)) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = zip(
        random.uniform(20, 220, count),
        random.uniform(20, 160, count),
        random.uniform(*widths, count),
        random.uniform(-3, 3, count),
        strict=True,
    )
    return np.array([affine(*row) for row in rows]).reshape(-1, 2, 3)


@pytest.mark.parametrize("smooth", [False, True])
def test_crops_are_opencvs(smooth: bool) -> None:
    image = picture(0)
    where = [(image, one) for one in affines(1, 12, (30, 200))]
    fine = gpu_crop.finenesses(np.stack([one for _, one in where]), smooth)
    assert fine.max() == (4 if smooth else 1)
    made = torch.cat(list(gpu_crop.cut(*gpu_crop.packed(where, SIZE), SIZE, fine)))
    for (_, one), crops in zip(where, made.permute(0, 2, 3, 1).numpy(), strict=True):
        theirs = cut(image, one, Plan(SIZE, "dark", np.arange(17), smooth=smooth)).astype(float)
        off = np.abs(crops - theirs)
        # at the picture's border, where black begins, a 32nd of a pixel is up to eight levels
        inside = cut(np.full_like(image, 255), one, Plan(SIZE, "dark", np.arange(17))) == 255
        assert off.mean() < MEAN_LEVEL
        assert off[inside].max() < MOST_LEVEL


def test_only_windows_round_people_go_up() -> None:
    image = np.full((1080, 1920, 3), 255, np.uint8)
    beside, corner = affine(-500, 500, 90, 0), affine(0, 0, 90, 0)
    pixels, windows = gpu_crop.packed([(image, beside), (image, corner)], SIZE)
    assert len(pixels) < 1 + 50 * 65
    outside, seen = torch.cat(list(gpu_crop.cut(pixels, windows, SIZE, np.ones(2, int))))
    assert not outside.any()
    # white where the picture is: the lower right quarter of what is cut out round its first pixel
    assert seen[0, 33:, 25:].min() == 255
    assert seen[0, :32, :24].max() == 0


def peaks(count: int, width: int, height: int) -> np.ndarray:
    """Heatmaps with Gaussians, some of them at the rim or outside, and noise."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[:height, :width]
    centre = random.uniform([-2, -2], [width + 2, height + 2], (count, 17, 2))[..., None, None, :]
    spread = 2 * (width / 24) ** 2
    bump = np.exp(-((x - centre[..., 0]) ** 2 + (y - centre[..., 1]) ** 2) / spread)
    strength = random.uniform(0.2, 1, (count, 17, 1, 1))
    return (strength * bump + random.normal(0, 0.003, bump.shape)).astype(np.float32)


@pytest.mark.parametrize("decoding", ["dark", "quarter"])
@pytest.mark.parametrize("size", [(48, 64), (36, 48)])
def test_heatmaps_are_read_as_numpy_does(decoding: str, size: tuple[int, int]) -> None:
    maps = peaks(6, *size)
    found = gpu_heatmaps.DECODERS[decoding](torch.from_numpy(maps)).numpy()
    joints, score = getattr(heatmaps, f"decode_{decoding}")(maps)
    np.testing.assert_allclose(found[..., :2], joints, atol=2e-3)
    np.testing.assert_allclose(found[..., 2], score, atol=1e-6)


def test_flipped_heatmaps_come_back_as_numpy_does() -> None:
    maps, mirror = peaks(2, 12, 16), np.random.default_rng(0).permutation(17)
    ours = gpu_heatmaps.flip_back(torch.from_numpy(maps), torch.from_numpy(mirror))
    np.testing.assert_array_equal(ours.numpy(), heatmaps.flip_back(maps, mirror))


class Brightness(torch.nn.Module):
    """Every keypoint's heatmap is the picture at each fourth pixel; raises as a full GPU does above `most`
    people."""

    def __init__(self, most: int = 1000, error: type[RuntimeError] = torch.OutOfMemoryError) -> None:
        super().__init__()
        self.most, self.error, self.seen = most, error, []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(x))
        if len(x) > self.most:
            raise self.error("MPS backend out of memory")
        channels = torch.arange(17) % 3
        return (x[:, channels, ::4, ::4] * 0.1 + 0.4).clamp(0, 1)


def looked(runner: GpuRunner | HostRunner) -> tuple[np.ndarray, np.ndarray]:
    """Four pictures, one of another size, with none to five people."""
    images = [picture(1), picture(2), picture(3, 150, 200), picture(4)]
    return runner.look(images, [affines(1, 5), affines(2, 0), affines(3, 2), affines(4, 4)])


@pytest.mark.parametrize("batch", [3, 64])
def test_people_of_several_pictures_keep_their_order(batch: int) -> None:
    plan = Plan(SIZE, "dark", np.arange(17), smooth=True)
    network = HRNet(8, 17, modules=(1, 1, 1), blocks=1).eval()
    runner = GpuRunner(network, plan, "cpu", batch)
    joints, score = looked(runner)
    expected, expected_score = looked(HostRunner(TorchHeatmaps(network), plan, "host"))
    assert joints.shape == (11, 17, 2)
    # heatmaps of a random network are flat and their maxima jump, but the values there do not
    np.testing.assert_allclose(score, expected_score, atol=0.02)
    assert np.median(np.abs(joints - expected)) < 0.1


def test_batches_have_few_sizes() -> None:
    network = Brightness()
    runner = GpuRunner(network, Plan(SIZE, "dark", np.arange(17)), "cpu", 6)
    runner.look([picture(0)], [affines(0, 14)])
    assert network.seen == [6, 6, 2]
    runner.look([picture(0)], [affines(0, 3)])
    assert network.seen[-1] == 4


def test_no_more_of_a_decoded_picture_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (540, 480), np.uint8)
    decoded = av.VideoFrame.from_ndarray(cv2.GaussianBlur(noise, (0, 0), 3), format="yuv420p")
    layout = Layout.of(decoded, 1.0)
    at = affine(100, 90, 60, 0)[None]
    runner = GpuRunner(Brightness(), Plan(SIZE, "dark", np.arange(17)), "cpu")
    expected, _ = runner.look([layout.rgb(decoded)], [at])
    monkeypatch.setattr(Layout, "rgb", lambda *_: pytest.fail("all of the picture was converted"))
    found, _ = runner.look([PartlyRGB(decoded, layout)], [at])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_what_goes_up_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, network = Plan(SIZE, "dark", np.arange(17)), Brightness()
    expected = looked(GpuRunner(network, plan, "cpu"))
    monkeypatch.setattr(runner_gpu, "_MOST_BYTES", 1)
    network.seen.clear()
    np.testing.assert_allclose(looked(GpuRunner(network, plan, "cpu"))[0], expected[0], atol=1e-4)
    assert network.seen == [1] * 11


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_memory_that_runs_out_halves_the_batch(
    error: type[RuntimeError], caplog: pytest.LogCaptureFixture
) -> None:
    plan = Plan(SIZE, "dark", np.arange(17))
    expected = looked(GpuRunner(Brightness(), plan, "cpu", 16))
    runner = GpuRunner(Brightness(3, error), plan, "cpu", 16)
    found = looked(runner)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-4)
    assert runner.batch == 2
    assert "goes on with 2 people at once" in caplog.records[-1].getMessage()


def test_a_gpu_too_small_for_one_person_is_an_error() -> None:
    runner = GpuRunner(Brightness(0), Plan(SIZE, "dark", np.arange(17)), "cpu", 4)
    with pytest.raises(EngineError, match="memory is too small"):
        looked(runner)


def test_other_errors_are_not_hidden() -> None:
    class Broken(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        looked(GpuRunner(Broken(), Plan(SIZE, "dark", np.arange(17)), "cpu"))


def test_half_precision_that_goes_wrong_is_told() -> None:
    class Large(torch.nn.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(factor))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.weight * self.weight

    def closely(factor: float) -> bool:
        exact, half = Large(factor), Large(factor).half()
        return runner_gpu.agree(exact, half, (1, 3, 8, 8), torch.device("cpu"))

    assert closely(3.0)
    assert not closely(400.0)  # its square is beyond 65504, the largest number of half precision


class OnOneDevice(TorchDispatchMode):
    """Fails where an operation is given or makes a tensor elsewhere, as a copy to or from it does."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for value in tree_leaves((args, kwargs, made)):
            assert not isinstance(value, torch.Tensor) or value.device.type == "meta", func
        return made


@pytest.mark.slow
@pytest.mark.parametrize("decoding", ["dark", "quarter"])
def test_what_is_recorded_stays_on_the_device(decoding: str) -> None:
    """Torch's device without memory knows no values: to ask for one, or for a shape by one, fails."""
    plan = Plan(SIZE, decoding, np.arange(17), flip=True, precision="float32")
    runner = GpuRunner(HRNet(8, 17, modules=(1, 1, 1), blocks=1).eval(), plan, "meta", 4)
    given = torch.zeros(4, 3, SIZE[1], SIZE[0], device="meta")
    with torch.inference_mode():
        runner._computed(given)  # makes what is kept
        with OnOneDevice():
            assert runner._computed(given).shape == (4, 17, 3)
        with OnOneDevice(), pytest.raises(AssertionError):
            given + torch.ones(17)


def test_work_that_cannot_be_recorded_is_computed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mock of a recording that CUDA refuses: torch on a processor records nothing."""

    def refused(this: FixedWork, given: torch.Tensor) -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(FixedWork, "_recorded", refused)
    work = FixedWork(lambda rows: rows + 1, torch.device("cpu"))
    work._records = True
    for rows in (torch.ones(2, 3, 4, 4), torch.zeros(3, 3, 4, 4)):
        found = work(rows, 4, torch.float32)
        assert torch.equal(found, rows + 1)
    work(torch.ones(1, 3, 4, 4), 1, torch.float32)
    (line,) = caplog.records
    assert line.getMessage().endswith("step by step: operation not permitted when stream is capturing")


def test_memory_that_ran_out_behind_another_error_is_seen() -> None:
    def raised(first: Exception) -> RuntimeError:
        try:
            try:
                raise first
            finally:
                raise RuntimeError("operation failed due to a previous error during capture")
        except RuntimeError as error:
            return error

    assert out_of_memory(raised(torch.OutOfMemoryError()))
    assert out_of_memory(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"))
    assert not out_of_memory(raised(RuntimeError("an illegal memory access was encountered")))
