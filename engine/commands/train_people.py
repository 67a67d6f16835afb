"""`python -m engine train people`: rendered, labelled people as packs to train and measure on."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ..errors import BadArguments


def add_arguments(kinds: argparse._SubParsersAction) -> None:
    parser = kinds.add_parser("people", help="render labelled people as packs for training 2D networks")
    parser.add_argument("--mocap", type=Path, required=True, help="folder with BVH files, searched deeply")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the packs go")
    parser.add_argument(
        "--backgrounds", type=Path, metavar="DIR|TAR", help="photographs; those that show people are left out"
    )
    parser.add_argument(
        "--garments", type=Path, metavar="DIR|TAR", help="photographs of clothes, as cloth to dress in"
    )
    parser.add_argument("--count", type=int, default=1000, help="how many people")
    parser.add_argument("--seed", type=int, default=1, help="other seeds give other people")
    parser.add_argument(
        "--split", choices=("train", "test"), default="train", help="test: bodies and motion never trained on"
    )
    parser.add_argument("--name", help="of the pack's pieces (rendered, or rendered-test)")
    parser.add_argument("--bodies", type=int, default=400, help="how many bodies are made, once, with anny")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keeps what takes minutes to prepare")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))


def run(args: argparse.Namespace) -> int:
    """Write the packs and print where they are. Raises EngineError."""
    from tqdm import tqdm

    from ..train.packs import PackWriter
    from ..train.people.opening import Sources, open_renderer
    from ..train.people.packing import write_people

    _check(args)
    sources = Sources(args.mocap, args.backgrounds, args.garments, args.cache, args.bodies)
    renderer = open_renderer(sources, args.split, args.device)
    name = args.name or ("rendered" if args.split == "train" else "rendered-test")
    with (
        PackWriter(args.out, name, source="rendered") as writer,
        tqdm(total=args.count, unit="person") as bar,
    ):
        for added in write_people(renderer, writer, args.count, seed=args.seed, split=args.split):
            bar.update(added)
    for path in writer.pieces:
        print(path)
    return 0


def _check(args: argparse.Namespace) -> None:
    import torch

    if args.count < 1 or args.bodies < 1:
        raise BadArguments("--count and --bodies must be at least 1.")
    if args.seed < 0:
        raise BadArguments("--seed must not be negative.")
    if args.name is not None and not re.fullmatch(r"\w[\w.-]*", args.name):
        raise BadArguments(f"{args.name!r} is no name for files.", "Take letters, digits and hyphens.")
    if args.out.exists() and not args.out.is_dir():
        raise BadArguments(f"{args.out} is not a folder.")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise BadArguments("There is no CUDA device here.", "Leave --device out.")
