"""The arguments of the command line."""

from __future__ import annotations

import argparse
from typing import TypeVar

from ..bake_settings import CURVES, LAST, LAYERS, ROOT_MOTION
from ..filters import FILTERS, PARTS
from ..settings import FEET
from .export_presets import BVH_NAMES, BVH_ORDERS, BVH_UNITS, PRESETS
from .motion_files import MOTION_FORMATS

_Parser = TypeVar("_Parser", bound=argparse.ArgumentParser)


def parser() -> argparse.ArgumentParser:
    """The parser of ``pose3d``."""
    main = argparse.ArgumentParser(prog="pose3d", description="Video of a person in, animation out.")
    commands = main.add_subparsers(dest="command", required=True)
    add_options(commands.add_parser("convert", help="videos or tracks files to FBX, BVH, GLB and .blend"))
    return main


def add_options(one: _Parser) -> _Parser:
    """Give a parser the options of ``convert``; returns it."""
    one.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="videos, files of motion (tracks or SMPL .npz, TRC, C3D, BVH, keypoint JSON), folders of them, "
        "patterns in quotes, or job files (.toml)",
    )
    one.add_argument("--out", metavar="DIR", help="folder for the results, made if missing")
    one.add_argument("--name", help="name of the results (default: the input's)")
    _add_character(one)
    _add_motion(one)
    _add_bake(one)
    _add_output(one)
    _add_batch(one)
    return one


def _add_character(one: argparse.ArgumentParser) -> None:
    group = one.add_argument_group("character")
    group.add_argument("--character", metavar="FILE.blend", help="file with the armature")
    which = group.add_mutually_exclusive_group()
    which.add_argument("--armature", metavar="NAME", help="armature of the file to animate")
    which.add_argument("--rig", metavar="PRESET", help="pose3d: make an armature; else the kind to look for")
    group.add_argument(
        "--map", metavar="FILE.json", help="bone map of your own, for the armature of the file"
    )
    who = group.add_mutually_exclusive_group()
    who.add_argument("--person", type=int, metavar="N", help="by prominence, from 1 (default: 1)")
    who.add_argument("--people", choices=["all"], help="everybody, an armature each")


def _add_motion(one: argparse.ArgumentParser) -> None:
    group = one.add_argument_group("motion")
    group.add_argument(
        "--fps",
        type=_rate,
        metavar="F",
        help="frames a second, or scene for those of the character's file (default: the video's)",
    )
    group.add_argument("--height", type=float, metavar="M", help="the person's height in metres")
    group.add_argument(
        "--camera-tilt", type=_tilt, default="auto", metavar="DEG", help="degrees down, or auto"
    )
    group.add_argument(
        "--camera-roll",
        type=_tilt,
        default="auto",
        metavar="DEG",
        help="degrees the right side hangs, or auto",
    )
    group.add_argument("--lens", type=float, metavar="DEG", help="field of view along the longer side")
    group.add_argument("--smoothing", type=float, metavar="S", help="0 (as captured) to 1 (very smooth)")
    group.add_argument(
        "--smooth-part",
        type=_part,
        action="append",
        default=[],
        metavar="PART=F",
        help=f"times the smoothing for one of {', '.join(PARTS)}: 0 (none) to 2 (double); may be repeated",
    )
    group.add_argument(
        "--filter", choices=sorted(FILTERS), default="whittaker", help="how shaking is taken out"
    )
    group.add_argument("--as-lifted", action="store_true", help="do not fit the lifted pose to the picture")
    for side in ("left", "right"):
        group.add_argument(
            f"--{side}-foot",
            choices=FEET,
            default="auto",
            help="held while it stands (auto), in one place all the time, or never (default: auto)",
        )
    group.add_argument("--ground-jumps", action="store_true", help="the lower foot is always on the floor")
    group.add_argument("--hold-hands", action="store_true", help="hands that rest are held in one place")
    group.add_argument("--pose2d", metavar="NAME", help="2D network of the engine")
    group.add_argument("--picture-size", metavar="WxH", help="pixels, for keypoint files that do not say it")
    group.add_argument("--picture-rate", type=float, metavar="F", help="frames a second, for the same")


