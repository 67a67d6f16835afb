"""`python -m engine train`: make weights of our own."""

from __future__ import annotations

import argparse
import ctypes
import sys
from pathlib import Path

from ..errors import BadArguments
from . import train_people, train_photos
from .train_pose2d import add_pose2d, run_pose2d


def add_arguments(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("train", help="train a network of our own")
    kinds = parser.add_subparsers(dest="what", required=True)
    lifter = kinds.add_parser("lifter", help="train GAST-Net on motion capture")
    lifter.add_argument("--mocap", type=Path, required=True, help="folder with BVH files, searched deeply")
    lifter.add_argument(
        "--config", default="gastnet_27f_19j", help="name of a shipped config, or a TOML file"
    )
    lifter.add_argument("--run", type=Path, help="folder of the run; a killed run there goes on (runs/NAME)")
    lifter.add_argument(
        "--start-from", type=Path, help="weights of the same architecture to begin with, not random ones"
    )
    lifter.add_argument("--minutes", type=float, help="plan the run by the clock instead of by steps")
    lifter.add_argument("--validate-every", type=float, default=240.0, help="seconds between validations")
    lifter.add_argument(
        "--export", type=Path, help="copy the best weights there when they beat what is there"
    )
    lifter.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    lifter.add_argument("--bf16", action="store_true", help="half precision where the processor has it")
    lifter.add_argument(
        "--workers",
        type=int,
        default=1,
        help="processor cores to train on, one batch shared; on a GPU, cores that make the windows",
    )
    add_pose2d(kinds)
    train_photos.add_arguments(kinds)
    train_people.add_arguments(kinds)
    bodies = kinds.add_parser("bodies", help="make the bank of bodies anew, with the package anny")
    bodies.add_argument("--out", type=Path, help="the file to write (the bank that ships)")
    bodies.add_argument("--count", type=int, default=512, help="how many bodies")
    bodies.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> int:
    if args.what == "pose2d":
        return run_pose2d(args)
    if args.what == "photos":
        return train_photos.run(args)
    if args.what == "people":
        return train_people.run(args)
    return _bodies(args) if args.what == "bodies" else _lifter(args)


def _bodies(args: argparse.Namespace) -> int:
    from ..train.bodies import BANK
    from ..train.body_bank import make_bank

    if args.count < 1:
        raise BadArguments("--count must be at least 1.")
    print(make_bank(args.out or BANK, args.count, args.seed))
    return 0


def _lifter(args: argparse.Namespace) -> int:
    keep_freed_memory()
    import torch

    from ..train.config import CONFIGS, read_config
    from ..train.loop import Pace, Trainer
    from ..train.mocap import read_folder
    from ..train.run import RunFolder, check_target, export
    from ..train.start import Start

    if args.device == "cuda" and not torch.cuda.is_available():
        raise BadArguments("There is no CUDA device here.", "Leave --device out.")
    if args.minutes is not None and args.minutes <= 0:
        raise BadArguments("--minutes must be positive.")
    if args.workers < 1:
        raise BadArguments("--workers must be at least 1.")
    torch.set_num_threads(1)  # workers are the threads
    named = CONFIGS / f"{args.config}.toml"
    config = read_config(named if named.is_file() else args.config)
    folder = RunFolder(args.run or Path("runs") / Path(args.config).stem)
    pace = Pace(args.minutes, args.validate_every, args.device, args.bf16, args.workers)
    start = Start(args.start_from) if args.start_from else None
    trainer = Trainer(read_folder(args.mocap), config, folder, pace, start)
    if args.export:
        check_target(args.export, trainer.network)
    best = trainer.run()
    print(f"Best error on held-out subjects, with noise: {1000 * best:.1f} mm ({folder.path}).")
    if args.export:
        print(export(folder, args.export, trainer.validation))
    return 0


def keep_freed_memory() -> None:
    """Tell glibc not to give large blocks back after each use: taking them anew costs a third of the time."""
    trim_threshold, mmap_threshold = -1, -3  # parameters of mallopt(3)
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, (1 << 31) - 1)
