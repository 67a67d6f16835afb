"""The options of a command line as what ``convert`` needs for one clip."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..bake_settings import BakeSettings
from ..settings import MotionSettings
from .convert import FORMATS, Job
from .errors import BadArguments, BadInput
from .export_presets import PRESETS, ExportSettings


def job_of(args: argparse.Namespace, out: Path) -> Job:
    """What to make of a clip, in the folder ``out``. Raises BadArguments or BadInput, before any work."""
    try:
        settings, baking, export = _motion(args), _baking(args), _export(args)
    except ValueError as error:
        raise BadArguments(str(error)) from error
    if args.person is not None and args.person < 1:
        raise BadArguments("People are counted from 1.")
    if args.character and not Path(args.character).is_file():
        raise BadInput(f"No such file: {args.character}")
    if args.map and not args.character:
        raise BadArguments("A bone map belongs to a character: say with --character whose it is.")
    if args.map and not Path(args.map).is_file():
        raise BadInput(f"No such bone map: {args.map}")
    asked = tuple(one for one in FORMATS if getattr(args, one))
    return Job(
        out=out,
        formats=asked or tuple(dict.fromkeys((PRESETS[args.preset].format, "bvh", "blend"))),
        preset=args.preset,
        armature=args.armature,
        rig=args.rig,
        person=None if args.people == "all" else args.person or 1,
        blend=str(Path(args.character).absolute()) if args.character else None,
        bone_map=str(Path(args.map).absolute()) if args.map else None,
        settings=settings,
        baking=baking,
        scene_rate=args.fps == "scene",
        export=export,
    )


def _motion(args: argparse.Namespace) -> MotionSettings:
    strength = {} if args.smoothing is None else {"strength": args.smoothing}
    return MotionSettings(
        fps=None if args.fps == "scene" else args.fps,
        height=args.height,
        camera_tilt=args.camera_tilt,
        camera_roll=args.camera_roll,
        lens=args.lens,
        filter=args.filter,
        parts=dict(args.smooth_part),
        fit_picture=not args.as_lifted,
        left_foot=args.left_foot,
        right_foot=args.right_foot,
        ground_jumps=args.ground_jumps,
        hold_hands=args.hold_hands,
        **strength,
    )


def _baking(args: argparse.Namespace) -> BakeSettings:
    how = "in-place" if args.in_place else args.root_motion or "hips"
    return BakeSettings(
        root_motion=how.replace("-", "_"),
        root_turns=args.root_turns,
        layer=args.layer,
        start=args.start,
        frames=args.frames,
        reduce=args.reduce_keys,
        reduce_location=args.reduce_mm,
        curve=args.curve,
        mute_constraints=args.mute_constraints,
        limbs="ik" if args.ik else "fk",
        refine=not args.no_refine,
    )


def _export(args: argparse.Namespace) -> ExportSettings:
    content = "animation" if args.animation_only else "character" if args.mesh_only else "all"
    return ExportSettings(
        content=content,
        root_motion={None: None, "on": True, "off": False}[args.export_root],
        bvh_names=args.bvh_names,
        bvh_order=args.bvh_order,
        bvh_unit=args.bvh_unit,
    )
