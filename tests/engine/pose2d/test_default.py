"""The default 2D network is ours as soon as its figures say that it is the better one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.manifest import SHIPPED_DIR, Entry, entries
from engine.pipeline import DEFAULT_POSE2D
from engine.pose2d.default import YARDSTICK, default_pose2d

OURS = Entry(
    "hrnet-ours", "ours.safetensors", "shipped", "", "", "hrnet", "halpe-26",
    measured_on="photos", pck=61.0, pck_upright=72.0,
    pck_blazepose_full=57.0, pck_blazepose_full_upright=70.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "hrnet-ours"),
        ({"pck": 56.9}, YARDSTICK),
        ({"pck": 57.0}, YARDSTICK),
        ({"pck_upright": 69.0}, YARDSTICK),
        ({"pck_blazepose_full_upright": 0.0}, YARDSTICK),
        ({"measured_on": ""}, YARDSTICK),
        ({"pck_blazepose_full": 0.0}, YARDSTICK),
        ({"kind": "import"}, YARDSTICK),
        ({"network": "gastnet"}, YARDSTICK),
    ],
)
def test_rule(changed: dict, expected: str) -> None:
    entry = replace(OURS, **changed)
    assert default_pose2d({entry.name: entry}) == expected


def test_the_best_of_several_is_the_default() -> None:
    better = replace(OURS, name="better", pck=70.0)
    assert (
        default_pose2d({e.name: e for e in (OURS, better, replace(OURS, name="worse", pck=58.0))}) == "better"
    )


def test_the_engine_follows_the_manifest() -> None:
    assert default_pose2d() == DEFAULT_POSE2D


def test_the_manifest_states_what_the_card_shows() -> None:
    """Each figure that the rule reads stands in a table of the card beside the weights."""
    for entry in (e for e in entries().values() if e.pck):
        card = (SHIPPED_DIR / entry.file).with_suffix(".md").read_text(encoding="utf-8")
        rows = [line.split("|") for line in card.splitlines() if line.startswith("|")]
        shown = {(cell.strip(), YARDSTICK in row[1]) for row in rows for cell in row[2:]}
        assert (f"{entry.pck:.1f}", False) in shown
        assert (f"{entry.pck_upright:.1f}", False) in shown
        assert (f"{entry.pck_blazepose_full:.1f}", True) in shown
        assert (f"{entry.pck_blazepose_full_upright:.1f}", True) in shown
