"""A painted room filmed by a camera that turns, zooms, stands or travels."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.camera_motion import CameraMotion, boxes_of, find_motion
from engine.camera_watch import CameraWatch
from engine.frame import ImageFrame

SIZE = (480, 270)
FOCAL = 550.0
LENS = (FOCAL, FOCAL, (SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2)
FRAMES = 24
NOBODY = np.full((0, FRAMES, 4), np.nan)


def wall(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (700, 1600)).astype(np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


WALLS = wall(0), wall(1)


def rays(turn: np.ndarray, zoom: float) -> np.ndarray:
    u, v = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    ahead = np.stack(
        [(u - LENS[2]) / (FOCAL * zoom), (v - LENS[3]) / (FOCAL * zoom), np.ones(u.shape)], axis=-1
    )
    return ahead @ turn.T


def shown(painted: np.ndarray, turn: np.ndarray, zoom: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """The room's far wall, all round the camera."""
    ahead = rays(turn, zoom)
    across = 800 + 600 * np.arctan2(ahead[..., 0], ahead[..., 2]) + shift
    down = 350 + 600 * ahead[..., 1] / np.hypot(ahead[..., 0], ahead[..., 2])
    return cv2.remap(painted, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)


def watched(picture: Callable[[int], np.ndarray], boxes: np.ndarray = NOBODY) -> CameraMotion:
    watch = CameraWatch()
    for t in range(FRAMES):
        watch.look(ImageFrame(t, t / 30, cv2.cvtColor(picture(t), cv2.COLOR_GRAY2RGB)))
    assert len(watch.rows) == FRAMES
    return find_motion(watch.rows, boxes, LENS, SIZE)


def turned(t: int) -> np.ndarray:
    return Rotation.from_euler("yx", [1.4 * t, 2.0 * np.sin(t / 5)], degrees=True).as_matrix()


def test_a_pan_and_a_tilt_are_measured_to_a_tenth_of_a_degree():
    motion = watched(lambda t: shown(WALLS[0], turned(t)))
    assert motion.kind == "turning" and motion.zoom is None
    off = [(turned(t).T @ turned(0)) @ motion.rotation[t] for t in range(FRAMES)]
    assert np.degrees(Rotation.from_matrix(off).magnitude()).max() < 0.1


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.3])
def test_a_camera_that_turns_tells_its_lens(factor):
    watch = CameraWatch()
    for t in range(FRAMES):
        watch.look(ImageFrame(t, t / 30, cv2.cvtColor(shown(WALLS[0], turned(t)), cv2.COLOR_GRAY2RGB)))
    assumed = (FOCAL * factor, FOCAL * factor, *LENS[2:])
    motion = find_motion(watch.rows, NOBODY, assumed, SIZE)
    assert motion.focal == pytest.approx(FOCAL, rel=0.03)
    off = [(turned(t).T @ turned(0)) @ motion.rotation[t] for t in range(FRAMES)]
    assert np.degrees(Rotation.from_matrix(off).magnitude()).max() < 1.0
    assert find_motion(watch.rows, NOBODY, assumed, SIZE, lens_known=True).focal is None


def test_a_zoom_is_measured_to_a_percent():
    motion = watched(lambda t: shown(WALLS[0], turned(t // 2), 1.0 + 0.4 * t / FRAMES))
    assert motion.kind == "turning"
    np.testing.assert_allclose(motion.zoom, 1.0 + 0.4 * np.arange(FRAMES) / FRAMES, rtol=0.01)


def test_a_still_camera_is_still_even_if_somebody_large_walks_by():
    boxes = np.full((1, FRAMES, 4), np.nan)

    def picture(t: int) -> np.ndarray:
        scene = shown(WALLS[0], np.eye(3))
        scene[40:, 10 * t : 10 * t + 230] = WALLS[1][40:270, :230][:, : 480 - 10 * t]
        boxes[0, t] = (10 * t, 40, 10 * t + 230, 270)
        return scene

    for t in range(FRAMES):
        picture(t)
    assert watched(picture, boxes).kind == "still"
    assert watched(lambda t: shown(WALLS[0], np.eye(3))).rotation is None


@pytest.mark.slow
def test_a_camera_that_travels_is_told_from_one_that_turns():
    def picture(t: int) -> np.ndarray:
        """Stripes of a near wall pass three times as fast as the far one between them."""
        far, near = (
            shown(painted, np.eye(3), shift=by * t) for painted, by in zip(WALLS, (4.0, 14.0), strict=True)
        )
        return np.where((np.arange(SIZE[1]) // 30 % 2 == 0)[:, None], near, far)

    motion = watched(picture)
    assert motion.kind == "travelling" and motion.rotation is None


@pytest.mark.parametrize("grey", [0, 128])
def test_a_blank_background_tells_nothing(grey):
    assert watched(lambda t: np.full(SIZE[::-1], grey, np.uint8)).kind == "unknown"


def test_one_frame_and_boxes_round_people():
    watch = CameraWatch()
    watch.look(ImageFrame(0, 0.0, np.zeros((90, 160, 3), np.uint8)))
    assert find_motion(watch.rows, NOBODY[:, :1], LENS, SIZE).kind == "still"
    assert find_motion([], NOBODY[:, :0], LENS, SIZE).kind == "still"
    joints = np.array([[[[10.0, 10.0], [30.0, 110.0]], [[np.nan] * 2] * 2]])
    box = boxes_of(joints, np.ones((1, 2, 2)))
    assert np.isnan(box[0, 1]).all()
    assert (box[0, 0, :2] < 10).all() and box[0, 0, 2] > 30 and box[0, 0, 3] > 110
