"""Photos into packs, on tiny drawn pictures and made-up labels; no photo, no network."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from blender_pose3d.skeleton import HALPE_26
from engine.errors import BadInput
from engine.pose2d.base import Region
from engine.train.packs import decode, encode, read_pack
from engine.train.photos import lspet_pack
from engine.train.photos.coco import crop_person, pack_coco, read_coco
from engine.train.photos.duplicates import like_any, thumbnails
from engine.train.photos.footage import label, spread
from engine.train.photos.labelled import Photos, box_of_joints
from engine.train.photos.lspet import HALPE, held_out, read_lspet
from engine.train.photos.lspet_pack import pack_lspet, upside_down_first
from engine.train.photos.repair import repair
from engine.train.photos.teacher import Seen, look, region_of_labels, watch

# Somebody who stands and faces us, arms and legs spread: left is on the right of the picture.
_BODY = {
    "nose": (0, -46), "left_eye": (3, -49), "left_ear": (6, -47), "left_shoulder": (12, -35),
    "left_elbow": (24, -24), "left_wrist": (34, -14), "left_hip": (7, 0), "left_knee": (12, 22),
    "left_ankle": (16, 44), "head": (0, -58), "neck": (0, -35), "hip": (0, 0), "left_big_toe": (20, 50),
    "left_small_toe": (22, 49), "left_heel": (15, 48),
}  # fmt: skip


def body(middle: tuple[float, float] = (64, 64)) -> np.ndarray:
    points = np.zeros((26, 2))
    for i, name in enumerate(HALPE_26.joints):
        x, y = _BODY.get(name, _BODY.get(name.replace("right_", "left_"), (0, 0)))
        points[i] = (-x if name.startswith("right_") else x, y)
    return points + middle


def picture(seed: int = 0, width: int = 128, height: int = 128) -> np.ndarray:
    blocks = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((height // 4, width // 4, 1), np.uint8))


class Teacher:
    """Knows where the body is: in a mirrored picture it answers mirrored."""

    name = "drawn"
    skeleton = HALPE_26

    def __init__(self, truth: np.ndarray, width: int = 128) -> None:
        self.truth, self.width, self.asked = truth + 0.5, width, 0
        self.presence = np.ones(1, np.float32)

    def predict(self, image: np.ndarray, regions: list[Region]) -> tuple[np.ndarray, np.ndarray]:
        self.asked += 1
        joints, score = self.truth, np.full(26, 0.95)
        score[[22, 23]] = 0
        if image[0, 0, 0] < image[0, -1, 0]:  # pictures for this test are darker on the left when mirrored
            joints = (np.array([self.width, 0]) + np.array([-1, 1]) * joints)[HALPE_26.mirror]
        return joints[None].astype(np.float32), score[None].astype(np.float32)


def bright_left() -> np.ndarray:
    return np.repeat(np.linspace(250, 5, 128).astype(np.uint8)[None, :, None], 128, axis=0).repeat(3, axis=2)


def photos(joints: np.ndarray, known: np.ndarray | None = None, data: list[bytes] | None = None) -> Photos:
    count = len(joints)
    if known is None:
        known = np.zeros((count, 26), bool)
        known[:, HALPE] = True
    joints = np.where(known[..., None], joints, np.nan)
    data = data or [encode(bright_left())] * count
    ids = [f"p{i}" for i in range(count)]
    return Photos("drawn", ids, data, joints, known, known.copy(), box_of_joints(joints, known))


def seen(joints: np.ndarray, score: float = 0.95) -> Seen:
    scores = np.full(joints.shape[:2], score, np.float32)
    scores[:, [22, 23]] = 0
    return Seen(joints.copy(), scores, np.ones(len(joints), np.float32))


def unseen(count: int) -> Seen:
    return Seen(np.full((count, 26, 2), np.nan), np.full((count, 26), np.nan), np.full(count, np.nan))


def tar(path: Path, content: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def lspet_tar(path: Path, count: int = 6, **change) -> Path:
    labels = np.zeros((count, 14, 3), np.float32)
    labels[..., :2], labels[..., 2] = body()[HALPE], 1
    labels[0, 0, 2] = 0
    table = io.BytesIO()
    names = np.array([f"im{i:05d}" for i in range(count)])
    np.savez(table, **{"joints": labels, "files": names, **change})
    content = {f"lspet/{name}.webp": encode(picture(i)) for i, name in enumerate(names)}
    return tar(path, {**content, "lspet_joints.npz": table.getvalue()})


def test_lspet_is_read_in_halpes_order(tmp_path: Path) -> None:
    read = read_lspet(lspet_tar(tmp_path / "lspet.tar"))
    assert len(read) == 6
    np.testing.assert_allclose(read.joints[1][HALPE], body()[HALPE], atol=1e-5)
    assert not read.known[0, HALPE_26.index("right_ankle")]
    assert np.isnan(read.joints[0, HALPE_26.index("right_ankle")]).all()
    assert read.known[1].sum() == 14


def test_held_out_photos_are_whole_and_always_the_same(tmp_path: Path) -> None:
    read = read_lspet(lspet_tar(tmp_path / "lspet.tar"))
    held = held_out(read, 2)
    assert held.sum() == 2 and not held[0]
    back = held_out(read.subset(np.arange(6)[::-1]), 2)[::-1]
    np.testing.assert_array_equal(held, back)


@pytest.mark.parametrize("content", [b"", b"hello" * 999])
def test_files_that_are_no_archive_are_bad_input(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    for read in (read_lspet, read_coco):
        with pytest.raises(BadInput):
            read(path)
        with pytest.raises(BadInput, match="no file"):
            read(tmp_path / "none.tar")


def test_archives_with_something_else_are_bad_input(tmp_path: Path) -> None:
    for content in ({"a.txt": b"hello"}, {"lspet_joints.npz": b"hello", "lspet/a.webp": b"x"}):
        with pytest.raises(BadInput) as caught:
            read_lspet(tar(tmp_path / "x.tar", content))
        assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="shape"):
        read_lspet(lspet_tar(tmp_path / "x.tar", joints=np.zeros((6, 17, 3), np.float32)))
    for table in (
        b"[",
        b"[]",
        b'{"images": [], "annotations": []}',
        b'{"images": [{}], "annotations": [{}]}',
    ):
        with pytest.raises(BadInput):
            read_coco(tar(tmp_path / "x.tar", {"coco/person_keypoints.json": table}))


def test_coco_people_are_cropped_and_only_measured_on(tmp_path: Path) -> None:
    image = np.zeros((600, 800, 3), np.uint8)
    points = np.zeros((17, 3))
    points[5], points[6], points[11] = (400, 200, 2), (380, 202, 1), (390, 300, 2)
    image[198:203, 398:403] = 255  # a white mark round the left shoulder
    box = [300.0, 100, 200, 400]
    table = {
        "images": [{"id": 1, "file_name": "a.webp"}],
        "annotations": [
            {"id": 7, "image_id": 1, "bbox": box, "iscrowd": 0, "keypoints": points.ravel().tolist()},
            {"id": 8, "image_id": 1, "bbox": box, "iscrowd": 1, "keypoints": points.ravel().tolist()},
            {"id": 9, "image_id": 1, "bbox": box, "iscrowd": 0, "keypoints": [0] * 51},
        ],
    }
    content = {"coco/person_keypoints.json": json.dumps(table).encode(), "coco/images/a.webp": encode(image)}
    assert pack_coco(tar(tmp_path / "coco.tar", content), tmp_path)["people"] == 1
    person = read_pack(tmp_path / "coco-000.npz")[0]
    assert (person.split, person.id) == ("test", "a-7")
    assert max(person.picture.shape) == 320
    assert (person.known.sum(), person.visible.sum()) == (3, 2)
    bright = np.argwhere(person.picture[..., 0] > 128)[:, ::-1].mean(axis=0)
    np.testing.assert_allclose(person.joints[5], bright, atol=0.5)


def test_a_crop_stays_inside_the_picture() -> None:
    crop, corner, scale = crop_person(picture(), np.array([-20.0, 90, 200, 140]))
    assert crop.shape[0] <= 128 and crop.shape[1] == 128
    np.testing.assert_allclose((np.array([128, 128]) - corner) * scale, [crop.shape[1], crop.shape[0]])


def test_near_duplicates_are_found_mirrored_too() -> None:
    first, other = picture(1), picture(2)
    lighter = (first * 0.7 + 40).astype(np.uint8)
    data = [encode(p) for p in (first, lighter, first[:, ::-1], other)]
    thumbs = thumbnails([*data, b"broken"])
    np.testing.assert_array_equal(like_any(thumbs[:4], thumbs[:1]), [True, True, True, False])
    assert np.isnan(thumbs[4]).all()


def test_the_region_turns_with_the_person() -> None:
    upright, known = body(), np.ones(26, bool)
    assert abs(region_of_labels(upright, known).angle) < 1e-6
    middle = upright[[11, 12]].mean(axis=0)
    turned = (upright - middle) @ np.array([[0, 1], [-1, 0]]) + middle  # a quarter clockwise, y down
    region = region_of_labels(turned, known)
    assert region.angle == pytest.approx(np.pi / 2)
    np.testing.assert_allclose(region.centre, middle)
    np.testing.assert_allclose(region_of_labels(turned[HALPE_26.mirror], known).angle, region.angle)
    feet = np.zeros(26, bool)
    feet[[15, 16]] = True
    assert region_of_labels(upright, feet).angle == 0


def test_people_upside_down_come_first() -> None:
    joints = np.stack([body(), 128 - body(), body()])
    assert upside_down_first(photos(joints)).ids == ["p1", "p0", "p2"]


def test_both_views_are_in_the_same_pixels() -> None:
    teacher = Teacher(body())
    region = Region(np.array([64.0, 64]), np.array([120.0, 120]), 0.1)
    views = [look(teacher, bright_left(), region, view)[0] for view in (0, 1)]  # type: ignore[arg-type]
    np.testing.assert_allclose(views[0], views[1], atol=1e-3)


def test_the_teacher_goes_on_where_it_stopped(tmp_path: Path) -> None:
    joints = np.repeat(body()[None], 3, axis=0)
    given, teacher = photos(joints), Teacher(body())
    nothing = watch(given, teacher, tmp_path, until=time.monotonic() - 1)  # type: ignore[arg-type]
    assert teacher.asked == 0 and np.isnan(nothing.presence).all()
    watch(given.subset(np.array([1])), teacher, tmp_path)  # type: ignore[arg-type]
    saw = watch(given, teacher, tmp_path)  # type: ignore[arg-type]
    assert teacher.asked == 3
    np.testing.assert_allclose(saw.joints, joints, atol=1e-3)
    for path in tmp_path.glob("*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    watch(given, teacher, tmp_path)  # type: ignore[arg-type]
    assert teacher.asked == 6, "damaged results are made again"


def test_exchanged_sides_are_put_right_when_both_views_say_so() -> None:
    truth = np.repeat(body()[None], 3, axis=0)
    wrong = truth[:, HALPE_26.mirror]
    views = seen(truth), seen(truth)
    views[1].joints[1:] = np.nan  # the second photo was seen once
    result = repair(photos(wrong), *views)
    assert result.exchanged.tolist() == [True, False, False]
    np.testing.assert_allclose(result.joints[0, 5:17], truth[0, 5:17])
    assert result.doubted[1, 5:17].all() and result.weight[1, 5:17].max() <= 0.1
    assert not result.added[1].any(), "nothing is added where sides are in doubt"
    assert np.nanmax(result.after[0]) < np.nanmin(result.before[0][HALPE[:-2]])


def test_arms_alone_are_put_right_alone() -> None:
    truth = body()[None]
    wrong = truth.copy()
    wrong[:, 5:11] = truth[:, HALPE_26.mirror][:, 5:11]
    result = repair(photos(wrong), seen(truth), seen(truth))
    assert (result.arms[0], result.legs[0], result.exchanged[0]) == (True, False, False)
    np.testing.assert_allclose(result.joints[0, 5:17], truth[0, 5:17])


def test_arms_are_not_exchanged_where_that_would_twist_the_torso() -> None:
    truth = body()[None]
    teacher = truth.copy()
    teacher[:, 5:11] = truth[:, HALPE_26.mirror][:, 5:11]
    result = repair(photos(truth), seen(teacher), seen(teacher))
    assert not result.arms[0] and result.doubted[0, 5:11].all()
    np.testing.assert_allclose(result.joints[0, 5:17], truth[0, 5:17])


def test_a_slip_is_taken_out_and_the_teacher_fills_in() -> None:
    truth = body()[None]
    wrong = truth.copy()
    wrist = HALPE_26.index("left_wrist")
    wrong[0, wrist] += 60
    result = repair(photos(wrong), seen(truth), unseen(1))
    assert result.outliers.sum() == 1 and result.outliers[0, wrist]
    np.testing.assert_allclose(result.joints[0, wrist], truth[0, wrist])
    assert 0 < result.weight[0, wrist] <= 0.8


def test_the_teacher_adds_feet_and_face_where_it_fits_and_nothing_where_not() -> None:
    truth = np.repeat(body()[None], 2, axis=0)
    views = truth.copy()
    views[1, 5:17] += 25  # another person, say
    result = repair(photos(truth), seen(views), unseen(2))
    feet = [HALPE_26.index(n) for n in ("left_big_toe", "right_heel", "nose")]
    assert result.known[0, feet].all() and (result.weight[0, feet] > 0.5).all()
    assert not result.known[0, HALPE_26.index("left_small_toe")], "the teacher does not know small toes"
    assert not result.added[1].any()
    np.testing.assert_allclose(result.joints[1, 5:17], truth[1, 5:17])
    assert (result.weight[1, 5:17] > 0.3).all(), "labels stay where the teacher is far off"


def test_without_a_teacher_labels_stay_and_the_neck_comes_down() -> None:
    truth = body()[None]
    result = repair(photos(truth), unseen(1), unseen(1))
    np.testing.assert_allclose(result.joints[0, 5:17], truth[0, 5:17])
    neck, hip = HALPE_26.index("neck"), HALPE_26.index("hip")
    np.testing.assert_allclose(result.joints[0, neck], truth[0, neck] + [0, 3.5])
    np.testing.assert_allclose(result.joints[0, hip], truth[0, hip])
    assert result.known.sum() == 15 and np.isfinite(result.joints[result.known]).all()


def test_lspet_becomes_a_pack_of_two_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lspet_pack, "held_out", lambda photos: held_out(photos, 2))
    report = pack_lspet(lspet_tar(tmp_path / "l.tar", 8), tmp_path, Teacher(body()), float("inf"))  # type: ignore[arg-type]
    pack = read_pack(tmp_path / "lspet-000.npz")
    assert len(pack.rows("test")) == 2 == report["test"]
    assert len(pack.rows("train")) == report["train"] == 6
    test = pack[int(pack.rows("test")[0])]
    assert test.known.sum() == 14
    np.testing.assert_allclose(test.joints[HALPE], body()[HALPE], atol=1e-4)
    assert json.loads((tmp_path / "lspet.json").read_text())["train"] == 6
    assert decode(pack.encoded(0)).shape == (128, 128, 3)


def test_footage_is_spread_over_the_video_and_its_people() -> None:
    present = np.zeros((2, 100), bool)
    present[0], present[1, 50:] = True, True
    chosen = spread(present, 30)
    assert len(chosen) == 30 and {person for person, _ in chosen} == {0, 1}
    assert max(frame for _, frame in chosen) == 99
    assert spread(np.zeros((1, 5), bool), 3) == set()


def test_footage_counts_joints_that_both_views_find() -> None:
    region = Region(np.array([64.0, 64]), np.array([120.0, 120]), 0.0)
    teacher = Teacher(body())
    labelled = label(bright_left(), teacher, region)  # type: ignore[arg-type]
    assert labelled is not None
    joints, known, _, _ = labelled
    np.testing.assert_allclose(joints, body() + 0.5, atol=1e-3)
    assert known.sum() == 24
    teacher.presence = np.zeros(1, np.float32)
    assert label(bright_left(), teacher, region) is None  # type: ignore[arg-type]
