"""How well rigs are told by their shape alone: names taken away, poses, transforms and bones changed.

    python -m bench.rig_detection [--markdown]

One line a rig: right maps of all tried in each kind of change. A map is right when every role that a person
gave to a bone has that bone, and no other role has any. Beasts must be refused. Last, the time it takes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from blender_pose3d.retarget import RestPose
from blender_pose3d.rig_files import RigError
from blender_pose3d.rig_maps import detect
from blender_pose3d.rig_names import words
from tests.rig_makers import rigs, vary

POSES = {
    "T-pose": {"arms": 0.0},
    "A-pose": {"arms": 45.0, "elbows": 15.0},
    "arms down": {"arms": 85.0, "elbows": 20.0},
    "bent": {"arms": 60.0, "elbows": 60.0, "knees": 50.0, "lean": 20.0},
    "uneven": {"arms": 70.0, "elbows": 30.0, "knees": 20.0, "uneven": 30.0},
    "sitting": {"arms": 80.0, "elbows": 40.0, "knees": 80.0, "legs": 45.0},
}
# Lengths of legs, arms and head beside a person's.
BODIES = {
    "dwarf": (0.5, 0.9, 1.5),
    "giant": (1.3, 1.2, 0.7),
    "ape": (0.7, 1.5, 1.0),
    "chibi": (0.45, 0.6, 2.5),
}
KINDS = ("as it is", *POSES, "bodies", "turned", "dressed", "bare")
Truth = dict[str, str]


def changed(rest: RestPose, truth: Truth, seed: int) -> Iterator[tuple[str, RestPose, Truth]]:
    """Kind of change, the changed rig, and which bone then plays which role."""
    yield "as it is", rest, truth
    for kind, pose in POSES.items():
        yield kind, vary.posed_as(rest, truth, **pose), truth
    for legs, arms, head in BODIES.values():
        yield "bodies", vary.proportioned(rest, truth, legs, arms, head), truth
    spin = Rotation.random(random_state=seed)
    yield "turned", vary.moved(rest, spin, 0.01), truth
    yield "turned", vary.moved(rest, spin, 100.0, inside=True), truth
    yield "dressed", vary.dressed(rest, truth, height_of(rest)), truth
    hands = [truth[f"hand.{s}"] for s in "LR"]
    yield "bare", vary.without(rest, vary.below(rest, hands)), truth
    yield "bare", *_dropped(rest, truth, "shoulder", between(rest, truth))
    feet = [truth[f"foot.{s}"] for s in "LR"]
    yield "bare", *_dropped(rest, truth, "toe", vary.below(rest, feet))


def between(rest: RestPose, truth: Truth) -> set[str]:
    """Bones between the back and the upper arms."""
    found = set()
    for side in "LR":
        bone = int(rest.parents[rest.index(truth[f"upper_arm.{side}"])])
        while bone >= 0 and rest.names[bone] not in (truth.get("chest"), truth.get("neck"), truth["spine"]):
            found.add(rest.names[bone])
            bone = int(rest.parents[bone])
    return found


def height_of(rest: RestPose) -> float:
    """Metres from the lowest to the highest bone."""
    heads = rest.matrices[:, :3, 3] @ rest.world[:3, :3].T
    return float(np.ptp(heads[:, 2]))


def told(rest: RestPose, truth: Truth, seed: int) -> tuple[bool, str]:
    """Whether the map is right when nothing is known but the shape; what was wrong."""
    nameless, new = vary.shuffled(rest, seed)
    old = {name: was for was, name in new.items()}
    try:
        found = {role: old[bone] for role, bone in detect(nameless).mapping.items()}
    except RigError as error:
        return False, str(error)
    wrong = {r: (found.get(r), truth.get(r)) for r in {*found, *truth} if found.get(r) != truth.get(r)}
    return not wrong, str(wrong)


def milliseconds(bones: int = 500, times: int = 9) -> tuple[float, float]:
    """Shortest time to detect a rig of so many bones, by its names and by its shape."""
    rest, truth = rigs.rest("reallusion"), rigs.mapping("reallusion")
    number = 0
    while len(rest.names) < bones:
        way = np.array([[0.0, 0.1, 1.5], [0.0, 0.2, 1.4], [0.0, 0.25, 1.3], [0.0, 0.25, 1.2]])
        rest = vary.grown(rest, truth["head"], f"hair{number}_", way + 0.001 * number)
        number += 1
    nameless, _ = vary.shuffled(rest, 0)
    return _shortest(rest, times), _shortest(nameless, times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", action="store_true", help="as a table for the documentation")
    parser.add_argument("--why", action="store_true", help="say what went wrong")
    options = parser.parse_args()
    names = [name for name in rigs.NAMES if name not in rigs.CONTROLS]
    rows = [["rig", "bones", *KINDS, "all"]]
    sums = {kind: [0, 0] for kind in KINDS}
    for seed, name in enumerate(names):
        rest, truth = rigs.rest(name), rigs.mapping(name)
        counts = {kind: [0, 0] for kind in KINDS}
        for kind, rig, map_ in changed(rest, truth, seed):
            right, why = told(rig, map_, seed)
            counts[kind][0] += right
            counts[kind][1] += 1
            if options.why and not right:
                print(f"{name}, {kind}: {why}")
        for kind in KINDS:
            sums[kind] = [a + b for a, b in zip(sums[kind], counts[kind], strict=True)]
        rows.append([name, str(len(rest.names)), *_cells(counts)])
    rows.append(["all", "", *_cells(sums)])
    _print(rows, options.markdown)
    refused = [name for name in rigs.BEASTS if not told(rigs.rest(name), {"hips": ""}, 0)[0]]
    print()
    for name in rigs.BEASTS:
        print(f"{name}: {told(rigs.rest(name), {'': ''}, 0)[1]}")
    by_name, by_shape = milliseconds()
    print(f"\n500 bones: {by_name:.1f} ms by names, {by_shape:.1f} ms by shape; {len(refused)} beasts")


def _dropped(rest: RestPose, truth: Truth, part: str, gone: set[str]) -> tuple[RestPose, Truth]:
    return vary.without(rest, gone), {r: bone for r, bone in truth.items() if not r.startswith(part)}


def _shortest(rest: RestPose, times: int) -> float:
    taken = []
    for _ in range(times):
        fresh = replace(rest)
        words.cache_clear()
        start = time.process_time()
        detect(fresh)
        taken.append(time.process_time() - start)
    return 1000 * min(taken)


def _cells(counts: dict[str, list[int]]) -> list[str]:
    whole = [sum(values) for values in zip(*counts.values(), strict=True)]
    return [f"{right}/{tried}" for right, tried in (*counts.values(), whole)]


def _print(rows: list[list[str]], markdown: bool) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("| " + " | ".join(cells) + " |" if markdown else "  ".join(cells))
        if markdown and not number:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


if __name__ == "__main__":
    main()
