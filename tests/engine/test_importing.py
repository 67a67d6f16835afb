"""Weight files that people bring: known by hash, by what they hold, or refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from weights_fixtures import CONTENT, entry, use_manifest

from blender_pose3d.skeleton import H36M_17
from engine import weights
from engine.errors import BadArguments, BadInput
from engine.importing import import_file
from engine.lift.gastnet import GastNet
from engine.pose2d.hrnet import HRNet

NO_HASH = {"sha256": "", "size": 0, "kind": "import", "page": "https://example.org"}


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    hrnet = {"network": "hrnet", "skeleton": "coco-17", "input": "288x384", **NO_HASH}
    gast = {"network": "gastnet", "skeleton": "h36m-17", "input": "9 frames", **NO_HASH}
    rows = [
        entry("known", kind="import", page="https://example.org"),
        entry("hrnet-w8-384x288", file="pose_hrnet_w8_384x288.pth", **hrnet),
        entry("hrnet-w16-384x288", file="pose_hrnet_w16_384x288.pth", **hrnet),
        entry("lifter", file="9_frame_model.bin", **gast),
        entry("ours", b"ours", file="ours.safetensors", kind="shipped"),
    ]  # fmt: skip
    with use_manifest(tmp_path, rows) as folder:
        yield folder


def hrnet(path: Path, keypoints: int = 17) -> Path:
    torch.save({"state_dict": HRNet(8, keypoints, modules=(1, 1, 1), blocks=1).state_dict()}, path)
    return path


def gastnet(path: Path) -> Path:
    torch.save({"model_pos": GastNet(H36M_17, 2, 16, filter_widths=(3, 3)).state_dict()}, path)
    return path


def test_known_by_its_hash_whatever_its_name(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "download (3).dat"
    path.write_bytes(CONTENT)
    imported = import_file(path)
    assert imported.entry.name == "known"
    assert imported.path == cache / "known.bin" == weights.locate("known")
    assert imported.path.read_bytes() == CONTENT
    assert path.exists()


def test_known_by_its_name_and_by_what_it_holds(cache: Path, tmp_path: Path) -> None:
    imported = import_file(hrnet(tmp_path / "pose_hrnet_w8_384x288.pth"))
    assert imported.entry.name == "hrnet-w8-384x288"
    assert "HRNet-W8 for 17 keypoints" in imported.summary
    lifter = import_file(gastnet(tmp_path / "9_frame_model.bin"))
    assert lifter.entry.name == "lifter"
    assert "GAST-Net for 17 joints that sees 9 frames" in lifter.summary


def test_the_person_may_say_what_it_is(cache: Path, tmp_path: Path) -> None:
    imported = import_file(hrnet(tmp_path / "x.pth"), "hrnet-w8-384x288")
    assert imported.path.name == "pose_hrnet_w8_384x288.pth"


def test_weights_of_ones_own_keep_their_name(cache: Path, tmp_path: Path) -> None:
    imported = import_file(hrnet(tmp_path / "mine.pth", 26))
    assert imported.entry is None
    assert imported.path == cache / "mine.pth"
    assert "26 keypoints" in imported.summary


@pytest.mark.parametrize(
    ("make", "file", "name"),
    [
        (hrnet, "pose_hrnet_w16_384x288.pth", ""),  # another width
        (lambda path: hrnet(path, 26), "pose_hrnet_w8_384x288.pth", ""),  # another skeleton
        (gastnet, "x.bin", "hrnet-w8-384x288"),  # another network
        (hrnet, "known.bin", ""),  # the hash is known and differs
        (hrnet, "ours.safetensors", ""),
    ],
)
def test_what_is_not_what_it_is_called(cache: Path, tmp_path: Path, make, file: str, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        import_file(make(tmp_path / file), name)
    assert "\n" not in str(caught.value)
    assert not list(cache.glob("*"))


def test_what_is_no_network_of_ours(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "resnet.pth"
    torch.save({"fc.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(BadInput, match="neither"):
        import_file(path)
    with pytest.raises(BadInput, match="no file"):
        import_file(tmp_path / "none.pth")
    with pytest.raises(BadArguments):
        import_file(hrnet(tmp_path / "x.pth"), "nope")
    assert not list(cache.glob("*"))


def test_code_in_a_file_does_not_run(cache: Path, tmp_path: Path) -> None:
    target = tmp_path / "it ran"

    class Hostile:
        def __reduce__(self) -> tuple:
            return Path.mkdir, (target,)

    path = tmp_path / "hostile.pth"
    torch.save({"state_dict": {"conv1.weight": Hostile()}}, path)
    with pytest.raises(BadInput, match="was not opened"):
        import_file(path)
    assert not target.exists()
