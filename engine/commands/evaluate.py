"""`python -m engine evaluate`: measure a network."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..errors import BadArguments
from . import evaluate_rendered


def add_arguments(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("evaluate", help="measure a network")
    kinds = parser.add_subparsers(dest="what", required=True)
    evaluate_rendered.add_arguments(kinds)
    lifter = kinds.add_parser("lifter", help="errors of 3D poses on motion capture of held-out subjects")
    lifter.add_argument("--mocap", type=Path, required=True, help="folder with BVH files, searched deeply")
    lifter.add_argument("--lifter", default="gastnet-27f-19j", help="name of known weights, or a weight file")
    lifter.add_argument("--fps", type=float, default=30.0, help="frame rate of the footage to imitate")
    lifter.add_argument("--longest", type=int, default=600, help="frames of each clip at most")
    lifter.add_argument("--json", type=Path, help="write the figures there as JSON too")
    lifter.add_argument("--device", default="cpu", choices=("cpu", "cuda"))


def run(args: argparse.Namespace) -> int:
    if args.what == "rendered":
        return evaluate_rendered.run(args)
    from tqdm import tqdm

    from ..evaluate.lifter import evaluate, table
    from ..lift.lifter import load_lifter
    from ..train.mocap import read_folder

    if not (args.fps > 0 and args.longest > 0):
        raise BadArguments("--fps and --longest must be positive.")
    lifter = load_lifter(args.lifter, args.device)
    clips = read_folder(args.mocap)
    with tqdm(file=sys.stderr, unit="clip", disable=None) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        result = evaluate(lifter, clips, fps=args.fps, longest=args.longest, tell=tell)
    print(table(result))
    if args.json:
        part = args.json.with_name(args.json.name + ".part")
        part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        part.replace(args.json)
    return 0
