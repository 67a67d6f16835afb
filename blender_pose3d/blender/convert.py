"""One clip: tracks onto armatures of the open file, and out to files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..bake_settings import BakeSettings
from ..motion import Motion, MotionError
from ..proportions import measure
from ..quality import quality
from ..report import Person, write_quality, write_report
from ..settings import MotionSettings
from ..together import motions_together
from ..tracks import Tracks
from . import export
from .animate import animate
from .characters import choose_armature, make_armature
from .errors import BadArguments, BadInput, ExportError
from .export_presets import ExportSettings
from .motion_files import MOTION_FORMATS, write_motion
from .object_path import move_object
from .scene import frame_rate, set_frame_rate, set_range

FORMATS = ("fbx", "bvh", "glb", "blend", *MOTION_FORMATS)


@dataclass(frozen=True)
class Job:
    """What to make of each input. person: from 1, None for everybody. blend: the character's file.
    scene_rate: the motion takes the frame rate of that file, instead of the other way round. home: where
    results come to lie, if not in ``out``. bone_map: a file that says which bone plays which role."""

    out: Path
    formats: tuple[str, ...]
    preset: str
    armature: str | None
    rig: str | None
    person: int | None
    blend: str | None
    settings: MotionSettings
    baking: BakeSettings = field(default_factory=BakeSettings)
    scene_rate: bool = False
    export: ExportSettings = field(default_factory=ExportSettings)
    home: Path | None = None
    bone_map: str | None = None


@dataclass(frozen=True)
class Converted:
    """What came of a clip. people: for each, what NAME.report.json says of them."""

    paths: list[Path]
    people: list[dict[str, Any]]
    frames: int


def convert(tracks: Tracks, name: str, job: Job) -> Converted:
    """Animate the open file with tracks and write what the job asks for.

    Raises BadInput, BadArguments or ExportError. The motion of several people shares one clock.
    """
    if job.person is not None and job.person > tracks.people:
        raise BadArguments(f"There is no person {job.person}: the tracks hold {tracks.people}.")
    people = range(tracks.people) if job.person is None else [job.person - 1]
    character = choose_armature(job.armature, job.rig, job.blend, job.bone_map)
    if character is not None and len(people) > 1:
        raise BadArguments("A character of a file moves one person: leave --people all out, or --armature.")
    settings = job.settings
    if job.scene_rate:
        settings = replace(settings, fps=frame_rate(bpy.context.scene))
    try:
        motions, starts = motions_together(tracks, people, settings)
        set_frame_rate(bpy.context.scene, motions[0].fps)
        moved, report, judged = [], [], []
        for person, motion in zip(people, motions, strict=True):
            label = name if person == people[0] else f"{name}_person{person + 1}"
            armature = character or make_armature(label, measure(motion))
            # people who come into view later start later
            late = round((float(motion.time[0]) - float(tracks.time[0])) * motion.fps)
            start = 1 if job.baking.start is None else job.baking.start
            start += max(late, 0) if len(people) > 1 else 0
            row = {"person": person + 1, **_animate(armature, motion, label, start, job.baking)}
            numbers = quality(motion, tracks, person)
            report.append({**row, "quality": numbers.totals()})
            judged.append(Person(f"Person {person + 1}", numbers, row["notes"], start))
            moved.append((label, armature))
    except MotionError as error:
        raise BadInput(str(error)) from error
    clips = [(row["start"], row["frames"]) for row in report]
    paths = _write(moved, clips, starts, job, name)
    for (label, _), motion in zip(moved, motions, strict=True):
        paths += write_motion(motion, job.out / label, job.formats, job.baking.cut(motion.frames))
    paths.append(_write_report(job.out / f"{name}.report.json", tracks, report))
    paths += _write_quality(job.out, name, judged)
    return Converted(paths, report, max(row["frames"] for row in report))


def _animate(
    armature: bpy.types.Object, motion: Motion, label: str, start: int, baking: BakeSettings
) -> dict[str, Any]:
    """Put a motion on an armature from a frame on; what the report says of it."""
    done = animate(armature, motion, name=label, start=start, baking=baking)
    return {
        "armature": armature.name,
        "rig": done.rig,
        "start": start,
        "frames": done.frames,
        "fps": motion.fps,
        "notes": done.notes,
    }


def _write(
    moved: list[tuple[str, bpy.types.Object]],
    clips: list[tuple[int, int]],
    starts: np.ndarray,
    job: Job,
    name: str,
) -> list[Path]:
    """Each armature's clip (first frame, frames) to files of its own, then the scene with all of them."""
    paths = []
    for (label, armature), clip in zip(moved, clips, strict=True):
        set_range(bpy.context.scene, *clip)
        target = job.out / label
        if "fbx" in job.formats:
            paths.append(export.export_fbx(armature, f"{target}.fbx", preset=job.preset, settings=job.export))
        if "bvh" in job.formats:
            paths.append(export.export_bvh(armature, f"{target}.bvh", settings=job.export))
        if "glb" in job.formats:
            paths.append(export.export_glb(armature, f"{target}.glb", settings=job.export))
    first = min(start for start, _ in clips)
    set_range(bpy.context.scene, first, max(start + frames for start, frames in clips) - first)
    if "blend" in job.formats:
        # a clip of its own starts at the origin; only the shared scene sets people beside each other
        for (_, armature), start in zip(moved, starts, strict=True):
            move_object(armature, start)
        actions = [one.animation_data.action for _, one in moved if one.animation_data.action]
        paths.append(export.save_blend(job.out / f"{name}.blend", assets=actions, home=job.home))
    return paths


def _write_report(path: Path, tracks: Tracks, people: list[dict[str, Any]]) -> Path:
    text = json.dumps({"video": tracks.meta.get("video"), "people": people}, indent=2) + "\n"
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ExportError(f"Cannot write {path}: {error.strerror or error}.") from error
    return path


def _write_quality(out: Path, name: str, people: list[Person]) -> list[Path]:
    try:
        numbers = write_quality(out / f"{name}.quality.json", people)
        return [numbers, write_report(out / f"{name}.report.html", name, people)]
    except OSError as error:
        raise ExportError(f"Cannot write the report in {out}: {error.strerror or error}.") from error
