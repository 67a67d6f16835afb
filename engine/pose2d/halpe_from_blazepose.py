"""BlazePose's 33 landmarks as the 26 joints of Halpe, whole arrays at once.

BlazePose's order: 0 nose; 1-3 left eye inner, middle, outer; 4-6 right; 7, 8 ears; 9, 10 corners of the
mouth; then left and right in turn: 11 shoulders, 13 elbows, 15 wrists, 17 little fingers, 19 index fingers,
21 thumbs, 23 hips, 25 knees, 27 ankles, 29 heels, 31 foot tips.

What BlazePose does not know is made from what it does:

- hip, neck: midpoints of the hips and of the shoulders (Halpe's neck is at the base of the neck).
- head (its top): above the middle of the ears, half by the line from the shoulders' middle to the ears'
  and half by that from mouth to eyes. The first is long and steady but leans with the neck, the second
  turns with the head but is short. The lengths are those of a grown person: crown above ears 0.7 of ears
  above shoulders, 1.9 of eyes above mouth.
- big toe: the tip of the foot.
- small toe: a flat view of heel, ankle and tip does not tell to which side the foot is wide, so it is put
  on the foot's axis with score 0: unseen, not to be used.
"""

from __future__ import annotations

import numpy as np

LANDMARKS = 33
# Halpe's joints 0 to 16 (COCO's) and 20, 21, 24, 25 straight from a landmark.
DIRECT = {
    0: 0, 1: 2, 2: 5, 3: 7, 4: 8, 5: 11, 6: 12, 7: 13, 8: 14, 9: 15, 10: 16,
    11: 23, 12: 24, 13: 25, 14: 26, 15: 27, 16: 28, 20: 31, 21: 32, 24: 29, 25: 30,
}  # fmt: skip
_HEAD, _NECK, _HIP, _LEFT_SMALL_TOE, _RIGHT_SMALL_TOE = 17, 18, 19, 22, 23
_CROWN_OVER_EARS = 0.7
_CROWN_OVER_EYES = 1.9
_SMALL_TOE_ALONG = 0.8  # of the way from heel to tip


def halpe_joints(landmarks: np.ndarray) -> np.ndarray:
    """Joints (..., 26, D) from landmarks (..., 33, D), in the plane or in space, in the same units."""
    joints = np.empty((*landmarks.shape[:-2], 26, landmarks.shape[-1]), dtype=landmarks.dtype)
    joints[..., list(DIRECT), :] = landmarks[..., list(DIRECT.values()), :]
    middle = {name: landmarks[..., pair, :].mean(axis=-2) for name, pair in PAIRS.items()}
    ears = middle["ears"]
    by_neck = _CROWN_OVER_EARS * (ears - middle["shoulders"])
    by_face = _CROWN_OVER_EYES * (middle["eyes"] - middle["mouth"])
    joints[..., _HEAD, :] = ears + (by_neck + by_face) / 2
    joints[..., _NECK, :] = middle["shoulders"]
    joints[..., _HIP, :] = middle["hips"]
    for small, heel, tip in ((_LEFT_SMALL_TOE, 29, 31), (_RIGHT_SMALL_TOE, 30, 32)):
        along = landmarks[..., tip, :] - landmarks[..., heel, :]
        joints[..., small, :] = landmarks[..., heel, :] + _SMALL_TOE_ALONG * along
    return joints


def halpe_scores(score: np.ndarray) -> np.ndarray:
    """Scores (..., 26) from those of the landmarks (..., 33).

    A made joint is as sure as the less sure of the two it lies between; the head as the surer ear, since in
    profile one ear is hidden and the head is in plain view.
    """
    made = np.zeros((*score.shape[:-1], 26), dtype=score.dtype)
    made[..., list(DIRECT)] = score[..., list(DIRECT.values())]
    made[..., _HEAD] = score[..., PAIRS["ears"]].max(axis=-1)
    made[..., _NECK] = score[..., PAIRS["shoulders"]].min(axis=-1)
    made[..., _HIP] = score[..., PAIRS["hips"]].min(axis=-1)
    return made


PAIRS = {"ears": [7, 8], "eyes": [2, 5], "mouth": [9, 10], "shoulders": [11, 12], "hips": [23, 24]}
