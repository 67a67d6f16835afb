"""What settings of blender_pose3d may be chosen by: moments of clips that are not in the truth set.

Subjects are those that choose a lifter's checkpoint (engine/train/splits.py), and a few that lifters learn
from, whose errors on what they learnt equal those on what they did not. None is a test subject.
"""

from __future__ import annotations

from .truth_clips import Shot

SHOTS = (
    Shot("t_walk_side", "walks past", "07_03", 0.1, 3.4, 7.0, tilt=4),
    Shot("t_walk_away", "walks away", "10_04", 0.1, 4.5, 5.5, turn=15, tilt=8),
    Shot("t_walk_pan", "walks past a panning camera", "07_07", 0.1, 3.0, 4.0, pan=True, roll=-1),
    Shot("t_walk_slant", "walks slowly towards the camera", "07_05", 0.1, 4.2, 6.0, turn=140, tilt=5),
    Shot("t_walk_wide", "walks towards the camera, untold lens", "07_01", 0.1, 2.5, 5.5, turn=165, lens=60.0),
    Shot("t_walk_there", "walks there and back", "114_13", 0.5, 15.0, 6.0, turn=45, tilt=10),
    Shot("t_run", "runs past", "02_03", 0.1, 1.3, 7.0, tilt=3, fps=60.0),
    Shot("t_run_pan", "runs past a panning camera", "35_22", 0.1, 1.3, 8.0, pan=True),
    Shot("t_jump", "jumps up", "02_04", 0.1, 3.9, 5.0, turn=60, tilt=8),
    Shot("t_hop", "jumps ahead", "13_13", 0.1, 3.5, 5.0, turn=40, tilt=5, lens=60.0, told=True),
    Shot("t_leap", "jumps high", "13_42", 0.1, 3.2, 6.0, turn=110, tilt=12),
    Shot("t_punch", "punches", "02_05", 0.5, 14.0, 5.0, turn=70, tilt=4),
    Shot("t_scoop", "bends down and scoops", "02_06", 0.5, 15.0, 5.0, turn=30, tilt=15),
    Shot("t_sword", "fences", "02_08", 0.5, 12.0, 6.0, turn=80, tilt=6, roll=2),
    Shot("t_wash", "washes", "02_10", 0.5, 14.0, 4.0, turn=20, tilt=3),
    Shot("t_kick_near", "kicks a ball", "10_01", 0.1, 6.5, 5.0, turn=100, tilt=10),
    Shot("t_kick_run", "runs and kicks a ball", "10_05", 0.1, 3.5, 7.0, turn=60, tilt=4, fps=24.0),
    Shot("t_kick_far", "kicks a ball, far", "11_01", 0.1, 4.9, 11.0, turn=45, tilt=6),
    Shot("t_dance", "dances, goes low", "131_01", 0.1, 8.2, 5.0, turn=75, tilt=20),
    Shot("t_steps", "dances with steps", "131_02", 0.1, 10.2, 5.0, turn=30, tilt=5),
    Shot("t_leaps", "dances, leaps", "131_03", 0.1, 9.0, 6.0, turn=120, tilt=10, lens=55.0),
    Shot("t_sit", "sits down and stands up", "13_01", 0.5, 14.0, 4.5, turn=50, tilt=8),
    Shot("t_lace", "bends, squats", "13_30", 0.5, 14.0, 5.0, turn=60, tilt=12),
    Shot("t_salsa", "dances salsa", "salsa_05", 0.5, 12.0, 6.0, turn=20, tilt=10),
)  # fmt: skip
