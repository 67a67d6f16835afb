"""HRNet against its authors' network and its paper.

tests/data/hrnet_w32_reference.npz holds what the authors' own W32 gives for a known input when its weights
are drawn by the rule in `draw`: every third row and column of the heatmaps, and each heatmap's largest and
smallest value and mean; and the names and shapes of the authors' parameters.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import BadInput
from engine.pose2d.hrnet import HRNet
from engine.pose2d.hrnet_weights import from_state_dict

REFERENCE = Path(__file__).parents[2] / "data" / "hrnet_w32_reference.npz"


def draw(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    a = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape)
    if key.endswith("running_var"):
        a = np.abs(a) + 0.5
    elif key.endswith(("running_mean", "bias")):
        a = 0.1 * a
    elif len(shape) == 1:
        a = 1 + 0.1 * a
    else:
        a = a * np.sqrt(0.5 / np.prod(shape[1:]))
    return torch.from_numpy(a.astype(np.float32))


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(REFERENCE) as file:
        return dict(file)


@pytest.fixture(scope="module")
def shapes(reference: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    lines = reference["parameters"].tobytes().decode().splitlines()
    return {key: tuple(map(int, shape.split("x"))) for key, shape in map(str.split, lines)}


@pytest.fixture(scope="module")
def network(shapes: dict[str, tuple[int, ...]]) -> HRNet:
    return from_state_dict({key: draw(key, shape) for key, shape in shapes.items()})


def small(**settings: int) -> HRNet:
    torch.manual_seed(0)
    return HRNet(**{"width": 8, "modules": (1, 1, 1), "blocks": 1} | settings).eval()


def test_parameters_are_named_and_shaped_as_the_authors_do(network: HRNet, shapes: dict) -> None:
    ours = {k: tuple(v.shape) for k, v in network.state_dict().items() if "num_batches" not in k}
    assert ours == shapes


@pytest.mark.slow
def test_agrees_with_the_authors_network(network: HRNet, reference: dict) -> None:
    rng = np.random.default_rng(int(reference["seed"]))
    x = torch.from_numpy(rng.standard_normal(tuple(reference["input_shape"])).astype(np.float32))
    with torch.inference_mode():
        ours = network(x).numpy()
    allowed = 1e-4 * max(reference["largest"].max(), -reference["smallest"].min())
    step = int(reference["step"])
    assert ours.shape == (1, 17, 64, 48)
    assert np.abs(ours[:, :, ::step, ::step] - reference["values"]).max() < allowed
    assert np.abs(ours.max((2, 3)) - reference["largest"]).max() < allowed
    assert np.abs(ours.min((2, 3)) - reference["smallest"]).max() < allowed
    assert np.abs(ours.mean((2, 3)) - reference["mean"]).max() < allowed


@pytest.mark.parametrize(("width", "millions"), [(32, 28.5), (48, 63.6)])
def test_number_of_parameters_is_the_papers(width: int, millions: float) -> None:
    with torch.device("meta"):
        network = HRNet(width)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize("size", [(256, 192), (384, 288), (100, 84), (33, 47)])
def test_any_input_size(size: tuple[int, int]) -> None:
    with torch.inference_mode():
        out = small(keypoints=26)(torch.zeros(2, 3, *size))
    assert out.shape == (2, 26, *(-(-side // 4) for side in size))


@pytest.mark.slow
def test_size_follows_from_the_weights() -> None:
    state = small(width=16, keypoints=26, blocks=2, final_kernel=3, modules=(1, 2, 1)).state_dict()
    network = from_state_dict(state)
    assert (network.width, network.keypoints) == (16, 26)
    assert network.final_layer.kernel_size == (3, 3)
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in state.items())


@pytest.mark.slow
def test_small_members_load_by_their_shapes_too() -> None:
    shape = {"stem": 12, "planes": 5, "bottlenecks": 2, "modules": (1, 2, 1), "blocks": 2}
    state = small(keypoints=26, **shape).state_dict()
    network = from_state_dict(state)
    assert network.conv2.weight.shape[:2] == (12, 12)
    assert len(network.layer1) == 2
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in state.items())


@pytest.mark.slow
@pytest.mark.parametrize(
    "head", ["keypoint_head.final_layer.", "keypoint_head.final_layer.0.", "head.final_layer."]
)
def test_openmmlabs_names(head: str) -> None:
    state = small().state_dict()
    theirs = {
        key.replace("final_layer.", head) if key.startswith("final_layer") else f"backbone.{key}": value
        for key, value in state.items()
    }
    network = from_state_dict(theirs)
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in state.items())


def test_counters_of_training_may_lack() -> None:
    state = {k: v for k, v in small().state_dict().items() if "num_batches_tracked" not in k}
    assert from_state_dict(state).width == 8


def broken(state: dict[str, torch.Tensor], how: str) -> dict[str, torch.Tensor]:
    if how == "missing":
        del state["stage3.0.branches.1.0.bn1.weight"]
    elif how == "unexpected":
        state["incre_modules.0.weight"] = torch.zeros(1)
    elif how == "shape":
        state["layer1.2.conv2.weight"] = torch.zeros(64, 64, 5, 5)
    elif how == "nan":
        state["conv1.weight"][0, 0, 0, 0] = float("nan")
    elif how == "another network":
        return {"fc.weight": torch.zeros(10, 10)}
    return state


@pytest.mark.parametrize("how", ["missing", "unexpected", "shape", "nan", "another network"])
def test_weights_that_do_not_fit_are_refused_in_one_line(how: str) -> None:
    with pytest.raises(BadInput) as caught:
        from_state_dict(broken(small().state_dict(), how), "some.pth")
    assert "some.pth" in caught.value.message
    assert "\n" not in caught.value.message
