"""Which 2D network is used when nobody says: ours as soon as it is the better one on real photos."""

from __future__ import annotations

from collections.abc import Mapping

from ..manifest import Entry, entries

YARDSTICK = "blazepose-full"
"""Free, small, with feet: what a network of ours has to beat."""


def default_pose2d(known: Mapping[str, Entry] | None = None) -> str:
    """The name of the default network.

    The best shipped HRNet with feet if its PCK is above that of BlazePose full, both measured on the same
    photos that neither was trained on, as the manifest states them; else BlazePose full. known: entries of a
    manifest, the project's own if None.
    """
    known = entries() if known is None else known
    ours = [e for e in known.values() if e.kind == "shipped" and e.network == "hrnet" and beats_yardstick(e)]
    return max(ours, key=lambda entry: entry.pck).name if ours else YARDSTICK


def beats_yardstick(entry: Entry) -> bool:
    """Whether figures of both are stated and ours is the better; without figures it is not."""
    stated = bool(entry.measured_on) and entry.pck_blazepose_full > 0
    return stated and entry.pck > entry.pck_blazepose_full
