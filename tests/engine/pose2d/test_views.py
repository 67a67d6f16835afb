"""What of a picture a detector is shown: everything, and nothing too small."""

from __future__ import annotations

import numpy as np
import pytest

from engine.pose2d.views import Halves, Kind, View, tiles, views


@pytest.mark.parametrize(
    ("width", "height", "side"), [(1920, 1080, 1080), (100, 100, 55), (64, 4000, 64), (3, 2, 9)]
)
def test_tiles_cover_the_picture(width, height, side):
    covered = np.zeros((height, width), dtype=int)
    for x, y, size in tiles(width, height, side):
        assert x >= 0 and y >= 0
        assert x + size <= max(width, size) and y + size <= max(height, size)
        covered[y : y + size, x : x + size] += 1
    assert (covered > 0).all()
    assert len(tiles(width, height, side)) < 20


def test_two_tiles_cover_a_wide_picture_and_share_a_fifth():
    starts = [x for x, _, _ in tiles(1920, 1080, 1080)]
    assert len(starts) == 2
    assert 1080 - np.diff(starts)[0] >= 0.2 * 1080


def test_views_of_usual_pictures():
    kinds = [view.kind for view in views(1080, 1920)]
    assert kinds == [Kind.WHOLE] + 2 * [Kind.TILE] + 8 * [Kind.FINE]
    assert [view.kind for view in views(480, 500)] == [Kind.WHOLE] + 4 * [Kind.FINE]


@pytest.mark.parametrize("view", [View(0, 0, 1400), View(300, 100, 600), View(701, 203, 597), View(0, 3, 50)])
def test_a_mark_is_where_the_view_says(view):
    """A dot in the picture lies where scale and corner put it, however often the picture was halved."""
    image = np.zeros((801, 1400, 3), dtype=np.uint8)
    x, y = view.x + 0.3 * min(view.side, 1400), view.y + 0.4 * min(view.side, 801 - view.y)
    radius = max(2, view.side // 60)
    yy, xx = np.mgrid[:801, :1400] + 0.5
    image[np.hypot(xx - x, yy - y) < radius] = 255
    square, scale, corner = Halves(image).square(view, 100)
    assert square.shape == (100, 100, 3) and square.dtype == np.float32
    weight = square[..., 0]
    middle = np.array([(weight * n).sum() for n in np.mgrid[:100, :100][::-1] + 0.5]) / weight.sum()
    np.testing.assert_allclose(middle * scale + corner, [x, y], atol=0.6 * scale + 1)


def test_what_lies_outside_is_black_and_shared_out():
    square, scale, corner = Halves(np.full((90, 160, 3), 200, np.uint8)).square(View(0, 0, 160), 64)
    assert scale == pytest.approx(2.5)
    np.testing.assert_allclose(corner, [0, -35])
    assert (square[:14] == 0).all() and (square[50:] == 0).all() and (square[14:50] == 200).all()
