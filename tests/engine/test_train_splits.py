"""Who is trained on, who chooses the checkpoint, who is only measured on."""

from __future__ import annotations

import numpy as np
import pytest

from engine.train.mocap import Clip
from engine.train.splits import TEST, VALIDATION, action, split

NAMES = ("01_01", "02_03", "05_02", "131_01", "13_11", "141_19", "martial_03", "indian_04", "16_15", "1_1")


def test_nobody_is_in_two_parts() -> None:
    points, rotations = np.zeros((1, 19, 3), np.float32), np.zeros((1, 22, 4), np.float32)
    clips = [Clip(n, n.split("_")[0], points, rotations) for n in NAMES]
    train, validation, test = split(clips)
    assert [c.name for c in train] == ["01_01", "13_11", "indian_04", "1_1"]
    assert [c.name for c in validation] == ["02_03", "131_01"]
    assert [c.name for c in test] == ["05_02", "141_19", "martial_03", "16_15"]
    assert not set(TEST) & set(VALIDATION)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("05_01", "walking"),
        ("05_01_ignoreFirstFrame", "walking"),
        ("05_02", "dance"),
        ("14_21", "climbing"),
        ("49_07", "acrobatics"),
        ("martial_10", "martial arts"),
        ("35_17", "running"),
        ("777_01", "walking"),
        ("", "walking"),
    ],
)
def test_actions(name, expected) -> None:
    assert action(name) == expected
