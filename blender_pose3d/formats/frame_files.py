"""Clips of which every frame is a file of its own, as OpenPose writes them."""

from __future__ import annotations

import re
from pathlib import Path

FRAME_FILE = re.compile(r"^(?P<name>.*?)_?(?P<frame>\d{4,12})_keypoints\.json$")
"""Name of a file that OpenPose writes of one frame: ``walk_000000000042_keypoints.json``."""


def frame_files(path: Path) -> list[Path]:
    """All files of the clip that a file belongs to, by frame; itself where it is a clip alone."""
    named = FRAME_FILE.match(path.name)
    if named is None:
        return [path]
    beside = ((FRAME_FILE.match(other.name), other) for other in path.parent.glob("*_keypoints.json"))
    clip = [(int(m["frame"]), other) for m, other in beside if m is not None and m["name"] == named["name"]]
    return [other for _, other in sorted(clip)] or [path]


def frame_of(path: Path) -> int:
    """The frame that a file is of. Raises ValueError for a file that is a clip alone."""
    named = FRAME_FILE.match(path.name)
    if named is None:
        raise ValueError(f"{path.name} is not of one frame")
    return int(named["frame"])


def clip_name(path: Path) -> str:
    """What a clip is called after its file: the stem, without the number of a frame."""
    named = FRAME_FILE.match(path.name)
    return path.stem if named is None else named["name"] or path.parent.name
