"""A video chip decodes where somebody asks for it; where there is none, threads do as ever."""

from __future__ import annotations

import logging
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec import hwaccel

from engine import hardware_decoding
from engine.video import read_frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(0, 250, 50):
            picture = np.full((48, 64, 3), shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("asked", ["", "abacus", "vdpau", "auto"])
def test_frames_are_the_same(
    clip: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, asked: str
) -> None:
    monkeypatch.setenv(hardware_decoding.VARIABLE, asked)
    with caplog.at_level(logging.INFO):
        shades = [int(frame.image.mean()) for frame in read_frames(clip)]
    np.testing.assert_allclose(shades, range(0, 250, 50), atol=3)
    # vdpau opens without its chip and FFmpeg says nothing; auto may find one
    told = f"No video chip decodes by {asked} (" in caplog.text
    assert told == (asked in ("abacus", "vdpau"))


def test_the_chip_that_was_asked_for_is_asked(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock of a chip: the machines that test have none."""
    asked = []
    monkeypatch.setenv(hardware_decoding.VARIABLE, "VAAPI ")
    monkeypatch.setattr(hwaccel, "HWAccel", lambda kind, **settings: asked.append((kind, settings)))
    monkeypatch.setattr(hardware_decoding, "_decodes", lambda container: True)
    with clip.open("rb") as file:
        opened = hardware_decoding.open_by_chip(file)
        assert opened is not None
        opened.close()
    assert asked == [("vaapi", {"allow_software_fallback": True})]
