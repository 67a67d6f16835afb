"""Captures beside Blender, without Blender: what runs, what is kept, and how all that fails is told."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from blender_pose3d.blender import capture_job, captures
from blender_pose3d.blender.capture_desk import DISABLED, LOADED, Desk
from blender_pose3d.blender.capture_job import Means
from blender_pose3d.blender.captures import CaptureError, Request
from blender_pose3d.blender.engine_process import engine_environment
from blender_pose3d.blender.engine_session import Engine
from blender_pose3d.tracks import write_tracks
from tests.fake_capture_engine import fake_engine
from tests.walker import camera_at, film, walk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake engine is a shell script")
LONG = 60.0  # seconds: for a busy machine; a quiet one needs a tenth


@pytest.fixture(scope="module")
def tracks(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tracks") / "walk.npz"
    write_tracks(path, film(walk(1.0), camera_at()).tracks)
    return path


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr(captures, "figures_of", lambda tracks: {"jitter": 100.0, "skate": 2.0})
    desk = Desk()
    yield desk
    desk.end("the test is over", wait=1.0)


@pytest.fixture
def video(tmp_path) -> Path:
    folder = tmp_path / "Meine Filme – Übung 1"
    folder.mkdir()
    (folder / "tanz 舞.mp4").write_bytes(b"frames" * 1000)
    return folder / "tanz 舞.mp4"


@pytest.fixture
def means(tmp_path, tracks) -> Callable[..., Means]:
    def made(mode: str, **environment: str) -> Means:
        return Means(fake_engine(tmp_path, mode, tracks, **environment), tmp_path / "captures")

    return made


def until(desk: Desk, what: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < end, (desk.job.state, desk.job.progress, desk.message)
        desk.tick()
        time.sleep(0.005)


def captured(desk: Desk, means: Means, request: Request, **kwargs) -> None:
    desk.start(means, request, **kwargs)
    until(desk, lambda: not desk.busy)


def test_a_capture_is_kept_and_found_again(desk, means, video):
    captured(desk, means("done"), Request(video))
    job = desk.job
    assert (job.state, job.problem, job.found) == ("done", "", False)
    assert (job.capture.people, job.capture.frames, job.capture.name) == (1, 30, "tanz 舞")
    assert desk.message.startswith("Captured: 1 person, 1.0 s")
    assert captures.grade(job.capture.figures) == "fair"
    assert captures.beside(job.capture.tracks) == job.capture == desk.of_tracks(job.capture.tracks)

    desk.end("", wait=1.0)
    captured(desk, means("die"), Request(video))
    assert desk.job.found and desk.job.capture == job.capture and not desk.session.running
    assert desk.message.startswith("Captured before")
    moved = video.with_name("other.mp4")
    video.rename(moved)
    captured(desk, means("die"), Request(moved))
    assert desk.job.found, "by what it holds, not by its name"
    desk.refresh(means("die").root)
    assert desk.kept == [job.capture]


def test_another_part_or_quality_is_another_capture(desk, means, video):
    root, others = means("done").root, [{}, {"quality": "fast"}, {"start": 1.0}, {"network": "x"}]
    assert len({captures.folder_of(root, "ab", Request(video, **other)) for other in others}) == 4


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("die", ("ended unexpectedly (exit code 9)", "Segmentation fault in layer 3")),
        ("gone", ("film.mp4 cannot be read", "Choose it again")),
        ("offline", ("going online is not allowed", "Allow it")),
    ],
)
def test_what_fails_is_told_and_goes_on_later(desk, means, video, mode, words):
    captured(desk, means(mode), Request(video))
    assert desk.job.state == "failed" and desk.is_problem
    assert all(word in desk.message for word in words), desk.message
    assert [(c.whole, c.name) for c in captures.everything(means(mode).root)] == [(False, "tanz 舞")]
    captured(desk, means("done"), desk.kept[0].request())
    assert desk.job.state == "done" and [c.whole for c in desk.kept] == [True]


def test_an_interrupted_capture_says_where_it_continues(desk, means, video):
    captured(desk, means("die"), Request(video))
    assert desk.kept[0].reached == pytest.approx(0.4)
    desk.refresh(means("die").root)
    assert desk.kept[0].reached == pytest.approx(0.4), "it is remembered"
    captured(desk, means("continue"), Request(video))
    assert (desk.job.state, desk.job.continued) == ("done", pytest.approx(0.6))
    assert desk.job.capture.reached == 1.0


def test_another_protocol(desk, means, video):
    captured(desk, means("wait", FAKE_PROTOCOL="7"), Request(video))
    assert "speaks protocol 7" in desk.message and "update both" in desk.message


def test_no_engine(desk, means, video, tmp_path):
    captured(desk, Means(Engine(tmp_path / "no" / "python"), tmp_path / "captures"), Request(video))
    assert "does not start" in desk.message and desk.is_problem


def test_a_video_that_is_gone(desk, means, tmp_path):
    captured(desk, means("done"), Request(tmp_path / "gone.mp4"))
    assert "gone.mp4 cannot be read: No such file" in desk.message
    assert not (tmp_path / "captures").exists()


@pytest.mark.parametrize("full", [False, True])
def test_a_folder_that_cannot_be_written(desk, means, video, monkeypatch, full):
    code, words = (errno.ENOSPC, "free some space") if full else (errno.EROFS, "Make the folder writable")

    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(captures, "write", refuse)
    captured(desk, means("done"), Request(video))
    assert words in desk.message and str(means("done").root) in desk.message


def test_damaged_tracks_are_captured_again(desk, means, video):
    captured(desk, means("done"), Request(video))
    desk.job.capture.tracks.write_bytes(b"rubbish")
    assert captures.beside(desk.job.capture.tracks) is None
    captured(desk, means("done"), Request(video))
    assert desk.job.state == "done" and not desk.job.found
    assert "had been damaged" in desk.message
    (desk.job.capture.folder / captures.RECORD).write_text("{")
    assert captures.everything(means("done").root) == []
    captured(desk, means("done"), Request(video))
    assert desk.job.state == "done"


def test_an_engine_that_writes_rubbish(desk, means, video, tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"no tracks")
    captured(desk, means("done", FAKE_TRACKS=str(tmp_path / "bad.npz")), Request(video))
    assert "not a tracks file" in desk.message and desk.is_problem


@pytest.mark.parametrize("where", ["begin", "finish"])
def test_a_slip_of_ours_does_not_leave_the_tab_busy(desk, means, video, monkeypatch, where):
    def slip(*_: object) -> None:
        raise KeyError("nobody thought of it")

    monkeypatch.setattr(captures, where, slip)
    captured(desk, means("done"), Request(video))
    assert desk.job.state == "failed"
    assert "KeyError('nobody thought of it')" in desk.message
    assert "please report it" in desk.message


@pytest.mark.parametrize("mode", ["wait", "deaf"])
def test_cancel(desk, means, video, mode, monkeypatch):
    monkeypatch.setattr(capture_job, "_CANCEL_WITHIN", 3.0 if mode == "wait" else 0.3)
    desk.start(means(mode), Request(video))
    with pytest.raises(CaptureError, match="A capture is running"):
        desk.start(means(mode), Request(video))
    until(desk, lambda: desk.job.progress.done == 40)
    assert (desk.job.progress.stage, desk.job.progress.fraction) == ("follow", 0.4)
    with pytest.raises(CaptureError, match="cancel it first"):
        desk.remove(means(mode).root, desk.job.capture.folder)
    began = time.monotonic()
    desk.cancel()
    until(desk, lambda: not desk.busy)
    assert time.monotonic() - began < 10
    assert (desk.job.state, desk.message, desk.is_problem) == ("cancelled", "Cancelled.", False)
    assert [c.whole for c in desk.kept] == [False]
    captures.remove(means(mode).root, desk.kept[0].folder)
    assert captures.everything(means(mode).root) == []


@pytest.mark.parametrize("reason", [LOADED, DISABLED])
def test_ends_with_the_file_or_the_add_on(desk, means, video, reason):
    desk.start(means("wait"), Request(video))
    until(desk, lambda: desk.job.progress.done > 0)
    process = desk.session._process._process
    desk.end(reason, wait=5.0)
    assert process.poll() is not None, "the engine is gone"
    assert desk.message == reason and desk.is_problem and not desk.busy
    assert desk.tick() is None


def test_the_engine_leaves_no_bytecode_beside_its_source():
    assert engine_environment()["PYTHONDONTWRITEBYTECODE"] == "1"


def test_a_flood_of_messages_does_not_hold_up(desk, means, video):
    desk.start(means("flood"), Request(video))
    until(desk, lambda: desk.job.progress.done > 0)
    for _ in range(60):
        desk.tick()
        time.sleep(0.002)
    assert desk.slowest < 0.008, f"{1000 * desk.slowest:.1f} ms"


def test_a_look_is_remembered(desk, means, video, tmp_path):
    desk.choose(video, means("wait").engine, tmp_path / "thumbnails")
    until(desk, lambda: desk.look.over)
    first = desk.look
    assert (first.facts.fps, first.facts.duration, first.thumbnail.read_bytes()) == (30.0, 10.0, b"picture")
    desk.end("", wait=1.0)
    desk.choose(video, None, tmp_path / "thumbnails")
    until(desk, lambda: desk.look.over)
    assert desk.look.facts == first.facts and desk.look.thumbnail == first.thumbnail
    desk.choose(video.with_name("none.mp4"), None, tmp_path / "thumbnails")
    until(desk, lambda: desk.look.over)
    assert "cannot be read" in desk.look.problem
