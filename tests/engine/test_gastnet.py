"""GAST-Net: the authors' numbers, the two forms, the graphs, weight files."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from blender_pose3d.skeleton import H36M_17, H36M_19
from engine.errors import BadInput
from engine.lift.checkpoint import load_network, save_network
from engine.lift.gastnet import GastNet
from engine.lift.skeleton_graphs import connection_graph, skeleton_adjacency, symmetry_graph

REFERENCE = Path(__file__).parents[1] / "data" / "gastnet_27f_17j.npz"


def reference_weight(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The rule by which the reference network's weights were drawn."""
    values = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape)
    if key.endswith("running_var"):
        values = np.abs(values) + 0.5
    elif key.endswith(("running_mean", "bias")):
        values = 0.1 * values
    elif len(shape) == 1:
        values = 1 + 0.1 * values
    else:
        values = values * np.sqrt(0.5 / np.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32))


def drawn(network: GastNet) -> GastNet:
    state = network.state_dict()
    names = [key for key in state if not key.endswith("num_batches_tracked")]
    network.load_state_dict({k: reference_weight(k, tuple(state[k].shape)) for k in names}, strict=False)
    return network.eval()


def test_agrees_with_the_authors_network() -> None:
    reference = np.load(REFERENCE)
    network = drawn(GastNet(H36M_17, 2, int(reference["channels"])))
    random = np.random.default_rng(int(reference["seed"])).standard_normal(tuple(reference["input_shape"]))
    with torch.inference_mode():
        output = network(torch.from_numpy((random * float(reference["scale"])).astype(np.float32))).numpy()
    expected = reference["output"]
    assert output.shape == expected.shape
    assert np.abs(output - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("skeleton", [H36M_17, H36M_19], ids=lambda s: s.name)
@pytest.mark.parametrize("widths", [(3, 3, 3), (3, 3, 3, 3), (5, 3)])
@pytest.mark.parametrize("causal", [False, True])
def test_strided_form_equals_dilated_form(skeleton, widths, causal) -> None:
    network = drawn(GastNet(skeleton, 3, 8, filter_widths=widths, causal=causal))
    frames = network.receptive_field
    clip = torch.randn(2, frames + 5, len(skeleton), 3, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        dilated = network(clip)
        windows = torch.cat([network(clip[:, k : k + frames], strided=True) for k in range(6)], dim=1)
    assert dilated.shape == (2, 6, len(skeleton), 3)
    torch.testing.assert_close(windows, dilated, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("widths", [(3, 3, 3), (3, 5), (3,)])
@pytest.mark.parametrize("causal", [False, True])
def test_windows_that_share_layers_equal_dilated_form(widths, causal) -> None:
    network = drawn(GastNet(H36M_19, 3, 8, filter_widths=widths, causal=causal))
    frames, spacing = network.receptive_field, network.spacing
    chunk = torch.randn(2, frames + 4 * spacing, 19, 3, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        shared = network(chunk, strided=True)
        dilated = network(chunk)[:, ::spacing]
    assert shared.shape == (2, 5, 19, 3)
    torch.testing.assert_close(shared, dilated, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("frames", "strided"), [(26, False), (28, True), (18, True)])
def test_frames_that_make_no_output(frames, strided) -> None:
    with pytest.raises(ValueError, match="no outputs of 27 frames"):
        GastNet(H36M_19, 3, 8)(torch.zeros(1, frames, 19, 3), strided=strided)


@pytest.mark.parametrize("causal", [False, True])
def test_output_belongs_to_its_frame(causal) -> None:
    """The residual path, with everything else silent, shows which frame an output is made from."""
    network = GastNet(H36M_19, 3, 8, causal=causal).eval()
    clip = torch.zeros(1, 60, 19, 3)
    clip[:, 30] = 1.0
    with torch.inference_mode():
        changed = (network(clip) - network(torch.zeros_like(clip))).abs().amax(dim=(0, 2, 3)) > 0
    first, last = changed.nonzero().flatten()[[0, -1]].tolist()
    # Output k is of frame k + frames_before, so frame 30 touches outputs of frames 30 - after to 30 + before.
    assert first + network.frames_before == 30 - (network.receptive_field - 1 - network.frames_before)
    assert last + network.frames_before == 30 + network.frames_before


def test_graphs() -> None:
    adjacency = skeleton_adjacency(H36M_19)
    np.testing.assert_allclose(adjacency.sum(axis=1), 1)
    assert (adjacency > 0).sum() == 19 + 2 * 18
    symmetry = symmetry_graph(H36M_17)
    assert symmetry.sum() == 17 + 12
    assert symmetry[H36M_17.index("LKnee"), H36M_17.index("RKnee")]
    connection = connection_graph(H36M_19)
    ankle, toe, knee, hip = (H36M_19.index(n) for n in ("LAnkle", "LToe", "LKnee", "LHip"))
    assert connection[toe, knee]
    assert connection[ankle, hip]
    assert not connection[knee, toe]
    assert connection_graph(H36M_17).sum() == 54


def test_even_filter_width_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        GastNet(H36M_17, filter_widths=(3, 4))


class TestFiles:
    def network(self) -> GastNet:
        return drawn(GastNet(H36M_19, 3, 8, filter_widths=(3, 5), causal=True))

    def test_round_trip_of_safetensors(self, tmp_path) -> None:
        path = tmp_path / "lifter.safetensors"
        save_network(path, self.network(), {"note": "x"})
        loaded, metadata = load_network(path)
        assert (loaded.channels, loaded.filter_widths, loaded.causal) == (8, (3, 5), True)
        assert loaded.skeleton == H36M_19
        assert metadata["skeleton"] == "h36m-19"
        assert metadata["note"] == "x"
        clip = torch.randn(1, 20, 19, 3, generator=torch.Generator().manual_seed(2))
        with torch.inference_mode():
            torch.testing.assert_close(loaded(clip), self.network()(clip), rtol=0.02, atol=0.02)
        assert [p.name for p in tmp_path.iterdir()] == ["lifter.safetensors"]

    @pytest.mark.parametrize("prefix", ["", "module."])
    def test_the_authors_form(self, tmp_path, prefix) -> None:
        network = drawn(GastNet(H36M_17, 2, 8, filter_widths=(3, 3, 3, 3)))
        path = tmp_path / "81_frame_model.bin"
        torch.save({"model_pos": {prefix + k: v for k, v in network.state_dict().items()}}, path)
        loaded, _ = load_network(path)
        assert loaded.receptive_field == 81
        assert not loaded.causal
        clip = torch.randn(1, 90, 17, 2, generator=torch.Generator().manual_seed(3))
        with torch.inference_mode():
            torch.testing.assert_close(loaded(clip), network(clip))

    def test_causal_by_file_name(self, tmp_path) -> None:
        path = tmp_path / "27_frame_model_causal.bin"
        torch.save({"model_pos": drawn(GastNet(H36M_17, 2, 8)).state_dict()}, path)
        assert load_network(path)[0].causal
        assert not load_network(path, causal=False)[0].causal

    def test_another_network_is_refused(self, tmp_path) -> None:
        path = tmp_path / "other.bin"
        torch.save({"model_pos": torch.nn.Linear(2, 2).state_dict()}, path)
        with pytest.raises(BadInput, match="GAST-Net"):
            load_network(path)

    def test_missing_and_odd_tensors_are_refused(self, tmp_path) -> None:
        state = self.network().state_dict()
        del state["layers_bn.0.bias"]
        torch.save(state, tmp_path / "less.bin")
        with pytest.raises(BadInput, match=r"layers_bn\.0\.bias"):
            load_network(tmp_path / "less.bin")

    def test_a_file_with_nan_is_refused(self, tmp_path) -> None:
        network = self.network()
        network.shrink.weight.data[0, 0] = torch.nan
        save_network(tmp_path / "nan.safetensors", network)
        with pytest.raises(BadInput, match="not finite"):
            load_network(tmp_path / "nan.safetensors")

    def test_another_normalisation_is_refused(self, tmp_path) -> None:
        save_network(tmp_path / "new.safetensors", self.network(), {"normalisation": "99"})
        with pytest.raises(BadInput, match="another version"):
            load_network(tmp_path / "new.safetensors")
