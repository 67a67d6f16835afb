"""The lens that a video file names, at the file's top and in its track."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from engine.describe import camera
from engine.lens_metadata import field_of_view, focal_length
from engine.video import probe

KEY = "com.apple.quicktime.camera.focal_length.35mm_equivalent"


def write(path: Path, tags: dict[str, str] | None = None) -> Path:
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"} if tags else {}) as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for key, value in (tags or {}).items():
            container.metadata[key] = value
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8))))
        container.mux(stream.encode())
    return path


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def with_item(path: Path, code: int, value: bytes, *, full: bool = False, key: str = KEY) -> Path:
    """The same file with one item of metadata in its track, as phones write it."""
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    keys = box(b"keys", bytes(4) + struct.pack(">I", 1) + box(b"mdta", key.encode()))
    item = box(struct.pack(">I", 1), box(b"data", struct.pack(">II", code, 0) + value))
    added = box(b"meta", bytes(4 if full else 0) + handler + keys + box(b"ilst", item))
    data = bytearray(path.read_bytes())
    movie, track = data.index(b"moov") - 4, data.index(b"trak") - 4
    end = track + int.from_bytes(data[track : track + 4], "big")
    data[end:end] = added
    for at in (track, movie):
        size = int.from_bytes(data[at : at + 4], "big") + len(added)
        data[at : at + 4] = size.to_bytes(4, "big")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.mov", "a.mp4", "a.mkv"])
def test_a_lens_at_the_top_of_a_file(tmp_path, name):
    assert probe(write(tmp_path / name, {KEY: "26"})).lens == 26.0
    assert probe(write(tmp_path / f"plain_{name}")).lens is None


@pytest.mark.parametrize(
    ("code", "value"),
    [(1, b"26"), (22, b"\x1a"), (21, struct.pack(">i", 26)), (23, struct.pack(">f", 26.0)),
     (77, struct.pack(">I", 26)), (74, struct.pack(">q", 26))],
)  # fmt: skip
def test_a_lens_in_the_video_track_as_phones_write_it(tmp_path, code, value):
    assert probe(with_item(write(tmp_path / "a.mov"), code, value)).lens == 26.0
    assert probe(with_item(write(tmp_path / "b.mp4"), code, value, full=True)).lens == 26.0


@pytest.mark.parametrize("value", [b"-13", b"0", b"nan", b"", b"99999", b"26/0", b"\xff\xfe"])
def test_a_lens_that_cannot_be_is_none(tmp_path, value):
    assert probe(with_item(write(tmp_path / "a.mov"), 1, value)).lens is None


def test_other_items_and_broken_boxes_say_nothing(tmp_path):
    assert probe(with_item(write(tmp_path / "a.mov"), 1, b"26", key="com.apple.quicktime.model")).lens is None
    path = with_item(write(tmp_path / "b.mov"), 1, b"26")
    data = bytearray(path.read_bytes())
    at = data.index(b"keys") - 4
    data[at : at + 4] = (1 << 30).to_bytes(4, "big")
    path.write_bytes(data)
    assert focal_length(path, ()) is None
    for size in (0, 3, 9, 40, len(data) // 2):
        path.write_bytes(data[:size])
        assert focal_length(path, ()) is None
    assert focal_length(tmp_path / "nowhere.mov", ({"FocalLengthIn35mmFormat": "52/2 mm"},)) == 26.0


def test_the_field_of_view_of_an_equivalent_lens():
    # On 35 mm film itself (36 x 24 mm), 50 mm see 39.6 degrees along the longer side.
    assert field_of_view(50.0, 3600, 2400) == pytest.approx(39.6, abs=0.05)
    assert field_of_view(26.0, 1080, 1920) == field_of_view(26.0, 1920, 1080) == pytest.approx(71.9, abs=0.1)


def test_who_told_the_lens():
    lens = (1.0, 1.0, 0.0, 0.0)
    assert camera(lens, given=False, in_file=True)["source"] == "metadata"
    assert camera(lens, given=True, in_file=True)["source"] == "given"
    assert camera(lens, given=False)["source"] == "assumed"
