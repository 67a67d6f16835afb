"""Several people of one shot stand where the camera saw them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from blender_pose3d.motion import MotionError
from blender_pose3d.settings import MotionSettings
from blender_pose3d.together import motions_together
from blender_pose3d.tracks import Tracks
from tests.walker import camera_at, film, walk


def two_people(tilt: float) -> tuple[Tracks, np.ndarray]:
    """Tracks of two walkers in one picture and (2, 2) metres where on the floor they truly start."""
    camera = camera_at(origin=(0.0, -6.0, 1.5), tilt=tilt)
    one = film(walk(4.0, heading=0.0, start=(-1.5, 0.0)), camera)
    two = film(walk(4.0, heading=60.0, start=(0.5, 1.0)), camera)
    keys = ("present", "joints2d", "score2d", "joints3d", "score3d")
    both = {key: np.concatenate([getattr(one.tracks, key), getattr(two.tracks, key)]) for key in keys}
    tracks = replace(one.tracks, meta={**one.tracks.meta, "people": 2}, **both)
    return tracks, np.array([one.joints[0, 0, :2], two.joints[0, 0, :2]])


@pytest.mark.parametrize("tilt", [0.0, 12.0])
def test_people_stand_beside_each_other_as_filmed(tilt: float) -> None:
    tracks, truth = two_people(tilt)
    motions, starts = motions_together(tracks, range(2), MotionSettings())
    assert starts[0].tolist() == [0.0, 0.0]
    assert np.allclose(starts[1] - starts[0], truth[1] - truth[0], atol=0.15)
    assert motions[0].camera.tilt == pytest.approx(motions[1].camera.tilt, abs=1e-6)
    assert motions[0].camera.tilt == pytest.approx(tilt, abs=2.0)


def test_one_person_alone_starts_at_the_origin() -> None:
    tracks, _ = two_people(0.0)
    (motion,), starts = motions_together(tracks, [1], MotionSettings())
    assert starts.tolist() == [[0.0, 0.0]]
    assert np.allclose(motion.joints[0, 0, :2], 0.0, atol=1e-6)


def test_a_person_who_is_not_there_is_refused() -> None:
    tracks, _ = two_people(0.0)
    with pytest.raises(MotionError, match="no person 3"):
        motions_together(tracks, [0, 2], MotionSettings())
