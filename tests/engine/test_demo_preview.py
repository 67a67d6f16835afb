"""The demo's preview: footage and renders in step, skeletons where the joints are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from blender_pose3d.skeleton import COCO_17, H36M_19
from blender_pose3d.tracks import Tracks
from demo.compose import side_by_side, write_preview
from engine.draw import LEFT, RIGHT, draw_person

FRAMES, SIZE = 10, (96, 64)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A video whose pictures get lighter with each frame."""
    path = tmp_path / "footage.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(FRAMES):
            picture = np.full((SIZE[1], SIZE[0], 3), 20 * number, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def renders(tmp_path: Path) -> list[Path]:
    """Pictures that get darker from frame 2 on: 8 of them, for tracks that begin there."""
    paths = [tmp_path / f"{number:06d}.png" for number in range(1, 9)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((64, 64, 3), 240 - 20 * number, dtype=np.uint8))
    return paths


def tracks_of_nobody_but_a_name() -> Tracks:
    count = 8
    meta = {
        "video": {"fps": 25.0},
        "skeleton2d": {"name": COCO_17.name},
        "skeleton3d": {"name": H36M_19.name},
    }
    return Tracks(
        meta=meta,
        frame=np.arange(2, 10, dtype=np.int32),
        time=np.arange(2, 10) / 25,
        present=np.zeros((1, count), dtype=bool),
        joints2d=np.full((1, count, 17, 2), np.nan, dtype=np.float32),
        score2d=np.zeros((1, count, 17), dtype=np.float32),
        joints3d=np.full((1, count, 19, 3), np.nan, dtype=np.float32),
        score3d=np.zeros((1, count, 19), dtype=np.float32),
    )


def test_footage_and_renders_keep_step(footage: Path, renders: list[Path]) -> None:
    pairs = list(side_by_side(footage, tracks_of_nobody_but_a_name(), renders))
    assert len(pairs) == 8
    for number, pair in enumerate(pairs):
        assert pair[32, 20].mean() == pytest.approx(20 * (number + 2), abs=8)
        assert pair[32, -20].mean() == pytest.approx(240 - 20 * number, abs=1)


def test_preview_and_sheet_are_written_whole(footage: Path, renders: list[Path], tmp_path: Path) -> None:
    pairs = side_by_side(footage, tracks_of_nobody_but_a_name(), renders)
    write_preview(pairs, tmp_path, Fraction(25), len(renders))
    with av.open(str(tmp_path / "preview.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 25
        assert sum(1 for _ in container.decode(stream)) == 8
    assert cv2.imread(str(tmp_path / "contact_sheet.png")) is not None
    assert not list(tmp_path.glob(".preview*"))


def test_a_skeleton_is_drawn_in_the_colours_of_its_sides() -> None:
    image = np.zeros((240, 240, 3), dtype=np.uint8)
    joints = np.full((17, 2), np.nan)
    joints[[COCO_17.index("left_wrist"), COCO_17.index("right_wrist")]] = (60, 120), (180, 120)
    draw_person(image, joints, np.ones(17), COCO_17)
    assert tuple(image[120, 60]) == LEFT
    assert tuple(image[120, 180]) == RIGHT
    assert not image[:, 100:140].any()


def test_a_guessed_joint_is_not_dotted() -> None:
    image = np.zeros((240, 240, 3), dtype=np.uint8)
    joints = np.full((17, 2), np.nan)
    joints[0] = 100, 100
    draw_person(image, joints, np.full(17, 0.1), COCO_17)
    assert not image.any()
