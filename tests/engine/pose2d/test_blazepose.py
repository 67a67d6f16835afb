"""BlazePose's landmark network: crop, heatmaps, joints, regions; and real footage."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.skeleton import HALPE_26
from engine.errors import BadArguments, MissingWeights
from engine.manifest import entries
from engine.pose2d.base import Region
from engine.pose2d.blazepose import BlazePose, crop, refine, to_picture
from engine.pose2d.blazepose_networks import HEATMAP, INPUT
from engine.pose2d.blazepose_region import region_from_joints
from engine.pose2d.halpe_from_blazepose import halpe_joints, halpe_scores

AT = {name: i for i, name in enumerate(HALPE_26.joints)}


def standing() -> np.ndarray:
    """BlazePose's 33 landmarks of somebody upright who faces the camera; 180 high, feet at y 180."""
    x = {0: 0, 1: -2, 2: -3, 3: -4, 7: -7, 9: -2, 11: -18, 13: -24, 15: -26, 17: -28, 19: -27, 21: -25}
    x |= {23: -10, 25: -10, 27: -10, 29: -9, 31: -14}
    y = {0: 18, 1: 13, 2: 13, 3: 13, 7: 15, 9: 22, 11: 35, 13: 64, 15: 90, 17: 98, 19: 99, 21: 95}
    y |= {23: 90, 25: 132, 27: 172, 29: 176, 31: 180}
    right = {1: 4, 2: 5, 3: 6} | {i: i + 1 for i in (7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)}
    marks = np.zeros((33, 2))
    for i in x:
        marks[i] = [-x[i], y[i]]  # the left side lies right in the picture
        if i in right:
            marks[right[i]] = [x[i], y[i]]
    return marks


def turned(points: np.ndarray, angle: float, scale: float = 1.0, shift=(0.0, 0.0)) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return scale * points @ np.array([[cos, sin], [-sin, cos]]) + shift


def test_joints_by_name():
    marks = standing()
    joints = halpe_joints(marks)
    pairs = {
        "nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8, "left_shoulder": 11,
        "right_elbow": 14, "left_wrist": 15, "right_hip": 24, "left_knee": 25, "right_ankle": 28,
        "left_heel": 29, "right_heel": 30, "left_big_toe": 31, "right_big_toe": 32,
    }  # fmt: skip
    for name, mark in pairs.items():
        np.testing.assert_allclose(joints[AT[name]], marks[mark], err_msg=name)
    np.testing.assert_allclose(joints[AT["hip"]], [0, 90])
    np.testing.assert_allclose(joints[AT["neck"]], [0, 35])
    # the crown of a head of this size is at y 0
    np.testing.assert_allclose(joints[AT["head"]], [0, 0], atol=3)


def test_joints_turn_with_the_body_and_take_any_leading_shape():
    marks = standing()
    made = halpe_joints(turned(marks, 0.7, 2.0, (5, 6)))
    np.testing.assert_allclose(made, turned(halpe_joints(marks), 0.7, 2.0, (5, 6)), atol=1e-9)
    many = np.broadcast_to(marks, (2, 3, 33, 2))
    assert halpe_joints(many).shape == (2, 3, 26, 2)
    assert halpe_joints(np.zeros((0, 33, 3))).shape == (0, 26, 3)


def test_scores():
    score = np.full(33, 0.9)
    score[[7, 12, 24]] = [0.1, 0.3, 0.2]
    made = halpe_scores(score)
    assert made[AT["head"]] == 0.9  # the other ear is seen
    assert made[AT["neck"]] == 0.3
    assert made[AT["hip"]] == 0.2
    assert made[AT["left_small_toe"]] == made[AT["right_small_toe"]] == 0
    assert made[AT["left_knee"]] == 0.9


def test_to_picture_turns_about_the_centre():
    region = Region(np.array([100.0, 50.0]), np.array([40.0, 40.0]), np.pi / 2)
    matrix = to_picture(region)
    np.testing.assert_allclose(matrix @ [0.5, 0.5, 1], [100, 50])
    # the person's head points right in the picture, up in the square
    np.testing.assert_allclose(matrix @ [0.5, 0, 1], [120, 50])


