"""Runs of True along time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blender_pose3d.spans import gaps, middles, spread, trimmed


def test_the_middle_of_a_contact_is_robust() -> None:
    values = np.array([1.0, 2.0, 9.0, 4.0, 5.0, 7.0])[:, None, None]
    mask = np.array([True, True, True, False, True, True])[:, None]
    np.testing.assert_allclose(middles(values, mask)[:, 0, 0], [2, 2, 2, 4, 6, 6], atol=0.02)
    both = middles(np.concatenate([values, values + 1], axis=1), np.concatenate([mask, ~mask], axis=1))
    np.testing.assert_allclose(both[:, 1, 0], [2, 3, 10, 5, 6, 8])
    assert middles(values[:0], mask[:0]).shape == (0, 1, 1)
    np.testing.assert_array_equal(middles(values, np.zeros_like(mask)), values)


def test_what_part_of_a_run_knows_all_of_it_gets() -> None:
    nan = np.nan
    values = np.array([[1.0], [nan], [2.0], [nan], [nan], [5.0]])
    mask = np.array([True, True, False, True, True, True])
    otherwise = np.full((6, 1), 9.0)
    np.testing.assert_array_equal(spread(values, mask, otherwise)[:, 0], [1, 1, 9, 5, 5, 5])
    np.testing.assert_array_equal(spread(values * nan, mask, otherwise), otherwise)


@given(st.lists(st.booleans(), max_size=30))
def test_gaps_lie_between_runs(mask: list[bool]) -> None:
    text = "".join("1" if on else "0" for on in mask)
    found = {(int(first), int(last)) for first, last in gaps(np.array(mask, dtype=bool))}
    true = {
        (i, j)
        for i in range(1, len(text))
        for j in range(i + 1, len(text))
        if text[i - 1] == text[j] == "1" and set(text[i:j]) == {"0"}
    }
    assert found == true


def test_runs_are_trimmed_to_what_is_wanted() -> None:
    mask = np.array([1, 1, 1, 1, 0, 1, 1, 0, 1], dtype=bool)[:, None]
    wanted = np.array([0, 1, 0, 1, 1, 0, 0, 1, 1], dtype=bool)[:, None]
    np.testing.assert_array_equal(trimmed(mask, wanted)[:, 0], [0, 1, 1, 1, 0, 0, 0, 0, 1])
    assert trimmed(mask[:0], wanted[:0]).shape == (0, 1)
