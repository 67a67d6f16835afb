"""Contacts of the person are contacts of the character, whatever its legs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_pose3d.fit import fit
from blender_pose3d.footprints import footprints
from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.proportions import Proportions, rest_bones
from blender_pose3d.retarget import RestPose
from blender_pose3d.settings import MotionSettings
from blender_pose3d.skeleton import H36M_19
from blender_pose3d.spans import middles
from tests.synthetic_rigs import identity_map, joints_of, posed, rest_of, steps
from tests.test_planting import inside
from tests.walker import camera_at, film, walk

AVERAGE = Proportions()
LEGS = {
    "the person's": AVERAGE,
    "long": replace(AVERAGE, thigh=1.2 * AVERAGE.thigh, shin=1.2 * AVERAGE.shin),
    "short thighs": replace(AVERAGE, thigh=0.7 * AVERAGE.thigh),
    "wide hips, long feet": replace(AVERAGE, hip_width=1.5 * AVERAGE.hip_width, foot=1.4 * AVERAGE.foot),
}


@pytest.fixture(scope="module")
def walking():
    shot = film(walk(4.0, heading=50.0), camera_at((1.0, -6.0, 1.3)), noise=0.015, pixels=2.0)
    return motion_from_tracks(shot.tracks, settings=MotionSettings(height=1.7))


def feet(rest: RestPose, pose: np.ndarray) -> np.ndarray:
    """(T, 4, 3) heels, on the floor below and behind the ankle at rest, and tips of the toes."""
    still = joints_of(rest, (rest.world @ rest.matrices)[None])[0]
    found = []
    joints = joints_of(rest, pose)
    for side in "LR":
        ankle, toe = (still[H36M_19.index(side + name)] for name in ("Ankle", "Toe"))
        heel = ankle - 0.27 * (toe - ankle)
        bone = rest.index(f"foot.{side}")
        local = np.linalg.inv(rest.world @ rest.matrices[bone]) @ np.array([heel[0], heel[1], 0.0, 1.0])
        found += [(pose[:, bone] @ local)[:, :3], joints[:, H36M_19.index(f"{side}Toe")]]
    return np.stack(found, axis=1)


@pytest.mark.parametrize("body", LEGS.values(), ids=LEGS)
def test_feet_stay_and_stand_on_the_floor(walking, body: Proportions) -> None:
    rest = rest_of(rest_bones(body), rolls=7)
    animation = fit(walking, rest, identity_map(rest))
    ends, contacts = feet(rest, posed(rest, animation)), walking.contacts
    assert 0.3 < contacts.mean() < 0.8
    away = np.linalg.norm(ends - middles(ends, contacts), axis=-1)
    strays, firm = away[contacts], away[inside(contacts)]
    assert strays.max() < 0.025 and np.percentile(strays, 90) < 0.005 and firm.max() < 0.006
    heights = joints_of(rest, rest.matrices[None])[0][[H36M_19.index("LToe"), H36M_19.index("RToe")], 2]
    off = ends[..., 2] - [0.0, heights[0], 0.0, heights[1]]
    assert np.abs(off[contacts]).max() < 0.015
    assert off.min() > -0.01
    loose = fit(replace(walking, contacts=None), rest, identity_map(rest))
    slid = feet(rest, posed(rest, loose))
    assert np.linalg.norm(slid - middles(slid, contacts), axis=-1)[contacts].max() > 1.2 * strays.max()
    assert steps(animation.rotations).max() < steps(loose.rotations).max() + 5


def test_a_character_that_is_moved_turned_and_small(walking) -> None:
    world = np.eye(4)
    world[:3, :3] = 0.01 * Rotation.from_euler("xyz", (90, 0, 40), degrees=True).as_matrix()
    plain, odd = rest_of(), rest_of(world=world, rolls=2)
    at_home, away = (feet(rest, posed(rest, fit(walking, rest, identity_map(rest)))) for rest in (plain, odd))
    np.testing.assert_allclose(away, at_home, atol=1e-6)


def test_without_contacts_nothing_is_moved(walking) -> None:
    rest = rest_of()
    none = replace(walking, contacts=np.zeros_like(walking.contacts))
    plain = replace(walking, contacts=None)
    a, b = (posed(rest, fit(m, rest, identity_map(rest))) for m in (none, plain))
    assert np.linalg.norm((a - b)[..., :3, 3], axis=-1).max() < 0.03  # only soles come out of the floor


def test_a_foot_is_let_go_where_its_places_jump() -> None:
    """A toe that is put elsewhere within two frames while the heel stands would turn the foot round."""
    frames = 40
    points = np.zeros((frames, 4, 3))
    # The toe swings by a quarter of a circle, and for one frame alone it was seen in the air.
    angle = np.deg2rad(90.0) * np.clip((np.arange(frames) - 14) / 12.0, 0.0, 1.0)
    points[:, 1] = np.stack([0.2 * np.sin(angle), -0.2 * np.cos(angle), 0.0 * angle + 0.015], axis=-1)
    points[:, 2:] = points[:, :2] + [0.3, 0.0, 0.5]
    contacts = np.zeros((frames, 4), dtype=bool)
    contacts[:, :2] = True
    contacts[19, 1] = False
    places, held = footprints(points, contacts, np.array([0.0, 0.015, 0.0, 0.015]), 30.0)
    assert held[:, 0].any() and not held[18:21, 1].any()
    assert held[:14, 1].all() and held[26:, 1].all()
    gone = np.linalg.norm(np.diff(places[:, 1], axis=0), axis=-1)
    assert gone.max() > 0.1 and not (held[1:, 1] & held[:-1, 1])[gone > 0.05].any()
