"""`python -m engine evaluate pose2d`: 2D networks on labelled photos, rendered people and real footage."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadArguments, BadInput
from ..pipeline import DEFAULT_POSE2D

if TYPE_CHECKING:
    from ..evaluate.pose2d import Data, Tell
    from ..pose2d.base import PoseNetwork

_YARDSTICKS = ("blazepose-full", "blazepose-heavy")


def add_arguments(kinds: argparse._SubParsersAction) -> None:
    parser = kinds.add_parser("pose2d", help="keypoints on photos, rendered people and footage")
    parser.add_argument("--pose2d", default=DEFAULT_POSE2D, help="name of known weights, or a weight file")
    parser.add_argument(
        "--beside", nargs="*", metavar="POSE2D",
        help="others for the same table (BlazePose full and heavy; HRNets with published weights, if here)",
    )  # fmt: skip
    parser.add_argument("--lspet", type=Path, metavar="TAR", help="archive of Leeds Sports Pose Extended")
    parser.add_argument(
        "--coco", type=Path, metavar="PICTURES", help="tar or folder of photos labelled in COCO's format"
    )
    parser.add_argument(
        "--coco-annotations", type=Path, metavar="JSON", help="their annotations, where they are not in there"
    )
    parser.add_argument(
        "--packs", type=Path, nargs="+", default=[], metavar="PACK",
        help="pieces of packs, or folders of them: rows whose split is test",
    )  # fmt: skip
    parser.add_argument(
        "--footage", type=Path, nargs="+", default=[], metavar="VIDEO",
        help="videos in which to look for people who stand still, for the jitter",
    )  # fmt: skip
    parser.add_argument("--no-found", action="store_true", help="look in labelled boxes only")
    parser.add_argument(
        "--flip", action="store_true", help="each network with the flip test too, twice as slow"
    )
    parser.add_argument("--limit", type=int, help="people of a set (pictures of COCO's) at most, to be quick")
    parser.add_argument("--threads", type=int, help="of the processor, for networks")
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="put contact sheets of the worst there"
    )
    parser.add_argument("--worst", type=int, default=100, metavar="N", help="people on a contact sheet")
    parser.add_argument("--json", type=Path, help="write the figures there as JSON too")
    parser.add_argument(
        "--markdown", type=Path, help="write them there in Markdown: into a card, between its marks"
    )
    parser.add_argument(
        "--with-json", type=Path, nargs="+", default=[], metavar="JSON",
        help="networks that earlier runs wrote with --json, for the same data, into the tables too",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))


def run(args: argparse.Namespace) -> int:
    _check(args)
    if args.threads:
        # before torch and LiteRT load: both read it then
        os.environ["OMP_NUM_THREADS"] = str(args.threads)
    earlier = {path: _earlier(path) for path in args.with_json}

    from ..evaluate.card import write_json
    from ..evaluate.pose2d import evaluate, joined
    from ..evaluate.pose2d_look import Detections
    from ..evaluate.pose2d_pictures import save_sheet
    from ..evaluate.pose2d_report import table, write_markdown
    from ..pose2d.registry import load_detector

    networks = list(_networks(args))
    with _bar() as tell:
        data = _data(args, tell)
        detections = None if args.no_found else Detections(load_detector(args.device))  # type: ignore[arg-type]

        def show(name: str, people: Any, seen: Any) -> None:
            if args.pictures:
                save_sheet(args.pictures, name, people, seen, args.worst)

        def keep(result: dict[str, Any]) -> None:
            result["machine"] = _machine(args)
            if args.json:
                write_json(args.json, result)

        clock = time.perf_counter if args.device == "cuda" else time.process_time
        result = evaluate(networks, data, detections, tell=tell, show=show, keep=keep, clock=clock)
    for path, of in earlier.items():
        result = joined(result, of, path)
    print(table(result))
    if args.json:
        write_json(args.json, result)
    if args.markdown:
        write_markdown(args.markdown, result)
    return 0


def _check(args: argparse.Namespace) -> None:
    for name in ("limit", "threads", "worst"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise BadArguments(f"--{name} must be 1 or more, not {value}.")
    for path in (args.json, args.markdown):
        if path is not None and not path.parent.is_dir():
            raise BadArguments(f"There is no folder {path.parent} to write {path.name} into.")
    if args.coco_annotations and not args.coco:
        raise BadArguments("--coco-annotations needs --coco: the pictures that are annotated.")
    if not (args.lspet or args.coco or args.packs or args.footage):
        raise BadArguments("There is nothing to measure on.", "Name --lspet, --coco, --packs or --footage.")


def _earlier(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise BadInput(f"{path} is no JSON, or was cut off: {error}.") from error


def _networks(args: argparse.Namespace) -> Iterator[PoseNetwork]:
    from ..pose2d.registry import load_pose2d

    beside = args.beside
    if beside is None:
        beside = [name for name in (*_YARDSTICKS, *_published()) if name != args.pose2d]
    for name in (args.pose2d, *beside):
        network = load_pose2d(name, args.device)
        yield network
        if args.flip:
            yield _flipped(network, name, args.device)


def _published() -> list[str]:
    """HRNets of others whose files are on this machine."""
    from .. import weights
    from ..manifest import entries

    known = [e for e in entries().values() if e.network == "hrnet" and e.kind != "shipped"]
    return [e.name for e in known if weights.is_here(e.name)]


def _flipped(network: PoseNetwork, name: str, device: str) -> PoseNetwork:
    """Heatmaps are averaged where there are some, else the poses."""
    from ..evaluate.pose2d_look import Mirrored

    flipped: Any = Mirrored(network)
    if hasattr(network, "heatmaps"):
        from ..pose2d.hrnet_pose import load_hrnet_pose

        flipped = load_hrnet_pose(name, device, flip=True)
    flipped.name = f"{network.name}, flip test"
    return flipped


def _data(args: argparse.Namespace, tell: Tell) -> Data:
    from ..evaluate.pose2d import Data
    from ..evaluate.pose2d_coco import read_coco
    from ..evaluate.pose2d_jitter import choose
    from ..evaluate.pose2d_sets import lspet, packed
    from ..pose2d.registry import load_detector, load_pose2d

    sets = [lspet(args.lspet, args.limit)] if args.lspet else []
    sets += packed(args.packs, args.limit) if args.packs else []
    coco = read_coco(args.coco, args.coco_annotations, args.limit) if args.coco else None
    still = []
    for video in args.footage:

        def follow(_stage: str, done: int, total: int, video: Path = video) -> None:
            tell(f"where somebody stands in {video.name}", done, total)

        # always by the same network, so that the stretches do not depend on who is measured
        still += choose(video, load_pose2d(_YARDSTICKS[0]), load_detector(args.device), follow)
    if args.footage and not still:
        raise BadInput("Nobody stands still in the footage for a second.", "Name other videos.")
    return Data(tuple(sets), coco, tuple(still))


def _machine(args: argparse.Namespace) -> str:
    import platform

    return "a GPU" if args.device == "cuda" else f"one core, {platform.machine()}"


@contextmanager
def _bar() -> Iterator[Tell]:
    from tqdm import tqdm

    with tqdm(file=sys.stderr, unit="", disable=None) as bar:

        def tell(what: str, done: int, total: int) -> None:
            bar.set_description(what, refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        yield tell
