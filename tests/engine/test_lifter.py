"""The lifter: virtual camera, whole clips, chunks, mirrored clips, scores, bad files."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_17, H36M_19
from engine.errors import BadArguments, BadInput, MissingWeights
from engine.lift.camera import default_intrinsics, normalise
from engine.lift.checkpoint import save_network
from engine.lift.gastnet import GastNet
from engine.lift.lifter import load_lifter

LENS = (1000.0, 1000.0, 639.5, 359.5)


@pytest.fixture(scope="module")
def weight_file(tmp_path_factory):
    torch.manual_seed(5)
    network = GastNet(H36M_19, 3, 8)
    torch.nn.init.normal_(network.shrink.weight)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_network(path, network)
    return path


@pytest.fixture(scope="module")
def lifter(weight_file):
    return load_lifter(str(weight_file))


def person(frames: int, seed: int = 0) -> np.ndarray:
    """(T, 19, 3) points that sway, 4 m before the camera, camera axes."""
    random = np.random.default_rng(seed)
    sway = np.sin(np.arange(frames) / 7)[:, None, None] * random.normal(0, 0.05, (19, 3))
    return random.normal(0, 0.4, (19, 3)) + sway + [0.0, 0.0, 4.0]


def picture(points: np.ndarray, lens=LENS) -> np.ndarray:
    return points[..., :2] / points[..., 2:] * lens[:2] + lens[2:]


def about_y(angle: float) -> np.ndarray:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def features(joints, score=None, lens=LENS) -> np.ndarray:
    score = np.ones(joints.shape[:-1]) if score is None else score
    return normalise(joints, score, np.array(lens), 0, (13, 13))[0]


def test_default_intrinsics() -> None:
    assert default_intrinsics(1920, 1080) == (2208.0, 2208.0, 959.5, 539.5)
    assert default_intrinsics(1080, 1920)[0] == 2208.0
    assert default_intrinsics(1000, 500, fov=90)[0] == pytest.approx(500)
    with pytest.raises(ValueError, match="positive"):
        default_intrinsics(0, 100)
    with pytest.raises(ValueError, match="field of view"):
        default_intrinsics(10, 10, fov=180)


class TestNormalisation:
    def test_panning_the_camera_changes_nothing(self) -> None:
        points = person(40)
        straight, turned = features(picture(points)), features(picture(points @ about_y(0.4).T))
        np.testing.assert_allclose(turned, straight, atol=1e-9)

    def test_another_lens_of_known_length_changes_nothing(self) -> None:
        points, tele = person(40), (3000.0, 3000.0, 500.0, 900.0)
        np.testing.assert_allclose(
            features(picture(points, tele), lens=tele), features(picture(points)), atol=1e-9
        )

    def test_size_is_one_and_hip_is_the_centre(self) -> None:
        seen = features(picture(person(40)))
        np.testing.assert_allclose(seen[:, 0, :2], 0, atol=1e-12)
        size = np.sqrt((seen[..., :2] ** 2).sum(axis=-1).mean(axis=-1))
        np.testing.assert_allclose(size, 1, atol=0.1)

    def test_place_of_an_unseen_joint_does_not_matter(self) -> None:
        joints, score = picture(person(40)), np.ones((40, 19))
        score[:, [0, 7]] = 0  # the hip too
        elsewhere = joints.copy()
        elsewhere[:, [0, 7]] += 500
        ours = features(joints, score)
        np.testing.assert_allclose(features(elsewhere, score), ours)
        assert not ours[:, [0, 7]].any()

    def test_rotation_takes_camera_to_virtual_camera(self) -> None:
        points = person(5) @ about_y(0.3).T
        shown, rotation = normalise(picture(points), np.ones((5, 19)), np.array(LENS), 0, (0, 0))
        virtual = points @ rotation.transpose(0, 2, 1)
        eye = np.broadcast_to(np.eye(3), (5, 3, 3))
        np.testing.assert_allclose(rotation @ rotation.transpose(0, 2, 1), eye, atol=1e-12)
        assert np.allclose(np.linalg.det(rotation), 1)
        flat = virtual[..., :2] / virtual[..., 2:]
        size = np.sqrt((flat**2).sum(axis=-1).mean(axis=-1))
        np.testing.assert_allclose(shown[..., :2], flat / size[:, None, None], atol=1e-9)

    def test_nobody_seen_is_still_finite(self) -> None:
        assert np.isfinite(features(picture(person(3)), np.zeros((3, 19)))).all()


class TestLifting:
    @pytest.mark.parametrize("frames", [1, 2, 26, 60])
    def test_every_frame_gets_a_pose(self, lifter, frames) -> None:
        joints, score = lifter.lift(picture(person(frames)), np.full((frames, 19), 0.8), LENS)
        assert joints.shape == (frames, 19, 3)
        assert joints.dtype == score.dtype == np.float32
        assert score.shape == (frames, 19)
        assert np.isfinite(joints).all()
        assert np.abs(joints).max() > 0.01
        np.testing.assert_array_equal(joints[:, 0], 0)

    def test_no_frames(self, lifter) -> None:
        joints, score = lifter.lift(np.zeros((0, 19, 2)), np.zeros((0, 19)), LENS)
        assert joints.shape == (0, 19, 3)
        assert score.shape == (0, 19)

    def test_chunks_change_nothing(self, lifter, monkeypatch) -> None:
        joints, score = picture(person(70)), np.random.default_rng(1).uniform(0.1, 1, (70, 19))
        whole = lifter.lift(joints, score, LENS)[0]
        monkeypatch.setattr(lifter._computed, "chunk", 16)
        np.testing.assert_allclose(lifter.lift(joints, score, LENS)[0], whole, atol=1e-5)

    def test_panning_the_camera_turns_the_pose_back(self, lifter) -> None:
        points, score = person(30), np.ones((30, 19))
        straight = lifter.lift(picture(points), score, LENS)[0]
        turned = lifter.lift(picture(points @ about_y(0.35).T), score, LENS)[0]
        np.testing.assert_allclose(turned, straight @ about_y(0.35).T, atol=1e-4)

    def test_mirrored_clip_gives_mirrored_pose(self, lifter) -> None:
        joints, score = picture(person(30)), np.random.default_rng(2).uniform(0.1, 1, (30, 19))
        mirrored = joints[:, H36M_19.mirror] * [-1, 1] + [2 * LENS[2], 0]
        straight = lifter.lift(joints, score, LENS)[0]
        other = lifter.lift(mirrored, score[:, H36M_19.mirror], LENS)[0]
        np.testing.assert_allclose(other, straight[:, H36M_19.mirror] * [-1, 1, 1], atol=1e-4)
        plain = lifter.lift(joints, score, LENS, flip=False)[0]
        assert np.abs(plain - straight).max() > 1e-3

    def test_causal_lifter_does_not_look_ahead(self, tmp_path) -> None:
        torch.manual_seed(7)
        save_network(tmp_path / "live.safetensors", GastNet(H36M_19, 3, 8, causal=True))
        live = load_lifter(tmp_path / "live.safetensors")
        joints, score = picture(person(50)), np.ones((50, 19))
        later = joints.copy()
        later[30:] = picture(person(20, seed=9))
        ours, theirs = live.lift(joints, score, LENS)[0], live.lift(later, score, LENS)[0]
        np.testing.assert_allclose(theirs[:30], ours[:30], atol=1e-5)
        assert np.abs(theirs[30:] - ours[30:]).max() > 1e-3

    def test_score_remembers_nearby_sight(self, lifter) -> None:
        score = np.zeros((60, 19))
        score[20, 3] = 0.8
        result = lifter.lift(picture(person(60)), score, LENS)[1]
        assert result[20, 3] == pytest.approx(0.8)
        assert 0.3 < result[30, 3] < 0.8
        assert result[40, 3] == 0
        assert result[:, 4].max() == 0

    def test_wrong_shapes_and_nan(self, lifter) -> None:
        with pytest.raises(ValueError, match="h36m-19 needs"):
            lifter.lift(np.zeros((5, 17, 2)), np.zeros((5, 17)), LENS)
        joints = picture(person(5))
        joints[2, 3] = np.nan
        with pytest.raises(ValueError, match="finite"):
            lifter.lift(joints, np.ones((5, 19)), LENS)


class TestLoading:
    def test_by_path(self, weight_file) -> None:
        loaded = load_lifter(str(weight_file))
        assert loaded.name == "small"
        assert loaded.skeleton == H36M_19
        assert len(loaded.sha256) == 64

    def test_authors_file_reads_the_plain_picture(self, tmp_path) -> None:
        torch.manual_seed(6)
        path = tmp_path / "27_frame_model.bin"
        torch.save({"model_pos": GastNet(H36M_17, 2, 8).state_dict()}, path)
        loaded = load_lifter(path)
        assert loaded.skeleton == H36M_17
        joints, score = loaded.lift(picture(person(12)), np.ones((12, 19)), LENS)
        assert joints.shape == (12, 17, 3)
        assert score.shape == (12, 17)

    def test_no_such_file(self, tmp_path) -> None:
        with pytest.raises(BadInput, match="no weights file"):
            load_lifter(str(tmp_path / "none.safetensors"))

    def test_no_such_name(self) -> None:
        with pytest.raises((MissingWeights, BadArguments)):
            load_lifter("no_such_lifter")

    def test_cut_off_file(self, tmp_path, weight_file) -> None:
        (tmp_path / "cut.safetensors").write_bytes(weight_file.read_bytes()[:2000])
        with pytest.raises(BadInput):
            load_lifter(tmp_path / "cut.safetensors")
