"""`python -m engine train pose2d`: train an HRNet of our own on packs of labelled people."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import BadArguments


def add_pose2d(kinds: argparse._SubParsersAction) -> None:
    parser = kinds.add_parser("pose2d", help="train HRNet on labelled people")
    parser.add_argument("--packs", type=Path, required=True, help="folder with packs of labelled people")
    parser.add_argument("--mocap", type=Path, help="folder with BVH files: render people in their poses too")
    parser.add_argument("--backgrounds", type=Path, help="photographs behind rendered people: folder or tar")
    parser.add_argument("--garments", type=Path, help="photographs of clothes for them: folder or tar")
    parser.add_argument("--people-cache", type=Path, help="folder that keeps bodies and poses to render")
    parser.add_argument("--config", default="hrnet_w32", help="name of a shipped config, or a TOML file")
    parser.add_argument("--out", "--run", type=Path, help="folder of the run; a killed run there goes on")
    parser.add_argument("--minutes", type=float, help="plan the run by the clock instead of by steps")
    parser.add_argument("--validate-every", type=float, default=300.0, help="seconds between validations")
    parser.add_argument("--teacher", type=Path, help="weights of an HRNet whose heatmaps are learnt from too")
    parser.add_argument("--export", type=Path, help="copy the best weights there at the end")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--bf16", action="store_true", help="half precision where the processor has it")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare pictures (0: none)")
    parser.add_argument("--threads", type=int, default=0, help="processor cores to train on (0: all)")


def run_pose2d(args: argparse.Namespace) -> int:
    from .train import keep_freed_memory

    keep_freed_memory()
    import torch

    from ..train.people.opening import Sources, open_renderer
    from ..train.pose2d.config import read_config
    from ..train.pose2d.data import read_people
    from ..train.pose2d.export import export
    from ..train.pose2d.live import Live
    from ..train.pose2d.loop import Pace, Trainer
    from ..train.run import StateFolder

    _check(args)
    if args.threads:
        torch.set_num_threads(args.threads)
    config = read_config(args.config)
    people = read_people(args.packs)
    folder = StateFolder(args.out or Path("runs") / Path(args.config).stem)
    pace = Pace(args.minutes, args.validate_every, device=args.device, bf16=args.bf16, workers=args.workers)
    live = None
    if args.mocap:
        sources = Sources(args.mocap, args.backgrounds, args.garments, args.people_cache)
        live = Live(open_renderer(sources, "train", args.device), config)
    best = Trainer(people, config, folder, pace, teacher=args.teacher, live=live).run()
    print(f"Best PCK@0.2 on people kept apart: {100 * best:.1f} ({folder.path}).")
    if args.export:
        print(export(folder.path, args.export))
    return 0


def _check(args: argparse.Namespace) -> None:
    import torch

    if args.device == "cuda" and not torch.cuda.is_available():
        raise BadArguments("There is no CUDA device here.", "Leave --device out.")
    if args.minutes is not None and args.minutes <= 0:
        raise BadArguments("--minutes must be positive.")
    if args.workers < 0 or args.threads < 0:
        raise BadArguments("--workers and --threads must not be negative.")
    if args.validate_every <= 0:
        raise BadArguments("--validate-every must be positive.")
    if (args.backgrounds or args.garments) and not args.mocap:
        raise BadArguments("--backgrounds and --garments need --mocap: nobody is rendered without poses.")
    if args.export and not args.export.resolve().parent.is_dir():
        raise BadArguments(f"There is no folder {args.export.parent} to export to.")
