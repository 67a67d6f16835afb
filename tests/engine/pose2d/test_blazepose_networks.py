"""BlazePose by OpenVINO is BlazePose by LiteRT; what OpenVINO compiled is kept whole or made anew."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine import weights
from engine.errors import MissingWeights
from engine.pose2d import blazepose_networks, blazepose_openvino, openvino_kept
from engine.pose2d.base import Region
from engine.pose2d.blazepose import BlazePose
from engine.pose2d.execution import Unusable

MOST_OFF = 0.05  # px of the crop


@pytest.fixture(scope="module")
def model() -> Path:
    pytest.importorskip("openvino")
    try:
        return weights.ensure("blazepose-full")
    except MissingWeights as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", autouse=True)
def own_cache(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openvino_kept, "folder", lambda: folder)
        yield folder


@pytest.fixture(scope="module")
def by_openvino(model: Path) -> BlazePose:
    return BlazePose(model, "full", weights.sha256(model), threads=1, execution="openvino")


@pytest.fixture(scope="module")
def by_litert(model: Path) -> BlazePose:
    return BlazePose(model, "full", weights.sha256(model), threads=1, execution="torch")


def body(seed: int) -> np.ndarray:
    """(300, 300, 3) uint8: a stick figure in noise, so that heatmaps have peaks."""
    picture = np.random.default_rng(seed).integers(60, 200, (300, 300, 3), np.uint8)
    picture = cv2.GaussianBlur(picture, (0, 0), 3)
    lines = [(150, 90, 150, 170), (150, 100, 110, 150), (150, 100, 190, 150), (150, 170, 130, 270)]
    for x0, y0, x1, y1 in [*lines, (150, 170, 175, 270)]:
        cv2.line(picture, (x0 + seed, y0), (x1, y1 + seed), (30, 40, 90), 18)
    cv2.circle(picture, (150 + seed, 65), 20, (190, 160, 140), -1)
    return picture


REGIONS = [Region(np.array([150.0, 170]), np.array([260.0, 260]), angle) for angle in (0.0, 0.2, -0.5)]


@pytest.mark.network
@pytest.mark.slow
def test_both_see_the_same(by_openvino: BlazePose, by_litert: BlazePose) -> None:
    assert by_openvino.runner.name.startswith("OpenVINO")
    assert by_litert.runner.name.startswith("LiteRT")
    for seed in range(3):
        joints, score = by_openvino.predict(body(seed), REGIONS)
        others, other_score = by_litert.predict(body(seed), REGIONS)
        off = np.linalg.norm(joints - others, axis=-1) / REGIONS[0].size[0] * blazepose_networks.INPUT
        assert off.max() < MOST_OFF
        np.testing.assert_allclose(score, other_score, atol=1e-3)
        np.testing.assert_allclose(by_openvino.presence, by_litert.presence, atol=1e-3)
        np.testing.assert_allclose(by_openvino.world, by_litert.world, atol=1e-3)
        np.testing.assert_allclose(by_openvino.landmarks, by_litert.landmarks, atol=0.1)


@pytest.mark.network
@pytest.mark.slow
def test_regions_shared_out_are_as_one_by_one(model: Path, by_openvino: BlazePose) -> None:
    several = BlazePose(model, "full", weights.sha256(model), threads=3, execution="openvino")
    assert (several.batch, by_openvino.batch) == (3, 1)
    images, regions = [body(0), body(1), body(2)], [REGIONS, [], REGIONS[:2]]
    together = several.predict_many(images, regions)
    assert [len(seen.joints) for seen in together] == [3, 0, 2]
    assert several.presence.shape == (5,)
    for image, some, seen in zip(images, regions, together, strict=True):
        joints, score = by_openvino.predict(image, some)
        np.testing.assert_allclose(seen.joints, joints, atol=1e-3)
        np.testing.assert_allclose(seen.score, score, atol=1e-4)
    assert several.predict_many([], []) == []


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_a_damaged_kept_network_is_made_anew(
    model: Path, by_openvino: BlazePose, own_cache: Path, damage: str
) -> None:
    before = {path: path.read_bytes() for path in own_cache.iterdir()}
    for path, whole in before.items():
        broken = bytearray(whole)
        broken[len(broken) // 2] ^= 4
        path.write_bytes({"cut": whole[:-1000], "bit": bytes(broken), "empty": b""}[damage])
    again = BlazePose(model, "full", weights.sha256(model), threads=1, execution="openvino")
    np.testing.assert_array_equal(
        again.predict(body(0), REGIONS)[0], by_openvino.predict(body(0), REGIONS)[0]
    )
    assert any(openvino_kept._read(path) for path in before), "a whole file again"


@pytest.mark.network
def test_litert_takes_over_where_openvino_fails(
    model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("no such instruction\nsecond line")

    monkeypatch.setattr(blazepose_openvino, "library", broken)
    made = blazepose_networks.landmark_network(model, "0", 1, "openvino")
    assert made.name == "LiteRT, float32, 1 thread"
    assert "OpenVINO cannot be used here (no such instruction); LiteRT computes instead." in caplog.text


@pytest.mark.network
def test_another_networks_file_is_told(model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    detector = weights.ensure("blazepose-detector")
    with pytest.raises(Unusable, match="gives no values of shape"):
        blazepose_openvino.OpenVinoLandmarks(detector, "1", 1)
    with pytest.raises(MissingWeights, match="no BlazePose landmark model"):
        blazepose_networks.landmark_network(detector, "1", 1)
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(model.read_bytes()[:100_000])
    with pytest.raises(MissingWeights, match="no TensorFlow Lite model"):
        blazepose_networks.landmark_network(cut, "2", 1)
