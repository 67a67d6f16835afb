"""Frame numbers and times of every kind of file: as ffprobe tells, and the same wherever reading begins."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine import seeking, video
from engine.video import read_frames

WIDTH, HEIGHT, COUNT = 96, 64, 60
B_FRAMES = {"bf": "3", "g": "10", "x264-params": "scenecut=0"}
UNEVEN = np.cumsum(np.random.default_rng(0).choice([17, 33, 40, 100, 250], COUNT))


def picture(index: int) -> np.ndarray:
    """Its number is written in it, as ten blocks, black or white."""
    bits = [255 * (index >> bit & 1) for bit in range(10)]
    row = np.repeat(np.array(bits, dtype=np.uint8), 9)
    image = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
    image[8:56, 3 : 3 + len(row)] = row[None, :, None]
    return image


def number_in(image: np.ndarray) -> int:
    """The number that `picture` wrote."""
    if image.shape[0] > image.shape[1]:
        image = image.transpose(1, 0, 2)[:, ::-1]
    blocks = image[30:34, 3:93].mean(axis=(0, 2)).reshape(10, 9)[:, 3:6].mean(axis=1)
    return int(sum(1 << bit for bit, value in enumerate(blocks) if value > 128))


def made(
    path: Path,
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    stamps: np.ndarray | None = None,
    form: str | None = None,
    prepare: Callable = lambda stream: None,
) -> Path:
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        base = Fraction(1, 30) if stamps is None else Fraction(1, 1000)
        stream.codec_context.time_base = base
        prepare(stream)
        for index in range(COUNT):
            frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
            frame.pts, frame.time_base = index if stamps is None else int(stamps[index]), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def cut_by_edit_list(path: Path, frames: int) -> Path:
    """Tell players to begin later: ISO/IEC 14496-12, edit list box, media_time in units of the track."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4
    count, _, begins = struct.unpack(">III", data[at + 4 : at + 16])
    assert count == 1
    data[at + 12 : at + 16] = struct.pack(">I", begins + frames * 512)
    path.write_bytes(data)
    return path


def of_kind(kind: str, folder: Path) -> Path:
    """A video of 60 numbered pictures."""
    lines = {
        "b-frames.mp4": lambda p: made(p, options=B_FRAMES),
        "open-gop.mp4": lambda p: made(p, options={**B_FRAMES, "x264-params": "open-gop=1:scenecut=0"}),
        "refreshed.mp4": lambda p: made(p, options={"x264-params": "intra-refresh=1:keyint=10"}),
        "uneven.mp4": lambda p: made(p, options=B_FRAMES, stamps=UNEVEN),
        "uneven.mkv": lambda p: made(p, options=B_FRAMES, stamps=UNEVEN + 700),
        "offset.mp4": lambda p: made(p, options=B_FRAMES, stamps=33 * np.arange(COUNT) + 5000),
        "cut.mp4": lambda p: cut_by_edit_list(made(p, options=B_FRAMES), 7),
        "stream.ts": lambda p: made(p, options=B_FRAMES),
        "program.mpg": lambda p: made(p, codec="mpeg2video", options={"bf": "2", "g": "10"}),
        "turned.mp4": lambda p: made(p, options=B_FRAMES, prepare=lambda s: s.set_display_rotation(90)),
        "b-frames.avi": lambda p: made(p, options=B_FRAMES),
        "plain.avi": lambda p: made(p, codec="mjpeg", prepare=lambda s: setattr(s, "pix_fmt", "yuvj420p")),
        "hidden.webm": lambda p: made(
            p, codec="libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "16"}
        ),
        "vp9.webm": lambda p: made(p, codec="libvpx-vp9", options={"g": "10"}),
    }
    return lines[kind](folder / kind)


SOUGHT = ["b-frames.mp4", "open-gop.mp4", "refreshed.mp4", "uneven.mp4", "uneven.mkv", "offset.mp4",
          "cut.mp4", "stream.ts", "turned.mp4", "vp9.webm"]  # fmt: skip
DECODED = ["b-frames.avi", "hidden.webm", "program.mpg", "plain.avi"]


@pytest.fixture(scope="module", params=SOUGHT + DECODED)
def clip(request, tmp_path_factory) -> Path:
    return of_kind(request.param, tmp_path_factory.mktemp("clips"))


