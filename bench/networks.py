"""People a second that HRNet finds on a processor, by who computes it, how many people at once, and threads.

``.venv-engine/bin/python -m bench.networks FILE.safetensors ... [--threads 2] [--batches 1 2 4 8] [--rounds
3]``

Crops to heatmaps, without cropping and decoding. For each batch the ways take turns, and the fastest round
counts. int8 is also compared with float32: how far sure joints move on noise says nothing, so that it is done
on crops of a clip, if some are given (--clips).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from bench.machine import processor
from engine.pose2d import crop, heatmaps
from engine.pose2d.hrnet_export import exported
from engine.pose2d.hrnet_weights import load_hrnet
from engine.pose2d.registry import load_detector
from engine.pose2d.runner_openvino import OpenVinoHeatmaps
from engine.pose2d.runner_torch import TorchHeatmaps
from engine.video import read_frames

_Way = Callable[[np.ndarray], np.ndarray]
_SURE = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clips", type=Path, nargs="*", default=[], help="to compare int8 with float32 on")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"{processor()}, {args.threads} threads, torch {torch.__version__}")
    for path in args.weights:
        if args.clips:
            _compare(path, args.clips)
        else:
            _measure(path, args)


def _measure(path: Path, args: argparse.Namespace) -> None:
    export, size = exported(path), _size(path)
    ways: dict[str, _Way] = {
        "torch, as its authors": _eager(path),
        "torch, folded, channels last": TorchHeatmaps.of(export.weights),
        "OpenVINO float32": OpenVinoHeatmaps(export, size, "float32", args.threads),
        "OpenVINO int8": OpenVinoHeatmaps(export, size, "int8", args.threads),
    }
    print(f"\n{path.name}, {size[0]}x{size[1]}, people/s\n")
    print(f"| at once | {' | '.join(ways)} |\n| --- |{' ---: |' * len(ways)}")
    random = np.random.default_rng(0)
    for batch in args.batches:
        crops = random.integers(0, 255, (batch, size[1], size[0], 3), np.uint8)
        best = dict.fromkeys(ways, 1e9)
        for number in range(args.rounds + 1):
            for name, way in ways.items():
                start = time.perf_counter()
                way(crops)
                if number:  # the first is for what is made once
                    best[name] = min(best[name], time.perf_counter() - start)
        print(f"| {batch} | " + " | ".join(f"{batch / best[name]:.1f}" for name in ways) + " |", flush=True)


def _eager(path: Path) -> _Way:
    network, _ = load_hrnet(path)

    def way(crops: np.ndarray) -> np.ndarray:
        pictures = torch.from_numpy(crops).permute(0, 3, 1, 2).float().div(255).contiguous()
        with torch.inference_mode():
            return network(pictures).numpy()

    return way


def _compare(path: Path, clips: list[Path]) -> None:
    """How far joints move by int8, in px of the input."""
    export, size = exported(path), _size(path)
    full, whole = (OpenVinoHeatmaps(export, size, kind) for kind in ("float32", "int8"))
    print(f"\n{path.name}, {size[0]}x{size[1]}, sure joints, px of the input\n")
    print("| clip | people | mean | median | 95 % | over 5 px | scores off |\n| --- |" + " ---: |" * 6)
    for clip in clips:
        crops = _crops(clip, size)
        joints, score = heatmaps.decode_dark(full(crops))
        other, other_score = heatmaps.decode_dark(whole(crops))
        off = 4 * np.linalg.norm(joints - other, axis=-1)[score > _SURE]
        change = np.abs(score - other_score)[score > _SURE].mean()
        figures = f"{off.mean():.2f} | {np.median(off):.2f} | {np.percentile(off, 95):.2f}"
        print(
            f"| {clip.name} | {len(crops)} | {figures} | {(off > 5).mean():.1%} | {change:.3f} |", flush=True
        )


def _crops(clip: Path, size: tuple[int, int], most: int = 40) -> np.ndarray:
    """Of people whom the detector finds, all over the clip."""
    detector = load_detector()
    frames = [frame for frame in read_frames(clip, stop=600) if frame.index % 12 == 0]
    found = []
    for frame in frames:
        image = frame.image
        for box in detector.detect(image)[0][:2]:
            region = crop.region_from_box(box, size[0] / size[1])
            found.append(crop.resample(image, crop.crop_to_image(region, size), size))
    return np.stack(found[:most])


def _size(path: Path) -> tuple[int, int]:
    width, height = exported(path).metadata["input"].split("x")
    return int(width), int(height)


if __name__ == "__main__":
    main()
