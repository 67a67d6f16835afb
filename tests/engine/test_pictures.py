"""Small pictures: of the first frame, and of people where they are seen best."""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import small_videos

from blender_pose3d.skeleton import COCO_17, H36M_19
from blender_pose3d.tracks import Tracks
from engine.errors import BadInput
from engine.pictures import best_frame, cut_out, people_pictures, thumbnail


def tracks_of(boxes: list[list[int] | None]) -> Tracks:
    """One person whose joints fill a box in each frame; None: not there."""
    frames = len(boxes)
    joints = np.full((1, frames, 17, 2), np.nan, np.float32)
    for t, box in enumerate(boxes):
        if box is not None:
            joints[0, t] = np.linspace(box[:2], box[2:], 17)
    return Tracks(
        meta={"skeleton2d": {"name": COCO_17.name}, "skeleton3d": {"name": H36M_19.name}},
        frame=np.arange(frames, dtype=np.int32),
        time=np.arange(frames) / 30.0,
        present=np.array([[box is not None for box in boxes]]),
        joints2d=joints,
        score2d=np.where(np.isfinite(joints[..., 0]), 0.9, np.nan).astype(np.float32),
        joints3d=np.zeros((1, frames, 19, 3), np.float32),
        score3d=np.ones((1, frames, 19), np.float32),
    )


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bläse ren") / "ein film.mp4"
    return small_videos.write(path, (small_videos.block(t) for t in range(6)))


def read(path: Path) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_the_best_frame_is_large_and_clear():
    small, large = [100, 100, 120, 150], [100, 20, 150, 200]
    tracks = tracks_of([small, None, large, large])
    assert best_frame(tracks, 0) == 2
    score = tracks.score2d.copy()
    score[0, 2] = 0.1
    assert best_frame(replace(tracks, score2d=score), 0) == 3


def test_edges_are_repeated():
    image = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    cut = cut_out(image, np.array([-20.0, -20.0]), np.array([-10.0, -10.0]))
    assert cut.shape[0] == cut.shape[1] and (cut == image[0, 0]).all()


def test_first_frame_and_person(video, tmp_path):
    thumbnail(video, tmp_path / "first.png")
    assert read(tmp_path / "first.png").shape == (192, 256, 3)
    left = 320 // 5 + 2 * 3
    tracks = tracks_of([None, None, None, [left, 40, left + 40, 200], None, None])
    assert people_pictures(video, tracks, tmp_path) == ["person-1.png"]
    red = read(tmp_path / "person-1.png")
    middle = len(red) // 2
    assert red[middle, middle, 0] > 150 and red[middle, middle, 1] < 90, "the block is in the middle"
    assert red[middle, 5, 1] > 90, "the room beside it"
    assert not list(tmp_path.glob("*.part"))


def test_no_video_any_more(video, tmp_path):
    with pytest.raises(BadInput):
        thumbnail(tmp_path / "gone.mp4", tmp_path / "first.png")
    assert people_pictures(tmp_path / "gone.mp4", tracks_of([[0, 0, 9, 9]]), tmp_path) == []
