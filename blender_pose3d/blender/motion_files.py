"""A person's motion as files of joints: TRC, CSV, JSON, and C3D through the engine."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from ..formats.motion_text import KINDS, motion_text
from ..motion import Motion
from .engine_command import run_engine
from .errors import ExportError

C3D = "c3d"
MOTION_FORMATS = (*KINDS, C3D)


def write_motion(motion: Motion, target: Path, kinds: tuple[str, ...], cut: slice) -> list[Path]:
    """Write the formats of ``MOTION_FORMATS`` that are asked for; each appears whole or not at all.

    target: path without suffix. cut: the frames that are wanted. Raises ExportError.
    """
    motion = replace(motion, joints=motion.joints[cut], time=motion.time[cut])
    wanted = [kind for kind in MOTION_FORMATS if kind in kinds]
    paths = [target.with_name(f"{target.name}.{kind}") for kind in wanted]
    try:
        for kind, path in zip(wanted, paths, strict=True):
            with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
                part = Path(folder) / path.name
                if kind == C3D:
                    text = Path(folder) / "motion.json"
                    text.write_text(motion_text(motion, "json", text.name), encoding="utf-8", newline="\n")
                    run_engine(["export", str(text), "-o", str(part)])
                else:
                    part.write_text(motion_text(motion, kind, path.name), encoding="utf-8", newline="\n")
                part.replace(path)
    except OSError as error:
        raise ExportError(f"Cannot write {target.name}: {error.strerror or error}.") from error
    return paths
