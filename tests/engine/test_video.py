"""Reading videos: what comes out of whole ones of many kinds."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.video import probe, read_frames

WIDTH, HEIGHT = 96, 64


def picture(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Top-left quarter red, top-right green, bottom-left blue; the rest grows brighter frame by frame."""
    image = np.full((height, width, 3), 10 * index % 250, dtype=np.uint8)
    image[: height // 2, : width // 2] = (220, 20, 20)
    image[: height // 2, width // 2 :] = (20, 220, 20)
    image[height // 2 :, : width // 2] = (20, 20, 220)
    return image


def write(
    path: Path,
    *,
    count: int = 10,
    codec: str = "mpeg4",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (WIDTH, HEIGHT),
    stamps: list[int] | None = None,
    prepare=lambda stream: None,
    audio: bool = False,
) -> Path:
    """A small video at 30 fps; stamps are milliseconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        prepare(stream)
        sound = out.add_stream("aac", rate=44100) if audio else None
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(picture(index, *size), format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[index], Fraction(1, 1000)
            else:
                frame.pts, frame.time_base = index, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound is not None:
            quiet = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
            )
            quiet.sample_rate = 44100
            out.mux(sound.encode(quiet))
            out.mux(sound.encode())
    return path


def corners(image: np.ndarray) -> list[str]:
    """Which colour lies top left, top right, bottom left, bottom right: r, g, b or - for none."""
    height, width = image.shape[:2]
    spots = [(height // 4, width // 4), (height // 4, width * 3 // 4)]
    spots += [(height * 3 // 4, width // 4), (height * 3 // 4, width * 3 // 4)]
    values = [image[y, x].astype(int) for y, x in spots]
    return ["rgb"[int(v.argmax())] if np.ptp(v) > 100 else "-" for v in values]


def test_what_a_file_holds(tmp_path):
    path = write(tmp_path / "a.mp4", count=12)
    info = probe(path)
    assert (info.width, info.height, info.frames) == (WIDTH, HEIGHT, 12)
    assert info.fps == pytest.approx(30)
    assert info.duration == pytest.approx(0.4)
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert info.path == path


def test_frames_in_order_with_times_and_colours(tmp_path):
    frames = list(read_frames(write(tmp_path / "a.mp4", count=12)))
    assert [f.index for f in frames] == list(range(12))
    np.testing.assert_allclose([f.time for f in frames], np.arange(12) / 30, atol=1e-6)
    assert all(f.image.shape == (HEIGHT, WIDTH, 3) and f.image.dtype == np.uint8 for f in frames)
    assert corners(frames[0].image) == ["r", "g", "b", "-"]
    grey = [f.image[-8:, -8:].mean() for f in frames]
    np.testing.assert_allclose(grey, 10 * np.arange(12), atol=6)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("h264.mp4", "libx264", "yuv420p"),
        ("ten_bit.mkv", "libx264", "yuv420p10le"),
        ("grey.mkv", "ffv1", "gray"),
        ("grey16.mkv", "ffv1", "gray16le"),
        ("alpha.mov", "qtrle", "argb"),
        ("alpha.mkv", "ffv1", "yuva420p"),
        ("vp9.webm", "libvpx-vp9", "yuv420p"),
        ("prores.mov", "prores_ks", "yuv422p10le"),
        ("motion_jpeg.avi", "mjpeg", "yuvj420p"),
        ("palette.gif", "gif", "rgb8"),
    ],
)
def test_many_codecs_and_pixels(tmp_path, name, codec, pix_fmt):
    path = write(tmp_path / name, count=5, codec=codec, pix_fmt=pix_fmt)
    frames = list(read_frames(path))
    assert probe(path).width == WIDTH
    assert len(frames) == 5
    assert frames[0].image.shape == (HEIGHT, WIDTH, 3)
    if pix_fmt.startswith("gray"):
        assert np.ptp(frames[0].image.astype(int), axis=-1).max() <= 1
    else:
        assert corners(frames[0].image) == ["r", "g", "b", "-"]


def test_odd_sizes(tmp_path):
    path = write(tmp_path / "odd.mkv", codec="ffv1", pix_fmt="yuv444p", size=(101, 67))
    assert next(read_frames(path)).image.shape == (67, 101, 3)


def test_uneven_times_come_from_the_stamps(tmp_path):
    stamps = [0, 33, 40, 200, 210, 1000, 1033]
    path = write(tmp_path / "vfr.mkv", count=7, codec="libx264", stamps=stamps)
    np.testing.assert_allclose([f.time for f in read_frames(path)], np.array(stamps) / 1000, atol=1.1e-3)


def test_times_count_from_the_start_of_the_stream(tmp_path):
    path = write(tmp_path / "late.mkv", count=3, codec="libx264", stamps=[5000, 5040, 5080])
    np.testing.assert_allclose([f.time for f in read_frames(path)], [0, 0.04, 0.08], atol=1.1e-3)


@pytest.mark.parametrize(
    ("degrees", "mirror", "expected"),
    [
        (0, False, ["r", "g", "b", "-"]),
        (90, False, ["g", "-", "r", "b"]),  # counter-clockwise
        (-90, False, ["b", "r", "-", "g"]),
        (180, False, ["-", "b", "g", "r"]),
        (0, True, ["g", "r", "-", "b"]),
        (90, True, ["-", "g", "b", "r"]),
    ],
)
def test_turned_and_mirrored_footage_comes_out_upright(tmp_path, degrees, mirror, expected):
    path = write(
        tmp_path / "turned.mp4",
        count=2,
        prepare=lambda stream: stream.set_display_rotation(degrees, hflip=mirror),
    )
    frame = next(read_frames(path))
    info = probe(path)
    size = (HEIGHT, WIDTH) if degrees % 180 else (WIDTH, HEIGHT)
    assert (info.width, info.height) == size == frame.image.shape[1::-1]
    assert corners(frame.image) == expected
    assert frame.image.flags["C_CONTIGUOUS"]


def test_pixels_that_are_not_square_are_stretched_in_width(tmp_path):
    def anamorphic(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    path = write(tmp_path / "wide.mp4", count=2, prepare=anamorphic)
    assert (probe(path).width, probe(path).height) == (128, 64)
    assert next(read_frames(path)).image.shape == (64, 128, 3)


def test_ranges_keep_frame_numbers_and_times(tmp_path):
    path = write(tmp_path / "a.mp4", count=12)
    part = list(read_frames(path, 3, 6))
    assert [f.index for f in part] == [3, 4, 5]
    assert part[0].time == pytest.approx(0.1)
    by_time = read_frames(path, start_time=0.2, stop_time=0.3)
    assert [f.index for f in by_time] == [6, 7, 8]
    assert list(read_frames(path, start=50)) == []


def test_sound_beside_the_picture_changes_nothing(tmp_path):
    assert len(list(read_frames(write(tmp_path / "sound.mp4", count=4, audio=True)))) == 4


def test_one_frame(tmp_path):
    path = write(tmp_path / "one.mp4", count=1)
    info = probe(path)
    assert info.frames == 1
    assert info.duration > 0
    assert len(list(read_frames(path))) == 1


def test_length_is_counted_where_the_file_does_not_tell(tmp_path):
    path = tmp_path / "stream.mkv"
    with path.open("wb") as file:
        # a stream that cannot be gone back on holds no duration, as browsers record
        pipe = type("Pipe", (), {"write": file.write, "seekable": lambda self: False})()
        with av.open(pipe, "w", format="matroska", options={"live": "1"}) as out:
            stream = out.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for index in range(15):
                frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 30)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
    with av.open(str(path)) as check:
        assert check.duration is None
    info = probe(path)
    assert info.frames == 15
    assert info.duration == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "name", ["-clip.mp4", "http:clip.mp4", "concat:a|b.mp4", "pipe:0", "%03d.png.mp4", "ümläut 1.mp4"]
)
def test_a_name_is_only_a_name(tmp_path, monkeypatch, name):
    made = write(tmp_path / "made.mp4", count=2)
    monkeypatch.chdir(tmp_path)
    made.rename(name)
    assert probe(name).frames == 2


def test_closing_the_iterator_closes_the_file(tmp_path):
    path = write(tmp_path / "a.mp4")
    here = Path("/proc/self/fd")
    if not here.is_dir():
        pytest.skip("needs /proc")
    frames = read_frames(path)
    next(frames)
    opened = [f for f in here.iterdir() if f.is_symlink() and f.readlink() == path]
    assert opened
    frames.close()
    assert not [f for f in here.iterdir() if f.is_symlink() and f.readlink() == path]


@pytest.mark.slow
def test_eight_thousand_by_four_thousand_in_bounded_memory(tmp_path):
    import resource

    path = write(tmp_path / "large.mkv", count=6, codec="mjpeg", pix_fmt="yuvj420p", size=(8000, 4000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for frame in read_frames(path):
        assert frame.image.shape == (4000, 8000, 3)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 1000  # MB; one picture is 96 MB in RGB, the writer above has used several


def test_pictures_are_let_go_of_one_by_one(tmp_path):
    import gc
    import weakref

    path = write(tmp_path / "a.mp4", count=20)
    gc.collect()
    gc.disable()  # a circle of references would keep decoded pictures until Python looks for such
    try:
        there = []
        for frame in read_frames(path):
            assert frame.image.shape == (*frame.shape, 3) and frame.grey(32).size
            there.append(weakref.ref(frame))
        del frame
        held = sum(type(thing).__name__ == "VideoFrame" for thing in gc.get_objects())
        assert held <= 3 and not any(ref() for ref in there)
    finally:
        gc.enable()
