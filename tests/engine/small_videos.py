"""Small video files for tests, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def block(index: int, width: int = 320, height: int = 240) -> np.ndarray:
    """A picture with a red block, which the fake network takes for a person, moving right by 2 px a frame."""
    image = np.full((height, width, 3), 110, dtype=np.uint8)
    left = width // 5 + 2 * index
    image[height // 6 : height * 5 // 6, left : left + width // 8] = (210, 30, 30)
    return image


def empty(index: int, width: int = 320, height: int = 240) -> np.ndarray:
    """A picture of a grey, slightly noisy, empty room."""
    return np.random.default_rng(index).integers(100, 120, (height, width, 3), dtype=np.uint8)


def write(path: Path, pictures, *, codec: str = "libx264", times=None, rotate=0, rate=30) -> Path:
    """A video of RGB pictures. times: presentation times in seconds, else at the rate."""
    pictures = list(pictures)
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = width, height
        stream.pix_fmt = {"mjpeg": "yuvj420p", "ffv1": "yuv444p"}.get(codec, "yuv420p")
        # a time base fine enough for uneven times
        stream.codec_context.time_base = Fraction(1, 600) if times is not None else Fraction(1, rate)
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = round(times[i] * 600) if times is not None else i
            frame.time_base = stream.codec_context.time_base
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    if rotate:
        _rotate(path, rotate)
    return path


def _rotate(path: Path, degrees: int) -> None:
    """Write the display matrix of a quarter turn into an mp4's track header, as phones do."""
    fixed = 1 << 16
    matrices = {
        90: (0, fixed, 0, -fixed, 0, 0),
        180: (-fixed, 0, 0, 0, -fixed, 0),
        270: (0, -fixed, 0, fixed, 0, 0),
    }
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4
    # version and flags 4, times and id 20, reserved 8, layer to reserved 8 (version 0)
    offset = start + 40
    values = (*matrices[degrees], 0, 0, 1 << 30)
    data[offset : offset + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in values)
    path.write_bytes(data)
