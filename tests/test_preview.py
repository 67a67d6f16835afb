"""What is drawn of a motion, and how it follows its settings; without Blender."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from blender_pose3d.preview import LEFT, MIDDLE, RIGHT, drawing
from blender_pose3d.refit import Answer, Ask, Refit
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_17, H36M_19
from blender_pose3d.tracks import write_tracks
from tests.synthetic_motion import motion_of, without_toes
from tests.walker import camera_at, film, walk


@pytest.fixture(scope="module")
def motion():
    return motion_of(walk(2.0), fps=30.0)


def bones(name: str) -> slice:
    """The two ends of the bone that leads to a joint."""
    row = [int(child) for _, child in H36M_19.bones].index(H36M_19.index(name))
    return slice(2 * row, 2 * row + 2)


def test_lines_are_the_bones_of_the_frame(motion):
    drawn = drawing(motion)
    shapes = drawn.at(31 / 30)
    assert shapes is not None and shapes.lines.shape == (2 * len(H36M_19.bones), 3)
    knee, ankle = (motion.joints[31, H36M_19.index(name)] for name in ("LKnee", "LAnkle"))
    assert shapes.lines[bones("LAnkle")] == pytest.approx(np.array([knee, ankle]), abs=1e-6)
    assert shapes.lines.dtype == shapes.colours.dtype == shapes.triangles.dtype == np.float32


def test_sides_have_their_colours_and_guesses_are_faint(motion):
    score = np.ones_like(motion.score)
    score[:, H36M_19.index("RWrist")] = 0.05
    colours = drawing(replace(motion, score=score)).at(0.5).colours
    assert colours[bones("LKnee")] == pytest.approx(np.array([(*LEFT, 1.0)] * 2), abs=1e-6)
    assert colours[bones("RKnee")] == pytest.approx(np.array([(*RIGHT, 1.0)] * 2), abs=1e-6)
    assert colours[bones("Head")] == pytest.approx(np.array([(*MIDDLE, 1.0)] * 2), abs=1e-6)
    assert colours[bones("RWrist"), 3] == pytest.approx(0.2)
    tint = np.ptp(colours[:, :3], axis=1)
    assert (tint[bones("RWrist")] < 0.6 * tint[bones("RKnee")]).all(), "greyer, too"


def test_discs_lie_under_what_stands(motion):
    contacts = np.zeros((motion.frames, 4), dtype=bool)
    contacts[10, [1, 2]] = True  # left toe, right heel
    drawn = drawing(replace(motion, contacts=contacts))
    assert not len(drawn.at(0.0).triangles)
    discs = drawn.at(10 / 30).triangles.reshape(2, -1, 3)
    toe = motion.joints[10, H36M_19.index("LToe")]
    assert discs[0].mean(axis=0)[:2] == pytest.approx(toe[:2], abs=1e-3)
    assert np.ptp(discs[0][:, 0]) == pytest.approx(0.09, abs=1e-6)
    assert (discs[..., 2] > 0).all() and (discs[..., 2] < 0.01).all()


def test_nothing_before_and_after(motion):
    drawn = drawing(motion)
    assert drawn.at(-1 / 30) is None
    assert drawn.at(2.0) is None
    assert drawn.at(2.0 - 1 / 30) is not None


def test_without_contacts(motion):
    assert not len(drawing(replace(motion, contacts=None)).at(0.0).triangles)


def test_without_toes(motion):
    few = motion_of(without_toes(motion.joints), skeleton=H36M_17)
    contacts = np.tile([False, False, True, False], (motion.frames, 1))
    triangles = drawing(replace(few, contacts=contacts)).at(0.0).triangles
    ankle = motion.joints[0, H36M_19.index("RAnkle")]
    assert triangles.mean(axis=0)[:2] == pytest.approx(ankle[:2], abs=1e-3)


def test_a_frame_of_a_long_motion_costs_little(motion):
    times = 10_000 // motion.frames + 1
    long = replace(
        motion,
        joints=np.tile(motion.joints, (times, 1, 1)),
        score=np.tile(motion.score, (times, 1)),
        filled=np.tile(motion.filled, (times, 1)),
        contacts=np.ones((times * motion.frames, 4), dtype=bool),
    )
    drawn = drawing(long)
    assert drawn.frames >= 10_000
    begun = time.process_time()
    for frame in range(0, 10_000, 100):
        drawn.at(frame / 30)
    assert (time.process_time() - begun) / 100 < 0.001, "of the 3 ms that a frame may cost"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("tracks") / "walk.npz"
    write_tracks(path, film(walk(1.0), camera_at()).tracks)
    return path


def ask(path, **settings) -> Ask:
    return Ask(str(path), 0, MotionSettings(**{"fps": 24.0, **settings}))


def until(refit: Refit, wanted, seconds: float = 20.0) -> Answer:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for answer in refit.poll():
            if wanted(answer):
                return answer
        time.sleep(0.005)
    raise AssertionError("no such answer")


def test_it_follows_and_measures(path):
    refit = Refit()
    assert refit.follow(ask(path))
    first = until(refit, lambda a: a.motion is not None)
    assert first.quality is None and first.motion.fps == 24.0 and first.drawing.frames == first.motion.frames
    measured = until(refit, lambda a: a.quality is not None)
    assert measured.motion is first.motion
    assert not refit.follow(ask(path)), "nothing has changed"
    refit.close()


def test_what_is_asked_meanwhile_comes_next(path):
    refit = Refit()
    refit.follow(ask(path))
    end, wanted = time.monotonic() + 20, ask(path, strength=0.9)
    while not refit.follow(wanted):
        assert time.monotonic() < end
        time.sleep(0.002)
    answer = until(refit, lambda a: a.ask == wanted)
    assert answer.ask.settings.strength == 0.9
    refit.close()
    assert not refit.busy and not refit.poll()


def test_a_file_that_goes_and_comes_back(path, tmp_path, monkeypatch):
    monkeypatch.setattr("blender_pose3d.refit._LOOK_AGAIN", 0.0)
    late, refit = tmp_path / "late.npz", Refit()
    assert "No such tracks file" in refit.now(ask(late))[0].error
    late.write_bytes(path.read_bytes())
    assert refit.follow(ask(late))
    assert until(refit, lambda a: a.quality is not None).error == ""
    late.unlink()
    end = time.monotonic() + 20
    while not refit.follow(ask(late)):
        assert time.monotonic() < end
    assert "No such tracks file" in until(refit, lambda a: a.error).error
    late.write_text("broken")
    assert "not a tracks file" in refit.now(ask(late))[0].error
    refit.close()


def test_somebody_who_is_not_there(path):
    answers = Refit().now(Ask(str(path), 3, MotionSettings(fps=24.0)))
    assert len(answers) == 1 and "no person 4" in answers[0].error


def test_a_long_one_is_shown_at_half_the_rate_first(path, monkeypatch):
    monkeypatch.setattr("blender_pose3d.refit._LONG", 20)
    monkeypatch.setattr("blender_pose3d.refit._DRAFT", 20)
    refit = Refit()
    draft, whole, measured = refit.now(ask(path))
    assert draft.draft and draft.motion.fps == 12.0
    assert not whole.draft and whole.motion.fps == 24.0 and measured.quality is not None
    again, measured = refit.now(ask(path, strength=0.8))
    assert not again.draft, "only the stages after the first that hangs on the setting: quick enough"
    assert measured.quality is not None
    monkeypatch.setattr("blender_pose3d.refit._QUICK", 20)
    assert refit.now(ask(path, strength=0.7))[0].draft, "but not of a very long one"
