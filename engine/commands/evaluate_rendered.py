"""`python -m engine evaluate rendered`: the whole engine on clips whose truth is known."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..pipeline import DEFAULT_LIFTER, DEFAULT_POSE2D


def add_arguments(kinds: argparse._SubParsersAction) -> None:
    parser = kinds.add_parser("rendered", help="errors of the whole engine on clips rendered by Blender")
    parser.add_argument("--clips", type=Path, required=True, help="folder that bench.rendered_clips wrote")
    parser.add_argument("--lifter", default=DEFAULT_LIFTER, help="name of known weights, or a weight file")
    parser.add_argument("--pose2d", default=DEFAULT_POSE2D, help="2D network, as for track")
    parser.add_argument("--json", type=Path, help="write the figures there as JSON too")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))


def run(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from .. import models
    from ..evaluate.card import write_json
    from ..evaluate.rendered import evaluate, find_clips
    from ..evaluate.rendered_table import summary, table

    folders = find_clips(args.clips)
    loaded = models.load(args.pose2d, args.lifter, args.device, lambda *_: None, lambda: False)
    with tqdm(total=len(folders), file=sys.stderr, unit="clip", disable=None) as bar:
        clips = evaluate(folders, loaded, tell=lambda done, total: bar.update(done - bar.n) and None)
    names = {"lifter": loaded.lifter.name, "sha256": loaded.lifter.sha256, "pose2d": loaded.network.name}
    result = summary(clips, names)
    print(table(result))
    if args.json:
        write_json(args.json, result)
    return 0
