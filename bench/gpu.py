"""People a second that HRNet finds on a GPU, by batch size, from decoded 1080p frames on.

``.venv-engine/bin/python -m bench.gpu [--device auto] [--networks 32 48] [--batches 1 8 32 64 128] [--json
FILE]``

One person a frame, random weights, 256x192, DARK. For each batch: people a second of the whole way (upload,
crop, network, heatmaps, download; one wait a batch); ms a person of each stage, waited for one by one, so
that they add up to more than the whole way takes; the network's floating point operations a second over those
of a large matrix product on the same device in the same precision, the starting of the work counted in. The
usual way is one frame at a time in float32 as torch computes it unless told otherwise, all of it RGB, crop by
OpenCV, maxima by NumPy. On a processor a small setting runs, to show that the script works: it is no measure
of processors.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from torch import Tensor, nn

from bench.machine import processor
from blender_pose3d.skeleton import COCO_17
from engine import trace
from engine.device import resolve
from engine.partly import PartlyRGB
from engine.pose2d import crop, heatmaps
from engine.pose2d.base import Region
from engine.pose2d.hrnet import HRNet
from engine.pose2d.hrnet_fold import folded
from engine.pose2d.runner import Plan
from engine.pose2d.runner_gpu import GpuRunner
from engine.pose2d.runner_torch import normalised
from engine.upright import Layout

SIZE = (192, 256)
STAGES = ("upload", "crop", "network", "download")
_PRODUCT = 8192  # rows of the matrices whose product stands for the chip's peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--networks", type=int, nargs="+", help="widths: 32 and 48")
    parser.add_argument("--batches", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    device = resolve(args.device)
    small = device == "cpu"
    widths = args.networks or ([32] if small else [32, 48])
    batches = args.batches or ([1, 2] if small else [1, 8, 32, 64, 128])
    name = torch.cuda.get_device_name() if device == "cuda" else f"{processor()}: no GPU" if small else device
    print(f"{name}, torch {torch.__version__}")
    if small:
        args.seconds = min(args.seconds, 1.0)
        print("This is a processor: the figures below only show that the script works.")
    number = torch.float32 if small else torch.float16
    peak = _peak(device, number)
    print(f"a large matrix product in {number}: {peak / 1e12:.2f} Tflop/s\n")
    rows = [row for width in widths for row in _measured(width, batches, device, args.seconds, peak)]
    if args.json:
        args.json.write_text(json.dumps({"device": name, "peak": peak, "rows": rows}, indent=1))


def _measured(
    width: int, batches: list[int], device: str, seconds: float, peak: float
) -> list[dict[str, Any]]:
    torch.manual_seed(0)
    network = HRNet(width, len(COCO_17)).eval()
    work = _operations(network)
    noise = np.random.default_rng(0).integers(0, 255, (1620, 1920), np.uint8)
    decoded = av.VideoFrame.from_ndarray(noise, format="yuv420p")
    layout = Layout.of(decoded, 1.0)
    plainly = partial(_usual, _copy(network, width).to(device), decoded, layout, device)
    usual = _rate(plainly, 1, seconds, device)
    print(f"HRNet-W{width}, {work / 1e9:.1f} Gflop a person; the usual way: {usual:.0f} people/s")
    ms = "".join(f"{stage + ' ms':>14}" for stage in STAGES)
    print(f"{'batch':>6}{'people/s':>10}{'ratio':>8}{ms}{'of peak':>9}  slowest")
    rows = []
    plan = Plan(SIZE, "dark", np.asarray(COCO_17.mirror))
    for batch in batches:
        runner = GpuRunner(folded(_copy(network, width)), plan, device, batch)
        look = partial(_ours, runner, decoded, layout, batch)
        rate = _rate(look, batch, seconds, device)
        if runner.batch < batch:
            print(f"{batch:6d}  does not fit into the memory")
            break
        if device != "cpu" and runner.number != torch.float16:
            print(f"        {runner.number}: half precision goes wrong here, shares of the peak are too low")
        stages = _stages(look)
        share = work * batch / stages["network"] / peak
        slowest = max(stages, key=lambda name: stages[name])
        each = "".join(f"{1e3 * stages[stage] / batch:14.3f}" for stage in STAGES)
        part = 100 * stages[slowest] / sum(stages.values())
        print(f"{batch:6d}{rate:10.0f}{rate / usual:8.1f}{each}{share:9.1%}  {slowest}, {part:.0f} %")
        rows.append({"width": width, "batch": batch, "rate": rate, "usual": usual, "share": share, **stages})
        runner.forget()
    print()
    return rows


def _copy(network: HRNet, width: int) -> HRNet:
    made = HRNet(width, network.keypoints).eval()
    made.load_state_dict(network.state_dict())
    return made


def _affine() -> np.ndarray:
    region = Region(np.array([960.0, 540.0]), np.array([450.0, 600.0]), 0.1)
    return crop.crop_to_image(region, SIZE)[None]


@torch.inference_mode()
def _usual(network: nn.Module, decoded: av.VideoFrame, layout: Layout, device: str) -> np.ndarray:
    picture = crop.pick(layout.rgb(decoded), _affine()[0], SIZE)
    given = normalised(torch.from_numpy(picture[None]).to(device)).contiguous()
    return heatmaps.decode_quarter(network(given).cpu().numpy())[0]


def _ours(runner: GpuRunner, decoded: av.VideoFrame, layout: Layout, batch: int) -> None:
    # what is converted of a frame is kept with it, so each is new
    runner.look([PartlyRGB(decoded, layout) for _ in range(batch)], [_affine()] * batch)


def _stages(look: Callable[[], None]) -> dict[str, float]:
    """Seconds a batch of each stage: the median of five. Where times are asked for the runner waits for the
    device after each."""
    spans: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for _ in range(5):
        with trace.tracing() as tracer:
            look()
        for stage in STAGES:
            spans[stage].append(tracer.totals[stage].seconds)
    return {stage: float(np.median(some)) for stage, some in spans.items()}


def _rate(work: Callable[[], object], people: int, seconds: float, device: str) -> float:
    """People a second, after two calls that are not counted."""
    for _ in range(2):
        work()
    _wait(device)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        work()
        done += people
    _wait(device)
    return done / (time.perf_counter() - start)


def _wait(device: str) -> None:
    if device != "cpu":
        getattr(torch, device).synchronize()


def _peak(device: str, number: torch.dtype) -> float:
    """Floating point operations a second of a large matrix product."""
    rows = _PRODUCT if device != "cpu" else 1024
    a = torch.randn(rows, rows, device=device).to(number)

    def products() -> None:
        # few at a time: the queue of a device takes a thousand, which a small one works at for a minute
        for _ in range(8):
            a @ a
        _wait(device)

    return _rate(products, 8, 1.0, device) * 2 * rows**3


def _operations(network: nn.Module) -> float:
    """Of all convolutions for one person: a product and a sum are two."""
    total = 0.0

    def count(layer: nn.Module, _: object, made: Tensor) -> None:
        nonlocal total
        total += 2.0 * made.numel() * layer.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    with torch.inference_mode():
        network(torch.zeros(1, 3, SIZE[1], SIZE[0]))
    for hook in hooks:
        hook.remove()
    return total


if __name__ == "__main__":
    main()
