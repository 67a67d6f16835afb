"""Which subjects are learnt from, which choose the checkpoint, which are only ever measured on.

Actions follow the CMU database's descriptions of its trials (mocap.cs.cmu.edu), and the motion itself where
these say little.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .mocap import Clip

TEST = ("05", "09", "14", "16", "49", "141", "martial")
"""Never trained on and never looked at to choose anything: 05 modern dance; 09 running; 14 everyday acts; 16
walking; 49 acrobatics and dance; 141 running; a set of martial arts."""

VALIDATION = ("02", "07", "10", "11", "131")
"""Not trained on either; the checkpoint that ships is the best on these. 02 expressive everyday acts, blows,
swordplay; 07 walking; 10 and 11 football; 131 dance steps."""

# Subject or trial to action; a trial's own line goes before its subject's.
_ACTIONS = {
    "01": "climbing", "02": "everyday", "02_01": "walking", "02_02": "walking", "02_03": "running",
    "02_04": "jumping", "02_05": "martial arts", "02_07": "martial arts", "02_08": "martial arts",
    "02_09": "martial arts", "05": "dance", "05_01": "walking", "06": "sport", "06_01": "walking",
    "09": "running", "09_12": "walking", "10": "sport", "10_04": "walking", "11": "sport",
    "13": "everyday", "13_10": "jumping", "13_11": "jumping", "13_13": "jumping", "13_18": "sport",
    "13_19": "jumping", "13_30": "sport", "13_31": "sport", "13_32": "jumping",
    **{f"13_{trial}": "climbing" for trial in range(33, 39)},
    **{f"13_{trial}": "jumping" for trial in range(39, 43)},
    "14": "everyday", **{f"14_{trial}": "climbing" for trial in (21, 22, 23, 33, 34, 35)},
    **{f"35_{trial}": "running" for trial in range(17, 27)},
    "49": "dance", "49_01": "walking", "49_02": "jumping", "49_03": "jumping", "49_04": "jumping",
    "49_05": "jumping", "49_06": "acrobatics", "49_07": "acrobatics", "49_08": "acrobatics",
    "131": "dance", "141": "running", "143": "running",
    "indian": "dance", "salsa": "dance", "martial": "martial arts",
}  # fmt: skip


class Parts(NamedTuple):
    train: list[Clip]
    validation: list[Clip]
    test: list[Clip]


def split(clips: list[Clip]) -> Parts:
    """Clips to train on, to choose checkpoints with and to measure on, by their subjects; order is kept."""

    def of(subjects: tuple[str, ...]) -> list[Clip]:
        return [clip for clip in clips if clip.subject in subjects]

    return Parts([c for c in clips if c.subject not in TEST + VALIDATION], of(VALIDATION), of(TEST))


def action(clip: str) -> str:
    """What is done in a clip, by its name (SUBJECT_TRIAL and what may follow); "walking" where not listed."""
    subject, trial = re.fullmatch(r"([^_]*)((?:_[^_]*)?).*", clip, re.DOTALL).groups()  # type: ignore[union-attr]
    return _ACTIONS.get(subject + trial) or _ACTIONS.get(subject, "walking")
