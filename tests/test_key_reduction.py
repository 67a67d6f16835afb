"""Key reduction: the bound holds in every frame, and few keys are left."""

from __future__ import annotations

import numpy as np
import pytest

from blender_pose3d.key_reduction import distance_error, evaluate, every_frame, reduce_keys, rotation_error
from blender_pose3d.rotations import continuous


def turning(frames: int, speed: float = 1.0) -> np.ndarray:
    """(T, 4) quaternions of a bone that swings about a wandering axis."""
    time = speed * np.arange(frames) / 30
    vectors = np.stack([0.6 * np.sin(2 * time), 0.4 * np.sin(3 * time + 1), 0.3 * np.cos(5 * time)], axis=-1)
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    quaternions = np.concatenate([np.cos(angle / 2), np.sin(angle / 2) * vectors / angle], axis=-1)
    return continuous(quaternions)


def played(keys, frames: int) -> np.ndarray:
    """Values in each frame, computed span by span from Bezier's own formula with handles at a third."""
    out = np.empty((frames, keys.values.shape[1]))
    out[keys.frames] = keys.values
    for i, (a, b) in enumerate(zip(keys.frames[:-1], keys.frames[1:], strict=True)):
        share = (np.arange(a, b) - a)[:, None] / (b - a)
        if keys.slopes is None:
            out[a:b] = keys.values[i] * (1 - share) + keys.values[i + 1] * share
            continue
        leave = keys.values[i] + keys.slopes[i] * (b - a) / 3
        arrive = keys.values[i + 1] - keys.slopes[i + 1] * (b - a) / 3
        rest = 1 - share
        out[a:b] = rest**3 * keys.values[i] + 3 * rest**2 * share * leave
        out[a:b] += 3 * rest * share**2 * arrive + share**3 * keys.values[i + 1]
    return out


@pytest.mark.parametrize("bezier", [True, False])
@pytest.mark.parametrize("bound", [2.0, 0.5, 0.05])
def test_no_frame_strays_further_than_the_bound(bezier, bound):
    true = turning(700)
    keys = reduce_keys(true, bound, rotation_error, bezier=bezier)
    assert rotation_error(played(keys, 700), true).max() <= bound
    assert len(keys.frames) < (700 if bound < 0.1 else 400)
    assert keys.frames[0] == 0 and keys.frames[-1] == 699


def test_curves_need_fewer_keys_than_lines():
    true = turning(700)
    counts = [len(reduce_keys(true, 0.5, rotation_error, bezier=bezier).frames) for bezier in (True, False)]
    assert counts[0] < 0.6 * counts[1]


def test_places_stay_within_their_distance():
    time = np.arange(400) / 30
    places = np.stack([time, 0.1 * np.sin(8 * time), np.abs(np.sin(3 * time))], axis=-1)
    keys = reduce_keys(places, 0.002, distance_error)
    assert np.linalg.norm(played(keys, 400) - places, axis=-1).max() <= 0.002
    assert len(keys.frames) < 150


def test_what_stands_still_has_two_keys():
    still = np.tile([1.0, 0, 0, 0], (50, 1))
    for keys in (reduce_keys(still, 0.1, rotation_error), every_frame(still)):
        assert keys.frames.tolist() == [0, 49]


def test_one_sudden_frame_is_kept():
    true = np.tile([1.0, 0, 0, 0], (60, 1))
    true[30] = [np.sqrt(0.5), np.sqrt(0.5), 0, 0]
    keys = reduce_keys(true, 1.0, rotation_error)
    assert 30 in keys.frames
    assert rotation_error(played(keys, 60), true).max() <= 1.0


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips(frames):
    true = turning(frames)
    assert reduce_keys(true, 0.5, rotation_error).frames.tolist() == list(range(frames))


def test_evaluate_meets_its_keys():
    true = turning(90)
    keyed = np.zeros(90, dtype=bool)
    keyed[[0, 20, 21, 89]] = True
    for slopes in (None, np.gradient(true, axis=0)):
        assert np.allclose(evaluate(true, slopes, keyed)[keyed], true[keyed])
