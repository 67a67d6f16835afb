"""Draw followed people over a picture: for previews, contact sheets and looking at mistakes."""

from __future__ import annotations

import cv2
import numpy as np

from blender_pose3d.skeleton import Skeleton

# RGB; the person's left is warm, the right is cool, as in most motion-capture viewers
LEFT, RIGHT, MIDDLE = (255, 140, 60), (70, 170, 255), (240, 240, 240)
# under this score a joint is a guess and is drawn faintly
SEEN = 0.3


def draw_person(
    image: np.ndarray, joints: np.ndarray, score: np.ndarray, skeleton: Skeleton, label: str = ""
) -> None:
    """Draw one person's bones and joints into an (H, W, 3) uint8 RGB picture, in place.

    joints: (K, 2) px; score: (K,). Joints that are NaN are left out; a bone with a joint that was only
    guessed is drawn thin and dark.
    """
    width = max(1, round(min(image.shape[:2]) / 240))
    for parent, child in skeleton.bones:
        ends = joints[[parent, child]]
        if not np.isfinite(ends).all():
            continue
        seen = min(score[parent], score[child]) >= SEEN
        colour = _colour(skeleton.joints[child], faint=not seen)
        start, end = (tuple(int(v) for v in point) for point in np.clip(ends, -1e4, 1e4).round())
        cv2.line(image, start, end, colour, width + (1 if seen else 0), cv2.LINE_AA)
    for name, point, value in zip(skeleton.joints, joints, score, strict=True):
        if np.isfinite(point).all() and value >= SEEN:
            centre = tuple(int(v) for v in np.clip(point, -1e4, 1e4).round())
            cv2.circle(image, centre, width + 1, _colour(name), -1, cv2.LINE_AA)
    if label and np.isfinite(joints).any():
        x, y = np.nanmin(joints, axis=0)
        place = (int(np.clip(x, 0, image.shape[1] - 20)), int(np.clip(y - 6, 12, image.shape[0] - 1)))
        cv2.putText(image, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.3 + 0.15 * width, MIDDLE, 1, cv2.LINE_AA)


def _colour(joint: str, faint: bool = False) -> tuple[int, int, int]:
    side = (
        LEFT if joint.startswith(("left_", "L")) else RIGHT if joint.startswith(("right_", "R")) else MIDDLE
    )
    return tuple(c // 3 for c in side) if faint else side  # type: ignore[return-value]
