"""`python -m engine evaluate`: measure a network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import BadArguments
from . import evaluate_pose2d, evaluate_rendered


def add_arguments(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("evaluate", help="measure a network")
    kinds = parser.add_subparsers(dest="what", required=True)
    evaluate_rendered.add_arguments(kinds)
    evaluate_pose2d.add_arguments(kinds)
    lifter = kinds.add_parser("lifter", help="errors of 3D poses on motion capture of the test subjects")
    lifter.add_argument("--mocap", type=Path, required=True, help="folder with BVH files, searched deeply")
    lifter.add_argument("--lifter", default="gastnet-27f-19j", help="name of known weights, or a weight file")
    lifter.add_argument(
        "--beside", nargs="+", default=[], metavar="LIFTER", help="others to measure in the same table"
    )
    lifter.add_argument(
        "--conditions", nargs="+", metavar="NAME", help="noisy, exact, surface, no-feet, hidden (all of them)"
    )
    lifter.add_argument("--fps", type=float, default=30.0, help="frame rate of the footage to imitate")
    lifter.add_argument("--longest", type=int, default=600, help="frames of each clip at most")
    lifter.add_argument("--json", type=Path, help="write the figures there as JSON too")
    lifter.add_argument(
        "--markdown", type=Path, help="write them there in Markdown: into a card, between its marks"
    )
    lifter.add_argument("--device", default="cpu", choices=("cpu", "cuda"))


def run(args: argparse.Namespace) -> int:
    if args.what == "rendered":
        return evaluate_rendered.run(args)
    if args.what == "pose2d":
        return evaluate_pose2d.run(args)
    from tqdm import tqdm

    from ..evaluate.card import write_json
    from ..evaluate.lifter import CONDITIONS, evaluate
    from ..evaluate.report import table, write_markdown
    from ..lift.lifter import load_lifter
    from ..train.mocap import read_folder

    if not (args.fps > 0 and args.longest > 0):
        raise BadArguments("--fps and --longest must be positive.")
    conditions = [name.replace("-", " ") for name in args.conditions or CONDITIONS]
    if unknown := [name for name in conditions if name not in CONDITIONS]:
        raise BadArguments(f"No condition is named {unknown[0]}.", f"Known: {', '.join(CONDITIONS)}.")
    lifters = [load_lifter(name, args.device) for name in (args.lifter, *args.beside)]
    if len({lifter.name for lifter in lifters}) < len(lifters):
        raise BadArguments("Two of the lifters have the same name.", "Give their files other names.")
    clips = read_folder(args.mocap)
    with tqdm(file=sys.stderr, unit="clip", disable=None) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        result = evaluate(
            lifters, clips, fps=args.fps, longest=args.longest, conditions=conditions, tell=tell
        )
    print(table(result))
    if args.json:
        write_json(args.json, result)
    if args.markdown:
        write_markdown(args.markdown, result)
    return 0
