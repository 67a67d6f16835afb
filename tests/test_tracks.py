"""tracks.npz: what is written is read, and anything else is refused with one line."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from blender_pose3d.tracks import SCHEMA, TracksError, read_tracks, write_tracks
from tests.walker import camera_at, film, walk


@pytest.fixture
def tracks():
    return film(walk(0.5), camera_at()).tracks


@pytest.fixture
def archive(tracks, tmp_path):
    """The members of a good file, to be spoiled and saved again."""
    write_tracks(tmp_path / "good.npz", tracks)
    with np.load(tmp_path / "good.npz") as file:
        return dict(file)


def refused(path) -> str:
    with pytest.raises(TracksError) as caught:
        read_tracks(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def save(path, members, **changed):
    np.savez(path, **{**members, **changed})
    return path


def test_what_is_written_is_read(tracks, tmp_path):
    path = tmp_path / "tracks.npz"
    nobody = tracks.joints3d.copy()
    nobody[0, 3] = np.nan
    tracks = replace(tracks, joints3d=nobody)
    write_tracks(path, tracks)
    back = read_tracks(path)
    assert back.meta == tracks.meta and back.people == 1
    assert back.skeleton2d.name == "halpe-26" and back.skeleton3d.name == "h36m-19"
    for key in ("frame", "time", "present", "joints2d", "score2d", "joints3d", "score3d"):
        np.testing.assert_array_equal(getattr(back, key), getattr(tracks, key))
    assert back.joints3d.dtype == np.float32 and back.time.dtype == np.float64
    assert [p.name for p in tmp_path.iterdir()] == ["tracks.npz"]


def test_select_keeps_the_order_asked_for(tracks):
    two = replace(
        tracks,
        meta={**tracks.meta, "people": 2},
        **{
            key: np.concatenate([getattr(tracks, key)] * 2)
            for key in ("present", "joints2d", "score2d", "joints3d", "score3d")
        },
    )
    two.joints3d[1] += 1.0
    swapped = two.select([1, 0])
    np.testing.assert_array_equal(swapped.joints3d[0], two.joints3d[1])
    assert swapped.people == swapped.meta["people"] == 2
    assert two.select([1]).people == 1


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tracks, tmp_path, monkeypatch):
    path = tmp_path / "tracks.npz"
    write_tracks(path, tracks)
    before = path.read_bytes()

    def full(_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_tracks(path, tracks)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["tracks.npz"]


def test_arrays_that_do_not_fit_are_not_written(tracks, tmp_path):
    with pytest.raises(TracksError, match="score3d"):
        write_tracks(tmp_path / "t.npz", replace(tracks, score3d=tracks.score3d[:, :-1]))
    assert not list(tmp_path.iterdir())


def test_no_such_file_or_no_archive(tmp_path):
    assert "No such tracks file" in refused(tmp_path / "nowhere.npz")
    assert "No such tracks file" in refused(tmp_path)
    (tmp_path / "empty.npz").write_bytes(b"")
    assert "damaged" in refused(tmp_path / "empty.npz")
    (tmp_path / "text.npz").write_text("this is no archive\n")
    assert "not a tracks file" in refused(tmp_path / "text.npz")
    assert "pickle" not in refused(tmp_path / "text.npz"), "numpy's advice is dangerous here"
    np.save(tmp_path / "single.npy", np.zeros(3))
    assert "single array" in refused(tmp_path / "single.npy")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    assert "no header" in refused(tmp_path / "other.npz")


def test_truncated_anywhere(tracks, tmp_path):
    write_tracks(tmp_path / "good.npz", tracks)
    data = (tmp_path / "good.npz").read_bytes()
    for share in (0.01, 0.3, 0.7, 0.99):
        (tmp_path / "cut.npz").write_bytes(data[: int(share * len(data))])
        assert "cut.npz" in refused(tmp_path / "cut.npz")


def test_garbled_bytes_never_escape_as_another_error(tracks, tmp_path):
    write_tracks(tmp_path / "good.npz", tracks)
    data = (tmp_path / "good.npz").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(60):
        spoiled = bytearray(data)
        for place in rng.integers(0, len(data), 20):
            spoiled[place] ^= int(rng.integers(1, 256))
        (tmp_path / "bad.npz").write_bytes(spoiled)
        try:
            read_tracks(tmp_path / "bad.npz")
        except TracksError as error:
            assert "\n" not in str(error)


def test_schema(archive, tmp_path):
    meta = json.loads(str(archive["meta"]))
    for schema in ("pose3d-tracks/2", None, 7):
        path = save(tmp_path / "t.npz", archive, meta=np.array(json.dumps({**meta, "schema": schema})))
        assert SCHEMA in refused(path)
    assert "header" in refused(save(tmp_path / "t.npz", archive, meta=np.array("{not json")))
    assert SCHEMA in refused(save(tmp_path / "t.npz", archive, meta=np.array("[1, 2]")))


@pytest.mark.parametrize("stated", [None, "coco-17", {}, {"name": "smpl"}, {"name": ["coco-17"]}])
def test_unknown_skeletons(archive, tmp_path, stated):
    meta = json.loads(str(archive["meta"]))
    for key in ("skeleton2d", "skeleton3d"):
        spoiled = np.array(json.dumps({**meta, key: stated}))
        assert key in refused(save(tmp_path / "t.npz", archive, meta=spoiled))


@pytest.mark.parametrize("joints", [7, "nose", ["nose"], None])
def test_another_order_of_joints(archive, tmp_path, joints):
    meta = json.loads(str(archive["meta"]))
    meta["skeleton2d"]["joints"] = joints
    assert "order" in refused(save(tmp_path / "t.npz", archive, meta=np.array(json.dumps(meta))))


class Trap:
    """Runs a command when unpickled."""

    def __init__(self, sign):
        self.sign = str(sign)

    def __reduce__(self):
        return (open, (self.sign, "w"))


@pytest.mark.parametrize("key", ["meta", "time", "joints3d"])
def test_pickled_objects_are_refused_not_run(archive, tmp_path, key):
    sign = tmp_path / "ran"
    trap = np.empty((), dtype=object)
    trap[()] = Trap(sign)
    np.savez(tmp_path / "t.npz", **{**archive, key: trap})
    sign.unlink(missing_ok=True)
    assert "t.npz" in refused(tmp_path / "t.npz")
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Trap(sign)))
    refused(tmp_path / "plain.npz")
    assert not sign.exists()


@pytest.mark.parametrize("key", ["frame", "time", "present", "joints2d", "score2d", "joints3d", "score3d"])
def test_missing_keys_and_wrong_shapes(archive, tmp_path, key):
    members = {k: v for k, v in archive.items() if k != key}
    assert f"lacks {key}" in refused(save(tmp_path / "t.npz", members))
    assert "damaged" in refused(save(tmp_path / "t.npz", archive, **{key: archive[key][..., :-1]}))
    assert key in refused(save(tmp_path / "t.npz", archive, **{key: archive[key][None]}))
    assert key in refused(save(tmp_path / "t.npz", archive, **{key: archive[key].astype("U8")}))


def test_times_must_be_numbers_that_increase(archive, tmp_path):
    for place, value in ((5, np.nan), (0, np.nan), (-1, np.inf), (5, 0.0)):
        time = archive["time"].copy()
        time[place] = value
        assert "times" in refused(save(tmp_path / "t.npz", archive, time=time))
    one = {k: v[:1] if k in ("frame", "time") else v[:, :1] for k, v in archive.items() if k != "meta"}
    one["time"] = np.array([np.nan])
    assert "times" in refused(save(tmp_path / "t.npz", archive, **one))


def test_a_moving_camera_is_kept_and_files_without_one_still_read(tracks, tmp_path):
    count = len(tracks.time)
    moving = replace(
        tracks,
        camera_rotation=np.tile(np.eye(3, dtype=np.float32), (count, 1, 1)),
        camera_zoom=np.linspace(1.0, 2.0, count, dtype=np.float32),
    )
    write_tracks(tmp_path / "moving.npz", moving)
    read = read_tracks(tmp_path / "moving.npz")
    np.testing.assert_array_equal(read.camera_rotation, moving.camera_rotation)
    np.testing.assert_array_equal(read.select([0]).camera_zoom, moving.camera_zoom)
    write_tracks(tmp_path / "still.npz", tracks)
    assert read_tracks(tmp_path / "still.npz").camera_rotation is None
    for wrong in (np.zeros(count), np.full(count, np.nan), np.ones(count + 1)):
        with pytest.raises(TracksError, match="camera_zoom"):
            write_tracks(tmp_path / "wrong.npz", replace(moving, camera_zoom=wrong))
