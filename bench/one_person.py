"""A clip of one person at 1080p and 30 frames a second, made of the demo's footage, to time the engine on.

``.venv-engine/bin/python -m bench.one_person CLIP.mp4 [--frames 240]``

Somebody walks through the picture, there and back; the other person, high up, is covered. H.264, as phones
write.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import cv2
import numpy as np

from demo.footage import demo_video

SIZE = (1920, 1080)
_FIRST, _LAST = 84, 164  # of the source: she walks, and the other one has not come down yet
_COVERED = 455  # rows of the source's picture, from its top


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=240)
    args = parser.parse_args()
    print(made(args.clip, args.frames))


def made(clip: Path, frames: int) -> Path:
    """The clip, written at that path."""
    there = pictures()
    cycle = there + there[-2:0:-1]
    part = clip.with_name(f".{clip.name}.part.mp4")
    with av.open(str(part), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "20", "preset": "fast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(cycle[number % len(cycle)], format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return part.replace(clip)


def pictures() -> list[np.ndarray]:
    """The footage, one picture after another, (1080, 1920, 3) uint8 RGB."""
    with av.open(str(demo_video())) as container:
        found = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)][_FIRST:_LAST]
    for picture in found:
        # the line below goes on upwards: something is there to encode, and nobody to find
        picture[:_COVERED] = picture[_COVERED]
    return [cv2.resize(picture, SIZE, interpolation=cv2.INTER_CUBIC) for picture in found]


if __name__ == "__main__":
    main()
