"""Weight files from anywhere: read what is numbers, refuse the rest, run nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.errors import BadInput
from engine.state_dict import read_arrays, read_state_dict

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.count": torch.tensor(3)}


def same(state: dict[str, torch.Tensor]) -> bool:
    return state.keys() == STATE.keys() and all(torch.equal(state[key], STATE[key]) for key in STATE)


def same_arrays(state: dict[str, np.ndarray]) -> bool:
    numbers = all(isinstance(v, np.ndarray) and v.dtype in (np.float32, np.int64) for v in state.values())
    return numbers and same({key: torch.from_numpy(value) for key, value in state.items()})


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"state_dict": STATE, "epoch": 3},
        {"model_pos": STATE, "lr": 0.1},
        {f"module.{key}": value for key, value in STATE.items()},
        {"state_dict": {f"module.{key}": value for key, value in STATE.items()}, "meta": {"name": "x"}},
        {key: value.half() if value.is_floating_point() else value for key, value in STATE.items()},
    ],
)
@pytest.mark.parametrize("modern", [True, False])
def test_reads_torchs_files(tmp_path: Path, content: dict, modern: bool) -> None:
    path = tmp_path / "weights.bin"
    torch.save(content, path, _use_new_zipfile_serialization=modern)
    assert same(read_state_dict(path)[0])
    assert same_arrays(read_arrays(path)[0])


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_reads_safetensors_as_arrays(tmp_path: Path, kind: torch.dtype) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({f"module.{key}": v.to(kind) if v.is_floating_point() else v for key, v in STATE.items()}, path)
    state, metadata = read_arrays(path)
    assert same_arrays(state)
    assert metadata == {}


def test_reads_safetensors_whatever_their_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    save_file({**STATE, "a.weight": STATE["a.weight"].half()}, path, {"input": "192x256"})
    state, metadata = read_state_dict(path)
    assert same(state)
    assert state["a.weight"].dtype == torch.float32
    assert metadata == {"input": "192x256"}


class Hostile:
    def __init__(self, target: Path) -> None:
        self.target = str(target)

    def __reduce__(self) -> tuple:
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize(
    "wrap", [lambda h: h, lambda h: {**STATE, "a.extra": h}, lambda h: {"state_dict": h}]
)
def test_code_in_a_file_does_not_run(tmp_path: Path, modern: bool, wrap) -> None:
    path, target = tmp_path / "hostile.pth", tmp_path / "it ran"
    torch.save(wrap(Hostile(target)), path, _use_new_zipfile_serialization=modern)
    with pytest.raises(BadInput, match="was not opened"):
        read_state_dict(path)
    assert not target.exists()
    torch.load(path, weights_only=False)  # the file does what it says, for those who let it
    assert target.exists()


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.99])
def test_truncated_files(tmp_path: Path, kind: str, part: float) -> None:
    path = tmp_path / "cut.pth"
    state = {f"layer{i}.weight": torch.randn(100, 100) for i in range(5)}
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(BadInput) as caught:
        read_state_dict(path)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04", b"<!DOCTYPE html>" * 100, b"\0" * 500])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_state_dict(path)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("content", [{}, [1, 2], {"a": 3}, torch.zeros(3)])
def test_files_without_weights(tmp_path: Path, content: object) -> None:
    path = tmp_path / "weights.pth"
    torch.save(content, path)
    with pytest.raises(BadInput, match="weights"):
        read_state_dict(path)


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(BadInput, match="cannot be read"):
            read_state_dict(path)
