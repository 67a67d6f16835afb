"""How fast labelled people are rendered, and what they look like: ``python -m bench.people_renderer``.

Prints people a second (wall clock and processor time) for the size that networks are trained on. With
``--sheet FILE.png`` it also draws a contact sheet: each picture plain, and with its 26 points (green seen,
red hidden, violet outside the photograph). Runs in the engine's environment, with what `engine train
people` takes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from blender_pose3d.skeleton import HALPE_26
from engine.train.people.assets import cached_bank
from engine.train.people.packing import GENEROUS
from engine.train.people.photos import load_backgrounds, load_garments
from engine.train.people.poses import load_poses
from engine.train.people.render import Batch, Renderer
from engine.train.people.view import Framing
from engine.weights import cache_dir

_SEEN, _HIDDEN, _OUTSIDE, _BONE = (0, 255, 0), (0, 0, 255), (255, 0, 255), (255, 200, 0)


def main() -> None:
    args = _arguments()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    part, cache = args.split, args.cache or cache_dir() / "people"
    renderer = Renderer(
        cached_bank(cache / f"bodies-{part}.npz", args.bodies, seed=1 if part == "train" else 1002),
        load_poses(args.mocap, part, cache / f"poses-{part}.npz"),
        args.backgrounds and load_backgrounds(args.backgrounds, cache=cache / "crowded.json"),
        args.garments and load_garments(args.garments),
        device=args.device,
    )
    framing = GENEROUS if args.pack else Framing()
    for wall, own in measure(renderer, args.batch, args.repeats, framing):
        print(f"{args.batch / wall:.1f} people a second, {1000 * own / args.batch:.1f} ms of processor each")
    if args.sheet:
        cv2.imwrite(str(args.sheet), sheet(renderer.render(args.seed, 24, framing)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path)
    parser.add_argument("--garments", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--split", choices=("train", "test"), default="test")
    parser.add_argument("--bodies", type=int, default=50, help="where none are made yet")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pack", action="store_true", help="a pack's crops instead of a network's")
    parser.add_argument("--sheet", type=Path)
    return parser.parse_args()


def measure(renderer: Renderer, batch: int, repeats: int, framing: Framing) -> list[tuple[float, float]]:
    """Seconds by the wall and of the processor for batches, after one to warm up."""
    times = []
    for seed in range(repeats + 1):
        start, own = time.perf_counter(), time.process_time()
        renderer.render(seed, batch, framing)
        if renderer.device.type == "cuda":
            torch.cuda.synchronize()
        times.append((time.perf_counter() - start, time.process_time() - own))
    return times[1:]


def sheet(batch: Batch, columns: int = 4) -> np.ndarray:
    """(H, W, 3) BGR: pairs of a plain picture and one with its points."""
    pairs = [_pair(batch, row) for row in range(len(batch.images))]
    rows = [np.hstack(pairs[i : i + columns]) for i in range(0, len(pairs) // columns * columns, columns)]
    return np.vstack(rows)


def _pair(batch: Batch, row: int) -> np.ndarray:
    plain = batch.images[row].cpu().numpy()[..., ::-1]
    marked = plain.copy()
    points = batch.joints[row].cpu().numpy().round().astype(int).clip(-2000, 2000)
    for one, other in HALPE_26.bones:
        cv2.line(marked, points[one].tolist(), points[other].tolist(), _BONE, 1, cv2.LINE_AA)
    for point, known, visible in zip(points, batch.known[row], batch.visible[row], strict=True):
        colour = _SEEN if visible else _HIDDEN if known else _OUTSIDE
        cv2.circle(marked, point.tolist(), 2, colour, -1)
    low, high = batch.box[row].cpu().numpy().round().astype(int).reshape(2, 2).tolist()
    cv2.rectangle(marked, low, high, (200, 200, 200), 1)
    return np.hstack([plain, marked])


if __name__ == "__main__":
    main()