@pytest.mark.parametrize("angle", [0.0, 0.6, -2.0])
def test_crop_and_back(angle):
    """A white spot in the picture lies in the crop where the inverse of to_picture says."""
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    image[120:124, 210:214] = 255  # its middle is the corner at 212, 122
    region = Region(np.array([200.0, 130.0]), np.array([90.0, 90.0]), angle)
    part = crop(image, region)
    assert part.shape == (INPUT, INPUT, 3) and part.dtype == np.uint8
    assert part.max() >= 254
    y, x = np.mgrid[:INPUT, :INPUT] + 0.5
    weight = part[..., 0] / part[..., 0].sum(dtype=float)
    place = np.array([(x * weight).sum(), (y * weight).sum()]) / INPUT
    np.testing.assert_allclose(to_picture(region) @ [*place, 1], [212, 122], atol=0.05)


def test_crop_of_the_whole_picture_is_the_picture():
    image = np.random.default_rng(0).integers(0, 255, (INPUT, INPUT, 3), dtype=np.uint8)
    region = Region(np.array([INPUT / 2, INPUT / 2]), np.array([INPUT, INPUT]), 0.0)
    np.testing.assert_array_equal(crop(image, region), image)


def test_crop_outside_of_the_picture():
    image = np.full((50, 50, 3), 90, dtype=np.uint8)
    part = crop(image, Region(np.array([-500.0, 900.0]), np.array([100.0, 100.0]), 0.3))
    assert (part == 90).all()


def bump(x: float, y: float, height: float = 6.0) -> np.ndarray:
    """(64, 64) logits of a peak at x, y in cells."""
    row, column = np.mgrid[:HEATMAP, :HEATMAP]
    return height - 4 * ((column - x) ** 2 + (row - y) ** 2)


def test_refine_moves_to_the_peak():
    heat = np.stack([bump(20, 30), bump(40.5, 10)], axis=-1)[None]
    coarse = np.array([[[21.3, 29.2], [40.1, 11.7]]]) / HEATMAP
    np.testing.assert_allclose(refine(coarse, heat) * HEATMAP, [[[20, 30], [40.5, 10]]], atol=0.02)


def test_refine_leaves_points_without_a_peak():
    heat = np.stack([bump(20, 30, -3), bump(50, 50), bump(0, 0)], axis=-1)[None]
    coarse = np.array([[[20, 30], [20, 20], [-0.4, 0.2]]]) / HEATMAP
    np.testing.assert_array_equal(refine(coarse, heat), coarse)


def test_refine_at_the_edge_and_for_nobody():
    heat = bump(0, 63)[None, :, :, None]
    place = refine(np.array([[[0.5, 63.5]]]) / HEATMAP, heat) * HEATMAP
    # half of the peak lies outside, so its middle is drawn inwards
    np.testing.assert_allclose(place, [[[0.35, 62.65]]], atol=0.05)
    assert refine(np.zeros((0, 39, 2)), np.zeros((0, 64, 64, 39))).shape == (0, 39, 2)


@pytest.mark.parametrize("angle", [0.0, 0.9, -1.5, 3.0])
def test_region_follows_the_body(angle):
    joints = turned(halpe_joints(standing()), angle, 2.0, (300, 400))
    region = region_from_joints(joints, np.ones(26))
    np.testing.assert_allclose(region.centre, joints[AT["hip"]], atol=1e-6)
    assert region.angle == pytest.approx(angle, abs=1e-6)
    # in the square the body is upright, wholly inside, with room around
    inside = turned(joints - region.centre, -region.angle) / region.size[0] + 0.5
    assert (inside > 0.05).all() and (inside < 0.95).all()
    assert inside[AT["head"], 1] < inside[AT["left_heel"], 1]


def test_region_without_legs_in_view():
    joints = halpe_joints(standing())
    score = np.ones(26)
    legs = [
        AT[f"{side}_{name}"] for side in ("left", "right") for name in ("knee", "ankle", "big_toe", "heel")
    ]
    score[legs] = 0.05
    joints[legs] = [4000, -3000]
    region = region_from_joints(joints, score)
    assert 150 < region.size[0] < 300
    assert region.angle == pytest.approx(0, abs=1e-6)


