"""Parts of a decoded picture are what the whole picture holds there, however it is stored."""

import av
import cv2
import numpy as np
import pytest

from engine.frame import Frame
from engine.partly import PartlyRGB, warped
from engine.upright import Layout

TURNS = {
    "upright": [[1, 0], [0, 1]],
    "quarter": [[0, 1], [-1, 0]],
    "half": [[-1, 0], [0, -1]],
    "three quarters": [[0, -1], [1, 0]],
    "mirrored": [[-1, 0], [0, 1]],
    "mirrored and turned": [[0, 1], [1, 0]],
}


def stored(kind: str, size: tuple[int, int] = (218, 174), colorspace: int = 2) -> av.VideoFrame:
    """Noise over slopes; sides are no multiples of what is converted at once."""
    width, height = size
    rng = np.random.default_rng(3)
    picture = av.VideoFrame(width, height, kind)
    picture.colorspace = colorspace
    for number, plane in enumerate(picture.planes):
        slope = np.add.outer(np.arange(plane.height), np.arange(plane.line_size)) / (7 + number)
        values = 60 + slope % 120 + rng.integers(0, 60, slope.shape)
        plane.update(values.astype(np.uint8).tobytes())
    return picture


def frame(kind: str, turn: str = "upright", **other: object) -> Frame:
    picture = stored(kind, **other)
    return Frame(0, 0.0, picture, Layout(picture.height, picture.width, np.array(TURNS[turn], float)))


@pytest.mark.parametrize("turn", TURNS)
def test_parts_of_a_turned_picture(turn: str) -> None:
    one = frame("yuv420p", turn)
    whole, rng = one.image, np.random.default_rng(0)
    assert one.view.shape == whole.shape
    for _ in range(20):
        rows, columns = (slice(*np.sort(rng.integers(0, n + 1, 2)).tolist()) for n in whole.shape[:2])
        np.testing.assert_array_equal(one.view[rows, columns], whole[rows, columns])


@pytest.mark.parametrize("kind", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "gray", "rgb24"])
@pytest.mark.parametrize("colorspace", [1, 2])
@pytest.mark.parametrize("size", [(218, 174), (217, 173)])
def test_parts_of_pictures_of_all_kinds(kind: str, colorspace: int, size: tuple[int, int]) -> None:
    one = frame(kind, colorspace=colorspace, size=size)
    whole = one.image
    np.testing.assert_array_equal(one.view[41:97, 33:120], whole[41:97, 33:120])
    np.testing.assert_array_equal(one.view[-20:, :5], whole[-20:, :5])
    np.testing.assert_array_equal(np.asarray(one.view), whole)


def test_what_is_asked_for_again_is_not_converted_again() -> None:
    view = frame("yuv420p").view
    first = view[40:80, 40:80]
    assert np.shares_memory(first, view[50:60, 45:70])
    # all is converted at once where parts would add up to more
    for corner in range(0, 140, 5):
        view[corner : corner + 60, corner : corner + 60]
    assert np.shares_memory(view[0:120, 0:120], view[100:174, 100:218])


def test_of_a_large_picture_little_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    one = frame("yuv420p", size=(1920, 1080))
    monkeypatch.setattr(Layout, "rgb", lambda *_: pytest.fail("all of it was converted"))
    assert isinstance(one.view, PartlyRGB)
    assert one.view[300:800, 500:1000].shape == (500, 500, 3)


@pytest.mark.parametrize("border", [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE])
@pytest.mark.parametrize(
    "middle", [(100.0, 90.0), (3.0, 170.0), (-60.0, 80.0), (250.0, -40.0), (900.0, 900.0)]
)
def test_a_crop_is_opencvs_of_the_whole(border: int, middle: tuple[float, float]) -> None:
    one, size = frame("yuv420p"), (64, 48)
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]]) * 1.7
    matrix = np.column_stack([turn, np.array(middle) - turn @ [32, 24]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpAffine(one.image, matrix, size, flags=flags, borderMode=border)
    for image in (one.view, one.image):
        difference = np.abs(warped(image, matrix, size, border).astype(int) - expected)
        assert difference.max() <= 1  # places are rounded to a part of a px
