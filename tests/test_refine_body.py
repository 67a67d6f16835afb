"""Full-body refinement: characters of other proportions keep directions and contacts, and do not shake."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import solve

from bench.retarget import as_motion, measure
from bench.retarget_kinematics import joints_of, posed
from bench.retarget_rigs import rigs
from blender_pose3d import refine_body
from blender_pose3d.banded import difference_penalty, newton_step
from blender_pose3d.fit import fit
from blender_pose3d.ik import Chain
from blender_pose3d.leg_angles import LegShape
from blender_pose3d.rotations import unit
from blender_pose3d.skeleton import H36M_19
from tests.synthetic_motion import motion_of, walker

RIGS = {rig.name: rig for rig in rigs()}


SLOW = pytest.param("wide hips, long arms", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", ["short legs, big feet", SLOW])
def test_bones_point_nearer_and_feet_stay(name: str) -> None:
    motion = as_motion(walker(60), 30.0)
    without, refined = (measure(RIGS[name], motion, refine) for refine in (False, True))
    wrong = [np.concatenate(list(found["errors"].values())) for found in (without, refined)]
    assert wrong[1].mean() < 0.95 * wrong[0].mean()
    assert np.percentile(wrong[1], 99) < 0.9 * np.percentile(wrong[0], 99)
    assert np.percentile(refined["inner"], 95) < 0.003
    assert refined["sunk"].max() < 0.01
    assert not refined["jumps"].any()


def test_straight_legs_stay_straight_with_feet_on_the_floor() -> None:
    rig = RIGS["T-pose"]
    still = joints_of(rig, (rig.rest.world @ rig.rest.matrices)[None])
    motion = replace(motion_of(np.repeat(still, 40, axis=0)), contacts=np.ones((40, 4), dtype=bool))
    found = joints_of(rig, posed(rig.rest, fit(motion, rig.rest, rig.mapping)))
    for side in "LR":
        hip, knee, ankle = (found[:, H36M_19.index(side + name)] for name in ("Hip", "Knee", "Ankle"))
        bend = np.arccos(np.clip((unit(knee - hip) * unit(ankle - knee)).sum(-1), -1, 1))
        assert np.rad2deg(bend).max() < 3.0
    assert abs(found[:, 0, 2] - still[:, 0, 2]).max() < 0.003


def test_slopes_of_a_leg_s_angles_are_differences() -> None:
    random = np.random.default_rng(3)
    root, knee = np.zeros((20, 3)), random.normal([0.0, -0.1, -0.4], 0.05, (20, 3))
    ankle = knee + random.normal([0.0, 0.15, -0.4], 0.05, (20, 3))
    shape = LegShape(Chain(root, knee, ankle, np.tile([1.0, 0.0, 0.0], (20, 1))))
    way, step = ankle.T, 1e-6
    here = shape.angles(way)
    assert abs(here.misfit).max() < 1e-6
    for axis in range(3):
        moved = way.copy()
        moved[axis] += step
        assert np.allclose((shape.angles(moved).misfit - here.misfit) / step, here.slope[:, axis], atol=2e-3)


def test_a_newton_step_is_that_of_the_whole_system() -> None:
    random = np.random.default_rng(5)
    count, frames = 3, 12
    root = random.normal(size=(count, count, frames))
    hessian = np.einsum("ikt,jkt->ijt", root, root)
    gradient, values = random.normal(size=(2, count, frames))
    stiffness = np.array([0.5, 2.0, 7.0])
    bend = np.zeros((frames, frames))
    for lag, band in enumerate(difference_penalty(frames, 2)):
        bend += np.diag(band[: frames - lag], -lag) + (np.diag(band[: frames - lag], lag) if lag else 0.0)
    whole = np.kron(bend, np.diag(stiffness))
    for frame in range(frames):
        own = slice(count * frame, count * (frame + 1))
        whole[own, own] += hessian[..., frame]
    right = -gradient.T.ravel() - np.kron(bend, np.diag(stiffness)) @ values.T.ravel()
    wanted = solve(whole, right).reshape(frames, count).T
    assert np.allclose(newton_step(hessian, gradient, values, stiffness), wanted)


@pytest.mark.slow
def test_a_clip_solved_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, motion = RIGS["wide hips, long arms"], as_motion(walker(400), 30.0)
    whole = fit(motion, rig.rest, rig.mapping)
    monkeypatch.setattr(refine_body, "_BLOCK", 120)
    monkeypatch.setattr(refine_body, "_LAP", 60)
    cut = fit(motion, rig.rest, rig.mapping)
    assert np.allclose(cut.locations["hips"], whole.locations["hips"], atol=0.001)
    same = np.abs((cut.rotations * whole.rotations).sum(-1)).clip(0, 1)
    assert 0 < np.rad2deg(2 * np.arccos(same)).max() < 1.0
