from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from blender_pose3d.mannequin import mannequin
from blender_pose3d.proportions import Proportions, measure, rest_bones
from blender_pose3d.skeleton import H36M_17
from tests.synthetic_motion import dancer, motion_of, without_toes


def test_the_average_adult_is_1_70_m_tall() -> None:
    body = Proportions()
    assert body.height == pytest.approx(1.70)
    assert max(bone.tail[2] for bone in rest_bones(body)) == pytest.approx(1.70)


@pytest.mark.parametrize("toes", [True, False])
def test_lengths_are_measured_whatever_the_pose(toes: bool) -> None:
    joints = dancer(50, seed=4)
    motion = motion_of(joints) if toes else motion_of(without_toes(joints), skeleton=H36M_17)
    body = measure(motion)
    known = {"hip_width": 0.19, "thigh": 0.42, "shin": 0.41, "shoulder_width": 0.36, "upper_arm": 0.30,
             "forearm": 0.25, "neck": 0.11}  # fmt: skip
    assert {name: getattr(body, name) for name in known} == pytest.approx(known, abs=1e-6)
    assert all(0.02 < getattr(body, f.name) < 0.6 for f in fields(body))


def test_nobody_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="no lengths to measure"):
        measure(motion_of(np.zeros((5, 19, 3))))


def test_bones_hang_together_and_mirror() -> None:
    bones = {bone.name: bone for bone in rest_bones(replace(Proportions(), thigh=0.5, upper_arm=0.2))}
    for bone in bones.values():
        if bone.connected:
            assert np.allclose(bone.head, bones[bone.parent].tail)
        if bone.name.endswith(".L"):
            other = bones[bone.name[:-1] + "R"]
            assert np.allclose(bone.head * [-1, 1, 1], other.head)
    assert np.linalg.norm(bones["upper_arm.L"].tail - bones["upper_arm.L"].head) == pytest.approx(
        0.2, abs=1e-3
    )
    assert bones["hips"].head[2] == pytest.approx(Proportions().ankle_height + 0.246 * 1.70 + 0.5)


def test_the_mannequin_wraps_its_bones() -> None:
    bones = rest_bones(Proportions())
    parts = mannequin(bones)
    names = {bone.name for bone in bones}
    for part in parts:
        total = sum(part.weights.values())
        assert set(part.weights) <= names and np.allclose(total, 1)
        assert len(total) == len(part.vertices) and part.quads.max() == len(part.vertices) - 1
        if part.side:  # what is tinted left hangs on bones of the left
            assert all(bone.endswith(f".{part.side}") for bone in part.weights)
    assert names == set().union(*(part.weights for part in parts))
