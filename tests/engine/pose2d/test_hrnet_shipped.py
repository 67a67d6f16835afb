"""The HRNet that ships: whole, found without a download, and one that sees people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import manifest, weights
from engine.pose2d.hrnet_pose import best_here, load_hrnet_pose

SHIPPED = "hrnet-w16-halpe26"
MOST = 60_000_000  # bytes


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))


def test_file_is_whole() -> None:
    known = manifest.entry(SHIPPED)
    path = weights.locate(SHIPPED)
    assert known.sha256
    assert weights.state(known) == "ok"
    assert path.stat().st_size == known.size < MOST
    assert path.with_suffix(".md").is_file()


@pytest.mark.usefixtures("alone")
def test_hrnet_means_the_shipped_one_where_no_other_is() -> None:
    assert best_here() == SHIPPED
    network = load_hrnet_pose("hrnet")
    assert (network.name, network.skeleton.name) == (SHIPPED, "halpe-26")
    assert f"{network.input_size[0]}x{network.input_size[1]}" == manifest.entry(SHIPPED).input


@pytest.mark.slow
def test_nobody_is_seen_where_nobody_is() -> None:
    network = load_hrnet_pose(SHIPPED)
    noise = np.random.default_rng(0).integers(100, 140, (240, 180, 3)).astype(np.uint8)
    network.predict(noise, [network.region_from_box(np.array([20.0, 20, 160, 220]))])
    assert network.presence[0] < 0.5
