"""Which 2D network is used when nobody says: ours as soon as it is the better one on real photos."""

from __future__ import annotations

from collections.abc import Mapping

from ..manifest import Entry, entries

YARDSTICK = "blazepose-full"
"""Free, small, with feet: what a network of ours has to beat."""


def default_pose2d(known: Mapping[str, Entry] | None = None) -> str:
    """The name of the default network.

    The best shipped HRNet that beats BlazePose full, if there is one, else BlazePose full. known: entries of
    a manifest, the project's own if None.
    """
    known = entries() if known is None else known
    ours = [e for e in known.values() if e.kind == "shipped" and e.network == "hrnet" and beats_yardstick(e)]
    return max(ours, key=lambda entry: entry.pck).name if ours else YARDSTICK


def beats_yardstick(entry: Entry) -> bool:
    """Whether ours has the higher PCK on the same photos, as the manifest states them; not without figures.

    On all photos, and on upright people alone: test photos are full of acrobats, videos are not.
    """
    pairs = [
        (entry.pck, entry.pck_blazepose_full),
        (entry.pck_upright, entry.pck_blazepose_full_upright),
    ]
    return bool(entry.measured_on) and all(ours > theirs > 0 for ours, theirs in pairs)