def _add_bake(one: argparse.ArgumentParser) -> None:
    group = one.add_argument_group("keys")
    group.add_argument("--start", type=int, metavar="N", help="frame of the first key (default: 1)")
    group.add_argument(
        "--frames",
        type=_frames,
        metavar="A:B",
        help="first and last frame of the motion, from 1; either may lack",
    )
    way = group.add_mutually_exclusive_group()
    way.add_argument(
        "--root-motion",
        choices=[name.replace("_", "-") for name in ROOT_MOTION],
        help="what carries the way over the floor (default: hips)",
    )
    way.add_argument("--in-place", action="store_true", help="short for --root-motion in-place")
    group.add_argument(
        "--root-turns", action="store_true", help="the root also takes the way the person faces"
    )
    group.add_argument(
        "--layer", choices=LAYERS, default="new", help="a new action, or a strip over the earlier one"
    )
    group.add_argument(
        "--reduce-keys",
        type=float,
        metavar="DEG",
        help="leave out keys; bones stay within DEG in every frame",
    )
    group.add_argument(
        "--reduce-mm", type=float, default=1.0, metavar="MM", help="the same for places (default: 1)"
    )
    group.add_argument("--curve", choices=CURVES, default="bezier", help="between the keys that are left")
    group.add_argument(
        "--mute-constraints", action="store_true", help="mute what pulls baked bones elsewhere"
    )
    group.add_argument("--ik", action="store_true", help="key hands and feet of a control rig by IK, too")
    group.add_argument(
        "--no-refine", action="store_true", help="legs alone bear what the character's proportions cost"
    )


def _add_output(one: argparse.ArgumentParser) -> None:
    group = one.add_argument_group(
        "output", "without a format: the preset's (FBX, or GLB for godot), BVH and .blend"
    )
    for kind in ("fbx", "bvh", "glb", "blend"):
        group.add_argument(f"--{kind}", action="store_true")
    for kind in MOTION_FORMATS:
        group.add_argument(f"--{kind}", action="store_true", help="the person's joints, without a character")
    told = "; ".join(f"{name}: {preset.why[0].lower()}{preset.why[1:-1]}" for name, preset in PRESETS.items())
    group.add_argument(
        "--preset",
        choices=sorted(PRESETS),
        default="generic",
        help=f"who reads it (default: generic). {told}",
    )
    content = group.add_mutually_exclusive_group()
    content.add_argument("--animation-only", action="store_true", help="no meshes in FBX and GLB")
    content.add_argument("--mesh-only", action="store_true", help="the character at rest in FBX and GLB")
    group.add_argument(
        "--export-root",
        choices=["on", "off"],
        help="in the files, a root bone carries the way over the floor (on), or it is taken out (off);"
        " default: as it is baked",
    )
    group.add_argument(
        "--bvh-names",
        choices=BVH_NAMES,
        default="rig",
        help="the rig's own, or the usual (Hips, LeftUpLeg ...) in the usual order (default: rig)",
    )
    group.add_argument(
        "--bvh-order", choices=BVH_ORDERS, default="ZXY", help="order of rotations in BVH (default: ZXY)"
    )
    group.add_argument("--bvh-unit", choices=list(BVH_UNITS), default="m", help="of BVH (default: m)")


def _add_batch(one: argparse.ArgumentParser) -> None:
    group = one.add_argument_group("many clips", "what is done already is not done again")
    group.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="clips at a time, as far as memory allows (default: 1)",
    )
    group.add_argument("--again", action="store_true", help="do also what is done already")
    group.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    group.add_argument(
        "--part", type=_share, metavar="I/N", help="only every N-th clip, from the I-th: a task of an array"
    )
    group.add_argument("--report", metavar="FILE.json", help="what became of each clip, as JSON")
    group.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)


def _share(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    try:
        return int(number), int(of)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"I/N, such as 3/20, not {text!r}") from error


def _tilt(text: str) -> float | str:
    try:
        return "auto" if text == "auto" else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"degrees or auto, not {text!r}") from error


def _rate(text: str) -> float | str:
    try:
        return "scene" if text == "scene" else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a number or scene, not {text!r}") from error


def _frames(text: str) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    try:
        return int(first or 1), int(last or LAST) if colon else int(first)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"A:B, such as 1:120, not {text!r}") from error


def _part(text: str) -> tuple[str, float]:
    part, _, factor = text.partition("=")
    try:
        return part, float(factor)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"PART=FACTOR, such as hands=0.5, not {text!r}") from error
