"""The bench's measures on errors that are known, and on the motion of a made-up walk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench import feet, motion_metrics
from bench.motion import best, goals, long_run, main, mean, measure, table, untouched
from bench.truth import Truth, read_truth, write_truth
from blender_pose3d.tracks import write_tracks
from tests.walker import camera_at, film, walk


def truth_of(joints: np.ndarray, fps: float = 30.0) -> Truth:
    camera = camera_at((0.0, -6.0, 1.2))
    frames, stature = len(joints), 1.7
    soles = feet.soles(joints, stature)
    return Truth(
        info={"name": "walk", "stature": stature},
        fps=fps,
        time=np.arange(frames) / fps,
        joints=joints,
        soles=soles,
        contacts=feet.contacts(soles, fps),
        rotation=np.tile(camera.rotation, (frames, 1, 1)),
        origin=np.tile(camera.origin, (frames, 1)),
        lens=np.array([1000.0, 1000.0, 640.0, 360.0]),
    )


@pytest.fixture(scope="module")
def walked() -> np.ndarray:
    return walk(4.0, start=(-2.0, 0.0))


def test_the_heel_of_a_foot_that_stands_flat_is_on_the_floor(walked):
    soles = feet.soles(walked, 1.7)
    stands = feet.contacts(soles, 30.0)
    assert stands.shape == (120, 4) and 0.3 < stands.mean() < 0.7
    assert np.abs(soles[..., 2][stands]).max() < 0.04
    # Each foot takes a step a second.
    assert len(feet.intervals(stands[:, 1])) in {4, 5}


def test_contacts_have_no_short_breaks_and_are_not_short():
    soles = np.zeros((60, 4, 3))
    soles[30, 0, 2] = 0.06  # one frame in the air
    soles[:, 1, 2] = 0.2
    soles[30:32, 1, 2] = 0.0  # two frames on the ground
    soles[:, 2, 0] = np.arange(60) / 30 * 2.0  # slides at 2 m/s
    found = feet.contacts(soles, 30.0)
    assert found[:, 0].all() and not found[:, 1].any() and not found[:, 2].any() and found[:, 3].all()


def test_the_still_part_of_a_contact():
    soles = np.zeros((40, 4, 3))
    soles[:10, 0, 0] = np.linspace(-0.1, 0.0, 10)
    touching = np.zeros((40, 4), bool)
    touching[:, 0] = True
    ((point, first, last),) = feet.still(soles, touching, 30.0)
    assert point == 0 and first == 9 and last == 40


def test_alignment_on_the_floor_takes_turn_and_place_out_and_nothing_else(walked):
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    back, found = motion_metrics.onto_floor(walked @ turn.T + (3.0, -1.0, 0.0), walked)
    np.testing.assert_allclose(back, walked, atol=1e-9)
    np.testing.assert_allclose(found, turn.T, atol=1e-9)
    high, _ = motion_metrics.onto_floor(walked - (0.0, 0.0, 0.1), walked)
    assert motion_metrics.mpjpe(high, walked) == pytest.approx(0.1)
    assert motion_metrics.aligned_mpjpe(1.1 * walked, walked) == pytest.approx(0.0, abs=1e-6)


def test_path_errors(walked):
    path = walked[:, 0]
    assert motion_metrics.walked(path) == pytest.approx(4.4, rel=0.05)
    error, percent = motion_metrics.path_errors(path - (0.3, 0.4, 5.0), path)
    assert error == pytest.approx(0.5) and percent == pytest.approx(50.0 / 4.4, rel=0.05)
    assert motion_metrics.path_errors(path[:10], path[:10])[1] is None


def test_ground_measures(walked):
    truth = truth_of(walked)
    right = motion_metrics.ground(truth.soles, truth)
    assert right["skate"] < 1.0 and right["penetration"] < 1.0 and right["hover"] < 1.0
    slid = truth.soles + np.arange(120)[:, None, None] / 30 * np.array([0.2, 0.0, 0.0])
    found = motion_metrics.ground(slid, truth)
    assert found["slip"] == pytest.approx(0.2, abs=0.05) and found["skate"] > 3 * right["skate"] + 2
    sunk = motion_metrics.ground(truth.soles - (0, 0, 0.05), truth)
    assert sunk["penetration"] == pytest.approx(5.0, abs=1.0) and sunk["hover"] < 0.2
    nothing = replace(truth, contacts=np.zeros_like(truth.contacts))
    assert np.isnan(motion_metrics.ground(truth.soles, nothing)["skate"])


def test_f1():
    true = np.array([[1, 1, 0, 0]], bool)
    assert motion_metrics.f1(true, true) == 1.0
    assert motion_metrics.f1(~true, true) == 0.0
    assert motion_metrics.f1(np.array([[1, 0, 0, 0]], bool), true) == pytest.approx(2 / 3)
    assert motion_metrics.f1(~(true | True), ~(true | True)) == 1.0


def test_a_walk_from_tracks_to_a_table(walked, tmp_path, capsys):
    truth = truth_of(walked)
    tracks = film(walked, camera_at((0.0, -6.0, 1.2)), noise=0.01, pixels=2.0).tracks
    row = {**measure(truth, tracks, {}), **untouched(truth, tracks)}
    assert (
        row["world"] < 150
        and row["up"] < 5
        and row["path_percent"] < 10
        and row["jitter"] < row["jitter_raw"]
    )
    assert "walk" in table([row]) and "up direction" in goals([row])
    assert mean([row, {**row, "scale": -row["scale"]}])["scale"] == pytest.approx(abs(row["scale"]))
    shaking = {**row, "world": 0.0, "jitter": 9.0}
    assert best({"calm": [{**row, "jitter": 1.0}], "shaking": [shaking]}) == "calm"
    assert "200 frames" in long_run([(truth, tracks)], 200)
    write_truth(tmp_path / "walk.truth.npz", truth)
    write_tracks(tmp_path / "walk.tracks.npz", tracks)
    assert read_truth(tmp_path / "walk.truth.npz").stature == 1.7
    assert main([str(tmp_path), "--filter", "none", "gaussian", "--json", str(tmp_path / "a.json")]) == 0
    assert "gaussian at 0.5" in capsys.readouterr().out and (tmp_path / "a.json").is_file()
    assert main([str(tmp_path / "nowhere")]) == 3
    np.savez(tmp_path / "bad.truth.npz", a=np.zeros(1))
    with pytest.raises(ValueError, match="holds no truth"):
        read_truth(tmp_path / "bad.truth.npz")
