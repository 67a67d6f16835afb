"""The truth set: which moments of which clips, and how each is filmed.

All are of subjects that no lifter was trained on (engine/train/mocap.py, HELD_OUT).
"""

from __future__ import annotations

from dataclasses import dataclass

ASSUMED = None
"""Lens: as the engine assumes where nobody tells it, which then happens to be right."""


@dataclass(frozen=True)
class Shot:
    """One clip of the truth set.

    file: of the motion capture, without .bvh. start, stop: seconds; the first tenths of some files are a rest
    pose. loops: how often a moving cycle, from ``start`` to ``stop``, is repeated. distance: metres from the
    middle of the path. turn: degrees of the camera's direction from the path's (0 from behind, 90 from the
    side). tilt: degrees down. roll: degrees. pan: follows the person. lens: true field of view in degrees
    along the width, None for the engine's own assumption; told: whether the engine is told.
    """

    name: str
    shows: str
    file: str
    start: float
    stop: float
    distance: float
    turn: float = 90.0
    tilt: float = 0.0
    roll: float = 0.0
    pan: bool = False
    fps: float = 30.0
    loops: int = 1
    lens: float | None = ASSUMED
    told: bool = False


SHOTS = (
    Shot("walk_back", "walks there and back", "09_12", 0.5, 15.5, 6.0, turn=60),
    Shot("walk_side", "walks past", "49_01", 0.1, 5.4, 7.0, tilt=5),
    Shot("walk_near", "walks towards the camera", "16_32", 0.1, 4.8, 6.5, turn=170, tilt=8),
    Shot("walk_pan", "walks past a panning camera", "05_01", 0.1, 5.0, 4.0, pan=True, roll=1),
    Shot("walk_wide", "walks away, untold lens", "16_47", 0.1, 3.5, 5.2, turn=30, tilt=10, lens=62.0),
    Shot("run_pan", "runs past a panning camera", "09_08", 0.15, 0.9, 7.0, pan=True, loops=4),
    Shot("run_far", "runs past, far away", "09_02", 0.0833, 0.8333, 14.0, turn=70, tilt=4, fps=60.0, loops=4),
    Shot("jump", "jumps up and down, hops", "49_02", 0.2, 12.0, 5.0, turn=20, tilt=10),
    Shot("hop", "hops on one leg, then the other", "49_03", 0.2, 12.3, 4.0, turn=130, lens=60.0, told=True),
    Shot("kneel", "goes low and up again", "martial_10", 2.0, 15.0, 6.5, turn=60, tilt=12),
    Shot("sit", "sits down on a low stool, stands up", "14_30", 0.5, 14.0, 4.5, turn=40, tilt=15),
    Shot("stool", "sits on a high stool, swings the legs", "14_28", 0.5, 12.0, 4.0, turn=110, tilt=5),
    Shot("mop", "carries a mop about and uses it", "14_19", 0.5, 14.0, 5.0, turn=45, tilt=8),
    Shot("drink", "opens a bottle and drinks, near", "14_05", 0.3, 7.0, 4.0, turn=10),
    Shot("dance", "dances, leaps", "05_20", 0.1, 9.1, 5.0, turn=75, fps=24.0),
    Shot("turn", "dances with turns, steep view", "05_04", 0.1, 10.0, 5.0, turn=50, tilt=25),
    Shot("kick", "kicks and strikes", "martial_06", 6.0, 19.0, 7.0, turn=80, tilt=3, roll=-2),
    Shot("crouch", "crouches and gets up", "49_02", 12.0, 17.2, 6.0, turn=60, tilt=6, lens=38.0),
    Shot("cartwheel", "turns cartwheels", "49_08", 0.1, 4.8, 8.0, tilt=4),
)  # fmt: skip
