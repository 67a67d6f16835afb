"""Put the footage with its 2D skeletons beside the rendered character: preview.mp4 and a contact sheet.

Runs in the engine's environment: ``python -m demo.compose VIDEO TRACKS FRAMES_DIR OUT_DIR``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from tqdm import tqdm

from blender_pose3d.tracks import Tracks, read_tracks
from engine.draw import draw_person
from engine.video import read_frames

SHEET_COLUMNS, SHEET_ROWS = 2, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("tracks", type=Path)
    parser.add_argument("frames", type=Path, help="folder of rendered pictures, named by their number")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    tracks = read_tracks(args.tracks)
    rendered = sorted(args.frames.glob("*.png"))
    pairs = side_by_side(args.video, tracks, rendered)
    write_preview(
        pairs, args.out, Fraction(tracks.meta["video"]["fps"]).limit_denominator(1001), len(rendered)
    )


def side_by_side(video: Path, tracks: Tracks, rendered: list[Path]) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 RGB pictures: footage left, render right, in step by the tracks' frame numbers."""
    row_of_frame = {int(frame): row for row, frame in enumerate(tracks.frame)}
    pictures = iter(rendered)
    for frame in read_frames(video, int(tracks.frame[0]), int(tracks.frame[-1]) + 1):
        row = row_of_frame.get(frame.index)
        picture = next(pictures, None) if row is not None else None
        if picture is None:
            continue
        render = cv2.cvtColor(cv2.imread(str(picture)), cv2.COLOR_BGR2RGB)
        yield np.hstack([_footage(frame.image, tracks, row, render.shape[0]), render])


def _footage(image: np.ndarray, tracks: Tracks, row: int, height: int) -> np.ndarray:
    scale = height / image.shape[0]
    # encoders want even sides
    size = (round(image.shape[1] * scale / 2) * 2, height)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for person in range(tracks.people):
        if tracks.present[person, row]:
            draw_person(
                small,
                tracks.joints2d[person, row] * scale,
                tracks.score2d[person, row],
                tracks.skeleton2d,
                label=str(person + 1),
            )
    return small


def write_preview(pictures: Iterator[np.ndarray], out: Path, rate: Fraction, count: int) -> None:
    """Encode preview.mp4 (H.264) and save contact_sheet.png from pictures spread over the clip."""
    wanted = set(np.linspace(0, count - 1, SHEET_COLUMNS * SHEET_ROWS).round().astype(int).tolist())
    sheet: list[np.ndarray] = []
    temporary = out / ".preview.part.mp4"
    with av.open(str(temporary), "w") as container:
        stream = container.add_stream("h264", rate=rate, options={"crf": "20", "preset": "fast"})
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(tqdm(pictures, total=count, desc="preview", unit="frame")):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            if number in wanted:
                sheet.append(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    temporary.replace(out / "preview.mp4")
    sheet += [np.zeros_like(sheet[0])] * (-len(sheet) % SHEET_COLUMNS)
    rows = [np.hstack(sheet[i : i + SHEET_COLUMNS]) for i in range(0, len(sheet), SHEET_COLUMNS)]
    cv2.imwrite(str(out / "contact_sheet.png"), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
