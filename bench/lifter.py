"""How fast the lifter is beside the paper's plain form, and how near: one run shows all.

``.venv-engine/bin/python -m bench.lifter [--channels 128] [--frames 2000] [--threads 2] [--weights FILE]``

Speeds count processor time over threads, so that what else the machine does disturbs them little; the clip
goes through in the lifter's own chunks. Weights are random unless a file is given, whose channels then count;
millimetres mean something with a trained file only.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from bench.machine import processor
from bench.plain_gastnet import PlainGastNet
from blender_pose3d.skeleton import H36M_19
from engine.commands.train import keep_freed_memory
from engine.lift.checkpoint import load_network, weights_of
from engine.lift.computing import CHUNK, OnProcessor
from engine.lift.fast import fold
from engine.lift.gastnet import GastNet

_FEATURES = 3
_OUTPUTS = 8  # of windows that share layers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--channels", type=int, default=128)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=64, help="windows of a training step")
    parser.add_argument(
        "--steps", type=int, default=3, help="training steps of each form; the fastest counts"
    )
    parser.add_argument("--repeats", type=int, default=1, help="passes over the clip; the fastest counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--weights", type=Path, help="a trained GAST-Net instead of random weights")
    parser.add_argument("--no-bf16", action="store_true", help="leave bfloat16 out")
    args = parser.parse_args()
    if args.batch % _OUTPUTS or args.batch < 1:
        parser.error(f"--batch must be a multiple of {_OUTPUTS}")
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    network = _network(args.channels, args.weights)
    print(
        f"{processor()}, {args.threads} threads, torch {torch.__version__}\n"
        f"GAST-Net, {network.receptive_field} frames, {network.channels} channels, {args.frames} frames\n"
    )
    _inference(network, args)
    _training(network, args)


def _network(channels: int, weights: Path | None) -> GastNet:
    torch.manual_seed(0)
    if weights is None:
        return GastNet(H36M_19, _FEATURES, channels, dropout=0.0).eval()
    network, _ = load_network(weights)
    if not isinstance(network, GastNet) or network.in_features != _FEATURES:
        sys.exit(f"{weights} is not a GAST-Net for x, y and score.")
    return network


def _plain(network: GastNet, **form: bool) -> PlainGastNet:
    plain = PlainGastNet(
        network.skeleton,
        network.in_features,
        network.channels,
        filter_widths=network.filter_widths,
        causal=network.causal,
        **form,
    )
    plain.load_state_dict(network.state_dict())
    return plain.eval()


def _clip(frames: int, skeleton_joints: int) -> Tensor:
    """(1, T, J, 3) of somebody who sways, of size one, and scores."""
    random = torch.Generator().manual_seed(1)
    rest = torch.randn(skeleton_joints, 2, generator=random) * 0.7
    when = torch.arange(frames)[:, None, None] / 15
    speed, size = torch.rand(2, skeleton_joints, 2, generator=random)
    score = 1 - 0.3 * torch.rand(frames, skeleton_joints, 1, generator=random)
    return torch.cat((rest + 0.4 * size * torch.sin(when * (0.5 + speed)), score), dim=-1)[None]


def _chunks(form: nn.Module, clip: Tensor, field: int) -> Tensor:
    """(1, T, J, F) to (1, T', J, 3) by torch."""
    count = clip.shape[1] - field + 1
    return torch.cat([form(clip[:, k : k + CHUNK + field - 1]) for k in range(0, count, CHUNK)], dim=1)


def _seconds(work: Callable[[], object], repeats: int, threads: int) -> float:
    """Processor seconds of the fastest of some runs, a thread's share."""
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best / threads


def _peak() -> float:
    """GB; of the whole process so far, so forms run in the order of their need."""
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    )


@torch.inference_mode()
def _inference(network: GastNet, args: argparse.Namespace) -> None:
    field = network.receptive_field
    clip = _clip(args.frames + field - 1, len(network.skeleton))
    ours = OnProcessor(weights_of(network), args.threads)
    forms: dict[str, Callable[[Tensor], Tensor]] = {
        "ours, NumPy": lambda x: torch.from_numpy(ours.poses(x[0].numpy())[0])[None]
    }
    modules: dict[str, nn.Module] = {"ours, torch": fold(network)}
    if not args.no_bf16:
        modules["ours, torch bf16"] = fold(network, half=True)
    modules["plain, torch"] = _plain(network)
    forms |= {name: lambda x, m=module: _chunks(m, x, field) for name, module in modules.items()}
    poses, took, peak = {}, {}, {}
    for name, form in forms.items():
        form(clip[:, : field + 7])
        took[name] = _seconds(lambda f=form, n=name: poses.update({n: f(clip)}), args.repeats, args.threads)
        peak[name] = _peak()
    exact = poses["plain, torch"]
    print(f"{'whole clip':22}{'frames/s':>10}{'ratio':>8}{'mean mm off':>13}{'max mm off':>12}{'peak GB':>9}")
    for name in reversed(forms):
        off = 1000 * (poses[name] - exact).norm(dim=-1)
        print(
            f"{name:22}{args.frames / took[name]:10.0f}{took['plain, torch'] / took[name]:8.2f}"
            f"{float(off.mean()):13.4f}{float(off.max()):12.4f}{peak[name]:9.2f}"
        )


def _training(network: GastNet, args: argparse.Namespace) -> None:
    field, joints = network.receptive_field, len(network.skeleton)
    wide = field + network.spacing * (_OUTPUTS - 1)
    windows = _clip(field * args.batch, joints).view(args.batch, field, joints, -1)
    chunks = _clip(wide * (args.batch // _OUTPUTS), joints).view(-1, wide, joints, windows.shape[-1])
    plain = _plain(network, strided=True)
    rows: list[tuple[str, Callable[[Tensor], Tensor], nn.Module, Tensor, bool]] = [
        ("plain, float32", plain, plain, windows, False),
        ("ours, float32", lambda x: network(x, strided=True), network, windows, False),
        (f"  {_OUTPUTS} share layers", lambda x: network(x, strided=True), network, chunks, False),
    ]
    if not args.no_bf16:
        rows.append(("ours, bf16", lambda x: network(x, strided=True), network, windows, True))
        rows.append((f"  {_OUTPUTS} share layers", lambda x: network(x, strided=True), network, chunks, True))
    print(f"\n{'training step':22}{'windows/s':>10}{'ratio':>8}")
    first = 0.0
    for name, forward, module, x, half in rows:
        module.train()
        speed = args.batch / _seconds(
            lambda r=(forward, module, x, half): _step(*r), args.steps, args.threads
        )
        first = first or speed
        print(f"{name:22}{speed:10.0f}{speed / first:8.2f}")


def _step(forward: Callable[[Tensor], Tensor], module: nn.Module, x: Tensor, half: bool) -> None:
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        pose = forward(x)
    torch.autograd.grad(pose.float().norm(dim=-1).mean(), list(module.parameters()))


if __name__ == "__main__":
    main()
