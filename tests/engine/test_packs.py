"""Packs of labelled people: what is written comes back; what is broken is refused in one line."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import BadInput
from engine.train import packs
from engine.train.packs import JOINTS, PackWriter, find_packs, read_pack


def labels(seed: int = 0) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    return {
        "joints": draw.uniform(0, 60, (JOINTS, 2)),
        "known": draw.random(JOINTS) < 0.7,
        "visible": draw.random(JOINTS) < 0.5,
        "weight": draw.random(JOINTS),
        "box": np.array([5.0, 6, 50, 60]),
    }


def picture(value: int = 120) -> np.ndarray:
    result = np.full((64, 48, 3), value, np.uint8)
    result[:32] = [250, 10, 10]
    return result


def write(folder: Path, rows: int = 3, **settings) -> list[Path]:
    with PackWriter(folder, "drawn", **settings) as writer:
        for i in range(rows):
            writer.add(picture(), **labels(i), identity=f"p{i}", split="test" if i == 1 else "train")
    return writer.pieces


def test_rows_come_back(tmp_path: Path) -> None:
    (path,) = write(tmp_path)
    pack = read_pack(path)
    assert (len(pack), pack.source, path.name) == (3, "drawn", "drawn-000.npz")
    given, row = labels(1), pack[1]
    known = given["known"]
    assert (row.id, row.split) == ("p1", "test")
    np.testing.assert_allclose(row.joints[known], given["joints"][known], rtol=1e-6)
    np.testing.assert_allclose(row.weight, np.where(known, given["weight"], 0), rtol=1e-6)
    np.testing.assert_array_equal(row.known, known)
    np.testing.assert_array_equal(row.visible, given["visible"] & known)
    assert row.picture.shape == (64, 48, 3)
    assert np.abs(row.picture[10, 10].astype(int) - [250, 10, 10]).max() < 12, "colours are RGB"
    np.testing.assert_array_equal(pack.rows("train"), [0, 2])
    assert [person.id for person in pack] == ["p0", "p1", "p2"]


def test_encoded_pictures_are_kept_as_they_are(tmp_path: Path) -> None:
    data = packs.encode(picture(), quality=50)
    with PackWriter(tmp_path, "drawn") as writer:
        writer.add(data, **labels(), identity="a")
    assert read_pack(writer.pieces[0]).encoded(0) == data


def test_pieces_stay_under_the_limit_and_older_ones_go(tmp_path: Path) -> None:
    limit = 14_000
    first = write(tmp_path, 20, limit=limit)
    assert len(first) > 2
    assert all(path.stat().st_size <= limit for path in first)
    assert sum(len(read_pack(path)) for path in first) == 20
    (tmp_path / "other-000.npz").write_bytes(b"not ours")
    write(tmp_path, 1)
    assert [p.name for p in find_packs(tmp_path, "drawn")] == ["drawn-000.npz"]
    assert [p.name for p in find_packs(tmp_path)] == ["drawn-000.npz", "other-000.npz"]


def test_an_error_leaves_no_half_piece(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), PackWriter(tmp_path, "drawn") as writer:
        writer.add(picture(), **labels(), identity="a")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"joints": np.zeros((17, 2))},
        {"joints": np.full((JOINTS, 2), np.nan), "known": np.ones(JOINTS, bool)},
        {"weight": np.full(JOINTS, 2.0), "known": np.ones(JOINTS, bool)},
        {"split": "validation"},
        {"picture": np.zeros((400, 20, 3), np.uint8)},
    ],
)
def test_the_writer_refuses_what_cannot_be(tmp_path: Path, change: dict) -> None:
    with pytest.raises(ValueError):
        PackWriter(tmp_path, "drawn").add(**{"picture": picture(), **labels(), "identity": "a", **change})


def _edited(path: Path, **changes) -> None:
    with np.load(path) as stored:
        arrays = {key: stored[key] for key in stored.files}
    arrays.update(changes)
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})


@pytest.mark.parametrize(
    "changes",
    [
        {"joints": None},
        {"joints": np.zeros((3, 17, 2), np.float32)},
        {"joints": np.full((3, JOINTS, 2), np.nan, np.float32)},
        {"starts": np.array([0, 5, 2, 9], np.int64)},
        {"starts": np.array(7)},
        {"weight": np.full((3, JOINTS), 3, np.float32)},
        {"known": np.zeros((3, JOINTS), np.float32)},
        {"split": np.array(["train", "dev", "test"])},
        {"ids": np.array([{}, [], None], dtype=object)},
    ],
)
def test_wrong_content_is_bad_input(tmp_path: Path, changes: dict) -> None:
    (path,) = write(tmp_path)
    _edited(path, **changes)
    with pytest.raises(BadInput) as caught:
        read_pack(path)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)


def test_broken_files_are_bad_input(tmp_path: Path) -> None:
    (path,) = write(tmp_path)
    good = path.read_bytes()
    for bad in (b"", b"hello", good[: len(good) // 2], good[:-30], b"PK\x03\x04" + bytes(50)):
        path.write_bytes(bad)
        with pytest.raises(BadInput):
            read_pack(path)
    with pytest.raises(BadInput, match="no pack"):
        read_pack(tmp_path / "none-000.npz")


def test_an_archive_that_swells_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "_MOST_BYTES", 1_000_000)
    path = tmp_path / "drawn-000.npz"
    data = io.BytesIO()
    np.save(data, np.zeros(2_000_000, np.uint8))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", data.getvalue())
    with pytest.raises(BadInput, match="larger"):
        read_pack(path)


def test_a_damaged_picture_is_bad_input(tmp_path: Path) -> None:
    (path,) = write(tmp_path)
    with np.load(path) as stored:
        noise = np.zeros_like(stored["images"])
    _edited(path, images=noise)
    with pytest.raises(BadInput, match="p0"):
        read_pack(path)[0]