def test_region_of_one_wild_joint_stays_near_the_body():
    joints = halpe_joints(standing())
    joints[AT["left_wrist"]] = [9000, 0]
    assert region_from_joints(joints, np.ones(26)).size[0] < 600


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_region_of_a_single_point_is_finite(score):
    region = region_from_joints(np.full((26, 2), 7.0), np.full(26, score))
    assert np.isfinite([*region.centre, *region.size, region.angle]).all()
    assert (region.size >= 16).all()


def test_a_broken_file_is_told_at_once_or_where_it_is_needed(tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no network" * 99)
    with pytest.raises(MissingWeights, match="no TensorFlow Lite model"):
        BlazePose(path, "mine", "0" * 64, execution="torch")
    known = next(e.sha256 for e in entries().values() if e.network == "blazepose")
    late = BlazePose(path, "full", known, execution="torch")
    with pytest.raises(MissingWeights, match="no TensorFlow Lite model"):
        late.predict(np.zeros((9, 9, 3), np.uint8), [late.region_from_box(np.array([0, 0, 9, 9]))])
    with pytest.raises(BadArguments, match="abacus"):
        BlazePose(path, "full", known, execution="abacus")


@pytest.fixture(scope="module")
def network():
    from engine.pose2d.registry import load_pose2d

    try:
        return load_pose2d("blazepose-full", "cpu")
    except MissingWeights as error:
        pytest.skip(str(error))


@pytest.mark.network
def test_no_regions(network):
    joints, score = network.predict(np.zeros((9, 9, 3), dtype=np.uint8), [])
    assert joints.shape == (0, 26, 2) and score.shape == (0, 26)
    assert network.presence.shape == (0,) and network.world.shape == (0, 33, 3)


@pytest.mark.network
def test_nobody_there_has_no_presence(network):
    image = np.random.default_rng(1).integers(100, 130, (480, 640, 3), dtype=np.uint8)
    joints, score = network.predict(image, [network.region_from_box(np.array([100, 50, 300, 450]))])
    assert network.presence[0] < 0.3
    assert np.isfinite(joints).all() and (score >= 0).all() and (score <= 1).all()


@pytest.mark.network
@pytest.mark.slow
def test_real_person_alike_from_any_region(network, demo_video):
    """The walker at frame 80: joints where the eye sees them, and the same when the square is turned."""
    from engine.video import read_frames

    image = next(read_frames(demo_video, start=80)).image
    region = network.region_from_box(np.array([1050.0, 520, 1300, 970]))
    joints, score = network.predict(image, [region])
    region = network.region(joints[0], score[0])
    other = Region(region.centre + 6, region.size * 1.06, region.angle + 0.12)
    joints, score = network.predict(image, [region, other])
    assert joints.dtype == score.dtype == np.float32
    assert (network.presence > 0.9).all()
    assert score[0].mean() > 0.6
    seen = score.min(axis=0) > 0.6
    apart = np.linalg.norm(joints[0] - joints[1], axis=-1)[seen]
    assert np.median(apart) < 0.01 * region.size[0]
    assert seen.sum() > 12
    heights = joints[0, [AT[n] for n in ("head", "nose", "neck", "hip", "left_knee", "left_heel")], 1]
    assert (np.diff(heights) > 0).all()
    # metres, from head to heel of a grown person
    world = network.world[0]
    assert 1.2 < world[29:31, 1].max() - world[0, 1] < 1.9


@pytest.mark.network
@pytest.mark.slow
def test_parkour_is_followed_by_regions_alone(network, demo_video):
    """Found once, the one on the shed keeps being followed through turns and crouches."""
    from engine.video import read_frames

    region = network.region_from_box(np.array([520.0, 40, 770, 500]))
    for frame in read_frames(demo_video, stop=120):
        joints, score = network.predict(frame.image, [region])
        assert network.presence[0] > 0.5, frame.index
        region = network.region(joints[0], score[0])
    assert region.size[0] > 200
