"""The affine crop: the authors' numbers, the way back, pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pose2d import crop
from engine.pose2d.base import Region

SIZE = (192, 256)
number = st.floats(-2000, 4000)
regions = st.builds(
    lambda x, y, w, angle: Region(np.array([x, y]), np.array([w, w * 4 / 3]), angle),
    number, number, st.floats(3, 3000), st.floats(-np.pi, np.pi),
)  # fmt: skip


@pytest.mark.parametrize(
    ("box", "scale"),
    [
        ((100, 50, 300, 450), (300 * 1.25 / 200, 400 * 1.25 / 200)),  # tall: the width grows to 3/4
        ((0, 0, 300, 100), (300 * 1.25 / 200, 400 * 1.25 / 200)),  # wide: the height grows
        ((10, 10, 85, 110), (75 * 1.25 / 200, 100 * 1.25 / 200)),  # 3:4 already
    ],
)
def test_box_becomes_the_authors_centre_and_scale(box: tuple, scale: tuple) -> None:
    centre, got = crop.centre_and_scale(crop.region_from_box(np.array(box)))
    np.testing.assert_allclose(centre, [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    np.testing.assert_allclose(got, scale)


def test_centre_and_scale_round_trip() -> None:
    region = crop.region_from_centre_and_scale(np.array([10.0, 20.0]), np.array([1.5, 2.0]), 0.3)
    np.testing.assert_allclose(region.size, [300, 400])
    centre, scale = crop.centre_and_scale(region)
    np.testing.assert_allclose([*centre, *scale], [10, 20, 1.5, 2])


def test_the_authors_three_points() -> None:
    """The authors define their affine by the centre, the point half a crop's width above it, and a third at
    a right angle; scale[0] * 200 px of the image are as wide as the crop."""
    region = crop.region_from_box(np.array([100.0, 50.0, 300.0, 450.0]))
    width = region.size[0]
    inside = np.array([[96.0, 128.0], [96.0, 128.0 - 96.0], [0.0, 128.0 - 96.0]])
    expected = region.centre + np.array([[0, 0], [0, -width / 2], [-width / 2, -width / 2]])
    np.testing.assert_allclose(crop.transform(crop.crop_to_image(region, SIZE), inside), expected)


@given(regions)
def test_to_the_crop_and_back_is_where_it_was(region: Region) -> None:
    points = np.random.default_rng(0).random((17, 2)) * 2000
    there = crop.transform(crop.image_to_crop(region, SIZE), points)
    back = crop.transform(crop.crop_to_image(region, SIZE), there)
    np.testing.assert_allclose(back, points, atol=1e-5)


@given(regions)
def test_corners_of_the_crop_are_the_regions(region: Region) -> None:
    affine = crop.crop_to_image(region, SIZE)
    np.testing.assert_allclose(crop.transform(affine, np.array(SIZE) / 2), region.centre, atol=1e-6)
    sides = crop.transform(affine, np.array([[0, 0], [192, 0], [0, 256]]))
    lengths = np.linalg.norm(sides[1:] - sides[0], axis=-1)
    np.testing.assert_allclose(lengths, region.size, rtol=1e-6)


def test_somebody_tilted_clockwise_stands_upright_in_the_crop() -> None:
    """Tilted a quarter turn clockwise as seen: the head lies to the right of the feet."""
    region = Region(np.array([500.0, 400.0]), np.array([300.0, 400.0]), np.pi / 2)
    head, feet = crop.transform(crop.image_to_crop(region, SIZE), np.array([[650.0, 400.0], [350.0, 400.0]]))
    np.testing.assert_allclose(head, [96, 32], atol=1e-6)
    np.testing.assert_allclose(feet, [96, 224], atol=1e-6)


def test_transform_takes_a_batch_of_affines() -> None:
    regions = [crop.region_from_box(np.array([0, 0, n, n])) for n in (50.0, 100.0)]
    affines = np.stack([crop.crop_to_image(region, SIZE) for region in regions])
    points = np.random.default_rng(0).random((2, 5, 2)) * 100
    expected = np.stack([crop.transform(a, p) for a, p in zip(affines, points, strict=True)])
    np.testing.assert_allclose(crop.transform(affines, points), expected)


def test_with_aspect_grows_and_never_cuts() -> None:
    region = Region(np.array([5.0, 6.0]), np.array([100.0, 100.0]), 0.5)
    grown = crop.with_aspect(region, 3 / 4)
    np.testing.assert_allclose(grown.size, [100, 400 / 3])
    assert grown.angle == 0.5
    np.testing.assert_allclose(crop.with_aspect(grown, 3 / 4).size, grown.size)


def test_a_box_without_extent_still_makes_a_region() -> None:
    region = crop.region_from_box(np.array([7.0, 8.0, 7.0, 8.0]))
    assert (region.size > 0).all()
    assert np.isfinite(crop.image_to_crop(region, SIZE)).all()


def test_cut_shows_what_lies_there_and_black_outside() -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    image[..., 0] = np.arange(400) // 2
    image[..., 1] = (np.arange(300) // 2)[:, None]
    image[..., 2] = 255
    region = Region(np.array([0.0, 150.0]), np.array([192.0, 256.0]))
    picture = crop.cut(image, region, SIZE)
    assert picture.shape == (256, 192, 3)
    assert (picture[:, :94] == 0).all()
    y, x = 100, 150  # in the crop; the region is as large as the crop
    assert picture[y, x].tolist() == [(x - 96) // 2, (y + 22) // 2, 255]
