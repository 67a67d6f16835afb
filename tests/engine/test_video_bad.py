"""Reading what is no video, or half of one: one clear line, or the frames that are whole."""

from __future__ import annotations

import logging
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import BadInput
from engine.video import probe, read_frames


def write(path: Path, count: int = 60, codec: str = "libx264", options: dict[str, str] | None = None) -> Path:
    random = np.random.default_rng(0)
    with av.open(str(path), "w", options=options or {}) as out:
        stream = out.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(count):
            image = random.integers(0, 255, (64, 96, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def refused(path: Path) -> str:
    """The line both readers refuse a path with."""
    with pytest.raises(BadInput) as told:
        probe(path)
    with pytest.raises(BadInput) as told_again:
        list(read_frames(path))
    line = str(told.value)
    assert "\n" not in line
    assert str(told_again.value) == line
    assert told.value.exit_code == 3
    return line


def test_no_such_file(tmp_path):
    assert "There is no file" in refused(tmp_path / "none.mp4")


def test_folder(tmp_path):
    assert "is a folder" in refused(tmp_path)


def test_empty_file(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in refused(tmp_path / "empty.mp4")


def test_device_file():
    assert "no ordinary file" in refused(Path(os.devnull))


@pytest.mark.parametrize("name", ["text.mp4", "text.txt"])
def test_text(tmp_path, name):
    path = tmp_path / name
    path.write_text("The quick brown fox.\n" * 100)
    assert name in refused(path)


def test_play_list_does_not_reach_the_network(tmp_path):
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    assert "no video" in refused(path)


def test_only_sound(tmp_path):
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44100)
        quiet = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
        )
        quiet.sample_rate = 44100
        out.mux(stream.encode(quiet))
        out.mux(stream.encode())
    assert "has no video" in refused(path)


def test_no_frames(tmp_path):
    assert refused(write(tmp_path / "none.mkv", count=0, codec="mpeg4"))


def test_a_title_that_is_no_utf8_is_no_reason_to_refuse(tmp_path):
    path = tmp_path / "title.mp4"
    with av.open(str(path), "w") as out:
        out.metadata["title"] = "Bjorn runs"
        stream = out.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        out.mux(stream.encode(av.VideoFrame(96, 64, "yuv420p")))
        out.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b"Bjorn", b"Bj\xf6rn"))  # as Latin-1 has it
    assert probe(path).frames == len(list(read_frames(path))) == 1


def test_cut_off_before_its_index(tmp_path):
    path = write(tmp_path / "cut.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    line = refused(path)
    assert "cut.mp4 is no video that can be read" in line
    assert "cut off" in line


def test_cut_off_in_the_middle_gives_the_first_frames(tmp_path, caplog):
    path = write(tmp_path / "half.mp4", options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with caplog.at_level(logging.WARNING, logger="engine.video"):
        frames = list(read_frames(path))
    assert 15 <= len(frames) < 50
    assert [f.index for f in frames] == list(range(len(frames)))
    assert "breaks off" in caplog.text
    assert f"{len(frames)} of 60" in caplog.text


def test_damage_in_the_middle_is_passed_over(tmp_path, caplog):
    path = write(tmp_path / "hurt.mkv", codec="ffv1")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = b"\xff" * 200
    path.write_bytes(data)
    frames = list(read_frames(path))
    times = [f.time for f in frames]
    assert 50 <= len(frames) <= 60
    assert (np.diff(times) > 0).all()
    assert times[-1] > 1.9


def test_whole_files_give_no_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="engine.video"):
        list(read_frames(write(tmp_path / "whole.mp4")))
        list(read_frames(tmp_path / "whole.mp4", 3, 5))
    assert caplog.text == ""


def test_pictures_beyond_the_limit(tmp_path):
    path = tmp_path / "huge.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 17000, 16, "yuvj420p"
        frame = av.VideoFrame(17000, 16, "yuvj420p")
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    line = refused(path)
    assert "too large: 17000x16 px" in line


def test_unreadable_file(tmp_path):
    path = write(tmp_path / "closed.mp4", count=2)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "cannot be read" in refused(path)