@pytest.fixture
def seeks(monkeypatch):
    """Seek however near the beginning is; the list tells how often it was possible."""
    done: list[bool] = []
    really = seeking.pictures_from

    def told(*arguments):
        pictures = really(*arguments)
        done.append(pictures is not None)
        return pictures

    monkeypatch.setattr(seeking, "pictures_from", told)
    monkeypatch.setattr(video, "_FAR_FRAMES", 1)
    monkeypatch.setattr(video, "_FAR_SECONDS", 0.001)
    return done


def told_by_ffprobe(path: Path) -> np.ndarray:
    """(T,) seconds from the stream's start, NaN where it tells none; by PyAV's packets without ffprobe."""
    if shutil.which("ffprobe") is None:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            shown = sorted(p.pts for p in container.demux(stream) if p.size and not p.is_discard)
            return (np.array(shown) - stream.start_time) * float(stream.time_base)
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_frames", "-show_streams"]
    told = json.loads(subprocess.run([*command, "-of", "json", path], capture_output=True, check=True).stdout)
    stream = told["streams"][0]
    stamps = np.array([float(frame.get("best_effort_timestamp", "nan")) for frame in told["frames"]])
    return (stamps - stream.get("start_pts", 0)) * float(Fraction(stream["time_base"]))


@pytest.mark.slow
def test_as_many_frames_at_the_same_times_as_ffprobe_tells(clip):
    frames = list(read_frames(clip))
    expected = told_by_ffprobe(clip)
    assert [f.index for f in frames] == list(range(len(expected)))
    times, there = np.array([f.time for f in frames]), np.isfinite(expected)
    assert there[:-4].all()
    # the stamps of program.mpg go back after 30 frames, as its muxer wrote them; ours never do
    told = np.flatnonzero(there)[: 30 if clip.name == "program.mpg" else None]
    np.testing.assert_allclose(times[told], expected[told], atol=1e-6)
    assert (np.diff(times) > 0).all()
    first = 7 if clip.name == "cut.mp4" else 0
    assert [number_in(f.image) for f in frames] == list(range(first, COUNT))


@pytest.mark.slow
def test_a_range_is_the_same_wherever_reading_begins(clip, seeks):
    whole = list(read_frames(clip, seek=False))
    assert not seeks
    last = len(whole)
    for start, stop in [(9, 14), (10, 11), (31, None), (last - 1, None)]:
        part = list(read_frames(clip, start, stop))
        assert_same(part, whole[start:stop])
    for start in (0.01, 1.2345):
        part = list(read_frames(clip, start_time=start, stop_time=start + 0.4))
        assert_same(part, [f for f in whole if start <= f.time < start + 0.4])
    assert list(read_frames(clip, start=last)) == []
    assert list(read_frames(clip, start_time=100.0)) == []
    assert any(seeks) == (clip.name in SOUGHT)


def assert_same(got: list, expected: list) -> None:
    assert [f.index for f in got] == [f.index for f in expected]
    assert [f.time for f in got] == [f.time for f in expected]
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours.image, theirs.image)


def test_seeking_decodes_little(tmp_path, seeks, monkeypatch):
    path = made(tmp_path / "long.mp4", options=B_FRAMES)
    fed = []
    really = seeking.packets_of

    def counted(*arguments):
        for packet in really(*arguments):
            fed.append(packet)
            yield packet

    index = seeking.index_until(path, 50, 0.0)
    monkeypatch.setattr(seeking, "packets_of", counted)
    monkeypatch.setattr(seeking, "index_until", lambda *_: index)
    frames = list(read_frames(path, 50, 52))
    assert [number_in(f.image) for f in frames] == [50, 51] and seeks == [True]
    assert len(fed) < 40  # of 60; from the key frame before the last to some frames of delay after it


def test_a_damaged_beginning_is_not_trusted(tmp_path, seeks):
    path = made(tmp_path / "hurt.mp4", options=B_FRAMES)
    with av.open(str(path)) as container:
        third = [p for p in container.demux(video=0) if p.size][2]
        at, size = third.pos, third.size
    data = bytearray(path.read_bytes())
    data[at : at + size] = b"\xff" * size
    path.write_bytes(data)
    whole = list(read_frames(path, seek=False))
    assert_same(list(read_frames(path, 30, 33)), [f for f in whole if 30 <= f.index < 33])
    assert not seeks
