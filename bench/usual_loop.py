"""The usual way to use HRNet on a video: one frame at a time, everything on it before the next one.

Detector, crop by OpenCV, network in float32 as its authors define it, maxima by NumPy with a quarter of a
pixel: as the authors' demonstrations do, in words of our own. Their detector is a Faster R-CNN, which alone
takes seconds a frame on a processor; here it is BlazePose's, as ours is, so the comparison is of the loops.
Nobody is followed, nothing is lifted to 3D.

``.venv-engine/bin/python -m bench.usual_loop VIDEO WEIGHTS [--frames N]`` prints JSON; bench.engine runs it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

from bench.stage_clock import StageClock, peak_mb
from engine.pose2d import crop
from engine.pose2d.hrnet_graph import DEVIATION, MEAN
from engine.pose2d.hrnet_weights import load_hrnet
from engine.pose2d.registry import load_detector


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--frames", type=int, default=1 << 30)
    args = parser.parse_args()
    network, metadata = load_hrnet(args.weights)
    width, height = (int(side) for side in metadata["input"].split("x"))
    detector = load_detector()
    clock = StageClock()
    reader = cv2.VideoCapture(str(args.video))
    frames = people = 0
    with clock.whole(), torch.no_grad():
        while frames < args.frames:
            with clock.stage("decode"):
                going, frame = reader.read()
            if not going:
                break
            frames += 1
            with clock.stage("detect"):
                image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
                boxes, _ = detector.detect(image)
            for box in boxes:
                with clock.stage("crop"):
                    region = crop.region_from_box(box, width / height)
                    picture = crop.cut(image, region, (width, height)).astype(np.float32) / 255
                    picture = (picture - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
                    given = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
                with clock.stage("network"):
                    maps = network(given).numpy()
                with clock.stage("heatmaps"):
                    _joints(maps[0], crop.crop_to_image(region, (width, height)))
                people += 1
    print(json.dumps({**clock.figures(frames), "people": people, "peak_mb": peak_mb()}))


def _joints(maps: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """(K, 2) px in the picture from heatmaps (K, H, W)."""
    found = np.zeros((len(maps), 2))
    for number, one in enumerate(maps):
        y, x = np.unravel_index(one.argmax(), one.shape)
        found[number] = x, y
        if 0 < x < one.shape[1] - 1 and 0 < y < one.shape[0] - 1:
            slope = one[y, x + 1] - one[y, x - 1], one[y + 1, x] - one[y - 1, x]
            found[number] += 0.25 * np.sign(slope)
    return crop.transform(affine, found * 4)


if __name__ == "__main__":
    main()
