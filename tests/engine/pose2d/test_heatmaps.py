"""Decoding of heatmaps on exact Gaussians, whose true centres are known."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.skeleton import COCO_17, HALPE_26
from engine.pose2d.heatmaps import decode_dark, decode_quarter, flip_back

SIZES = [(48, 64), (72, 96)]


def gaussians(centres: np.ndarray, size: tuple[int, int], height: float = 1.0) -> np.ndarray:
    """Heatmaps (N, K, H, W) with a Gaussian of HRNet's width round each centre (N, K, 2)."""
    width, rows = size
    sigma = 2.0 * width / 48
    x = np.arange(width) - centres[..., None, None, 0]
    y = np.arange(rows)[:, None] - centres[..., None, None, 1]
    return (height * np.exp(-(x**2 + y**2) / (2 * sigma**2))).astype(np.float32)


def random_centres(size: tuple[int, int], margin: float, shape: tuple[int, int] = (4, 17)) -> np.ndarray:
    rng = np.random.default_rng(3)
    return margin + rng.random((*shape, 2)) * (np.array(size) - 1 - 2 * margin)


@pytest.mark.parametrize("size", SIZES)
def test_dark_finds_the_centre_to_a_fiftieth_of_a_pixel(size: tuple[int, int]) -> None:
    centres = random_centres(size, margin=9)
    found, score = decode_dark(gaussians(centres, size))
    assert found.dtype == score.dtype == np.float32
    assert np.abs(found - centres).max() < 0.02


@pytest.mark.parametrize("size", SIZES)
def test_dark_stays_within_a_pixel_near_the_rim(size: tuple[int, int]) -> None:
    centres = random_centres(size, margin=0)
    found, _ = decode_dark(gaussians(centres, size))
    assert np.abs(found - centres).max() < 1.0


@pytest.mark.parametrize("size", SIZES)
def test_quarter_is_within_a_quarter_of_a_pixel(size: tuple[int, int]) -> None:
    centres = random_centres(size, margin=2)
    found, _ = decode_quarter(gaussians(centres, size))
    error = np.abs(found - centres)
    assert error.max() <= 0.25 + 1e-5
    assert np.abs(np.mod(found, 1) - 0.5).max() == pytest.approx(0.25)


def test_quarter_does_not_move_a_peak_on_the_rim_or_between_equal_neighbours() -> None:
    centres = np.array([[[0.0, 30.0], [47.0, 63.0], [20.0, 30.0]]])
    found, _ = decode_quarter(gaussians(centres, (48, 64)))
    np.testing.assert_array_equal(found, centres)


@pytest.mark.parametrize("decode", [decode_dark, decode_quarter])
def test_score_is_the_peak_between_0_and_1(decode) -> None:
    maps = gaussians(np.array([[[10.0, 10.0], [20.0, 20.0], [30.0, 30.0], [5.0, 5.0]]]), (48, 64))
    maps *= np.array([0.7, 1.3, 0.01, -1.0], np.float32)[:, None, None]
    _, score = decode(maps)
    np.testing.assert_allclose(score[0], [0.7, 1.0, 0.01, 0.0], atol=1e-6)


@pytest.mark.parametrize("decode", [decode_dark, decode_quarter])
def test_a_heatmap_without_a_peak_gives_numbers_inside_it(decode) -> None:
    maps = np.zeros((1, 3, 64, 48), np.float32)
    maps[0, 1] = np.random.default_rng(0).standard_normal((64, 48)) * 0.01
    maps[0, 2] = -5
    found, _ = decode(maps)
    assert np.isfinite(found).all()
    assert ((found >= -1.5) & (found <= np.array([48.5, 64.5]))).all()


def test_dark_bears_noise_better_than_quarter() -> None:
    centres = random_centres((48, 64), margin=9)
    maps = gaussians(centres, (48, 64)) + 0.01 * np.random.default_rng(1).standard_normal((4, 17, 64, 48))
    dark, quarter = (np.abs(decode(maps)[0] - centres).mean() for decode in (decode_dark, decode_quarter))
    assert dark < 0.5 * quarter


@pytest.mark.parametrize("skeleton", [COCO_17, HALPE_26])
def test_flip_back_puts_a_mirrored_pictures_heatmaps_in_place(skeleton) -> None:
    """A keypoint at pixel x of a picture W wide lies at W - 1 - x of the mirrored one, and at a quarter of
    that in its heatmap. After flip_back with the shift it must be a quarter pixel or less from x / 4."""
    centres = random_centres((48, 64), margin=9, shape=(1, len(skeleton)))
    mirrored = centres[:, skeleton.mirror] * [-1, 1] + [(192 - 1) / 4, 0]
    maps = flip_back(gaussians(mirrored, (48, 64)), skeleton.mirror)
    found, _ = decode_dark(maps)
    np.testing.assert_allclose(found[..., 1], centres[..., 1], atol=0.02)
    np.testing.assert_allclose(found[..., 0] - centres[..., 0], 0.25, atol=0.02)
    unshifted, _ = decode_dark(flip_back(gaussians(mirrored, (48, 64)), skeleton.mirror, shift=False))
    np.testing.assert_allclose(unshifted[..., 0] - centres[..., 0], -0.75, atol=0.02)


def test_flip_back_twice_without_shift_changes_nothing() -> None:
    maps = np.random.default_rng(0).random((2, 17, 8, 6), np.float32)
    once = flip_back(maps, COCO_17.mirror, shift=False)
    np.testing.assert_array_equal(flip_back(once, COCO_17.mirror, shift=False), maps)
    assert not np.array_equal(once, maps)
