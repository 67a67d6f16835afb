"""What one look by BlazePose takes on a processor, by OpenVINO and by LiteRT, and how far apart they are.

``.venv-engine/bin/python -m bench.blazepose [--rounds 40] [--threads 1] [--video FILE] [--frame 60]``

ms: crop, network and reading of its heatmaps together, least of the rounds, which take turns. Apart: joints
of the person whom the detector finds in a frame of the video (bench/one_person.py), in px of the crop.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from bench.one_person import made
from engine import weights
from engine.pose2d.base import Region
from engine.pose2d.blazepose import BlazePose
from engine.pose2d.blazepose_networks import INPUT
from engine.pose2d.registry import load_detector
from engine.video import read_frames

_CLIP = Path(__file__).resolve().parent.parent / "build" / "bench" / "one_person.mp4"
_EXECUTIONS = {"LiteRT": "torch", "OpenVINO": "openvino"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--video", type=Path, default=_CLIP)
    parser.add_argument("--frame", type=int, default=60)
    args = parser.parse_args()
    if args.video == _CLIP and not _CLIP.is_file():
        made(_CLIP, 240)
    image = next(read_frames(args.video, start=args.frame)).image
    box = load_detector().detect(image)[0][0]
    print("| network | loading, s | | ms a look | | px apart, mean | most |")
    print(f"| | {' | '.join([*_EXECUTIONS] * 2)} | | |\n| --- |{' ---: |' * 6}")
    for name in ("blazepose-full", "blazepose-heavy"):
        print(_row(name, image, box, args), flush=True)


def _row(name: str, image: np.ndarray, box: np.ndarray, args: argparse.Namespace) -> str:
    path = weights.ensure(name)
    digest, networks, loading = weights.sha256(path), {}, []
    for way, execution in _EXECUTIONS.items():
        start = time.perf_counter()
        networks[way] = BlazePose(path, name, digest, args.threads, execution)
        loading.append(time.perf_counter() - start)
    first = next(iter(networks.values()))
    region: Region = first.region_from_box(box)
    best, joints = dict.fromkeys(networks, np.inf), {}
    for _ in range(args.rounds):
        for way, network in networks.items():
            start = time.perf_counter()
            joints[way] = network.predict(image, [region])[0][0]
            best[way] = min(best[way], time.perf_counter() - start)
    one, other = joints.values()
    apart = np.linalg.norm(one - other, axis=-1) / float(region.size.max()) * INPUT
    times = " | ".join([f"{t:.2f}" for t in loading] + [f"{1e3 * t:.1f}" for t in best.values()])
    return f"| {name} | {times} | {apart.mean():.4f} | {apart.max():.4f} |"


if __name__ == "__main__":
    main()
