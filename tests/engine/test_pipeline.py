"""From video to tracks with fake networks, in this process: what the file says, the cache, the choice."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import fake_engine
from small_videos import block, empty, write

from blender_pose3d.tracks import read_tracks, write_tracks
from engine import cache
from engine.errors import BadArguments, Cancelled
from engine.pipeline import Settings, choose, track


@pytest.fixture(autouse=True)
def networks(monkeypatch, tmp_path):
    for name in ("engine.pose2d.registry", "engine.lift.lifter", "engine.lift.camera"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "modules", sys.modules)
        before = dict(sys.modules)
        fake_engine.install()
        monkeypatch.setenv("POSE3D_CACHE", str(tmp_path / "cache"))
        yield
        for name in ("engine.pose2d.registry", "engine.lift.lifter", "engine.lift.camera"):
            sys.modules.pop(name, None)
            if name in before:
                sys.modules[name] = before[name]


@pytest.fixture
def video(tmp_path):
    return write(tmp_path / "block.mp4", (block(i) for i in range(30)))


def test_tracks_say_what_was_done(video, tmp_path):
    tracks = track(video)
    write_tracks(tmp_path / "a.npz", tracks)
    meta = read_tracks(tmp_path / "a.npz").meta
    assert meta["video"]["name"] == "block.mp4"
    assert (meta["video"]["width"], meta["video"]["height"], meta["video"]["frames"]) == (320, 240, 30)
    assert meta["models"]["pose2d"] == {"name": "blocks", "sha256": "ab" * 32}
    assert meta["camera"] == {"fx": 384.0, "fy": 384.0, "cx": 160.0, "cy": 120.0, "source": "assumed",
                              "motion": "unknown"}  # fmt: skip
    assert meta["people"] == 1
    assert np.isfinite(tracks.joints3d[tracks.present]).all()


def test_field_of_view():
    tracks = Settings(fov=90)
    tracks.check()
    with pytest.raises(BadArguments):
        Settings(fov=180).check()


def test_field_of_view_reaches_the_camera(video):
    camera = track(video, Settings(fov=90)).meta["camera"]
    assert camera["fx"] == pytest.approx(160)
    assert camera["source"] == "given"


def test_a_lens_that_the_file_names_reaches_the_camera(video, monkeypatch):
    from engine import video as video_module

    probe = video_module.probe
    monkeypatch.setattr(video_module, "probe", lambda path: replace(probe(path), lens=26.0))
    camera = track(video).meta["camera"]
    # 26 mm for a diagonal of 43.27 mm, here of 400 px
    assert camera["source"] == "metadata" and camera["fx"] == pytest.approx(26.0 / 43.27 * 400.0)
    told = track(video, Settings(fov=90)).meta["camera"]
    assert told["source"] == "given" and told["fx"] == pytest.approx(160)


def test_missing_frames_are_nan(tmp_path):
    pictures = [block(i) if not 20 <= i < 45 else empty(i) for i in range(70)]
    tracks = track(write(tmp_path / "gap.mp4", pictures))
    assert tracks.people == 1
    assert not tracks.present[0, 21:44].any()
    assert tracks.present[0, :20].all()
    for array in (tracks.joints2d, tracks.score2d, tracks.joints3d, tracks.score3d):
        assert np.isnan(array[~tracks.present]).all()
        assert np.isfinite(array[tracks.present]).all()


def stages(video, settings=None):
    seen = []
    tracks = track(video, settings, progress=lambda stage, done, total: seen.append(stage))
    return tracks, set(seen)


def test_second_time_comes_from_the_cache(video):
    first, seen = stages(video)
    assert "follow" in seen
    other = video.rename(video.with_name("other.mp4"))
    second, seen = stages(other)
    assert "follow" not in seen
    np.testing.assert_array_equal(first.joints3d, second.joints3d)
    assert second.meta["video"]["name"] == "other.mp4"
    assert "follow" in stages(other, Settings(use_cache=False))[1]
    assert "follow" in stages(other, Settings(end=0.5))[1]
    assert "follow" in stages(other, Settings(fov=50))[1]


def test_broken_cache_file_is_made_anew(video, tmp_path):
    track(video)
    (stored,) = (tmp_path / "cache" / "tracks").glob("*.npz")
    stored.write_bytes(stored.read_bytes()[:500])
    assert "follow" in stages(video)[1]
    assert read_tracks(stored).people == 1


def test_cache_that_cannot_be_written_costs_only_time(video, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "tracks").write_text("a file where the folder should be")
    assert track(video).people == 1


def test_cache_name_depends_on_everything():
    names = {cache.key({"video": v, "fov": f}) for v in "ab" for f in (None, 50.0)}
    assert len(names) == 4


def test_choice_of_person(video):
    tracks = track(video)
    assert choose(tracks).people == 1
    for number in (0, 2, -1):
        with pytest.raises(BadArguments, match="1 person was found"):
            choose(tracks, number)


def test_cancel_leaves_nothing(video, tmp_path):
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > 10

    with pytest.raises(Cancelled):
        track(video, cancelled=cancelled)
    assert not list((tmp_path / "cache").rglob("*.npz"))
    assert not stages_at_work()


def stages_at_work() -> set[str]:
    return {thread.name for thread in threading.enumerate()} & {"decode", "camera watch", "scout"}


def test_what_fails_in_any_stage_is_told_and_leaves_no_thread(video, monkeypatch):
    from engine.camera_watch import CameraWatch

    def fails(self, frame):
        raise ValueError("the watch is broken")

    monkeypatch.setattr(CameraWatch, "look", fails)
    with pytest.raises(ValueError, match="the watch is broken"):
        track(video)
    assert not stages_at_work()


def test_quality_in_frames_is_said_and_told_apart_in_the_cache(video):
    every = track(video, Settings(every_frame=True))
    calm, seen = stages(video)
    assert "follow" in seen
    assert every.meta["frames_looked_at"] == 30 > calm.meta["frames_looked_at"]
    assert calm.present.all() and np.isfinite(calm.joints3d).all()
    assert np.abs(calm.joints2d - every.joints2d).max() < 3
