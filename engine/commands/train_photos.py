"""`python -m engine train photos`: photos and footage, labels checked by a teacher, as packs to train on."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadArguments, BadInput

if TYPE_CHECKING:
    from ..pose2d.base import PoseNetwork


def add_arguments(kinds: argparse._SubParsersAction) -> None:
    parser = kinds.add_parser("photos", help="make packs of labelled photos for training 2D networks")
    parser.add_argument("--lspet", type=Path, metavar="TAR", help="Leeds Sports Pose Extended, to train on")
    parser.add_argument("--coco", type=Path, metavar="TAR", help="people of COCO, to measure on")
    parser.add_argument(
        "--footage", type=Path, nargs="*", default=[], metavar="VIDEO", help="free videos of people"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the packs go")
    parser.add_argument("--teacher", default="blazepose-heavy", metavar="NAME", help="2D network or file")
    parser.add_argument(
        "--teacher-minutes",
        type=float,
        metavar="M",
        help="look at LSP extended for so long at most; call again to go on where it stopped",
    )
    parser.add_argument("--crops", type=int, default=300, help="people taken from a video at most")


def run(args: argparse.Namespace) -> int:
    """Make the packs and print what was found. Raises EngineError."""
    if not (args.lspet or args.coco or args.footage):
        raise BadArguments("There is nothing to pack.", "Name --lspet, --coco or --footage.")
    if args.teacher_minutes is not None and args.teacher_minutes < 0:
        raise BadArguments("--teacher-minutes must not be negative.")
    if args.crops < 1:
        raise BadArguments("--crops must be at least 1.")
    if args.out.exists() and not args.out.is_dir():
        raise BadArguments(f"{args.out} is not a folder.")
    for path in filter(None, (args.lspet, args.coco, *args.footage)):
        if not path.is_file():
            raise BadInput(f"There is no file {path}.")
    args.out.mkdir(parents=True, exist_ok=True)
    for name, report in _packed(args).items():
        print(f"{name}: {json.dumps(report, indent=1)}")
    return 0


def _packed(args: argparse.Namespace) -> dict[str, Any]:
    reports: dict[str, Any] = {}
    if args.coco:
        from ..train.photos.coco import pack_coco

        reports["coco"] = pack_coco(args.coco, args.out)
    if not (args.lspet or args.footage):
        return reports
    teacher = _teacher(args.teacher)
    if args.lspet:
        from ..train.photos.lspet_pack import pack_lspet

        minutes = args.teacher_minutes
        until = float("inf") if minutes is None else time.monotonic() + 60 * minutes
        reports["lspet"] = pack_lspet(args.lspet, args.out, teacher, until, _Tell())
    if args.footage:
        from ..train.photos.footage import pack_footage

        reports["footage"] = pack_footage(args.footage, args.out, teacher, args.crops, _Tell())
    return reports


def _teacher(name: str) -> PoseNetwork:
    from ..pose2d.registry import load_pose2d

    network = load_pose2d(name)
    if len(network.skeleton) != 26:
        raise BadArguments(f"{name} does not know feet.", "Choose a teacher with Halpe's 26 joints.")
    return network


class _Tell:
    """A line every ten seconds."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if done >= total or time.monotonic() - self._last >= 10:
            self._last = time.monotonic()
            print(f"{stage}: {done} of {total}", flush=True)
